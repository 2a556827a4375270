"""Random lives of orders in a shop that fulfills in every way: the kit's machine, and a little."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

import attrs
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from orderflow import Engine, InHouse, Line, NewOrder, Refusal, Steps
from orderflow.engine.worker.performers import Performers
from orderflow.errors import PortFailed, Refused
from orderflow.fulfillment import Digital, Dropship, Handover, Pickup, ThirdParty
from orderflow.model import events as ev
from orderflow.model.commands import (
    Cancel,
    CloseReturn,
    Edit,
    Override,
    PlaceHold,
    ProposeSubstitute,
    ReceiveStock,
    ReleaseHold,
    RequestReturn,
    SendDunning,
)
from orderflow.model.document import Address
from orderflow.model.ledger import Bucket
from orderflow.model.observations import (
    Feedback,
    FeedbackGiven,
    GoodsReturned,
    ObservationBody,
    PaymentReported,
    ReturnAnswered,
    ReturnInspected,
    StockReported,
    TrackingReported,
    TrackingRetracted,
)
from orderflow.model.parcel import ParcelStatus, status_of
from orderflow.model.returns import Disposition, InspectionLine
from orderflow.model.state import PaymentOutcome
from orderflow.policies import (
    Windows,
    always_cancellable,
    newest_first,
    not_once_packed,
    when_paid,
)
from orderflow.ports import EffectAnswer, EffectAttempt, PartnerReturn, RefundRequest
from orderflow.testing import BrokenLaw, FakeCarrier, FakePartner, OrderMachine, PortFaults

DAYS = timedelta(days=4)
ELSEWHERE = Address(name="Ada", lines=("2 Hill Road",), city="York", country="GB")
STEPS = st.sampled_from(["pick", "pack", "ship", "confirm", "put_away", "close_return", "submit"])


class OnlySingles(ThirdParty):
    """A provider for lines of one unit."""

    def accepts(self, line: Line) -> Refusal | None:
        return None if line.quantity == 1 and line.ships else Refusal("3pl.more", "more than one")


class OnlyFours(Dropship):
    """A supplier for lines of four units."""

    def accepts(self, line: Line) -> Refusal | None:
        return None if line.quantity == 4 and line.ships else Refusal("drop.other", "not four")


class Supplier(FakePartner):
    """A party that is asked before goods are returned to it."""

    moods = PortFaults()

    def accept_return(self, request: PartnerReturn) -> ObservationBody | None:
        """It refuses when it is short of room."""
        said = ReturnAnswered(rma=request.number, refused="no room" if self.moods.short else "")
        return said if self.moods.prompt else None


class Bank:
    """Pays refunds, once per key; may lose its answer, answer later, or say that it failed."""

    def __init__(self) -> None:
        self.moods = PortFaults()
        self.paid: dict[str, int] = {}

    def refund(self, request: RefundRequest) -> ObservationBody | None:
        fact = PaymentOutcome.FAILED
        if request.key in self.paid or not self.moods.short:
            fact = PaymentOutcome.REFUNDED
            self.paid.setdefault(request.key, request.amount)
        if self.moods.fails or self.moods.late:
            raise PortFailed("the answer got lost")
        said = PaymentReported(fact=fact, amount=request.amount, reference=request.key)
        return said if self.moods.prompt else None


class Watched(Performers):
    """Those who perform the effects in a life, which looks on."""

    def __init__(self, life: Lives, them: Performers) -> None:
        super().__init__(them.own, them.notifier, them.strategies)
        self._life = life

    def perform(self, effect: EffectAttempt) -> EffectAnswer:
        """Take down what is done outside for an order on hold; taking a label back is no harm."""
        if effect.order.state.held(effect.subject) and effect.name != "void_label":
            what = f"{effect.key} was done while {effect.order.id} was on hold"
            self._life.done_on_hold.append(what)
        reply = super().perform(effect)
        if self._life.interrupts:
            self._life.interrupts = False
            self._life.look_at(effect.order.id)
        return reply


class Lives(OrderMachine):
    """A shop under pressure; every promise is checked after each step."""

    def __init__(self) -> None:
        self.carrier, self.party = FakeCarrier(), Supplier()
        self.manual: frozenset[str] = frozenset()
        self.bank = Bank()
        self.hits = self.keeps_packed = False
        self.done_on_hold: list[str] = []
        self.interrupts = False
        super().__init__()

    def make_engine(self) -> Engine:
        self.bank.moods = self.party.moods = self.moods
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
            release=when_paid,
            promise=lambda _order, now: now + timedelta(days=5),
            windows=Windows(reminder=DAYS, reminders=1, escalation=DAYS),
            payments=self.bank,
            shortage=newest_first if self.hits else None,
            cancellable=not_once_packed if self.keeps_packed else always_cancellable,
        )

    def open(self) -> Engine:
        engine = super().open()
        engine.worker.performers = Watched(self, engine.worker.performers)
        return engine

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

    @precondition(lambda self: self.placed)
    @rule(data=st.data(), reference=st.sampled_from("ab"))
    def pay_and_cancel(self, data: st.DataObject, reference: str) -> None:
        """A customer pays the whole order, and then thinks better of it."""
        order = self.one_order(data)
        whole = max(0, order.state.payments.total)
        paid = PaymentReported(fact=PaymentOutcome.CAPTURED, amount=whole, reference=reference)
        self.engine.observe(paid.at(self.clock.now(), subject=order.id))
        self.submit(Cancel().to(order.id, id=self.name()))
        self.work_all()

    @precondition(lambda self: self.placed)
    @rule(data=st.data())
    def remind_and_hold(self, data: st.DataObject) -> None:
        """An order is put on hold while something for its customer is in the outbox."""
        order = self.one_order(data).id
        self.submit(SendDunning().to(order, id=self.name()))
        self.submit(PlaceHold(hold="odd", reason="looks odd").to(order, id=self.name()))
        self.work_all()

    def look_at(self, order: str) -> None:
        """Somebody puts an order on hold, if it is not over."""
        with suppress(Refused):
            self.engine.submit(PlaceHold(hold="look", reason="look").to(order))

    @precondition(lambda self: self.placed)
    @rule(called=st.booleans())
    def held_meanwhile(self, called: bool) -> None:
        """Orders are put on hold while a worker has claimed something of them, or calls a port."""
        if called:
            self.interrupts = True
            self.work_all()
            self.interrupts = False
        for row in self.engine.worker._claim():
            if row.owner.startswith("order:"):
                self.look_at(row.owner.removeprefix("order:"))
            self.engine.worker.do([row])
        self.work_all()
        for order in self.placed:
            with suppress(Refused):
                self.engine.submit(ReleaseHold(hold="look").to(order))

    @precondition(lambda self: self.placed)
    @rule(data=st.data())
    def strange_goods(self, data: st.DataObject) -> None:
        """Goods come back that are of another order, or of none."""
        order = self.one_order(data)
        if order.lines:
            back = GoodsReturned(lines={order.lines[0].id: 1}, others={"HAT": 1})
            self.engine.observe(back.at(self.clock.now(), subject=order.id))

    @precondition(lambda self: self.placed)
    @rule(data=st.data(), feedback=st.sampled_from(Feedback))
    def customer_says(self, data: st.DataObject, feedback: Feedback) -> None:
        """A customer speaks without being asked."""
        said = FeedbackGiven(feedback=feedback)
        self.engine.observe(said.at(self.clock.now(), subject=self.one_order(data).id))

    @precondition(lambda self: self.placed)
    @rule(data=st.data(), later=st.sampled_from([timedelta(), DAYS * 2]))
    def signed_for(self, data: st.DataObject, later: timedelta) -> None:
        """All parcels of an order arrive, each is signed for, and some time passes."""
        for view in self.one_order(data).state.parcels.values():
            if number := view.tracking_number:
                done = ParcelStatus.DELIVERED
                fact = TrackingReported(tracking_number=number, status=done, signed=True)
                self.engine.observe(fact.at(self.clock.now()))
        self.work_all()
        self.clock.advance(later)
        self.work_all()

    def came_back(self) -> list[tuple[str, str, str]]:
        """Order, return and line of goods that came back and are not dealt with."""
        return [
            (order.id, slot.rma, slot.line)
            for order in map(self.engine.order, self.placed)
            for slot, _ in order.ledger.slots(Bucket.RETURNED)
            if not order.state.returns[slot.rma].phase.final
        ]

    @precondition(lambda self: self.came_back())
    @rule(data=st.data(), disposition=st.sampled_from(Disposition), told=st.booleans())
    def inspect(self, data: st.DataObject, disposition: Disposition, told: bool) -> None:
        """Somebody looks at goods that came back, and says what becomes of a unit."""
        order, rma, line = data.draw(st.sampled_from(self.came_back()), label="came back")
        finding = InspectionLine(line=line, quantity=1, disposition=disposition)
        if told:
            fact = ReturnInspected(rma=rma, findings=(finding,))
            self.engine.observe(fact.at(self.clock.now(), subject=order))
        else:
            close = CloseReturn(rma=rma, findings=(finding,))
            self.submit(close.to(order, by="ana", id=self.name()))

    @precondition(lambda self: self.tracking_numbers())
    @rule(data=st.data(), event=st.sampled_from(["E1", "E2"]), early=st.booleans())
    def retract(self, data: st.DataObject, event: str, early: bool) -> None:
        """A carrier reports a delivery and takes that back, in either order."""
        number = data.draw(st.sampled_from(self.tracking_numbers()), label="number")
        facts = [
            TrackingReported(tracking_number=number, status=ParcelStatus.DELIVERED, event=event),
            TrackingRetracted(tracking_number=number, event=event),
        ]
        for fact in reversed(facts) if early else facts:
            self.engine.observe(fact.at(self.clock.now()))
            self.work_all()

    @invariant()
    def money_and_holds(self) -> None:
        """Promises 4 and 9: what was really done, against what was held and captured."""
        if self.done_on_hold:
            raise BrokenLaw(4, "; ".join(self.done_on_hold))
        for order in self.placed:
            mine = f"{order}-M"
            paid = sum(n for key, n in self.bank.paid.items() if key.startswith(mine))
            captured = self.engine.order(order).state.payments.captured
            if paid > captured:
                raise BrokenLaw(9, f"{paid} were paid back of {captured} that {order} paid")

    def teardown(self) -> None:
        """Nobody is asked for a review twice, or after they have spoken."""
        super().teardown()
        for order in self.placed:
            told = [type(e) for entry in self.engine.journal(order) for e in entry.events]
            asked = [n for n, kind in enumerate(told) if kind is ev.ReviewRequested]
            spoken = told.index(ev.ReviewSettled) if ev.ReviewSettled in told else len(told)
            assert len(asked) <= 1, f"{order} was asked {len(asked)} times"
            assert all(n < spoken for n in asked), f"{order} was asked after it had spoken"

    @precondition(lambda self: self.placed)
    @rule(
        data=st.data(),
        units=st.integers(0, 5),
        moves=st.booleans(),
        added=st.integers(0, 3),
        override=st.booleans(),
    )
    def edit(
        self, data: st.DataObject, units: int, moves: bool, added: int, override: bool
    ) -> None:
        """A customer wants something else: more, fewer, another line, another address."""
        order = self.one_order(data)
        sku = data.draw(st.sampled_from(self.skus), label="sku")
        body = Edit(
            quantities={ln.id: units for ln in order.document.lines[:1]} if units < 5 else {},
            lines=(Line(sku=sku, quantity=added, unit_price=Decimal("0.99")),) if added else (),
            ship_to=ELSEWHERE if moves else None,
        )
        given = Override(command=body, reason="asked for twice") if override else body
        self.submit(given.to(order.id, by="ana", id=self.name()))

    @precondition(lambda self: self.placed)
    @rule(data=st.data(), units=st.integers(1, 2))
    def exchange(self, data: st.DataObject, units: int) -> None:
        """A customer wants something else for what was delivered."""
        order = self.one_order(data)
        for line in list(order.units(Bucket.DELIVERED, Bucket.SHIPPED))[:1]:
            other = Line(sku=data.draw(st.sampled_from(self.skus)), quantity=units)
            asked = RequestReturn(lines={line: 1}, exchange=(other,))
            self.submit(asked.to(order.id, id=self.name()))

    @precondition(lambda self: self.placed)
    @rule(data=st.data())
    def propose(self, data: st.DataObject) -> None:
        """We propose another SKU for what is not to be had."""
        order = self.one_order(data)
        sku = data.draw(st.sampled_from(self.skus), label="sku")
        for line in list(order.units(Bucket.BACKORDERED, Bucket.OPEN, Bucket.ALLOCATED))[:1]:
            body = ProposeSubstitute(line=line, sku=sku)
            self.submit(body.to(order.id, by="ana", id=self.name()))

    @rule(units=st.integers(1, 3), damaged=st.integers(0, 3))
    def damaged_goods(self, units: int, damaged: int) -> None:
        """Goods arrive that are damaged."""
        body = ReceiveStock(sku=self.skus[0], quantity=units, damaged=min(units, damaged))
        self.engine.change_stock(body.to(id=self.name()))

    @invariant()
    def scans_converge(self) -> None:
        """Promise 6: where a parcel stands does not depend on the order in which scans came."""
        for order in self.placed:
            for view in self.engine.order(order).state.parcels:
                if parcel := self.engine.store.parcel(view):
                    other = attrs.evolve(parcel, scans=parcel.scans[::-1])
                    if status_of(other) != status_of(parcel):
                        raise BrokenLaw(6, f"{view} depends on the order of its scans")

    @rule(manual=st.frozensets(STEPS), hits=st.booleans(), keeps_packed=st.booleans())
    def other_steps(
        self, manual: frozenset[str], hits: bool = False, keeps_packed: bool = False
    ) -> None:
        """The application is deployed again, with other steps done by hand, and other policies."""
        self.manual, self.hits, self.keeps_packed = manual, hits, keeps_packed
        self.engine = self.open()
        self.engine.apply_rules()
