"""What grows: an order's journal, its lines, the store, the worker's memory."""

from __future__ import annotations

import gc
import os
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path

from benchmarks.crowd import crowded, quick
from benchmarks.harness import Pair, Race, Result, apart, at_most, counted, seconds
from orderflow import Engine, InHouse, Line, NewOrder
from orderflow.model.commands import Deliver, PlaceHold, ReceiveStock, ReleaseHold
from orderflow.ports import OrderQuery, TaskQuery
from orderflow.simulation import VirtualClock
from orderflow.stores import SqlStore

__all__ = ["results"]

WITHIN = at_most(1.3)
STORES = (1_000, 10_000, 100_000)
FULL_STORE = 1_000_000
JOURNALS = (2, 100, 10_000)
LINES = (1, 10, 100, 1_000)
WORKED, FULL_WORKED = 5_000, 100_000

_numbers = count()


def results(full: bool) -> Iterator[Race | Result]:
    """*full* takes a store of a million orders, and a worker's memory over 100,000."""
    with tempfile.TemporaryDirectory(dir=".bench") as folder:
        path = Path(folder).absolute()
        yield from _journal(path)
        yield from _lines(path)
        yield from _memory(path, FULL_WORKED if full else WORKED)
        yield from _stores(path, (*STORES, FULL_STORE) if full else STORES)


def _races(
    unit: str, what: dict[str, dict[int, Callable[[], float]]], of: str, smallest: int = 0
) -> Iterator[Race]:
    """For each effect a race of its sizes, each beside the smallest."""
    for effect, by_size in what.items():
        sizes = sorted(by_size)
        first = sizes[smallest]
        names = {size: f"{effect}, {size:,} {of}" for size in sizes}
        yield Race(
            "growth",
            unit,
            {names[size]: by_size[size] for size in sizes},
            tuple(
                Pair(names[size], names[size], names[first], WITHIN)
                for size in sizes
                if size > first
            ),
        )


def _per_call(effect: Callable[[], object], times: int = 40) -> Callable[[], float]:
    """A contender: milliseconds a call."""
    return lambda: 1_000 * seconds(lambda: [effect() for _ in range(times)], times)


# --- the journal of an order ---------------------------------------------------------------------


def hold(engine: Engine, order: str) -> None:
    """Two commands that leave an order as it was, and two entries in its journal."""
    engine.submit(PlaceHold(hold="look", reason="to be looked at").to(order))
    engine.submit(ReleaseHold(hold="look").to(order))


def _journal(folder: Path) -> Iterator[Race]:
    engine = quick(f"sqlite:///{folder}/journal.db")
    commands: dict[int, Callable[[], float]] = {}
    explained: dict[int, Callable[[], float]] = {}
    for entries in JOURNALS:
        order = f"J-{entries}"
        line = Line(sku="BOOK", quantity=1)
        engine.place(NewOrder(number=order, currency="EUR", lines=(line,)))
        while engine.order(order).version < entries:
            hold(engine, order)
        commands[entries] = _per_call(partial(hold, engine, order))
        explained[entries] = _per_call(partial(engine.explain, order))
    what = {"two commands": commands, "explain": explained}
    yield from _races("ms", what, "entries in the journal")


# --- the lines of an order -----------------------------------------------------------------------


def _lines(folder: Path) -> Iterator[Race]:
    clock = VirtualClock()
    store = SqlStore(f"sqlite:///{folder}/lines.db", synchronous="OFF")
    engine = Engine(store, [InHouse()], clock=clock)
    for number in range(max(LINES)):
        engine.change_stock(ReceiveStock(sku=f"SKU-{number}", quantity=1_000_000).to())
    whole: dict[int, Callable[[], float]] = {n: partial(_life, engine, n) for n in LINES}
    yield from _races(
        "ms a line", {"a whole order, per line": whole}, "lines", smallest=len(LINES) - 2
    )
    store.close()


