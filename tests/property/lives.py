"""Random lives of orders: commands, facts, faults and time, against the promises."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from orderflow import Engine, InHouse, Line, NewOrder, Refusal, Refused, Steps
from orderflow.engine.explaining import candidates
from orderflow.errors import PortFailed
from orderflow.fulfillment import Digital, Dropship, Handover, Pickup, ThirdParty
from orderflow.kernel.decide import Decision
from orderflow.model.commands import (
    Cancel,
    Command,
    Count,
    Draft,
    Pack,
    Pick,
    Place,
    Receive,
    RequestReturn,
    SetStockPolicy,
    WriteOff,
)
from orderflow.model.ledger import Bucket
from orderflow.model.observations import (
    CancellationAnswered,
    Fact,
    GoodsReturned,
    GoodsShipped,
    InvoiceLine,
    InvoiceReceived,
    LineAnswer,
    PaymentReported,
    RequestAnswered,
    RequestReceived,
    StockReported,
    TrackingReported,
    Verdict,
)
from orderflow.model.parcel import ParcelStatus
from orderflow.model.state import FulfillmentOrder, PaymentFact
from orderflow.ports import GiveUp, Label, LabelRequest, PartyRequest, Picked, PickRequest
from orderflow.simulation import SequentialIds, VirtualClock
from orderflow.testing import Broken, WatchedStore, check_order, check_refusal, check_stock, orders
from orderflow.testing.data import SKUS

MOMENTS = st.sampled_from(
    [
        timedelta(minutes=1),
        timedelta(hours=5),
        timedelta(days=1),
        timedelta(days=4),
        timedelta(days=16),
    ]
)


class Moody:
    """A warehouse and a carrier that fail when they are told to; same key, same answer."""

    code = "moody"

    def __init__(self) -> None:
        self.fail = False
        self.short = False
        self.prompt = False
        self.picked: dict[str, Picked] = {}
        self.labels: dict[str, Label] = {}

    def pick(self, request: PickRequest) -> Picked:
        if self.fail:
            raise PortFailed("the warehouse does not answer")
        units = dict(request.units)
        short = {}
        if self.short and units:
            line = min(units)
            short = {line: 1}
            units = {**units, line: units[line] - 1}
        found = Picked({line: n for line, n in units.items() if n}, short)
        return self.picked.setdefault(request.key, found)

    def buy_label(self, request: LabelRequest) -> Label:
        number = f"T{len(self.labels) + 1}"
        label = self.labels.setdefault(request.key, Label(self.code, number))
        if self.fail:
            raise PortFailed("the answer got lost")
        return label

    def find(self, key: str) -> Label | None:
        return self.labels.get(key)

    def void_label(self, key: str, label: Label) -> None:
        del key, label

    def hand_over(self, key: str, label: Label) -> None:
        del key, label

    def submit(self, request: PartyRequest) -> Fact | None:
        if self.fail:
            raise PortFailed("the party does not answer")
        return RequestAnswered(fo=request.number) if self.prompt else None

    def give_up(self, request: GiveUp) -> Fact | None:
        if self.fail:
            raise PortFailed("the party does not answer")
        given = dict(request.lines) if self.prompt else {}
        return CancellationAnswered(fo=request.number, lines=given) if self.prompt else None

    def remind(self, key: str, number: str) -> None:
        del key, number


class OnlySingles(ThirdParty):
    """A provider for lines of one unit."""

    def accepts(self, line: Line) -> Refusal | None:
        return None if line.quantity == 1 and line.ships else Refusal("3pl.more", "more than one")


class OnlyFours(Dropship):
    """A supplier for lines of four units."""

    def accepts(self, line: Line) -> Refusal | None:
        return None if line.quantity == 4 and line.ships else Refusal("drop.other", "not four")


class Lives(RuleBasedStateMachine):
    """A shop under pressure; every promise is checked after each step."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = VirtualClock()
        self.parties = Moody()
        self.names = SequentialIds()
        self.store = self.make_store()
        self.engine = self.make_engine(frozenset())
        self.ids: list[str] = []
        self.last: tuple[Command, Any] | None = None
        self.count = 0

    def make_engine(self, manual: frozenset[str]) -> Engine:
        engine = Engine(
            self.store,
            [
                OnlySingles(self.parties, "3pl"),
                OnlyFours(self.parties, cost=lambda _line: Decimal(2)),
                InHouse(warehouse=self.parties, carrier=self.parties),
                Pickup(warehouse=self.parties),
                Handover(),
                Digital(),
            ],
            clock=self.clock,
            ids=self.names,
            steps=Steps(manual=manual),
        )
        engine.worker.batch = 1
        engine.worker.attempts = 2
        return engine

    def make_store(self) -> WatchedStore:
        return WatchedStore()

    def name(self) -> str:
        self.count += 1
        return f"test-{self.count}"

    def submit(self, command: Command) -> None:
        """Submit; a refusal may change nothing, and `ask` must have said so."""
        exists = bool(command.subject)
        asked = self.engine.ask(command) if exists else None

        def act() -> None:
            with_refusal = False
            try:
                answer = self.engine.submit(command)
                self.last = command, answer
                if not exists:
                    self.ids.append(answer.id)
            except Refused as refused:
                with_refusal = True
                if exists and asked != refused.refusals:
                    raise Broken(1, f"ask said {asked}, submit refused {refused}") from None
            if exists and isinstance(asked, Decision) == with_refusal:
                raise Broken(1, f"ask and submit disagree about {command}")

        if exists and not isinstance(asked, Decision):
            check_refusal(self.engine, command.subject, act)
        else:
            act()

    @initialize(
        order=orders(),
        units=st.integers(4, 9),
        manual=st.frozensets(
            st.sampled_from(["pick", "pack", "ship", "put_away", "close_return", "submit"])
        ),
    )
    def open_shop(self, order: NewOrder, units: int, manual: frozenset[str]) -> None:
        self.engine = self.make_engine(manual)
        for sku in SKUS:
            self.receive(sku, units)
            report = StockReported(sku=sku, location="3pl", on_hand=2)
            self.engine.observe(report.at(self.clock.now() - timedelta(days=1)))
        three = NewOrder(currency="GBP", lines=(Line(sku=SKUS[0], quantity=3),))
        self.submit(Place(order=three).to(id=self.name()))
        asked = (Line(sku=SKUS[2], quantity=4), Line(sku=SKUS[1], quantity=1))
        self.submit(Place(order=NewOrder(currency="GBP", lines=asked)).to(id=self.name()))
        self.work_all()
        self.place(order, draft=False)

    @rule(order=orders(), draft=st.sampled_from([False] * 7 + [True]))
    def place(self, order: NewOrder, draft: bool) -> None:
        body = Draft(order=order) if draft else Place(order=order)
        self.submit(body.to(by="customer", id=self.name()))

    @rule(sku=st.sampled_from(SKUS), quantity=st.integers(1, 8))
    def receive(self, sku: str, quantity: int) -> None:
        self.engine.change_stock(Receive(sku=sku, quantity=quantity).to(id=self.name()))

    @rule(units=st.integers(0, 6), ago=st.integers(0, 40))
    def provider_reports(self, units: int, ago: int) -> None:
        """A provider says what it has: late, or less than is promised."""
        fact = StockReported(sku=SKUS[0], location="3pl", on_hand=units)
        self.engine.observe(fact.at(self.clock.now() - timedelta(hours=ago)))

    def asked(self) -> list[FulfillmentOrder]:
        """What other parties were asked for; what is still open, if anything is."""
        found = [self.engine.order(order).fulfillment_orders for order in self.ids]
        fos = [fo for orders in found for fo in orders.values()]
        theirs = [fo for fo in fos if fo.strategy in ("third_party", "dropship")]
        return [fo for fo in theirs if not fo.phase.final] or theirs

    @precondition(lambda self: self.asked())
    @rule(data=st.data())
    def party_says(self, data: st.DataObject) -> None:
        """A party speaks: early, late, twice, about other units than it was asked for."""
        fo = data.draw(st.sampled_from(self.asked()), label="fo")
        line = data.draw(st.sampled_from(["1", "1", "2", "3"]), label="line")
        some = data.draw(st.none() | st.integers(1, 3), label="units")
        units = {line: some or 1}
        verdict = data.draw(st.sampled_from(Verdict), label="verdict")
        later = data.draw(st.none() | st.just(self.clock.now() + timedelta(days=3)), label="at")
        costs = Decimal(data.draw(st.integers(2, 3), label="cost"))
        notice = data.draw(st.sampled_from(["N1", "N2", "N3", "N4"]), label="notice")
        number = data.draw(st.sampled_from(["", "1Z1", "1Z2"]), label="tracking number")
        reply = LineAnswer(
            line=line,
            verdict=verdict,
            quantity=some,
            reason=data.draw(st.sampled_from(["", "out_of_stock"]), label="reason"),
            at=later,
            unit_cost=data.draw(st.none() | st.just(costs), label="its cost"),
            substitute="PAN" if verdict is Verdict.SUBSTITUTED else None,
        )
        invoiced = InvoiceLine(line=line, quantity=some or 1, unit_cost=costs)
        fact: Fact = data.draw(
            st.sampled_from(
                [
                    RequestReceived(fo=fo.id, reference=f"PO-{fo.id}"),
                    RequestAnswered(fo=fo.id),
                    RequestAnswered(fo=fo.id, rejected="no"),
                    RequestAnswered(fo=fo.id, lines=(reply,)),
                    GoodsShipped(fo=fo.id, notice=notice, lines=units, tracking_number=number),
                    GoodsShipped(fo=fo.id, notice=notice, lines=units, tracking_number=number),
                    CancellationAnswered(fo=fo.id, lines=units),
                    CancellationAnswered(fo=fo.id),
                    InvoiceReceived(fo=fo.id, number=notice, lines=(invoiced,)),
                ]
            ),
            label="fact",
        )
        self.engine.observe(fact.at(self.clock.now()))

    @precondition(lambda self: self.ids)
    @rule(data=st.data(), box=st.sampled_from(["BOX-1", "BOX-2"]))
    def pack_together(self, data: st.DataObject, box: str) -> None:
        """Somebody picks, and puts it into a parcel that orders share."""
        for _ in range(2):
            order = self.engine.order(data.draw(st.sampled_from(self.ids), label="order"))
            for fo in order.fulfillment_orders.values():
                ours = fo.strategy == "in_house"
                if ours and (units := order.units(Bucket.ALLOCATED, fo=fo.id)):
                    self.submit(Pick(fo=fo.id, units=units).to(order.id, id=self.name()))
                    units = self.engine.order(order.id).units(Bucket.PICKED, fo=fo.id)
                    if units:
                        pack = Pack(fo=fo.id, units=units, into=box)
                        self.submit(pack.to(order.id, id=self.name()))

    @rule(sku=st.sampled_from(SKUS), counted=st.integers(0, 6))
    def count_stock(self, sku: str, counted: int) -> None:
        self.engine.change_stock(Count(sku=sku, counted=counted).to(id=self.name()))

    @rule(sku=st.sampled_from(SKUS), quantity=st.integers(1, 2))
    def write_off(self, sku: str, quantity: int) -> None:
        self.engine.change_stock(WriteOff(sku=sku, quantity=quantity).to(id=self.name()))

    @rule(
        sku=st.sampled_from(SKUS),
        safety=st.integers(0, 2),
        limit=st.none() | st.integers(0, 3),
        rush=st.sampled_from([0, 5, 9]),
    )
    def stock_policy(self, sku: str, safety: int, limit: int | None, rush: int) -> None:
        """Units are kept back and backorders are limited, because of a rush or before one."""
        body = SetStockPolicy(sku=sku, safety=safety, backorder_limit=limit)
        self.engine.change_stock(body.to(id=self.name()))
        if rush:
            self.place(NewOrder(currency="GBP", lines=(Line(sku=sku, quantity=rush),)), draft=False)

    @precondition(lambda self: self.ids)
    @rule(data=st.data())
    def candidate(self, data: st.DataObject) -> None:
        """Any command that explain would name, offered or blocked."""
        order = self.engine.order(data.draw(st.sampled_from(self.ids), label="order"))
        bodies = list(candidates(self.engine._handler, order))
        body = data.draw(st.sampled_from(bodies), label="command")
        self.submit(body.to(order.id, by="ana", id=self.name()))

    @precondition(lambda self: self.ids)
    @rule(data=st.data(), tasks=st.integers(1, 4))
    def complete(self, data: st.DataObject, tasks: int) -> None:
        """People do what they are asked for."""
        for _ in range(tasks):
            open_tasks = list(self.engine.tasks())
            if open_tasks:
                task = data.draw(st.sampled_from(open_tasks), label="task")
                form = {
                    field.name: data.draw(
                        st.sampled_from(field.choices or ("1",)), label="filled in"
                    )
                    for field in task.fields
                    if field.required
                }
                with suppress(Refused):
                    self.engine.complete(task, by="ana", data=form, id=self.name())

    @precondition(lambda self: self.ids)
    @rule(data=st.data(), units=st.integers(1, 3))
    def by_units(self, data: st.DataObject, units: int) -> None:
        """Commands about some units of one line, which may not even be there."""
        order = self.engine.order(data.draw(st.sampled_from(self.ids), label="order"))
        line = data.draw(st.sampled_from(["1", "2", "9"]), label="line")
        kind = data.draw(st.sampled_from(["cancel", "return", "pick", "short"]), label="kind")
        fo = next(iter(order.fulfillment_orders), "F")
        some = {line: units}
        body = {
            "cancel": Cancel(lines=some),
            "return": RequestReturn(lines=some),
            "pick": Pick(fo=fo, units=some),
            "short": Pick(fo=fo, short=some),
        }[kind]
        self.submit(body.to(order.id, by="ana", id=self.name()))

    @precondition(lambda self: self.ids)
    @rule(data=st.data())
    def change_of_mind(self, data: st.DataObject) -> None:
        """A customer cancels one unit at the worst moment: when it is packed, or picked."""
        found = [self.engine.order(order) for order in self.ids]
        packed = [order for order in found if order.units(Bucket.PACKED, Bucket.PICKED)]
        order = data.draw(st.sampled_from(packed or found), label="order")
        for line in list(order.units(Bucket.PACKED) or order.units(Bucket.PICKED))[:1]:
            self.submit(Cancel(lines={line: 1}).to(order.id, by="ana", id=self.name()))

    @rule(manual=st.frozensets(st.sampled_from(["pick", "pack", "ship", "confirm", "submit"])))
    def other_steps(self, manual: frozenset[str]) -> None:
        """The application is deployed again, with other steps done by hand."""
        self.engine = self.make_engine(manual)
        self.engine.apply_rules()

    @rule()
    def everything_fails(self) -> None:
        """The parties fail until everything that is due has given up."""
        self.parties.fail = True
        for _ in range(self.engine.worker.attempts):
            self.work_all()
            self.clock.advance(timedelta(minutes=10))
        self.parties.fail = False

    @precondition(lambda self: self.parties.labels)
    @rule(data=st.data(), status=st.sampled_from(list(ParcelStatus)[3:11]), ago=st.integers(0, 9))
    def scan(self, data: st.DataObject, status: ParcelStatus, ago: int) -> None:
        """A carrier's scan: early, late, twice, out of order."""
        numbers = [label.tracking_number for label in self.parties.labels.values()]
        numbers += ["1Z1", "1Z2", "T99"]
        number = data.draw(st.sampled_from(numbers), label="number")
        fact = TrackingReported(tracking_number=number, status=status)
        self.engine.observe(fact.at(self.clock.now() - timedelta(hours=ago)))

    @precondition(lambda self: self.parties.labels)
    @rule(
        data=st.data(),
        status=st.sampled_from([ParcelStatus.DELIVERED, ParcelStatus.DELIVERED, ParcelStatus.LOST]),
    )
    def journey_ends(self, data: st.DataObject, status: ParcelStatus) -> None:
        """One parcel arrives, or is lost, and everybody hears of it at once."""
        labels = [label.tracking_number for label in self.parties.labels.values()]
        number = data.draw(st.sampled_from(labels), label="number")
        fact = TrackingReported(tracking_number=number, status=status)
        self.engine.observe(fact.at(self.clock.now()))
        self.work_all()

    @precondition(lambda self: self.ids)
    @rule(data=st.data(), fact=st.sampled_from(PaymentFact), reference=st.sampled_from("ab"))
    def payment(self, data: st.DataObject, fact: PaymentFact, reference: str) -> None:
        order = data.draw(st.sampled_from(self.ids), label="order")
        paid = PaymentReported(fact=fact, amount=100, reference=reference)
        self.engine.observe(paid.at(self.clock.now(), subject=order))

    @precondition(lambda self: self.ids)
    @rule(data=st.data(), units=st.integers(1, 3))
    def goods_come_back(self, data: st.DataObject, units: int) -> None:
        order = self.engine.order(data.draw(st.sampled_from(self.ids), label="order"))
        if order.lines:
            rma = data.draw(st.sampled_from([None, *order.state.returns]), label="rma")
            back = GoodsReturned(lines={order.lines[0].id: units}, rma=rma)
            self.engine.observe(back.at(self.clock.now(), subject=order.id))

    @rule(rows=st.integers(1, 25))
    def work(self, rows: int) -> None:
        """The worker does a few rows."""
        for _ in range(rows):
            for row in self.engine.worker._claim():
                self.engine.worker._do(row)

    @rule(by=MOMENTS)
    def time_passes(self, by: timedelta) -> None:
        self.clock.advance(by)

    @rule()
    def work_all(self) -> None:
        self.engine.worker.run_until_idle()

    @rule(fail=st.booleans(), short=st.booleans(), prompt=st.booleans())
    def mood(self, fail: bool, short: bool, prompt: bool) -> None:
        self.parties.fail, self.parties.short, self.parties.prompt = fail, short, prompt

    @precondition(lambda self: self.last)
    @rule(other=st.booleans())
    def send_again(self, other: bool) -> None:
        """Promise 7: the same id gives the same answer; other content under it is refused."""
        assert self.last is not None
        command, answer = self.last
        before = self.engine.order(answer.id)
        if other:
            changed = command.model_copy(update={"actor": "somebody-else"})
            try:
                self.engine.submit(changed)
            except Refused as refused:
                if refused.codes != {"id_reused"}:
                    raise Broken(7, f"other content under {command.id}: {refused}") from None
            else:
                raise Broken(7, f"other content under the id {command.id} was accepted")
        else:
            try:
                again = self.engine.submit(command)
            except Refused as refused:
                raise Broken(7, f"{command.id} sent again was refused: {refused}") from None
            if again != answer:
                raise Broken(7, f"{command.id} sent again got another answer")
        if self.engine.order(answer.id) != before:
            raise Broken(7, f"{command.id} sent again changed the order")

    @invariant()
    def promises(self) -> None:
        for order in self.ids:
            check_order(self.engine, order)
        check_stock(self.engine)
