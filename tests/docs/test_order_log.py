"""The object-centric order log, replayed: the figures that an independent count of it gives."""

from __future__ import annotations

import ast
import csv
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT

EXAMPLE = ROOT / "docs" / "examples" / "order_log.py"
HEAD = (
    "ocel:eid,ocel:activity,ocel:timestamp,ocel:type:customers,ocel:type:items,"
    "ocel:type:orders,ocel:type:packages,ocel:type:products,weight,price"
)
PLACED = ("place order", "items=1 2", "orders=A")
CONFIRMED = ("confirm order", "orders=A")
PICKED = (("pick item", "items=1"), ("pick item", "items=2"))
PACKED = ("create package", "items=1 2", "packages=P")
SENT = ("send package", "packages=P")
DELIVERED = ("package delivered", "packages=P")
Event = tuple[str, ...]


def run(path: Path) -> tuple[int, dict[str, Any], str]:
    """The exit code of the example over a log, its report, and what it complains of."""
    words = [sys.executable, str(EXAMPLE), str(path), "--json"]
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    return done.returncode, json.loads(done.stdout) if done.stdout else {}, done.stderr


def write_log(path: Path, *events: Event) -> Path:
    """A log of events; each names its activity and its objects."""
    rows = [HEAD]
    for number, (activity, *objects) in enumerate(events, start=1):
        named = dict(one.split("=") for one in objects)
        cells = [
            str(named[kind].split()).join('""') if kind in named else " "
            for kind in ("customers", "items", "orders", "packages", "products")
        ]
        at = f"2019-05-20 07:{number:02}:00.000Z"
        rows.append(",".join([f"{number}.0", activity, at, *cells, "1.0", "20.00"]))
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


def test_the_whole_log(shared_data: Path) -> None:
    """Nothing is refused, and what the store says is what the log says."""
    path = shared_data / "ocel" / "ocel_order_log_first1500.csv"
    activities: Counter[str] = Counter()
    inside: dict[str, int] = {}
    items = delivered = 0
    for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines()):
        activity = row["ocel:activity"]
        activities[activity] += 1
        count = len(ast.literal_eval(row["ocel:type:items"].strip() or "[]"))
        items += count if activity == "place order" else 0
        if packages := ast.literal_eval(row["ocel:type:packages"].strip() or "[]"):
            inside.setdefault(packages[0], count)
            delivered += inside[packages[0]] if activity == "package delivered" else 0
    code, report, complaints = run(path)
    assert (code, complaints) == (0, "")
    assert report == {
        "events": 1500,
        "applied": 1500,
        "refused": 0,
        "orders": activities["place order"],
        "items": items,
        "packages": activities["create package"],
        "delivered_items": delivered,
        "paid_orders": activities["pay order"],
        "failed_deliveries": activities["failed delivery"],
        "reminders": activities["payment reminder"],
        "replay_mismatches": 0,
    }


def test_a_plain_life(tmp_path: Path) -> None:
    """An item that was out of stock is picked when it was ordered again."""
    out, again = ("item out of stock", "items=1"), ("reorder item", "items=1")
    events = (PLACED, out, CONFIRMED, again, *PICKED, PACKED, SENT, DELIVERED)
    code, report, complaints = run(write_log(tmp_path / "log.csv", *events))
    assert (code, complaints) == (0, "")
    assert (report["applied"], report["delivered_items"]) == (9, 2)


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        ((PLACED, SENT), "package P was not created"),
        ((PLACED, *PICKED, PACKED, DELIVERED), "nothing in it is on its way"),
        ((PLACED, *PICKED, PACKED, SENT, DELIVERED, DELIVERED), "nothing in it is on its way"),
        ((PLACED, ("pick item", "items=3")), "item 3 is in no order that was placed"),
        ((PLACED, ("item out of stock", "items=1"), PICKED[0]), "is backordered, not allocated"),
        ((PLACED, PACKED), "is allocated, not picked"),
        ((PLACED, PLACED), "there is an order A already"),
        ((PLACED, CONFIRMED, CONFIRMED), "A is confirmed"),
        ((CONFIRMED,), "there is no order A"),
        ((PLACED, ("eat item", "items=1")), "'eat item' is none of place order"),
    ],
)
def test_a_broken_log_is_refused_with_the_reason(
    tmp_path: Path, events: tuple[Event, ...], reason: str
) -> None:
    """Only the last event is wrong; it changes nothing, and its line is named."""
    path = write_log(tmp_path / "log.csv", *events)
    code, report, complaints = run(path)
    assert code == 1
    assert (report["applied"], report["refused"]) == (len(events) - 1, 1)
    assert complaints.startswith(f"{path}:{len(events) + 1}: {events[-1][0]}: ")
    assert reason in complaints


def test_an_unreadable_log_is_bad_input(tmp_path: Path) -> None:
    path = write_log(tmp_path / "log.csv", PLACED)
    path.write_text(path.read_text().replace("20.00", "dear"), encoding="utf-8")
    code, _, complaints = run(path)
    assert code == 2
    assert f"{path}:2: unreadable event" in complaints
