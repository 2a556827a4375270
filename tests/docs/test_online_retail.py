"""The real Online Retail data: the figures that an independent count of the file gives."""

from __future__ import annotations

import json
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


def test_the_whole_file(shared_data: Path) -> None:
    """Every order ends or waits for somebody, and no figure is off."""
    report = run(shared_data / "orders" / "uci_online_retail.csv")
    free = {"by_status": 0, "ledger": 0, "units_by_method": 0}
    assert report | free == {
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
        "units_by_method": 0,
        "by_status": 0,
        "ledger": 0,
        "stock_mismatches": 0,
        "stuck": 0,
        "replay_mismatches": 0,
    }
    by_method = report["units_by_method"]
    assert set(by_method) == {"in_house", "dropship", "third_party"}
    assert min(by_method.values()) >= report["units"] / 5
    assert sum(by_method.values()) == report["units"]
    assert sum(report["ledger"].values()) == report["units"]


def test_its_beginning_is_the_same_on_sqlite(shared_data: Path, tmp_path: Path) -> None:
    """Memory and SQLite report the same."""
    part = tmp_path / "part.csv"
    whole = (shared_data / "orders" / "uci_online_retail.csv").open(newline="", encoding="latin-1")
    with whole as lines, part.open("w", newline="", encoding="latin-1") as kept:
        kept.writelines(islice(lines, 500))
    assert run(part) == run(part, "--db", f"sqlite:///{tmp_path}/retail.db")
