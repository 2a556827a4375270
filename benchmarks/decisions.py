"""A whole decision in memory (guards, ledger, fold, what the order waits for next), no store.

Stated as multiples of a hand-written trigger in the same rounds: a machine twice as slow has twice
the microseconds and the same multiple.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from benchmarks import by_hand
from benchmarks.harness import Pair, Race, at_most, seconds
from benchmarks.lives import METHODS, Decided, life, noted, shop
from benchmarks.machines import by_hand as by_dict
from benchmarks.machines import by_turns
from orderflow import InHouse, Line, NewOrder
from orderflow.errors import Refused
from orderflow.kernel.decide import Decision
from orderflow.model.commands import Confirm, Pick
from orderflow.model.ledger import Bucket
from orderflow.simulation import VirtualClock

__all__ = ["races"]

TIMES = 500
ORDERS = 50
DICT_MICROSECONDS = 0.27
"""What the hand-written trigger takes on the machine for which the goals were set."""


def picks(lines: int, *places: str) -> Decided:
    """Picking a fulfillment order, of an order with a fulfillment order at each of *places*."""
    engine = shop(InHouse(*places), VirtualClock())
    wanted = tuple(Line(sku=f"SKU-{number + 1}", quantity=2) for number in range(lines))
    engine.place(NewOrder(number="A", currency="EUR", lines=wanted))
    engine.submit(Confirm().to("A"))
    units = engine.order("A").units(Bucket.ALLOCATED, fo="A-F1")
    with noted() as decisions:
        engine.submit(Pick(fo="A-F1", units=units).to("A"))
    assert len(engine.order("A").fulfillment_orders) == len(places)
    return decisions[0]


def refused() -> Decided:
    """Confirming an order that is confirmed."""
    engine = shop(InHouse(), VirtualClock())
    engine.place(NewOrder(number="A", currency="EUR", lines=(Line(sku="SKU-1", quantity=2),)))
    engine.submit(Confirm().to("A"))
    with noted() as decisions, suppress(Refused):
        engine.submit(Confirm().to("A"))
    return decisions[0]


def deciding(decided: Decided, accepted: bool) -> Callable[[], float]:
    """A contender: microseconds a decision."""

    def contender() -> float:
        took = seconds(lambda: [decided.again() for _ in range(TIMES)], TIMES)
        assert isinstance(decided.again(), Decision) is accepted
        return 1e6 * took

    return contender


def whole(decisions: list[Decided]) -> Callable[[], float]:
    """A contender: microseconds for all decisions of an order."""

    def contender() -> float:
        took = seconds(lambda: [[each.again() for each in decisions] for _ in range(50)], 50)
        last = decisions[-1].again()
        assert isinstance(last, Decision)
        assert last.order.units(Bucket.DELIVERED) == {"1": by_hand.UNITS}
        return 1e6 * took

    return contender


def whole_by_hand(method: str) -> Callable[[], float]:
    """A contender: microseconds for an order, its rules written by hand."""

    def contender() -> float:
        stock = by_hand.new_stock()
        orders: list[dict[str, Any]] = []
        took = seconds(
            lambda: orders.extend(by_hand.work(method, stock) for _ in range(ORDERS)), ORDERS
        )
        assert all(order["lines"] == {"1": {"delivered": by_hand.UNITS}} for order in orders)
        left = by_hand.UNITS * len(orders) if method in by_hand.KEEPS_STOCK else 0
        assert stock == {"on_hand": by_hand.ON_HAND - left, "reserved": 0}
        return 1e6 * took

    return contender


def races() -> Iterator[Race]:
    goals = {"a refusal": 3, "one line": 12, "five lines, two fulfillment orders": 30}
    yield Race(
        "decision",
        "µs a decision",
        {
            "a trigger by hand": by_turns(by_dict),
            "a refusal": deciding(refused(), accepted=False),
            "one line": deciding(picks(1, "main"), accepted=True),
            "five lines, two fulfillment orders": deciding(picks(5, "east", "west"), accepted=True),
        },
        tuple(
            Pair(name, name, "a trigger by hand", at_most(limit / DICT_MICROSECONDS))
            for name, limit in goals.items()
        ),
        rounds=15,
    )
    lives = {method.name: life(method) for method in METHODS}
    ours = {f"an order: {name}": whole(decisions) for name, decisions in lives.items()}
    theirs = {f"by hand: {name}": whole_by_hand(name) for name in lives}
    pairs = [Pair(f"an order: {name}", f"an order: {name}", f"by hand: {name}") for name in lives]
    yield Race("decision", "µs an order", ours | theirs, tuple(pairs))
