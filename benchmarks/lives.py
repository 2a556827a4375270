"""The orders whose decisions are measured: one by each method, from placement to delivery.

Each is worked once by an engine in memory, which notes every decision; the benchmark decides all
of them again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from itertools import cycle
from unittest import mock

import attrs

from orderflow import (
    Digital,
    Dropship,
    Engine,
    FulfillmentStrategy,
    Handover,
    InHouse,
    Line,
    NewOrder,
    Pickup,
    ThirdParty,
)
from orderflow.engine.pipeline import prepare
from orderflow.errors import Refusal
from orderflow.kernel.decide import Context, Decision, decide
from orderflow.kernel.decision.rules import Rules
from orderflow.model.commands import Collect, Deliver, ReceiveStock
from orderflow.model.document import Delivery
from orderflow.model.order import Order
from orderflow.simulation import SequentialIds, SimulatedPartner, VirtualClock, World
from orderflow.stores import MemoryStore

__all__ = ["METHODS", "Decided", "Method", "life", "noted", "shop"]


@attrs.frozen
class Decided:
    """The arguments of one decision."""

    rules: Rules
    order: Order | None
    body: object
    context: Context
    new_id: str

    def again(self) -> Decision | tuple[Refusal, ...]:
        """Decide it once more."""
        return decide(self.rules, self.order, self.body, self.context, self.new_id)


@attrs.frozen
class Method:
    """How an order is fulfilled."""

    name: str
    delivery: Delivery = Delivery.CARRIER
    ships: bool = True


METHODS = (
    Method("in-house"),
    Method("dropship"),
    Method("third party"),
    Method("pickup", Delivery.PICKUP),
    Method("handover", Delivery.HANDOVER),
    Method("digital", ships=False),
)


def shop(strategy: FulfillmentStrategy, clock: VirtualClock) -> Engine:
    """An engine in memory, with stock of five SKUs, by turns at each of the strategy's places."""
    engine = Engine(MemoryStore(), [strategy], clock=clock, ids=SequentialIds())
    places = [place for place in strategy.locations if place]
    for number, place in zip(range(5), cycle(places), strict=False):
        received = ReceiveStock(sku=f"SKU-{number + 1}", quantity=1_000, location=place)
        engine.change_stock(received.to())
    return engine


def life(method: Method) -> list[Decided]:
    """Every decision about an order of two units, until they are delivered."""
    clock = VirtualClock()
    party = SimulatedPartner(clock)
    strategies: Mapping[str, FulfillmentStrategy] = {
        "in-house": InHouse(),
        "dropship": Dropship(party),
        "third party": ThirdParty(party),
        "pickup": Pickup(),
        "handover": Handover(),
        "digital": Digital(),
    }
    engine = shop(strategies[method.name], clock)
    line = Line(
        sku="SKU-1",
        quantity=2,
        unit_price=Decimal("6.50"),
        ships=method.ships,
        stocked=method.ships,
    )
    with noted() as decisions:
        engine.place(NewOrder(number="A", currency="EUR", lines=(line,), delivery=method.delivery))
        world = World(engine, clock, [party])
        engine.worker.run_until_idle()
        if method.name in ("dropship", "third party"):
            while engine.order("A").status != "delivered":
                due = party.next_due()
                assert due is not None
                world.run_until(due)
        elif method.name == "in-house":
            engine.submit(Deliver(parcel="A-P1").to("A"))
        elif method.name == "pickup":
            engine.submit(Collect(fo="A-F1").to("A"))
        engine.worker.run_until_idle()
    assert engine.order("A").status == "delivered"
    return decisions


@contextmanager
def noted() -> Iterator[list[Decided]]:
    """Every decision that an engine makes meanwhile."""
    decisions: list[Decided] = []

    def noting(
        rules: Rules, order: Order | None, body: object, context: Context, new_id: str = ""
    ) -> Decision | tuple[Refusal, ...]:
        decisions.append(Decided(rules, order, body, context, new_id))
        return decisions[-1].again()

    with mock.patch.object(prepare, "decide", noting):
        yield decisions