def _life(engine: Engine, lines: int) -> float:
    """Milliseconds a line, from placement to delivery."""
    times = max(1, 20 // lines)
    began = time.process_time()
    for _ in range(times):
        order = f"L-{next(_numbers)}"
        wanted = tuple(Line(sku=f"SKU-{number}", quantity=1) for number in range(lines))
        engine.place(NewOrder(number=order, currency="EUR", lines=wanted))
        engine.worker.run_until_idle()
        engine.submit(Deliver(parcel=f"{order}-P1").to(order))
        engine.worker.run_until_idle()
        assert engine.order(order).status == "delivered"
    return 1_000 * (time.process_time() - began) / times / lines


# --- the store -----------------------------------------------------------------------------------


def _stores(folder: Path, sizes: tuple[int, ...]) -> Iterator[Race | Result]:
    what: dict[str, dict[int, Callable[[], float]]] = {}
    for size in sizes:
        path = folder / f"{size}.db"
        engine = crowded(f"sqlite:///{path}", size)
        assert len(engine.store.order_ids(OrderQuery(limit=size))) == size
        for name, effect in _deeds(engine).items():
            what.setdefault(name, {})[size] = _per_call(effect)
    yield from _races("ms", what, "orders")


def _deeds(engine: Engine) -> dict[str, Callable[[], object]]:
    """What is asked of a store, whatever its size."""
    store = engine.store
    engine.worker.run_until_idle()
    return {
        "place": lambda: _place(engine),
        "two commands": partial(hold, engine, "U-0000000"),
        "explain": partial(engine.explain, "U-0000000"),
        "orders by status": partial(store.order_ids, OrderQuery(status="placed", limit=50)),
        "orders late": partial(
            store.order_ids,
            OrderQuery(placed_before=engine.clock.now() - timedelta(days=1), limit=50),
        ),
        "tasks of a role": partial(store.tasks, TaskQuery("warehouse", limit=50)),
        "a worker with nothing to do": engine.worker.run_until_idle,
    }


def _place(engine: Engine) -> None:
    line = Line(sku="MUG", quantity=1)
    engine.place(NewOrder(number=f"N-{next(_numbers)}", currency="EUR", lines=(line,)))


# --- memory --------------------------------------------------------------------------------------


def _memory(folder: Path, orders: int) -> Iterator[Race | Result]:
    url = f"sqlite:///{folder}/memory.db"
    growth = apart(_grown, url, orders)
    yield Result(
        "growth",
        f"memory of a worker, after {orders:,} orders",
        growth,
        1.0,
        f"after {orders // 5:,}",
        "times",
        growth,
        (growth, growth),
        str(at_most(1.1)),
        at_most(1.1).holds(growth),
    )
    size = Path(url.removeprefix("sqlite:///")).stat().st_size
    yield counted("counts", "SQLite: bytes on disk", size / orders, "bytes an order")
    yield counted("counts", "bytes in memory", apart(_in_memory, url), "bytes an order")


def _grown(url: str, orders: int) -> float:
    """The memory of this process after all orders, as a multiple of that after a fifth of them."""
    store = SqlStore(url, synchronous="OFF")
    engine = Engine(store, [InHouse()])
    engine.change_stock(ReceiveStock(sku="MUG", quantity=orders).to())
    sizes = []
    for start in range(0, orders, orders // 5):
        names = [f"M-{number:07}" for number in range(start, start + orders // 5)]
        for some in (names[first : first + 100] for first in range(0, len(names), 100)):
            line = Line(sku="MUG", quantity=1)
            drafts = [NewOrder(number=name, currency="EUR", lines=(line,)) for name in some]
            engine.place_many(dict(zip(some, drafts, strict=True)))
            engine.worker.run_until_idle()
            engine.submit_many(Deliver(parcel=f"{name}-P1").to(name) for name in some)
            engine.worker.run_until_idle()
        gc.collect()
        sizes.append(_resident())
    assert engine.level("MUG").on_hand == 0
    store.close()
    return sizes[-1] / sizes[0]


def _resident() -> int:
    """Bytes of this process in memory (Linux)."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _in_memory(url: str) -> float:
    """Bytes that a loaded order takes, its document included."""
    store = SqlStore(url)
    names = list(store.order_ids(OrderQuery(limit=1_000)))
    store.orders_by_id(names[:1])
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    orders = store.orders_by_id(names)
    assert all(order.document.lines for order in orders.values())
    taken = tracemalloc.get_traced_memory()[0] - before
    store.close()
    return taken / len(orders)
