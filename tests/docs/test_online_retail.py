"""The real Online Retail data: the figures that an independent count of the file gives."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import islice
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

EXAMPLE = ROOT / "docs" / "examples" / "online_retail.py"


def run(path: Path, *options: str) -> dict[str, Any]:
    """The report of the example over a file."""
    words = [sys.executable, str(EXAMPLE), str(path), "--json", *options]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def beginning(file: Path, rows: int, part: Path) -> Path:
    """The first rows of a file, as a file."""
    with file.open(newline="", encoding="latin-1") as lines:
        part.write_text("".join(islice(lines, rows)), encoding="latin-1", newline="")
    return part


def check_nothing_is_off(report: dict[str, Any]) -> None:
    """Every order ends or waits for somebody, each method has its share, and no unit is lost."""
    off = [report[what] for what in ("stock_mismatches", "stuck", "replay_mismatches")]
    assert off == [0, 0, 0]
    by_method = report["units_by_method"]
    assert set(by_method) == {"in_house", "dropship", "third_party"}
    assert min(by_method.values()) >= report["units"] / 5
    assert sum(by_method.values()) == report["units"]
    assert sum(report["ledger"].values()) == report["units"]


def test_no_figure_of_the_file_is_off(shared_data: Path, tmp_path: Path) -> None:
    """Of its beginning, or where ``RETAIL=whole`` of all of it: then each figure is known."""
    file = shared_data / "orders" / "uci_online_retail.csv"
    if os.environ.get("RETAIL") != "whole":
        check_nothing_is_off(run(beginning(file, 800, tmp_path / "part.csv")))
        return
    report = run(file)
    check_nothing_is_off(report)
    counted = {
        "orders": 583,
        "lines": 14323,
        "units": 120915,
        "goods_total": "250123.51",
        "cancellation_invoices": 70,
        "matched_units": 223,
        "unmatched_lines": 138,
        "write_off_lines": 45,
        "bad_rows": 1,
        "backordered_lines": 3909,
    }
    assert report | counted == report


def test_its_beginning_is_the_same_on_sqlite(shared_data: Path, tmp_path: Path) -> None:
    """Memory and SQLite report the same."""
    part = beginning(shared_data / "orders" / "uci_online_retail.csv", 120, tmp_path / "part.csv")
    assert run(part) == run(part, "--db", f"sqlite:///{tmp_path}/retail.db")
