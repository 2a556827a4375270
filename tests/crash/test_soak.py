"""A busy shop whose processes, and whose database server, are killed and started again.

Never oversold, nothing lost, every order settled, and stock adds up to the unit. ``make soak`` does
more of it.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path

import pytest
from tenacity import retry, retry_if_result, stop_after_delay, wait_fixed

from orderflow import Engine, InHouse
from orderflow.engine.doctor import examine
from orderflow.fulfillment import Handover
from orderflow.model.commands import Receive
from orderflow.model.ledger import Bucket
from orderflow.model.observations import TrackingReported
from orderflow.model.parcel import ParcelStatus
from orderflow.model.stock import StockKey
from orderflow.simulation import VirtualClock
from orderflow.stores import SqlStore
from tests.conftest import ROOT
from tests.crash.actor import SKUS, make_engine, order
from tests.postgres import Server

ORDERS = int(os.environ.get("SOAK_ORDERS", "12"))
ACTORS = 3
KILLS = max(4, ORDERS // 4)
SEED = int(os.environ.get("CRASH_SEED", random.SystemRandom().randrange(10**6)))


class Shop:
    """Processes on one database. Stock is short: some orders are backordered."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url, folder
        self.chance = random.Random(SEED)
        store = SqlStore(url)
        for sku in SKUS:
            receipt = Receive(sku=sku, quantity=ORDERS * ACTORS // 2)
            make_engine(store).change_stock(receipt.to(id=f"receipt-{sku}"))
        store.close()
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.processes = {f"P{n}": self.start(f"P{n}") for n in range(ACTORS)}

    def start(self, name: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.crash.actor", self.url, name, str(ORDERS)]
        return subprocess.Popen([*command, str(self.folder / name)], cwd=ROOT)

    def noted(self, what: str = "") -> list[str]:
        """What processes noted: of a kind, or all."""
        logs = [log.read_text().splitlines() for log in self.folder.glob("P*")]
        return [line.removeprefix(what) for lines in logs for line in lines if what in line]

    def kill_one(self, seen: int) -> None:
        """Wait until something was done, then kill a process that is at work, and restart it."""
        self.wait_for(lambda: len(self.noted()) > seen or not self.at_work())
        if at_work := self.at_work():
            name = self.chance.choice(at_work)
            self.processes[name].kill()
            self.processes[name].wait()
            self.processes[name] = self.start(name)

    def at_work(self) -> list[str]:
        return [name for name, process in self.processes.items() if process.poll() is None]

    def wait_for(self, done: Callable[[], bool]) -> None:
        waiting = retry_if_result(lambda found: not found)
        retry(retry=waiting, stop=stop_after_delay(120), wait=wait_fixed(0.02))(done)()

    def close(self) -> None:
        for process in self.processes.values():
            process.kill()
            process.wait()


def settle(url: str, shop: Shop) -> tuple[SqlStore, Engine]:
    """An hour later, when the leases of the dead are over: goods come, all is shipped, arrives."""
    store, clock = SqlStore(url), VirtualClock(datetime.now(UTC) + timedelta(hours=1))
    engine = Engine(store, [InHouse(), Handover()], clock=clock)
    engine.worker.run_until_idle()
    assert list(examine(engine)) == []
    for sku in SKUS:
        engine.change_stock(Receive(sku=sku, quantity=6 * ORDERS * ACTORS).to(id=f"late-{sku}"))
    engine.worker.run_until_idle()
    for name in shop.noted("placed "):
        parcels = engine.order(name).state.parcels.values()
        for view in (view for view in parcels if view.tracking_number):
            fact = TrackingReported(
                tracking_number=view.tracking_number, status=ParcelStatus.DELIVERED
            )
            engine.observe(fact.at(clock.now()))
    for _ in range(3):
        engine.worker.run_until_idle()
        clock.advance(timedelta(days=30))
    return store, engine


def check(url: str, shop: Shop) -> None:
    store, engine = settle(url, shop)
    assert list(examine(engine)) == [], f"CRASH_SEED={SEED}"
    orders = {found.id: found for found in engine.orders()}
    placed = {f"{name}-{number}" for name in shop.processes for number in range(ORDERS)}
    assert set(orders) == placed == set(shop.noted("placed "))
    assert {found.status for found in orders.values()} <= {"completed", "cancelled"}
    for name in shop.noted("cancelled "):  # what had left already was not cancelled with the rest
        assert orders[name].units(Bucket.CANCELLED), name
    for sku in SKUS:
        sent = sum(
            found.units(Bucket.DELIVERED).get(line.id, 0)
            for name, found in orders.items()
            for line in order(name).lines
            if line.sku == sku
        )
        received = ORDERS * ACTORS // 2 + 6 * ORDERS * ACTORS
        level = engine.level(sku)
        assert (level.on_hand, level.reserved) == (received - sent, 0), sku
        assert least_on_hand(store, sku) >= 0
    store.close()


def least_on_hand(store: SqlStore, sku: str) -> int:
    """The least that was ever on hand: below 0 more was sent than was there."""
    moved = (movement.quantity for movement in store.movements(StockKey(sku, "main")))
    return min(accumulate(moved))


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.stop()


def test_processes_are_killed_over_one_file(tmp_path: Path) -> None:
    print(f"CRASH_SEED={SEED}")
    shop = Shop(f"sqlite:///{tmp_path}/orders.db", tmp_path)
    for _ in range(KILLS):
        shop.kill_one(len(shop.noted()))
    shop.wait_for(lambda: not shop.at_work())
    assert all(process.returncode == 0 for process in shop.processes.values())
    check(shop.url, shop)


def test_processes_and_the_server_are_killed(tmp_path: Path, server: Server) -> None:
    print(f"CRASH_SEED={SEED}")
    shop = Shop(server.database("soak"), tmp_path)
    for kill in range(KILLS):
        shop.kill_one(len(shop.noted()))
        if kill % 2:
            server.kill()
            server.start()
    shop.wait_for(lambda: not shop.at_work())
    assert all(process.returncode == 0 for process in shop.processes.values())
    check(shop.url, shop)
