"""Complete orders a second on SQLite and PostgreSQL, at the durability that each has by default."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path

from benchmarks import bare, orders, peer_orders
from benchmarks.harness import Pair, Race, Result, apart, at_least, counted
from tests.postgres import Server

__all__ = ["results"]

COMMITS = 10
"""How often the eventsourcing aggregate is saved: once for each decision about an order."""
_FOLDER = Path(".bench")

NewUrl = Callable[[], str]


def results() -> Iterator[Race | Result]:
    with _sqlite() as new:
        yield from _together("SQLite", new, (200, 50), goal=8, recorder=True)
        yield from _one_by_one("SQLite", new, 40)
        yield from _workers("SQLite", new, 200)
        yield from _counts("SQLite", new)
    with _postgres() as new:
        yield from _together("PostgreSQL", new, (100, 50), goal=5)
        yield from _one_by_one("PostgreSQL", new, 20)
        yield from _workers("PostgreSQL", new, 100)
        yield from _counts("PostgreSQL", new)


@contextmanager
def _sqlite() -> Iterator[NewUrl]:
    """Makes URLs of new files in the working directory: a temporary one may be in memory."""
    with tempfile.TemporaryDirectory(dir=_FOLDER) as folder:
        numbers = count()
        yield lambda: f"sqlite:///{Path(folder).absolute()}/{next(numbers)}.db"


@contextmanager
def _postgres() -> Iterator[NewUrl]:
    """Makes URLs of new databases of a server of our own, which waits for the disk."""
    server = Server(fsync="on")
    try:
        numbers = count()
        yield lambda: server.database(f"bench_{next(numbers)}")
    finally:
        server.stop()


def _ours(new: NewUrl, size: int, work: Callable[[str, int], float]) -> Callable[[], float]:
    return lambda: apart(work, new(), size)


def _limit(new: NewUrl, size: int, work: bare.Work, many: bool) -> Callable[[], float]:
    return lambda: apart(bare.bare, new(), new(), size, work, many)


def _together(
    where: str, new: NewUrl, sizes: tuple[int, int], goal: float, recorder: bool = False
) -> Iterator[Race]:
    """All orders at once, committed in groups."""
    size, fewer = sizes
    contenders = {
        "orderflow": _ours(new, size, orders.grouped),
        "DBOS": _ours(new, fewer, peer_orders.dbos),
        "rows by executemany": _limit(new, size, orders.work_together, many=True),
        "rows one by one": _limit(new, size, orders.work_together, many=False),
    }
    goals = {"DBOS": goal, "rows one by one": 0.5, "rows by executemany": 0.3}
    pairs = [
        Pair(f"{where}, in groups, beside {peer}", "orderflow", peer, at_least(limit))
        for peer, limit in goals.items()
    ]
    if recorder:
        contenders["eventsourcing"] = lambda: apart(
            peer_orders.eventsourcing, _path(new()), fewer, COMMITS
        )
        name = f"{where}, in groups, beside eventsourcing"
        pairs.append(Pair(name, "orderflow", "eventsourcing"))
    yield Race("durable", "orders a second", contenders, tuple(pairs), rounds=3)


def _path(url: str) -> str:
    return url.removeprefix("sqlite:///")


def _one_by_one(where: str, new: NewUrl, size: int) -> Iterator[Race]:
    contenders = {
        "orderflow": _ours(new, size, orders.single),
        "DBOS": _ours(new, size, peer_orders.dbos_one_by_one),
        "rows one by one": _limit(new, size, orders.work_one_by_one, many=False),
    }
    goals = {"DBOS": at_least(1.5), "rows one by one": None}
    pairs = [
        Pair(f"{where}, one by one, beside {peer}", "orderflow", peer, limit)
        for peer, limit in goals.items()
    ]
    yield Race("durable", "orders a second", contenders, tuple(pairs), rounds=3)


def _workers(where: str, new: NewUrl, size: int) -> Iterator[Race]:
    contenders = {
        f"{number} workers": partial(_with_workers, new, size, number) for number in (1, 2, 4)
    }
    pairs = [
        Pair(f"{where}, {number} workers beside one", f"{number} workers", "1 workers")
        for number in (2, 4)
    ]
    yield Race("workers", "orders a second", contenders, tuple(pairs), rounds=3)


def _with_workers(new: NewUrl, size: int, number: int) -> float:
    return orders.with_workers(new(), size, number)


def _counts(where: str, new: NewUrl) -> Iterator[Result]:
    """What does not depend on the machine."""
    ways = {"in groups": (orders.work_together, 100), "one by one": (orders.work_one_by_one, 10)}
    for way, (work, size) in ways.items():
        for unit, figure in bare.counts(new(), size, work).items():
            yield counted("counts", f"{where}, {way}: {unit}", figure, f"{unit} an order")
