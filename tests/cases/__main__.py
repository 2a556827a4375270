"""Plays the cases: ``python -m tests.cases [THEME|ID …] [--list] [--json]``.

A line a case: its id, its title, and "as expected", or what was expected and what came. Each is
played in a process and an empty folder of its own, until its time limit. The exit code is 0 only if
all are as expected. ``TRACEBACK=1`` shows what a case prints.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from tests.cases.shop import CASES, Case, Different

HERE = Path(__file__).parent
FORK = get_context("fork")  # what every case needs is imported once


def themes() -> list[str]:
    """The modules with cases."""
    names = sorted(path.stem for path in HERE.glob("*.py"))
    return [name for name in names if name not in ("__main__", "shop") and "test" not in name]


def load(wanted: Iterable[str] = ()) -> list[Case]:
    """The cases of some themes and ids, or all."""
    known = themes()
    names = {name: name if name in known else name.rpartition("-")[0] for name in wanted}
    for theme in set(names.values()) & set(known) if names else known:
        importlib.import_module(f"tests.cases.{theme}")
    if unknown := sorted(name for name in names if name not in known and name not in CASES):
        sys.exit(f"no theme or case is called {', '.join(unknown)}")
    every = sorted(CASES.values(), key=lambda case: known.index(case.theme))
    return [case for case in every if not names or case.id in names or case.theme in names]


def told(case: Case) -> dict[str, str]:
    """What comes of a case, in this process."""
    try:
        case.play()
    except Different as different:
        right, got = repr(different.right), repr(different.got)
        return {"verdict": "different", "expected": right, "got": got}
    except BaseException as error:
        if os.environ.get("TRACEBACK"):
            sys.excepthook(type(error), error, error.__traceback__)
        return {"verdict": "broke", "got": f"{type(error).__name__}: {error}"}
    return {"verdict": "as expected"}


def play(case: Case, folder: str, answer: Connection) -> None:
    """Play a case in this process, which is its own."""
    os.setsid()  # what it starts can be ended with it
    os.chdir(folder)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for printed_on in (1,) if os.environ.get("TRACEBACK") else (1, 2):
        os.dup2(nowhere, printed_on)
    answer.send(told(case))


def outcome(case: Case) -> dict[str, str]:
    """Play a case in a process and a folder of its own; both are gone afterwards."""
    if case.open:
        return {"verdict": "not expressible yet"}
    hears, answer = FORK.Pipe(duplex=False)
    with tempfile.TemporaryDirectory() as folder, hears:
        process = FORK.Process(target=play, args=(case, folder, answer))
        process.start()
        answer.close()
        pid = process.pid
        assert pid is not None  # it was started
        try:
            if not hears.poll(case.limit):
                limit = f"none in {case.limit:g} s"
                return {"verdict": "different", "expected": "an end", "got": limit}
            came: dict[str, str] = hears.recv()
        except EOFError:
            process.join()
            return {"verdict": "broke", "got": f"the process ended with {process.exitcode}"}
        else:
            return came
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
            process.join()


def printed(case: Case, row: dict[str, Any]) -> str:
    said = str(row["verdict"])
    if said == "different":
        said = f"expected {row['expected']}, got {row['got']}"
    elif said == "broke":
        said = f"broke: {row['got']}"
    return f"{case.id:<24} {case.title} [{case.severity}]: {' '.join(said.split())[:400]}"


def rows(
    cases: Iterable[Case], *, listed: bool = False, quiet: bool = False
) -> list[dict[str, Any]]:
    """What came of each case; a line of it is printed as soon as it is known, if not *quiet*."""
    found: list[dict[str, Any]] = []
    for case in cases:
        start = time.monotonic()
        row: dict[str, Any] = {"verdict": "open" if case.open else ""} if listed else outcome(case)
        row |= {"id": case.id, "title": case.title, "severity": case.severity}
        found.append(row | {"seconds": round(time.monotonic() - start, 1)})
        if not quiet:
            print(printed(case, row), flush=True)
    return found


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m tests.cases", description="Plays the cases.")
    asked.add_argument("wanted", nargs="*", metavar="THEME|ID")
    asked.add_argument("--list", action="store_true", help="ids and titles, nothing is played")
    asked.add_argument("--json", action="store_true", help="one JSON object")
    given = asked.parse_args()
    played = rows(load(given.wanted), listed=given.list, quiet=given.json)
    verdicts = Counter(row["verdict"] for row in played)
    right, unsaid = verdicts["as expected"], verdicts["not expressible yet"]
    other = len(played) - right - unsaid
    totals = {"cases": len(played), "as expected": right, "different": other}
    if given.json:
        totals |= {"not expressible": unsaid}
        print(json.dumps({"totals": totals, "cases": played}, indent=1))
    elif not given.list:
        print(
            f"{len(played)} cases: {right} as expected, {other} not as expected, "
            f"{unsaid} not expressible yet"
        )
    return 0 if given.list or right == len(played) else 1


if __name__ == "__main__":
    sys.exit(main())
