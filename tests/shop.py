"""A little shop in which the scenarios play: what it has, what it hears and does, where it stands.

It sells mugs. Time is moved by hand, ids count from one, and every port is a fake that keeps what
it was asked. After each verb the worker does what can be done, and every promise is checked.

>>> from orderflow.model.commands import Pick
>>> shop = Shop(manual=["pick"])  # a person picks; software does all the rest
>>> shop.place().tasks()  # order A-1: two mugs at 5.00 EUR
{'pick'}
>>> shop.does(Pick(fo="A-1-F1", units={"1": 2}))  # packed, labelled and handed over by now
>>> shop.delivers()
>>> shop.passes(days=14)  # in which the customer could have said that nothing came
>>> shop.order.status
'completed'
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any, Self, TypeVar

import pytest

from orderflow import Engine, InHouse, Line, NewOrder, Order, Refused, Steps
from orderflow.fulfillment.strategy import FulfillmentStrategy
from orderflow.model.commands import CommandBody, ReceiveStock
from orderflow.model.events import Event
from orderflow.model.observations import ObservationBody, PaymentReported, TrackingReported
from orderflow.model.parcel import ParcelStatus
from orderflow.model.state import PaymentOutcome
from orderflow.model.work import Task
from orderflow.ports import Store
from orderflow.simulation import SequentialIds, VirtualClock
from orderflow.stores import MemoryStore
from orderflow.testing import FakeCarrier, FakeNotifier, check_order, check_stock

MUGS = Line(sku="MUG", quantity=2, unit_price=Decimal(5))
SECOND = timedelta(seconds=1)
E = TypeVar("E", bound=Event)


def new_order(*lines: Line, number: str = "A-1", **more: Any) -> NewOrder:
    """An order as a customer sends it: of two mugs, where no lines are given."""
    return NewOrder(**{"number": number, "currency": "EUR", "lines": lines or (MUGS,), **more})


class Shop:
    """A shop in one process. *strategies* and *rules* are its engine's; in-house without."""

    def __init__(
        self,
        *strategies: FulfillmentStrategy,
        stock: Mapping[str, int] | None = None,
        store: Store | None = None,
        clock: VirtualClock | None = None,
        carrier: FakeCarrier | None = None,
        **rules: Any,
    ) -> None:
        self.store, self.clock = store or MemoryStore(), clock or VirtualClock()
        self.carrier, self.notifier = carrier or FakeCarrier(), FakeNotifier()
        self.ids = SequentialIds()
        self.opens(*strategies, **rules)
        for sku, units in ({"MUG": 20} if stock is None else stock).items():
            self.stock(sku, units)

    def opens(
        self, *strategies: FulfillmentStrategy, manual: Iterable[str] = (), **rules: Any
    ) -> None:
        """Start an engine; once more is another process, on the same store, under other rules."""
        self.engine = Engine(
            self.store,
            strategies or [InHouse(carrier=self.carrier)],
            **{
                "clock": self.clock,
                "ids": self.ids,
                "notifier": self.notifier,
                "steps": Steps(manual=manual),
                **rules,
            },
        )

    # --- what happens: each ends when nothing is left that can be done now ------------------------

    def stock(self, sku: str, units: int, location: str = "main") -> None:
        """Goods arrive."""
        self.engine.change_stock(ReceiveStock(sku=sku, quantity=units, location=location).to())

    def place(self, *lines: Line, **order: Any) -> Self:
        """A customer orders."""
        self.engine.place(new_order(*lines, **order))
        return self.work()

    def does(self, *bodies: CommandBody, to: str = "A-1", by: str = "ana") -> None:
        """Somebody gives commands."""
        for body in bodies:
            self.engine.submit(body.to(to, by=by))
            self.work()

    def says(self, *facts: ObservationBody, of: str = "A-1") -> None:
        """Somebody tells what happened: one a second, as the same at the same time is one fact."""
        for fact in facts:
            self.clock.advance(SECOND)
            self.engine.observe(fact.at(self.clock.now(), subject=of))
            self.work()

    def pays(
        self, amount: int, fact: PaymentOutcome = PaymentOutcome.CAPTURED, ref: str = "p"
    ) -> None:
        """The bank tells of money, in cents."""
        self.says(PaymentReported(fact=fact, amount=amount, reference=ref))

    def scan(self, status: ParcelStatus, parcel: str = "A-1-P1", **more: Any) -> None:
        """The carrier scans a parcel, an hour later."""
        self.clock.advance(timedelta(hours=1) - SECOND)
        self.says(self.scanned(status, parcel, **more))

    def delivers(self, parcel: str = "A-1-P1", **more: Any) -> None:
        """The carrier hands a parcel to its recipient."""
        self.says(self.scanned(ParcelStatus.DELIVERED, parcel, **more))

    def completes(self, task: str, /, *, by: str = "ana", **answers: str) -> None:
        """Somebody does a task, and fills in its form."""
        self.engine.complete(self.task(task), by=by, data=answers)
        self.work()

    def passes(self, **time: float) -> None:
        """So much time goes by at once: ``shop.passes(days=7)``."""
        self.clock.advance(timedelta(**time))
        self.work()

    def work(self) -> Self:
        """The worker does all that can be done now; then every promise is looked after."""
        self.engine.worker.run_until_idle()
        self.check()
        return self

    def check(self) -> None:
        """The promises about each order, its parcels and all stock."""
        for order in self.engine.orders():
            check_order(self.engine, order.id)
        check_stock(self.engine)

    # --- what may be asked about it ---------------------------------------------------------------

    def refused(self, body: CommandBody, *, to: str = "A-1", by: str = "ana") -> frozenset[str]:
        """The codes of why a command is refused, by which nothing changes."""
        before = self.engine.order(to)
        with pytest.raises(Refused) as told:
            self.engine.submit(body.to(to, by=by))
        assert self.engine.order(to) == before
        return told.value.codes

    @property
    def order(self) -> Order:
        """The order A-1."""
        return self.engine.order("A-1")

    @property
    def stands(self) -> dict[str, int]:
        """Its units by bucket."""
        return {str(bucket): units for bucket, units in self.order.ledger.totals().items()}

    @property
    def told(self) -> list[str]:
        """What customers were told, by template."""
        return [notification.template for notification in self.notifier.asked]

    def events(self, kind: type[E]) -> list[E]:
        """What became true of it, of one kind."""
        entries = self.engine.journal("A-1")
        return [event for entry in entries for event in entry.events if isinstance(event, kind)]

    def scanned(self, status: ParcelStatus, parcel: str = "A-1-P1", **more: Any) -> ObservationBody:
        """What the carrier would say of a parcel."""
        number = self.order.state.parcels[parcel].tracking_number
        return TrackingReported(tracking_number=number, status=status, **more)

    def task(self, name: str) -> Task:
        """The first open task of this name."""
        return next(task for task in self.engine.tasks() if task.name == name)

    def tasks(self) -> set[str]:
        """The names of all open tasks."""
        return set(self.roles())

    def roles(self) -> dict[str, str]:
        """All open tasks, and who is to do each."""
        return {task.name: task.role for task in self.engine.tasks()}
