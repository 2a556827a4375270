"""As many durable steps an order on other libraries: no stock, no ledger, no timers, no tasks.

Each gives the orders a second and runs in a process of its own.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable

from dbos import DBOS
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from benchmarks.orders import EFFECTS

__all__ = ["dbos", "dbos_one_by_one", "eventsourcing"]


def _deed(number: int) -> int:
    """A deed in the outside world; DBOS stores that it was done."""
    return number


def _order(units: int) -> int:
    """An order: as many steps as ours has effects."""
    return sum(effect(units) for _ in range(EFFECTS))


effect: Callable[[int], int] = DBOS.step()(_deed)
order: Callable[[int], int] = DBOS.workflow()(_order)


def _launched(url: str) -> None:
    """Launch DBOS on an empty database; on SQLite with a write-ahead log, which it does not set."""
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
            connection.execute("pragma journal_mode=wal")
        connection.close()
    DBOS(config={"name": "orders", "system_database_url": url, "log_level": "ERROR"})
    DBOS.launch()


def dbos(url: str, count: int) -> float:
    """Workflows a second, started together and run by DBOS's threads."""
    _launched(url)
    began = time.perf_counter()
    handles = [DBOS.start_workflow(order, 1) for _ in range(count)]
    results = [handle.get_result() for handle in handles]
    took = time.perf_counter() - began
    _ended(results, count)
    return count / took


def dbos_one_by_one(url: str, count: int) -> float:
    """Workflows a second, one after the other."""
    _launched(url)
    began = time.perf_counter()
    results = [order(1) for _ in range(count)]
    took = time.perf_counter() - began
    _ended(results, count)
    return count / took


def _ended(results: list[int], count: int) -> None:
    assert results == [EFFECTS] * count
    assert len(DBOS.list_workflows(status="SUCCESS", limit=count + 1)) == count
    DBOS.destroy(workflow_completion_timeout_sec=0)


class _Order(Aggregate):  # type: ignore[misc]  # it carries no types here
    """An order of events alone."""

    def __init__(self) -> None:
        self.steps = 0

    @event("Stepped")  # type: ignore[untyped-decorator]  # likewise
    def step(self) -> None:
        self.steps += 1


def eventsourcing(path: str, count: int, commits: int) -> float:
    """Orders a second on SQLite, each saved *commits* times with one event."""
    environment = {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": path}
    app: Application[str] = Application(env=environment)
    began = time.perf_counter()
    ids = []
    for _ in range(count):
        placed = _Order()
        app.save(placed)
        for _ in range(commits - 1):
            placed.step()
            app.save(placed)
        ids.append(placed.id)
    took = time.perf_counter() - began
    stored: _Order = app.repository.get(ids[-1])
    assert stored.steps == commits - 1
    app.close()
    return count / took
