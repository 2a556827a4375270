"""The simulated world: every party comes to an end, whatever its moods; the promises hold."""

from __future__ import annotations

from decimal import Decimal

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orderflow import Dropship, InHouse, Line, ThirdParty
from orderflow.fulfillment.steps import STEP_ROLES
from orderflow.model.commands import Cancel
from orderflow.model.document import Ask
from orderflow.model.events import Entry
from orderflow.model.ledger import Bucket
from orderflow.model.observations import StockReported
from orderflow.simulation import (
    PartnerBehavior,
    Replenishment,
    SimulatedCarrier,
    SimulatedPartner,
    SimulatedPeople,
    SimulatedWarehouse,
    VirtualClock,
    World,
)
from orderflow.simulation.world import Actor
from tests.shop import Shop, new_order

DIALS = [field.name for field in attrs.fields(PartnerBehavior)]
LINES = (
    Line(sku="MUG", quantity=3, unit_price=Decimal(4)),
    Line(sku="POT", quantity=2, unit_price=Decimal(9)),
    Line(sku="PAN", quantity=2, unit_price=Decimal(7), asks=(Ask.SERIAL,)),
)


class Day:
    """Three orders at a supplier, a provider and in-house."""

    def __init__(self, moods: PartnerBehavior, seed: int, *, short: float = 0) -> None:
        clock = VirtualClock()
        self.supplier = SimulatedPartner(clock, seed, moods)
        self.provider = SimulatedPartner(clock, seed + 1, moods)
        carrier = SimulatedCarrier(clock, seed)
        warehouse = SimulatedWarehouse(seed, short=short)
        strategies = [
            _only(Dropship(self.supplier, cost=lambda line: line.unit_price / 2), "MUG"),
            _only(ThirdParty(self.provider, "3pl"), "POT"),
            InHouse(carrier=carrier, warehouse=warehouse),
        ]
        manual = STEP_ROLES.keys() - {"label", "confirm"}
        self.shop = Shop(*strategies, clock=clock, stock={}, manual=manual)
        self.engine = self.shop.engine
        for sku in ("MUG", "POT", "PAN"):
            report = StockReported(sku=sku, location="3pl", on_hand=3)
            self.engine.observe(report.at(clock.now()))
        people = SimulatedPeople(seed, short=short)
        supply = Replenishment(lambda _sku, lack: lack, after=clock.now() - clock.now())
        parties: list[Actor] = [carrier, self.supplier, self.provider]
        self.world = World(self.engine, clock, parties, supply, people=people)

    def run(self) -> list[Entry]:
        for number in range(1, 4):
            self.engine.place(new_order(*LINES, number=f"A-{number}"))
        self.world.run_until()
        self.shop.check()
        return [entry for order in self.engine.orders() for entry in self.engine.journal(order.id)]


def _only(strategy: Dropship | ThirdParty, sku: str) -> Dropship | ThirdParty:
    """The same strategy, for one SKU."""
    accepts = type(strategy).accepts

    def limited(line: Line) -> object:
        other = Line(sku=line.sku, quantity=1, ships=line.sku == sku)
        return accepts(strategy, other)

    strategy.accepts = limited  # type: ignore[method-assign,assignment]  # a test's shortcut
    return strategy


moods = st.builds(PartnerBehavior, **{dial: st.sampled_from([0.0, 0.5, 1.0]) for dial in DIALS})


@settings(max_examples=12)
@given(moods=moods, seed=st.integers(0, 99), short=st.sampled_from([0.0, 0.5]))
def test_every_day_comes_to_an_end(moods: PartnerBehavior, seed: int, short: float) -> None:
    """Whatever the parties do, the promises hold, nothing waits silently, and a seed is a day."""
    told = Day(moods, seed, short=short).run()
    assert told == Day(moods, seed, short=short).run()


def test_a_good_day_leaves_nothing_to_do() -> None:
    day = Day(PartnerBehavior(), 1)
    day.run()
    assert [order.status for order in day.engine.orders()] == ["completed"] * 3
    assert not list(day.engine.tasks())
    assert not day.engine.unmatched()


@pytest.mark.parametrize("dial", ["repeats", "late", "fails", "silent", "reorders"])
def test_what_must_change_nothing_in_the_end(dial: str) -> None:
    """Facts twice, in another order, late or only when asked: the goods are delivered once."""
    day = Day(PartnerBehavior(**{dial: 1.0}), 1)
    day.run()
    for order in day.engine.orders():
        assert (order.status, order.state.surplus) == ("completed", {})


@pytest.mark.parametrize(
    ("dial", "event"),
    [
        ("refuses", "UnitsReleased"),
        ("backorders", "ShippingPromised"),
        ("ships_short", "UnitsReleased"),
        ("ships_over", "OverageFound"),
    ],
)
def test_a_dial_shows(dial: str, event: str) -> None:
    told = Day(PartnerBehavior(**{dial: 1.0}), 1).run()
    assert event in {type(found).__name__ for entry in told for found in entry.events}


def test_who_insists_ships_what_was_asked_back() -> None:
    results = {}
    for insists in (0.0, 1.0):
        day = Day(PartnerBehavior(insists=insists), 1)
        day.engine.place(new_order(Line(sku="MUG", quantity=1)))
        day.world.run_until(day.world.clock.now())
        day.engine.submit(Cancel().to("A-1"))
        day.world.run_until()
        results[insists] = day.engine.order("A-1").ledger.totals()
    assert results == {0.0: {Bucket.CANCELLED: 1}, 1.0: {Bucket.DELIVERED: 1}}
