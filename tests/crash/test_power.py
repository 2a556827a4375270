"""When the power fails no acknowledged commit is lost at the default setting, none corrupt.

A shop works on a disk that remembers each operation: the power is cut after any of them, and an
engine goes on with the files that are found then. ``make crash`` cuts it after each.
"""

from __future__ import annotations

import os
import random
import sqlite3
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from orderflow import Engine, InHouse, Line, NewOrder
from orderflow.engine.doctor import examine
from orderflow.model.commands import Receive
from orderflow.simulation import VirtualClock
from orderflow.stores import SqlStore, database
from tests.crash.power import Disk, Operation, on_disk

SEED = int(os.environ.get("CRASH_SEED", random.SystemRandom().randrange(10**6)))
ALL = os.environ.get("CRASH_POINTS") == "all"
PARTS = 8 if ALL else 1
CUTS = 24

pytestmark = pytest.mark.usefixtures("uncovered")


class Shop:
    """Orders were placed and shipped on a disk; which were acknowledged at which operation."""

    def __init__(self, name: str, folder: Path, synchronous: str) -> None:
        self.disk, self.acknowledged = Disk(name), dict[str, int]()
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(database, "create_engine", on_disk(name))
            store = SqlStore(f"sqlite:///{folder}/orders.db", synchronous=synchronous)
        engine = Engine(store, [InHouse()], clock=VirtualClock())
        engine.change_stock(Receive(sku="MUG", quantity=30).to(id="receipt"))
        for number in range(12):
            line = Line(sku="MUG", quantity=1)
            order = NewOrder(number=f"A-{number}", currency="GBP", lines=(line,))
            engine.place(order, id=f"place-{number}")
            self.acknowledged[f"A-{number}"] = len(self.disk.operations)
            if number % 4 == 3:
                engine.worker.run_until_idle()
        store.close()

    def cuts(self) -> range:
        """After how many operations the power may fail."""
        return range(len(self.disk.operations) + 1)

    def lost(self, done: int, folder: Path, chance: random.Random) -> set[str]:
        """Cut the power after some operations; the acknowledged orders that are gone."""
        folder.mkdir()
        for name, content in self.disk.after_the_cut(done, chance).items():
            (folder / name).write_bytes(content)
        found = folder / "orders.db"
        with closing(sqlite3.connect(found)) as check:
            assert check.execute("pragma integrity_check").fetchone() == ("ok",)
        store = SqlStore(f"sqlite:///{found}", synchronous="OFF")  # it is not cut again
        engine = Engine(store, [InHouse()], clock=VirtualClock())
        assert list(examine(engine)) == [], f"after {done} operations"
        there = {order.id for order in engine.orders()}
        engine.worker.run_until_idle()
        assert list(examine(engine)) == [], f"after {done} operations"
        store.close()
        return {order for order, at in self.acknowledged.items() if at <= done} - there


def losses(shop: Shop, folder: Path, part: int, seed: int) -> dict[int, set[str]]:
    """After how many operations a cut loses what; one part of all cuts, or a sample."""
    chance = random.Random(f"{seed} {part}")
    every = shop.cuts()
    assert len(every) > 10 * CUTS
    cuts = every[part::PARTS] if ALL else sorted(chance.sample(every, CUTS))
    print(f"CRASH_SEED={seed}: after {list(cuts)} operations")
    found = {done: shop.lost(done, folder / str(done), chance) for done in cuts}
    return {done: lost for done, lost in found.items() if lost}


@pytest.mark.parametrize("part", range(PARTS))
def test_no_acknowledged_order_is_lost(tmp_path: Path, part: int) -> None:
    shop = Shop("full", tmp_path, "FULL")
    assert losses(shop, tmp_path, part, SEED) == {}


@pytest.mark.parametrize("part", range(PARTS))
def test_with_synchronous_normal_some_are_and_nothing_is_corrupt(tmp_path: Path, part: int) -> None:
    """The test above has teeth; and the documentation says what the setting costs."""
    shop = Shop("normal", tmp_path, "NORMAL")
    assert losses(shop, tmp_path, part, 7)


def test_the_disk_forgets_what_was_not_synced(tmp_path: Path) -> None:
    disk, chance = Disk("plain"), random.Random(7)
    raw = apsw.Connection(f"{tmp_path}/plain.db", vfs="plain")
    raw.execute("pragma synchronous=off")
    raw.execute("create table t (x)")
    raw.close()
    whole = (tmp_path / "plain.db").read_bytes()
    found = [disk.after_the_cut(len(disk.operations), chance)["plain.db"] for _ in range(20)]
    assert any(content != whole for content in found)
    disk.operations.append(Operation("plain.db"))  # synced
    assert disk.after_the_cut(len(disk.operations), chance)["plain.db"] == whole
