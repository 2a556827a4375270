"""When the power fails no acknowledged commit is lost at the default setting, none corrupt.

A shop works on a disk that remembers each operation: the power is cut after any of them, and an
engine goes on with the files that are found then. ``make crash`` cuts it after each of them.
"""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from orderflow import Engine, InHouse, Line, NewOrder
from orderflow.engine.doctor import examine
from orderflow.engine.doctor.checks import Finding
from orderflow.model.commands import ReceiveStock
from orderflow.simulation import VirtualClock
from orderflow.stores import SqlStore
from orderflow.stores.sql import connection
from tests.crash.places import connect, rows
from tests.crash.power import Disk, Operation, on_disk

SEED = int(os.environ.get("CRASH_SEED", random.SystemRandom().randrange(10**6)))
ALL = os.environ.get("CRASH_POINTS") == "all"
PARTS = 4 if ALL else 1
SAMPLE = 40


class Shop:
    """Orders were placed and shipped on a disk; which were acknowledged at which operation."""

    def __init__(self, name: str, folder: Path, synchronous: str) -> None:
        self.disk, self.acknowledged = Disk(name), dict[str, int]()
        self.good = set[str]()
        """Contents of the database in which nothing is wrong, nor will be."""
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(connection, "create_engine", on_disk(name))
            store = SqlStore(f"sqlite:///{folder}/orders.db", synchronous=synchronous)
        engine = Engine(store, [InHouse()], clock=VirtualClock())
        engine.change_stock(ReceiveStock(sku="MUG", quantity=30).to(id="receipt"))
        for number in range(12):
            line = Line(sku="MUG", quantity=1)
            order = NewOrder(number=f"A-{number}", currency="GBP", lines=(line,))
            engine.place(order, id=f"place-{number}")
            self.acknowledged[f"A-{number}"] = len(self.disk.operations)
            if number % 4 == 3:
                engine.worker.run_until_idle()
        store.close()

    def cuts(self, part: int, chance: random.Random) -> Sequence[int]:
        """After how many operations the power fails: any number in a part of them, or a sample."""
        every = range(len(self.disk.operations) + 1)
        if ALL:
            return every[len(every) * part // PARTS : len(every) * (part + 1) // PARTS]
        return sorted(chance.sample(every, SAMPLE))

    def lost(self, done: int, folder: Path, chance: random.Random) -> set[str]:
        """Cut the power after some operations; the acknowledged orders that are gone."""
        folder.mkdir()
        for name, content in self.disk.after_the_cut(done, chance).items():
            (folder / name).write_bytes(content)
        url = f"sqlite:///{folder}/orders.db"
        with closing(connect(url)) as connection:
            assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]
            found = rows(connection)
        if repr(found) not in self.good:
            assert findings(url) == [], f"after {done} operations"
            self.good.add(repr(found))
        there = {row["id"] for row in found.get("orderflow_order_states", [])}
        return {order for order, at in self.acknowledged.items() if at <= done} - there


def findings(url: str) -> list[Finding]:
    """What is wrong in a database, at once or after an engine went on with it."""
    store = SqlStore(url, synchronous="OFF")  # it is not cut again
    engine = Engine(store, [InHouse()], clock=VirtualClock())
    found = list(examine(engine))
    engine.worker.run_until_idle()
    found += examine(engine)
    store.close()
    return found


def losses(shop: Shop, folder: Path, seed: int, part: int) -> dict[int, set[str]]:
    """After how many operations a cut loses what, where it loses anything."""
    print(f"CRASH_SEED={seed}")
    chance = random.Random(f"{seed} {part}")
    cuts = shop.cuts(part, chance)
    found = {done: shop.lost(done, folder / str(done), chance) for done in cuts}
    return {done: lost for done, lost in found.items() if lost}


@pytest.mark.parametrize("part", range(PARTS))
def test_no_acknowledged_order_is_lost(tmp_path: Path, part: int) -> None:
    shop = Shop("full", tmp_path, "FULL")
    written = {operation.file for operation in shop.disk.operations if operation.write}
    assert written == {"orders.db", "orders.db-journal", "orders.db-wal"}
    assert losses(shop, tmp_path, SEED, part) == {}


@pytest.mark.parametrize("part", range(PARTS))
def test_with_synchronous_normal_some_are_and_nothing_is_corrupt(tmp_path: Path, part: int) -> None:
    """The test above has teeth; and the documentation says what the setting costs."""
    assert losses(Shop("normal", tmp_path, "NORMAL"), tmp_path, 7, part)


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
