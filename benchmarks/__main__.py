"""Races against peers and limits: `make bench`, or `python -m benchmarks durable` for some.

Writes benchmarks/results/latest.json, and the tables and plots of docs/explanation/speed.md. The
exit code is 1 where a goal is missed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable
from functools import partial

from benchmarks import (
    decisions,
    doctor,
    durable,
    erasing,
    growth,
    machines,
    refusals,
    report,
    startup,
)
from benchmarks.harness import Race, Result


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--full", action="store_true", help=growth.results.__doc__)
    parser.add_argument("families", nargs="*", help="trigger, decision, start-up, …")
    asked = parser.parse_args()
    families: dict[str, Callable[[], Iterable[Race | Result]]] = {
        "trigger": machines.races,
        "decision": decisions.races,
        "start-up": startup.races,
        "refusals": refusals.races,
        "doctor": doctor.races,
        "growth": partial(growth.results, asked.full),
        "durable": durable.results,
        "erasing": erasing.races,
    }
    results: list[Result] = []
    for name in asked.families or families:
        print(f"{name}:", file=sys.stderr)
        for item in families[name]():
            results += item.run() if isinstance(item, Race) else [item]
    rows = report.store(results)
    report.PAGE.write_text(report.page_with(report.PAGE.read_text("utf-8"), rows), "utf-8")
    report.plot(rows)
    print(report.table([row for row in rows if row["goal"]]))
    return int(any(result.met is False for result in results))


if __name__ == "__main__":
    sys.exit(main())
