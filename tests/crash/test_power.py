"""When the power fails no acknowledged commit is lost at the default setting, none corrupt."""

from __future__ import annotations

import os
import random
import sqlite3
from contextlib import suppress
from pathlib import Path

import apsw
import pytest

from orderflow import Engine, InHouse, Line, NewOrder
from orderflow.engine.doctor import examine
from orderflow.errors import StoreUnavailable
from orderflow.model.commands import Receive
from orderflow.simulation import VirtualClock
from orderflow.stores import SqlStore, database
from tests.crash.power import Disk, on_disk

SEED = int(os.environ.get("CRASH_SEED", random.SystemRandom().randrange(10**6)))
CUTS = 400 if os.environ.get("CRASH_POINTS") == "all" else 12


def work(store: SqlStore, acknowledged: list[str]) -> None:
    """Place orders and ship them; note each one whose placement was acknowledged."""
    engine = Engine(store, [InHouse()], clock=VirtualClock())
    engine.change_stock(Receive(sku="MUG", quantity=30).to(id="receipt"))
    for number in range(12):
        order = NewOrder(number=f"A-{number}", currency="GBP", lines=(Line(sku="MUG", quantity=1),))
        engine.place(order, id=f"place-{number}")
        acknowledged.append(f"A-{number}")
        if number % 4 == 3:
            engine.worker.run_until_idle()


class Lab:
    """Runs whose power is cut, and what is found afterwards."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, synchronous: str) -> None:
        self.folder, self.patch, self.synchronous = folder, monkeypatch, synchronous

    def cut(self, name: str, fatal: int) -> tuple[Disk, list[str]]:
        """Work until the operation on the disk that is the last; what was acknowledged."""
        disk, acknowledged = Disk(name, fatal), list[str]()
        with self.patch.context() as patched:
            patched.setattr(database, "create_engine", on_disk(name))
            with suppress(StoreUnavailable):
                url = f"sqlite:///{self.folder}/{name}.db"
                store = SqlStore(url, synchronous=self.synchronous)
                work(store, acknowledged)
        disk.cut()
        return disk, acknowledged

    def lost(self, chance: random.Random, number: int, last: int) -> int:
        """Cut the power at random; how many acknowledged orders are not there any more."""
        name = f"disk{number}"
        disk, acknowledged = self.cut(name, chance.randint(1, last))
        found = disk.after_the_cut(self.folder / name, chance) / f"{name}.db"
        check = sqlite3.connect(found)
        assert check.execute("pragma integrity_check").fetchone() == ("ok",)
        check.close()
        store = SqlStore(f"sqlite:///{found}")
        engine = Engine(store, [InHouse()], clock=VirtualClock())
        assert list(examine(engine)) == [], f"CRASH_SEED={SEED} cut {number}"
        there = {order.id for order in engine.orders()}
        engine.worker.run_until_idle()
        assert list(examine(engine)) == []
        store.close()
        return len(set(acknowledged) - there)


def losses(folder: Path, monkeypatch: pytest.MonkeyPatch, synchronous: str, seed: int) -> list[int]:
    print(f"CRASH_SEED={seed}")
    lab, chance = Lab(folder, monkeypatch, synchronous), random.Random(seed)
    whole, acknowledged = lab.cut("whole", 0)
    assert len(acknowledged) == 12
    return [lab.lost(chance, number, whole.last) for number in range(CUTS)]


def test_no_acknowledged_order_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sum(losses(tmp_path, monkeypatch, "FULL", SEED)) == 0


def test_with_synchronous_normal_some_are_and_nothing_is_corrupt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test above has teeth; and the documentation says what the setting costs."""
    assert sum(losses(tmp_path, monkeypatch, "NORMAL", 7)) > 0


def test_the_disk_forgets_what_was_not_synced(tmp_path: Path) -> None:
    disk = Disk("plain", 0)
    raw = apsw.Connection(f"{tmp_path}/plain.db", vfs="plain")
    raw.execute("pragma synchronous=off")
    raw.execute("create table t (x)")
    (file,) = [file for path, file in disk.files.items() if path.endswith("plain.db")]
    assert not file.synced
    assert file.pending
    raw.close()
