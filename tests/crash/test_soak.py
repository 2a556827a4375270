"""A busy shop whose processes, and whose database server, are killed and started again.

Never oversold, nothing lost, every order settled, and stock adds up to the unit. ``make soak`` does
more of it.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path

import pytest
from tenacity import retry, retry_if_result, stop_after_delay, wait_fixed

from orderflow import Engine, InHouse
from orderflow.engine.doctor import examine
from orderflow.fulfillment import Handover
from orderflow.model.commands import ReceiveStock
from orderflow.model.ledger import Bucket
from orderflow.model.observations import TrackingReported
from orderflow.model.parcel import ParcelStatus
from orderflow.model.stock import StockKey
from orderflow.simulation import VirtualClock
from orderflow.stores import SqlStore
from tests.crash.actor import SKUS, act, make_engine, order
from tests.forked import ForkServerProcess, kill, started
from tests.postgres import Server

ORDERS = int(os.environ.get("SOAK_ORDERS", "12"))
ACTORS = 3
KILLS = max(4, ORDERS // 4)
AT_FIRST = ORDERS * ACTORS // 2
"""Units of each SKU that are there at the start."""
SEED = int(os.environ.get("CRASH_SEED", random.SystemRandom().randrange(10**6)))


class Shop:
    """Processes on one database. Stock is short: some orders are backordered."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url, folder
        self.chance = random.Random(SEED)
        store = SqlStore(url)
        for sku in SKUS:
            receipt = ReceiveStock(sku=sku, quantity=AT_FIRST)
            make_engine(store).change_stock(receipt.to(id=f"receipt-{sku}"))
        store.close()
        self.processes: dict[str, ForkServerProcess] = {}
        self.noted_before: dict[str, int] = {}
        for number in range(ACTORS):
            self.start(f"P{number}")

    def __enter__(self) -> Shop:
        return self

    def __exit__(self, *error: object) -> None:
        for process in self.processes.values():
            process.kill()
            process.join(30)

    def start(self, name: str) -> None:
        self.noted_before[name] = len(self.log(name))
        self.processes[name] = started(act, self.url, name, str(ORDERS), str(self.folder / name))

    def log(self, name: str) -> list[str]:
        """What a process noted in all its lives."""
        log = self.folder / name
        return log.read_text().splitlines() if log.exists() else []

    def noted(self, what: str) -> set[str]:
        """The orders of which processes noted this."""
        lines = [line for name in self.processes for line in self.log(name)]
        return {line.removeprefix(what) for line in lines if line.startswith(what)}

    def at_work(self) -> list[str]:
        """The processes that have done something in this life; each has more to do."""
        return [name for name in self.processes if len(self.log(name)) > self.noted_before[name]]

    def busy(self, kills: int) -> Iterator[int]:
        """Kill so many processes, each in the midst of work, and start them again.

        The kills are spread over the orders that there will be at least. No process comes to its
        end before the last of them, so that none is a kill of somebody who is done.
        """
        for number in range(kills):
            orders = int((number + self.chance.random()) / kills * ORDERS * ACTORS)
            self.wait_for(lambda least=orders: len(self.noted("placed ")) >= least)  # type: ignore[misc]  # bound at once
            self.wait_for(lambda: bool(self.at_work()))
            name = self.chance.choice(self.at_work())
            kill(self.processes[name])
            self.start(name)
            yield number
        (self.folder / "closed").touch()
        for process in self.processes.values():
            process.join(240)
        assert [process.exitcode for process in self.processes.values()] == [0] * ACTORS

    def wait_for(self, done: Callable[[], bool]) -> None:
        waiting = retry_if_result(lambda found: not found)
        retry(retry=waiting, stop=stop_after_delay(240), wait=wait_fixed(0.02))(done)()


def settle(url: str, shop: Shop) -> tuple[SqlStore, Engine]:
    """An hour later, when the leases of the dead are over: goods come, all is shipped, arrives."""
    store, clock = SqlStore(url), VirtualClock(datetime.now(UTC) + timedelta(hours=1))
    engine = Engine(store, [InHouse(), Handover()], clock=clock)
    engine.worker.run_until_idle()
    assert list(examine(engine)) == []
    placed = shop.noted("placed ")
    for sku in SKUS:
        engine.change_stock(ReceiveStock(sku=sku, quantity=later(placed)).to(id=f"late-{sku}"))
    engine.worker.run_until_idle()
    for name in placed:
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


def later(placed: set[str]) -> int:
    """More units of a SKU than these orders can ask for."""
    return 6 * len(placed)


def check(url: str, shop: Shop) -> None:
    store, engine = settle(url, shop)
    assert list(examine(engine)) == [], f"CRASH_SEED={SEED}"
    orders, placed = {found.id: found for found in engine.orders()}, shop.noted("placed ")
    assert set(orders) == placed
    assert placed >= {f"{name}-{number}" for name in shop.processes for number in range(ORDERS)}
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
        level = engine.level(sku)
        assert (level.on_hand, level.reserved) == (AT_FIRST + later(placed) - sent, 0), sku
        assert least_on_hand(store, sku) >= 0
    store.close()


def least_on_hand(store: SqlStore, sku: str) -> int:
    """The least that was ever on hand: below 0 more was sent than was there."""
    moved = (movement.quantity for movement in store.stock_movements(StockKey(sku, "main")))
    return min(accumulate(moved))


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.stop()


def test_processes_are_killed_over_one_file(tmp_path: Path) -> None:
    print(f"CRASH_SEED={SEED}")
    with Shop(f"sqlite:///{tmp_path}/orders.db", tmp_path) as shop:
        assert len(list(shop.busy(KILLS))) == KILLS
        check(shop.url, shop)


def test_processes_and_the_server_are_killed(tmp_path: Path, server: Server) -> None:
    print(f"CRASH_SEED={SEED}")
    with Shop(server.database("soak"), tmp_path) as shop:
        for number in shop.busy(KILLS):
            if number % 2:
                server.kill()
                server.start()
        check(shop.url, shop)
