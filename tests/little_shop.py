"""One order of a few mugs, worked by software, in a shop whose time is moved by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from orderflow import Engine, InHouse, Line, NewOrder, Order
from orderflow.fulfillment.strategy import FulfillmentStrategy
from orderflow.kernel.policies import when_paid
from orderflow.model import events as ev
from orderflow.model.commands import Receive
from orderflow.model.document import Terms
from orderflow.model.observations import Fact, PaymentReported, TrackingReported
from orderflow.model.parcel import ParcelStatus
from orderflow.model.state import PaymentFact
from orderflow.simulation import SequentialIds, VirtualClock
from orderflow.stores import MemoryStore
from orderflow.testing import FakeCarrier, FakeNotifier, check_order, check_stock

PREPAID, INVOICE, CASH = Terms.PREPAID, Terms.INVOICE, Terms.CASH_ON_DELIVERY


class LittleShop:
    """An order ``A-1`` of two mugs at 5.00 EUR; work is released when it is paid, if it must be."""

    def __init__(
        self,
        terms: Terms = INVOICE,
        *,
        engine: Any = None,
        carrier: FakeCarrier | None = None,
        strategies: Sequence[FulfillmentStrategy] = (),
        timeout: float | None = None,
        **order: Any,
    ) -> None:
        self.clock, self.carrier = VirtualClock(), carrier or FakeCarrier()
        self.notifier = FakeNotifier()
        keywords = {"release": when_paid, "notifier": self.notifier, **(engine or {})}
        self.engine = Engine(
            MemoryStore(),
            strategies or [InHouse(carrier=self.carrier)],
            clock=self.clock,
            ids=SequentialIds(),
            **keywords,
        )
        self.engine.worker.timeout = timeout
        self.engine.change_stock(Receive(sku="MUG", quantity=20).to(id="r-1"))
        line = Line(sku="MUG", quantity=2, unit_price=Decimal(5))
        given = {"number": "A-1", "currency": "EUR", "lines": (line,), "terms": terms, **order}
        self.engine.place(NewOrder(**given))
        self.work()

    def work(self) -> None:
        self.engine.worker.run_until_idle()
        check_order(self.engine, "A-1")
        check_stock(self.engine)

    def passes(self, **time: float) -> None:
        self.clock.advance(timedelta(**time))
        self.work()

    def says(self, fact: Fact, id: str | None = None) -> None:
        self.engine.observe(fact.at(self.clock.now(), subject="A-1", id=id))
        self.work()

    def pays(self, amount: int, fact: PaymentFact = PaymentFact.CAPTURED, ref: str = "p") -> None:
        self.says(PaymentReported(fact=fact, amount=amount, reference=ref))

    def delivers(self, parcel: str = "A-1-P1", *, signed: bool = False) -> None:
        number = self.order.state.parcels[parcel].tracking_number
        delivered = ParcelStatus.DELIVERED
        self.says(TrackingReported(tracking_number=number, status=delivered, signed=signed))

    @property
    def order(self) -> Order:
        return self.engine.order("A-1")

    @property
    def told(self) -> list[str]:
        return [notification.template for notification in self.notifier.asked]

    def tasks(self) -> dict[str, str]:
        return {task.name: task.role for task in self.engine.tasks()}

    def events(self, *kinds: type[ev.Event]) -> list[ev.Event]:
        entries = self.engine.journal("A-1")
        return [event for entry in entries for event in entry.events if isinstance(event, kinds)]
