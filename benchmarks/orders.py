"""Complete orders on a database: placed, confirmed, picked, packed, labelled, shipped, delivered.

Each order has one line, kept in stock. Every function gives the orders a second of *count* orders
and is run in a process of its own; none returns before all of them are delivered and stored.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from multiprocessing.synchronize import Barrier

from orderflow import Engine, InHouse, Line, NewOrder
from orderflow.model.commands import Deliver, ReceiveStock
from orderflow.ports import OrderQuery
from orderflow.stores import SqlStore

__all__ = [
    "EFFECTS",
    "grouped",
    "opened",
    "single",
    "with_workers",
    "work_one_by_one",
    "work_together",
]

EFFECTS = 5
"""What is done outside for each order: confirm, pick, pack, label, ship."""


@contextmanager
def opened(url: str, count: int) -> Iterator[Engine]:
    """An engine with stock for *count* orders; at the end all of them must be delivered."""
    store = SqlStore(url)
    try:
        engine = stocked(store, count)
        yield engine
        page = store.order_ids(OrderQuery(status="delivered", limit=count + 1))
        assert len(page) == count, f"{len(page)} of {count} orders are delivered"
        assert (engine.level("MUG").on_hand, engine.level("MUG").reserved) == (0, 0)
    finally:
        store.close()


def stocked(store: SqlStore, count: int) -> Engine:
    engine = Engine(store, [InHouse()])
    engine.change_stock(ReceiveStock(sku="MUG", quantity=count).to())
    return engine


def drafts(count: int) -> dict[str, NewOrder]:
    mug = (Line(sku="MUG", quantity=1, unit_price=Decimal("6.50")),)
    names = [f"A-{number:07}" for number in range(count)]
    return {name: NewOrder(number=name, currency="EUR", lines=mug) for name in names}


def work_together(engine: Engine, count: int) -> None:
    """All orders at once: what can be is committed together."""
    placed = drafts(count)
    engine.place_many(placed)
    engine.worker.run_until_idle()
    engine.submit_many(Deliver(parcel=f"{name}-P1").to(name) for name in placed)
    engine.worker.run_until_idle()


def work_one_by_one(engine: Engine, count: int) -> None:
    """One order after the other."""
    for name, draft in drafts(count).items():
        engine.place(draft, id=name)
        engine.worker.run_until_idle()
        engine.submit(Deliver(parcel=f"{name}-P1").to(name))
        engine.worker.run_until_idle()


def _measured(url: str, count: int, work: Callable[[Engine, int], None]) -> float:
    with opened(url, count) as engine:
        began = time.perf_counter()
        work(engine, count)
        return count / (time.perf_counter() - began)


def grouped(url: str, count: int) -> float:
    """Orders a second, many in one transaction."""
    return _measured(url, count, work_together)


def single(url: str, count: int) -> float:
    """Orders a second, one after the other."""
    return _measured(url, count, work_one_by_one)


def with_workers(url: str, count: int, workers: int) -> float:
    """Orders a second from placement to shipment, by workers in processes of their own."""
    context = multiprocessing.get_context("spawn")
    ready = context.Barrier(workers + 1)
    with opened(url, count) as engine:
        placed = drafts(count)
        engine.place_many(placed)
        arguments = (url, ready)
        processes = [context.Process(target=_worker, args=arguments) for _ in range(workers)]
        for process in processes:
            process.start()
        ready.wait()
        began = time.perf_counter()
        for process in processes:
            process.join()
        took = time.perf_counter() - began
        engine.worker.run_until_idle()
        shipped = engine.store.order_ids(OrderQuery(status="shipped", limit=count + 1))
        assert len(shipped) == count
        engine.submit_many(Deliver(parcel=f"{name}-P1").to(name) for name in placed)
        engine.worker.run_until_idle()
    return count / took


def _worker(url: str, ready: Barrier) -> None:
    store = SqlStore(url)
    engine = Engine(store, [InHouse()])
    ready.wait()
    while engine.worker.run_until_idle():
        pass
    store.close()
