"""Random lives of orders in a shop that fulfills in every way: the kit's machine, and a little."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from orderflow import Engine, InHouse, Line, NewOrder, Refusal, Steps
from orderflow.fulfillment import Digital, Dropship, Handover, Pickup, ThirdParty
from orderflow.model.observations import StockReported
from orderflow.testing import FakeCarrier, FakeParty, OrderMachine

STEPS = st.sampled_from(["pick", "pack", "ship", "confirm", "put_away", "close_return", "submit"])


class OnlySingles(ThirdParty):
    """A provider for lines of one unit."""

    def accepts(self, line: Line) -> Refusal | None:
        return None if line.quantity == 1 and line.ships else Refusal("3pl.more", "more than one")


class OnlyFours(Dropship):
    """A supplier for lines of four units."""

    def accepts(self, line: Line) -> Refusal | None:
        return None if line.quantity == 4 and line.ships else Refusal("drop.other", "not four")


class Lives(OrderMachine):
    """A shop under pressure; every promise is checked after each step."""

    def __init__(self) -> None:
        self.carrier, self.party = FakeCarrier(), FakeParty()
        self.manual: frozenset[str] = frozenset()
        super().__init__()

    def make_engine(self) -> Engine:
        return Engine(
            self.faulty.port,
            [
                OnlySingles(self.party, "3pl"),
                OnlyFours(self.party, cost=lambda _line: Decimal(2)),
                InHouse(carrier=self.carrier),
                Pickup(),
                Handover(),
                Digital(),
            ],
            steps=Steps(manual=self.manual),
        )

    @initialize(data=st.data(), units=st.integers(4, 9), manual=st.frozensets(STEPS))
    def open_shop(
        self, data: st.DataObject, units: int, manual: frozenset[str] = frozenset()
    ) -> None:
        self.manual = manual
        self.engine = self.open()
        for sku in self.skus:
            self.receive_at(sku, "main", units)
            report = StockReported(sku=sku, location="3pl", on_hand=2)
            self.engine.observe(report.at(self.clock.now() - timedelta(days=1)))
        three = (Line(sku=self.skus[0], quantity=3),)
        asked = (Line(sku=self.skus[2], quantity=4), Line(sku=self.skus[1], quantity=1))
        for lines in (three, asked):
            self.place_order(NewOrder(currency="GBP", lines=lines))
        self.work_all()
        self.place_order(data.draw(self.order, label="what"))

    @rule(units=st.integers(0, 6), ago=st.integers(0, 40))
    def provider_reports(self, units: int, ago: int) -> None:
        """A provider says what it has: late, or less than is promised."""
        fact = StockReported(sku=self.skus[0], location="3pl", on_hand=units)
        self.engine.observe(fact.at(self.clock.now() - timedelta(hours=ago)))

    @rule(manual=st.frozensets(STEPS))
    def other_steps(self, manual: frozenset[str]) -> None:
        """The application is deployed again, with other steps done by hand."""
        self.manual = manual
        self.engine = self.open()
        self.engine.apply_rules()
