"""What the benchmarks found: a file of results, tables and plots for the documentation."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.harness import Result

__all__ = ["PAGE", "RESULTS", "load", "page_with", "plot", "store", "table"]

RESULTS = Path("benchmarks/results/latest.json")
PAGE = Path("docs/explanation/speed.md")
PLOTS = Path("docs/explanation/speed")
_BLOCK = re.compile(r"(<!-- table: (?P<name>[\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)

Row = dict[str, Any]


def load() -> list[Row]:
    """The rows of the last run."""
    rows: list[Row] = json.loads(RESULTS.read_text(encoding="utf-8"))
    return rows


def store(results: Iterable[Result]) -> list[Row]:
    """Put results in the place of those with the same names; give all rows."""
    rows = {row["name"]: row for row in (load() if RESULTS.exists() else [])}
    rows |= {result.name: result.as_dict() for result in results}
    RESULTS.parent.mkdir(exist_ok=True)
    text = json.dumps(list(rows.values()), indent=1, ensure_ascii=False)
    RESULTS.write_text(text + "\n", encoding="utf-8")
    return list(rows.values())


def table(rows: Sequence[Row]) -> str:
    """Rows as a Markdown table: ratios alone, since the figures are one machine's."""
    if rows[0]["ratio"] is None:
        lines = ["| what | figure |", "|---|---:|"]
        lines += [f"| {row['name']} | {row['ours']:,g} |" for row in rows]
    else:
        lines = ["| what | beside | ratio | spread | goal | |", "|---|---|---:|---:|---:|---|"]
        lines += [
            f"| {row['name']} | {row['peer']} | {row['ratio']:.3g} | {_spread(row)} "
            f"| {row['goal'] or ''} | {_MET[row['met']]} |"
            for row in rows
        ]
    return "\n".join(lines) + "\n"


_MET = {True: "met", False: "**missed**", None: ""}


def _spread(row: Row) -> str:
    low, high = row["spread"]
    return f"{low:.3g} to {high:.3g}"


def page_with(page: str, rows: Sequence[Row]) -> str:
    """A page with its tables as the rows have them."""

    def block(found: re.Match[str]) -> str:
        mine = [row for row in rows if row["table"] == found["name"]]
        return f"{found[1]}{table(mine)}{found[3]}" if mine else found[0]

    return _BLOCK.sub(block, page)


def plot(rows: Sequence[Row]) -> None:
    """Draw the ratios of each table, with its goals, as a picture."""
    import matplotlib as mpl  # noqa: PLC0415 (who only reads results needs no plots)
    from matplotlib import pyplot  # noqa: PLC0415

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "orderflow"  # the same picture for the same results
    PLOTS.mkdir(exist_ok=True)
    for name in dict.fromkeys(row["table"] for row in rows if row["ratio"] is not None):
        mine = [row for row in rows if row["table"] == name and row["ratio"] is not None][::-1]
        figure, axes = pyplot.subplots(figsize=(9, 1 + 0.32 * len(mine)), layout="constrained")
        low, high = ([row["spread"][end] for row in mine] for end in (0, 1))
        ratios = [row["ratio"] for row in mine]
        errors = [
            [ratio - least for ratio, least in zip(ratios, low, strict=True)],
            [most - ratio for ratio, most in zip(ratios, high, strict=True)],
        ]
        colours = ["tab:red" if row["met"] is False else "tab:blue" for row in mine]
        axes.barh([row["name"] for row in mine], ratios, xerr=errors, color=colours, ecolor="grey")
        for place, row in enumerate(mine):
            if row["goal"]:
                limit = float(row["goal"].split()[1])
                axes.plot([limit, limit], [place - 0.45, place + 0.45], color="black")
        axes.set_xscale("log")
        axes.set_xlabel("ours / theirs; the black line is the goal")
        axes.margins(y=0.01)
        figure.savefig(PLOTS / f"{name}.svg", metadata={"Date": None})
        pyplot.close(figure)
