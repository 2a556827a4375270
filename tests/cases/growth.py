"""What costs more than it should when things grow: calls of functions are counted, not seconds."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import timedelta
from types import FrameType

from orderflow import Engine, InHouse, Steps, ThirdParty
from orderflow.model.commands import Cancel, Edit, Pick, ReceiveStock
from orderflow.model.ledger import Bucket
from orderflow.simulation import SimulatedPartner, VirtualClock
from orderflow.stores import MemoryStore, SqlStore
from tests.cases.shop import Shop, case, line, order, require

CANCEL = Cancel(reason="x")


def calls(work: Callable[[], object]) -> int:
    """How many Python functions are called by some work: the same in each run."""
    count = 0

    def tick(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(tick)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def grows(
    few: int,
    many: int,
    make: Callable[[int], Engine],
    work: Callable[[Engine, int], object],
    most: float,
) -> None:
    """Pass where work on *many* costs at most so many times what it costs on *few*."""

    def cost(number: int) -> int:
        engine = make(number)
        return calls(lambda: work(engine, number))

    factor = cost(many) / cost(few)
    right = f"at most {most:g} times the calls for {many // few} times as many"
    require(right, factor <= most, f"{factor:.1f} times")


def picked(lines: int) -> Engine:
    """An order of so many lines, all picked."""
    by_hand = Steps(manual=frozenset({"pick", "pack"}))
    engine = Engine(MemoryStore(), [InHouse()], steps=by_hand)
    skus = [f"S{number}" for number in range(lines)]
    for sku in skus:
        engine.change_stock(ReceiveStock(sku=sku, quantity=10).to())
    engine.place(order("A-1", *(line(sku, 2) for sku in skus)))
    engine.worker.run_until_idle()
    units = engine.order("A-1").units(Bucket.ALLOCATED, fo="A-1-F1")
    engine.submit(Pick(fo="A-1-F1", units=dict(units)).to("A-1"))
    return engine


def cancelled(lines: int) -> Engine:
    """So many lines that were picked are to be put away."""
    engine = picked(lines)
    engine.submit(CANCEL.to("A-1"))
    return engine


@case("explain an order with many put-aways", "high", limit=240)
def explained() -> None:
    """An order of N picked lines is cancelled, and explained.

    Right: in proportion to N. Kind: waits that are derived anew for each candidate.
    """
    grows(25, 100, cancelled, lambda engine, _lines: engine.explain("A-1"), 6)


@case("work off many put-aways", "high", limit=240)
def put_away() -> None:
    """Then the worker does them one after the other. Right: in proportion to N. Kind: the same."""
    grows(50, 200, cancelled, lambda engine, _lines: engine.worker.run_until_idle(), 6)


@case("cancel many picked lines", "medium", limit=240)
def cancel() -> None:
    """The cancellation itself. Right: in proportion to N. Kind: counting anew for each."""
    grows(100, 400, picked, lambda engine, _lines: engine.submit(CANCEL.to("A-1")), 6)


def waiting(orders: int) -> Engine:
    """So many orders that wait for two pieces each."""
    store = SqlStore(f"sqlite:///wait{orders}.db", synchronous="OFF")
    engine = Engine(store, [InHouse()])
    engine.change_stock(ReceiveStock(sku="B", quantity=1).to())
    engine.place_many({str(n): order(f"b{n}", line("B", 2)) for n in range(orders)})
    return engine


@case("receive four pieces while many wait", "medium", limit=240)
def receive() -> None:
    """Four pieces come in, and N orders wait for them.

    Right: it costs who is served, not who waits. Kind: queues that are read whole.
    """
    pieces = ReceiveStock(sku="B", quantity=4)
    grows(100, 1000, waiting, lambda engine, _orders: engine.change_stock(pieces.to()), 1.5)


@case("cancel one order while many wait", "medium", limit=240)
def cancel_one() -> None:
    """The last of N waiting orders is cancelled. Right: it costs that one. Kind: the same."""
    grows(100, 1000, waiting, lambda engine, n: engine.submit(CANCEL.to(f"b{n - 1}")), 1.5)


@case("what nobody takes any more does not come in a drip", "medium", limit=120)
def drip() -> None:
    """A provider of 30 pieces never answers; after three weeks the line of 2 is edited to 1,000.

    Right: what nobody takes stops waiting at once: a few entries in the journal. Kind: waiting rows
    of a line whose takers have gone.
    """
    clock = VirtualClock()
    shop = Shop(ThirdParty(SimulatedPartner(clock, 1)), clock=clock)
    shop.stock("S", 30, "third_party")
    shop.place(line("S", 2))
    clock.advance(timedelta(days=21))
    before = shop.engine.submit(Edit(quantities={"1": 1000}).to("A-1")).version
    shop.run()
    entries = shop.engine.order("A-1").version - before
    require("at most 20 entries", entries <= 20, str(entries))
