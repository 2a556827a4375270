"""Lives that are played as written: for what random ones say rarely, or never."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from orderflow import Customer, Engine, Line, NewOrder, Order
from orderflow.errors import OrderflowError
from orderflow.model import commands as cmd
from orderflow.model import observations as obs
from orderflow.model.document import Address, Ask, Delivery, Terms
from orderflow.model.ledger import Bucket
from orderflow.model.parcel import ParcelStatus
from orderflow.model.returns import Disposition, InspectionLine
from orderflow.model.state import PaymentOutcome
from orderflow.model.stock import StockKey
from orderflow.model.work import Task
from orderflow.simulation import SequentialIds, VirtualClock
from orderflow.stores import MemoryStore
from orderflow.testing import FakeNotifier, PortFaults
from tests.laws.lives import Bank, Supplier
from tests.same.book import Book
from tests.same.machines import RecallingCarrier
from tests.same.ports import Heard
from tests.same.shops import Ground, build
from tests.same.wire import Json

HERE = Address(name="Ada", lines=("1 Mill Lane",), city="York", postal_code="YO1", country="GB")
THERE = HERE.model_copy(update={"lines": ("2 Hill Road",)})
DELIVERED, LOST = ParcelStatus.DELIVERED, ParcelStatus.LOST


class Stage:
    """A shop in which somebody says and does what a scene says; whatever is refused is refused."""

    def __init__(self, shop: str = "standard", **options: Any) -> None:
        self.clock, self.ids, self.store = VirtualClock(), SequentialIds(), MemoryStore()
        self.moods = PortFaults()
        supplier, provider, bank = Supplier(), Supplier(), Bank()
        supplier.moods = provider.moods = bank.moods = self.moods
        others = {"carrier": RecallingCarrier(), "supplier": supplier, "provider": provider}
        self.heard = Heard({**others, "payments": bank, "notifier": FakeNotifier()})
        self.shop, self.book = shop, Book(shop, self.clock, self.heard)
        self.open(**options)

    def open(self, **options: Any) -> None:
        """Deploy the shop, with these rules from now on."""
        ground = Ground(self.store, self.clock, self.ids, self.heard)
        engine = build(self.shop, ground, options)
        engine.worker.attempts = 2
        self.engine: Engine = self.book.opened(engine, {**options, "attempts": 2})

    def work(self) -> None:
        self.engine.worker.run_until_idle()

    def passes(self, **time: float) -> None:
        self.clock.advance(timedelta(**time))
        self.work()

    def stock(self, sku: str, units: int, location: str = "main", **more: Any) -> None:
        body = cmd.ReceiveStock(sku=sku, quantity=units, location=location, **more)
        self.engine.change_stock(body.to())

    def place(self, *lines: Line, number: str = "A-1", **order: Any) -> None:
        given = {"number": number, "currency": "EUR", "ship_to": HERE, "lines": lines, **order}
        with suppress(OrderflowError):
            self.engine.place(NewOrder(**given), id=f"place-{number}", by="customer")
        self.work()

    def give(self, body: cmd.CommandBody, number: str = "A-1", by: str = "ana") -> None:
        with suppress(OrderflowError):
            self.engine.submit(body.to(number, by=by))
        self.work()

    def fire(self, trigger: str, number: str = "A-1", **more: Any) -> None:
        with suppress(OrderflowError):
            self.engine.fire(number, trigger, **more)
        self.work()

    def says(self, fact: obs.ObservationBody, subject: str = "A-1", id: str | None = None) -> None:
        self.engine.observe(fact.at(self.clock.now(), subject=subject, id=id))
        self.work()

    def does(self, name: str, by: str = "ana", **form: Any) -> None:
        """Do the first open task of this name, where there is one."""
        found: list[Task] = [task for task in self.engine.tasks() if task.name == name]
        filled = {field.replace("_", ".", 1): value for field, value in form.items()}
        for task in found[:1]:
            with suppress(OrderflowError):
                self.engine.complete(task, by=by, data=filled)
        self.work()

    def pays(self, number: str = "A-1", fact: PaymentOutcome = PaymentOutcome.CAPTURED) -> None:
        total = self.order(number).document.total.minor
        self.says(obs.PaymentReported(fact=fact, amount=total, reference="p"), number)

    def order(self, number: str = "A-1") -> Order:
        return self.engine.order(number)

    def scan(self, status: ParcelStatus, number: str = "A-1", **more: Any) -> None:
        """A carrier scans all parcels of an order."""
        for view in self.order(number).state.parcels.values():
            if view.tracking_number:
                told = {"tracking_number": view.tracking_number, "status": status, **more}
                self.says(obs.TrackingReported(**told), "")


def mug(units: int = 2, method: str = "in_house", **more: Any) -> Line:
    attributes = {"method": method}
    price = Decimal("2.55")
    return Line(sku="MUG", quantity=units, unit_price=price, tax=10, attributes=attributes, **more)


def stocked(**options: Any) -> Stage:
    stage = Stage(**options)
    for sku in ("MUG", "CUP"):
        stage.stock(sku, 9)
        stage.stock(sku, 9, "third_party")
    return stage


# --- scenes --------------------------------------------------------------------------------------


def _goes_well() -> Stage:
    stage = stocked(pays=True)
    stage.place(mug(), customer=Customer(id="C-1", name="Ada", email="ada@example.com"))
    stage.scan(ParcelStatus.ATTEMPTED)
    stage.scan(DELIVERED, signed=True)
    stage.pays()
    stage.passes(days=8)
    stage.says(obs.FeedbackGiven(feedback=obs.Feedback.COMPLAINT, reference="T-1"))
    stage.does("exception.complaint")
    stage.passes(days=20)
    stage.give(cmd.Reopen(reason="a question"))
    stage.give(cmd.ConfirmDelivery())
    stage.engine.erase("C-1")
    stage.passes(days=90)
    return stage


def _edits() -> Stage:
    stage = stocked(manual=["pack"], pays=True)
    stage.place(mug(units=3))
    stage.give(cmd.Edit(quantities={"1": 5}))
    stage.give(cmd.Edit(quantities={"1": 1}))
    stage.give(cmd.Edit(quantities={"1": 0, "9": 3}))
    stage.give(cmd.Edit(lines=(mug(units=1), Line(sku="CUP", quantity=20))))
    stage.give(cmd.Edit(ship_to=THERE, promised=stage.clock.now() + timedelta(days=9)))
    stage.give(cmd.Override(command=cmd.Edit(quantities={"1": 4}), reason="asked twice"))
    stage.does("pack")
    stage.pays()
    stage.give(cmd.Edit(ship_to=HERE))
    stage.give(cmd.Edit(quantities={"1": 2}))
    stage.passes(days=12)
    return stage


def _substitutes_of_ours() -> Stage:
    stage = Stage(pays=True)
    stage.stock("CUP", 5)
    stage.place(mug(), mug(units=1))
    stage.give(cmd.ProposeSubstitute(line="1", sku="MUG"))
    stage.give(cmd.ProposeSubstitute(line="1", sku="CUP"))
    stage.give(cmd.ProposeSubstitute(line="2", sku="CUP"))
    stage.give(cmd.AcceptSubstitute(fo="A-1", line="1"))
    stage.stock("MUG", 1)
    stage.work()
    stage.give(cmd.AcceptSubstitute(fo="A-1", line="2"))
    stage.give(cmd.ProposeSubstitute(line="1", sku="CUP"))
    stage.give(cmd.Edit(quantities={"1": 1}))
    stage.scan(DELIVERED)
    stage.passes(days=15)
    return stage


def _substitutes_of_a_supplier() -> Stage:
    stage = Stage()
    stage.place(mug(3, "dropship"), mug(1, "dropship"))
    fo = "A-1-F1"
    stage.says(obs.RequestReceived(fo=fo, reference="PO-77"))
    other = obs.LineAnswer(line="1", verdict=obs.Verdict.SUBSTITUTED, quantity=2, substitute="CUP")
    later = stage.clock.now() + timedelta(days=3)
    ships = obs.LineAnswer(line="2", at=later, unit_cost=Decimal("1.50"))
    stage.says(obs.RequestAnswered(fo=fo, lines=(other, ships), reference="SO-5"))
    stage.give(cmd.AcceptSubstitute(fo=fo, line="1"))
    stage.give(cmd.PlaceHold(hold="odd", reason="odd", on=fo))
    stage.give(cmd.ReleaseHold(hold="odd"))
    lines = {"1": 3, "2": 1}
    item = cmd.Item(line="2", lot="L1", serial="S1", expiry=date(2027, 1, 31))
    shipped = obs.GoodsShipped(
        fo=fo, notice="N1", lines=lines, carrier="ups", tracking_number="1Z9", items=(item,)
    )
    stage.says(shipped)
    stage.says(shipped)
    charged = tuple(
        obs.InvoiceLine(line=line, quantity=units, unit_cost=Decimal("1.50"))
        for line, units in lines.items()
    )
    stage.says(obs.InvoiceReceived(fo=fo, number="I-1", lines=charged))
    stage.does("exception.invoice")
    stage.says(obs.TrackingReported(tracking_number="1Z9", status=DELIVERED, event="E1"), "")
    stage.says(obs.TrackingRetracted(tracking_number="1Z9", event="E1"), "")
    stage.says(obs.TrackingReported(tracking_number="1Z9", status=DELIVERED, event="E2"), "")
    stage.passes(days=15)
    return stage


def _a_party_that_does_not_want_to() -> Stage:
    stage = stocked()
    stage.place(mug(2, "dropship"))
    stage.says(obs.RequestAnswered(fo="A-1-F1", rejected="no"))
    stage.give(cmd.Route())
    stage.place(mug(2, "third_party"), number="A-2")
    stage.says(obs.StockReported(sku="MUG", location="third_party", on_hand=1), "")
    stage.give(cmd.Reroute(fo="A-2-F1", lines={"1": 1}), "A-2")
    stage.says(obs.CancellationAnswered(fo="A-2-F1", lines={"1": 1}, reason="fine"), "A-2")
    stage.give(cmd.Cancel(reason="too late"), "A-2")
    stage.says(obs.CancellationAnswered(fo="A-2-F1", reason="packed"), "A-2")
    stage.says(obs.GoodsShipped(fo="A-2-F1", notice="N1", lines={"1": 2}), "")
    stage.passes(days=3)
    stage.place(mug(1, "third_party"), number="A-3")
    stage.moods.fails = stage.moods.late = True
    for _ in range(4):
        stage.passes(days=2)
    for name in ("exception.fulfiller", "exception.submit", "overdue.fulfiller", "submit"):
        stage.does(name)
    return stage


def _goods_come_back() -> Stage:
    stage = stocked(manual=["close_return", "approve_return"], pays=True)
    stage.place(mug(5))
    stage.pays()
    stage.scan(DELIVERED)
    stage.give(cmd.RequestReturn(lines={"1": 1}))
    stage.give(cmd.DeclineReturn(rma="A-1-R1", reason="worn"))
    stage.give(cmd.RequestReturn(lines={"1": 4}))
    stage.passes(days=8)
    stage.give(cmd.ApproveReturn(rma="A-1-R2"))
    stage.fire("dispatch", on="A-1-R2")
    kinds = list(Disposition)
    found = tuple(InspectionLine(line="1", quantity=1, disposition=kind) for kind in kinds)
    stage.says(obs.ReturnInspected(rma="A-1-R2", findings=found[:2]))
    stage.says(obs.GoodsReturned(lines={"1": 4}, others={"HAT": 1}, rma="A-1-R2"))
    stage.says(obs.ReturnInspected(rma="A-1-R2", restock={"1": 1}, findings=found[2:]))
    stage.give(cmd.CloseReturn(rma="A-1-R2", findings=found))
    stage.place(mug(2), number="A-2")
    stage.scan(DELIVERED, "A-2")
    stage.says(obs.GoodsReturned(lines={"1": 2}), "A-2")
    stage.give(cmd.CloseReturn(rma="A-2-R1", findings=found[3:]), "A-2")
    stage.give(cmd.SendBack(rma="A-2-R1", carrier="ups", tracking_number="1Z7"), "A-2")
    stage.does("exception.other_goods.HAT")
    cup = Line(sku="CUP", quantity=1, unit_price=Decimal(1))
    stage.give(cmd.RequestReturn(lines={"1": 1}, exchange=(cup,)))
    stage.does("approve_return")
    stage.says(obs.GoodsReturned(lines={"1": 1}))
    stage.does("close_return")
    stage.passes(days=60)
    stage.give(cmd.RequestReturn(lines={"1": 1}))
    return stage


def _back_to_a_supplier() -> Stage:
    stage = Stage(pays=True)
    stage.place(mug(3, "dropship"))
    stage.says(obs.RequestAnswered(fo="A-1-F1"))
    shipped = obs.GoodsShipped(fo="A-1-F1", notice="N1", lines={"1": 3}, tracking_number="T9")
    stage.says(shipped)
    stage.scan(DELIVERED)
    stage.give(cmd.RequestReturn(lines={"1": 1}))
    stage.says(obs.ReturnAnswered(rma="A-1-R1", refused="opened"))
    stage.give(cmd.ApproveReturn(rma="A-1-R1"))
    stage.give(cmd.RequestReturn(lines={"1": 1}))
    stage.says(obs.ReturnAnswered(rma="A-1-R2"))
    stage.says(obs.GoodsReturned(lines={"1": 1}, rma="A-1-R2"))
    stage.passes(days=40)
    return stage


def _money_back() -> Stage:
    stage = stocked(pays=True, when_paid=True)
    stage.place(mug(4), terms=Terms.PREPAID)
    stage.pays(fact=PaymentOutcome.AUTHORISED)
    stage.pays()
    stage.moods.short = stage.moods.prompt = True
    stage.give(cmd.Cancel(lines={"1": 1}))
    stage.scan(DELIVERED)
    stage.says(obs.GoodsReturned(lines={"1": 2}))
    for refund in list(stage.order().state.refunds):
        stage.give(cmd.RetryRefund(refund=refund))
    stage.moods.short = False
    for refund in list(stage.order().state.refunds):
        stage.give(cmd.RetryRefund(refund=refund))
    for fact in PaymentOutcome:
        stage.says(obs.PaymentReported(fact=fact, amount=50, reference=f"x-{fact}"))
    stage.place(mug(1), number="A-2", terms=Terms.PREPAID)
    stage.give(cmd.SendDunning(), "A-2")
    stage.passes(days=8)
    stage.pays("A-2")
    stage.place(mug(1), number="A-3", terms=Terms.CASH_ON_DELIVERY)
    stage.scan(DELIVERED, "A-3")
    stage.passes(days=8)
    stage.does("overdue.cash")
    return stage


def _parcels_on_their_way() -> Stage:
    stage = stocked()
    stage.place(mug(2))
    stage.scan(ParcelStatus.IN_TRANSIT)
    stage.give(cmd.Intercept(parcel="A-1-P1"))
    stage.scan(ParcelStatus.RETURNING_TO_SENDER)
    stage.scan(DELIVERED)
    stage.does("put_away")
    stage.give(cmd.Resend())
    stage.scan(LOST)
    stage.passes(days=8)
    stage.give(cmd.Resend())
    stage.give(cmd.Deliver(parcel="A-1-P3"))
    stage.place(mug(1), number="A-2")
    stage.passes(days=8)
    stage.does("overdue.carrier")
    stage.scan(LOST, "A-2")
    stage.give(cmd.Cancel(), "A-2")
    stage.scan(DELIVERED, "A-2")
    stage.passes(days=20)
    return stage


def _one_parcel_for_two() -> Stage:
    stage = stocked(people=True)
    for number in ("A-1", "A-2"):
        stage.place(mug(2), number=number)
        stage.give(cmd.Confirm(), number)
        stage.give(cmd.Pick(fo=f"{number}-F1", units={"1": 2}), number)
        stage.give(cmd.Pack(fo=f"{number}-F1", units={"1": 1}, into="BOX-1"), number)
    stage.give(cmd.PlaceHold(hold="h", reason="odd"), "A-2")
    stage.give(cmd.Seal(parcel="BOX-1"))
    stage.give(cmd.Ship(parcel="BOX-1"))
    stage.give(cmd.ReleaseHold(hold="h"), "A-2")
    stage.give(cmd.Cancel(lines={"1": 1}), "A-2")
    stage.give(cmd.Pack(fo="A-1-F1", units={"1": 1}, into="BOX-1"))
    stage.does("seal")
    stage.give(cmd.Seal(parcel="BOX-1"))
    stage.does("ship")
    for put_away in list(stage.order("A-2").state.put_aways):
        stage.give(cmd.FinishPutAway(put_away=put_away), "A-2")
    stage.scan(DELIVERED)
    stage.passes(days=15)
    return stage


def _people_with_forms() -> Stage:
    stage = stocked(people=True)
    stage.place(mug(2, asks=(Ask.LOT, Ask.SERIAL, Ask.EXPIRY)))
    stage.does("confirm")
    stage.does("pick", expiry_1="soon")
    stage.does("pick", lot_1="L7", serial_1="S1", expiry_1="2027-01-31")
    stage.does("pick", lot_1="L7", serial_1="S1, S2", expiry_1=date(2027, 1, 31))
    for number in ("A-2", "A-3", "A-4"):
        stage.place(mug(2), number=number)
        stage.give(cmd.Confirm(), number)
    tasks = [task for task in stage.engine.tasks() if task.name == "pick"]
    stage.engine.claim(tasks[0], by="bo")
    with suppress(OrderflowError):
        stage.engine.claim(tasks[0], by="ana")
    stage.engine.reassign(tasks[0], "", by="boss")
    walk = stage.engine.plan_pick_tour(by="ana", limit=2)
    stage.engine.finish_pick_tour(walk, by="ana", missing={StockKey("MUG", "main"): 1})
    stage.work()
    for name in ("pack", "pack", "ship", "ship", "pick", "short"):
        stage.does(name)
    stage.place(mug(1), number="A-5", delivery=Delivery.PICKUP)
    stage.give(cmd.Confirm(), "A-5")
    stage.does("pick")
    stage.passes(days=8)
    stage.place(mug(1), number="A-6", delivery=Delivery.HANDOVER)
    stage.give(cmd.Confirm(), "A-6")
    stage.give(cmd.Collect(fo="A-6-F1"), "A-6")
    stage.open(manual=[])
    stage.engine.apply_rules()
    stage.passes(days=1)
    return stage


def _stock() -> Stage:
    stage = Stage()
    at = stage.clock.now() + timedelta(days=3)
    announced = cmd.ExpectInbound(sku="MUG", expected="ASN-1", quantity=5, at=at)
    stage.engine.change_stock(announced.to(id="asn"))
    stage.engine.change_stock(announced.to(id="asn"))
    stage.place(mug(3))
    stage.place(mug(3), number="A-2")
    stage.stock("MUG", 5, expected="ASN-1", for_order="A-2", for_line="1", damaged=1)
    stage.work()
    bodies: list[cmd.StockCommand] = [
        cmd.SetStockPolicy(sku="MUG", safety=1, backorder_limit=2),
        cmd.Count(sku="MUG", counted=0, reference="spring"),
        cmd.WriteOff(sku="MUG", quantity=2, reference="broken"),
        cmd.ExpectInbound(sku="MUG", expected="ASN-2", quantity=1, at=at),
        cmd.ExpectInbound(sku="MUG", expected="ASN-2", quantity=0, at=at),
    ]
    for body in bodies:
        with suppress(OrderflowError):
            stage.engine.change_stock(body.to(by="ana"))
        stage.work()
    stage.does("exception.shortfall")
    stage.place(mug(9), number="A-3")
    stage.passes(days=15)
    return stage


def _many_at_once() -> Stage:
    stage = stocked()
    orders = {f"m-{n}": NewOrder(currency="EUR", lines=(mug(n),)) for n in (1, 2, 3)}
    placed = stage.engine.place_many(orders, by="customer")
    stage.engine.place_many(orders, by="customer")
    names = [order.id for order in placed.values() if isinstance(order, Order)]
    commands = [cmd.Confirm().to(name, by="ana", id=f"c-{name}") for name in [*names, *names]]
    stage.engine.submit_many([*commands, cmd.Cancel().to("nobody", by="ana")])
    stage.work()
    stage.give(cmd.SaveDraft(order=NewOrder(number="D-1", currency="EUR", lines=(mug(1),))), "")
    stage.fire("place", "D-1", by="customer", id="f-1")
    stage.fire("cancel", "D-1")
    stage.fire("cancel", "D-1", on="D-1-F1")
    return stage


def _what_cannot_be_read() -> Stage:
    stage = stocked()
    stage.place(mug(1))
    for payload in ('{"body": {"kind": "unheard_of"}}', "no JSON at all"):
        with suppress(OrderflowError):
            stage.engine.intake(payload)
    told = obs.TrackingReported(tracking_number="T77", status=DELIVERED).at(stage.clock.now())
    stage.engine.intake(told.model_dump_json())
    stage.says(obs.GoodsReturned(lines={"1": 1}), "Z-9")
    stage.passes(days=8)
    for reference in ("tracking:T77", "nothing"):
        with suppress(OrderflowError):
            stage.engine.dismiss(reference)
    return stage


def _holds() -> Stage:
    stage = stocked(manual=["confirm", "put_away"])
    stage.place(mug(2))
    until = stage.clock.now() + timedelta(days=2)
    stage.give(cmd.PlaceHold(hold="look", reason="looks odd", until=until))
    stage.give(cmd.Confirm())
    stage.passes(days=3)
    stage.give(cmd.Confirm())
    stage.give(cmd.PlaceHold(hold="fo", reason="looks odd", on="A-1-F1"))
    stage.give(cmd.Cancel(lines={"1": 1}))
    stage.does("put_away")
    stage.give(cmd.CloseTask(task="nothing"))
    for task in list(stage.order().state.tasks):
        stage.give(cmd.CloseTask(task=task))
    stage.scan(DELIVERED)
    stage.give(cmd.PlaceHold(hold="late", reason="a complaint"))
    stage.passes(days=8)
    stage.give(cmd.ReleaseHold(hold="late"))
    stage.passes(days=15)
    return stage


def _left_over() -> Stage:
    """What the last unit may do, when those before it are over."""
    stage = stocked(manual=["pack", "ship"])
    stage.place(mug(3), Line(sku="KEY", quantity=1, ships=False, stocked=False))
    stage.give(cmd.Cancel(lines={"1": 1}))
    stage.does("pack")
    stage.give(cmd.Cancel(lines={"1": 1}))
    for put_away in list(stage.order().state.put_aways):
        stage.give(cmd.FinishPutAway(put_away=put_away))
    stage.does("pack")
    stage.does("ship")
    units = stage.order().units(Bucket.SHIPPED)
    if units:
        stage.give(cmd.RequestReturn(lines=units))
    stage.passes(days=31)
    return stage


SCENES: Sequence[Callable[[], Stage]] = (
    _goes_well,
    _edits,
    _substitutes_of_ours,
    _substitutes_of_a_supplier,
    _a_party_that_does_not_want_to,
    _goods_come_back,
    _back_to_a_supplier,
    _money_back,
    _parcels_on_their_way,
    _one_parcel_for_two,
    _people_with_forms,
    _stock,
    _many_at_once,
    _what_cannot_be_read,
    _holds,
    _left_over,
)


def played() -> list[Json]:
    """Every scene, written down while it was played."""
    return [scene().book.life(f"scene{scene.__name__}") for scene in SCENES]
