"""Lives of one order in which whatever can be said is said in marks, and each kind of thing is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from typing import Any, get_args

from pydantic import BaseModel

from orderflow import Line, NewOrder, Refused, Steps
from orderflow.errors import InvalidInput, NotFound
from orderflow.fulfillment import Dropship, InHouse, Pickup
from orderflow.fulfillment.steps import MANUAL
from orderflow.model import commands as cmd
from orderflow.model import observations as obs
from orderflow.model.document import Customer, Delivery
from orderflow.model.parcel import ParcelStatus
from orderflow.model.returns import Disposition, InspectionLine
from orderflow.model.work import FormField
from orderflow.ports import Store
from orderflow.stores import MemoryStore
from orderflow.testing import FakeCarrier, FakePartner
from tests.laws.lives import Bank
from tests.marks import Marker
from tests.shop import Shop

__all__ = ["ANA", "KINDS", "LIVES", "UNSAID", "Marked"]

ANA = "Ana"


STEPS = Steps(manual=MANUAL.manual - {"refund"})


class Recalling(FakeCarrier):
    """A carrier that can turn parcels around."""

    def intercept(self, key: str, label: object) -> None:
        """Heard; scans tell."""


class Marked(Shop):
    """A shop in which whatever can be said of an order is said in marks."""

    def __init__(self, store: Store, documents: Any, start: str, **rules: Any) -> None:
        self.marks, self.documents, self.bank = Marker(start), documents, Bank()
        self.taken: set[str] = set()
        party = Dropship(FakePartner(), cost=lambda _line: Decimal(1), locations=("far",))
        super().__init__(
            InHouse(carrier=Recalling()),
            Pickup(),
            party,
            store=store,
            stock={"MUG": 50, "HAT": 50},
            steps=STEPS,
            documents=documents,
            payments=self.bank,
            **rules,
        )
        self.stock("CUP", 50, "far")
        self.stock("HAT", 50, "far")

    def line(self, id: str, sku: str = "MUG", **more: Any) -> Line:
        return self.marks.fill(Line, id=id, sku=sku, quantity=3, amount=300, **more)

    def asks(self, kind: type[cmd.CommandBody], **given: Any) -> None:
        """Give a command, with a marked id, by a marked actor."""
        body = self.marks.fill(kind, **given)
        name = self.marks.mark("Command.id")
        actor = self.marks.mark("actor")
        with suppress(Refused):
            self.engine.submit(body.to("A-1", by=actor, id=name))
            self.taken.add(kind.__name__)
        self.work()

    def hears(self, kind: type[obs.ObservationBody], of: str = "A-1", **given: Any) -> None:
        """Tell a fact, with a marked id."""
        self.clock.advance(timedelta(seconds=1))
        fact, before = self.marks.fill(kind, **given), self.heard()
        self.engine.observe(
            fact.at(self.clock.now(), subject=of, id=self.marks.mark(f"{kind.__name__}.envelope"))
        )
        self.work()
        if self.heard() != before:
            self.taken.add(kind.__name__)

    def heard(self) -> object:
        """What is told of the order, its parcels and its goods, to see whether it has changed."""
        owners = ("order:A-1", *(f"parcel:{parcel}" for parcel in self.order.state.parcels))
        levels = (self.engine.level("MUG"), self.engine.level("CUP", "far"))
        return [[*self.store.journal(owner)] for owner in owners], levels

    def changes(self, kind: type[cmd.StockCommand], **given: Any) -> None:
        """Give a command about stock, with a marked id, by a marked actor."""
        body = self.marks.fill(kind, sku="MUG", location="main", **given)
        self.engine.change_stock(
            body.to(by=self.marks.mark("actor"), id=self.marks.mark("StockCommand.envelope"))
        )
        self.taken.add(kind.__name__)
        self.work()

    def begins(
        self, *lines: Line, how: type[cmd.PlaceOrder | cmd.SaveDraft] = cmd.PlaceOrder, **more: Any
    ) -> None:
        who = self.marks.fill(
            Customer, id="ana-17", name=f"{ANA} {self.marks.mark('Customer.name')}"
        )
        given = {"number": "A-1", "currency": "EUR", "customer": who, "lines": lines}
        order = self.marks.fill(NewOrder, **given, gift=False, **more)
        name, actor = self.marks.mark("Command.id"), self.marks.mark("actor")
        self.engine.submit(how(order=order).to(by=actor, id=name))
        self.taken.add(how.__name__)
        self.documents.file("A-1", "slip", str(order).encode())
        self.work()

    def releases(self, hold: str) -> None:
        """Release a hold by the handle that somebody chose."""
        self.engine.submit(cmd.ReleaseHold(hold=hold).to("A-1", id=self.marks.mark("Command.id")))
        self.taken.add("ReleaseHold")
        self.work()

    def arrives(self) -> None:
        """All that is on its way is delivered."""
        for view in list(self.order.state.parcels.values()):
            if view.tracking_number and view.status is not ParcelStatus.VOIDED:
                number, there = view.tracking_number, ParcelStatus.DELIVERED
                self.hears(obs.TrackingReported, "", tracking_number=number, status=there)

    def ends(self) -> None:
        for _ in range(60):
            self.passes(days=1)
            if self.is_over():
                return
            for task in self.engine.tasks():
                with suppress(Refused, InvalidInput, NotFound):
                    answers = {field.name: self.answer(field) for field in task.fields}
                    self.engine.complete(task, by=self.marks.mark("actor"), data=answers)
                self.work()

    def is_over(self) -> bool:
        """Whether nobody has anything more to do."""
        owners = ("order:A-1", *(f"parcel:{parcel}" for parcel in self.order.state.parcels))
        waits = any(self.store.open_rows(owner) for owner in owners) or any(self.engine.tasks())
        return self.order.state.phase.final and not waits

    def check(self) -> None:
        """The promises, where that takes no time."""
        if isinstance(self.store, MemoryStore):
            super().check()

    def answer(self, field: FormField) -> str | int:
        """What somebody writes into a form."""
        if field.choices:
            return field.choices[0]
        return 1 if field.kind == "number" else self.marks.mark(f"task.{field.name}")


def in_house(shop: Marked) -> None:
    """Held, edited, picked by serial number, packed, sent, scanned, brought back."""
    shop.begins(shop.line("1", asks=("lot", "serial")), shop.line("2"))
    shop.asks(cmd.PlaceHold, on="A-1-F1", until=None)
    for hold in list(shop.order.state.holds):
        shop.releases(hold)
    shop.asks(cmd.PlaceHold, until=shop.clock.now() + timedelta(hours=1), on=None)
    shop.passes(hours=2)
    shop.asks(cmd.Confirm)
    shop.asks(cmd.Edit, quantities={"2": 2}, lines=(shop.line("4"),))
    shop.asks(cmd.Override, command=shop.marks.fill(cmd.Cancel, lines={"2": 1}))
    shop.asks(cmd.SendDunning)
    shop.hears(obs.PaymentReported, fact="captured", amount=shop.order.state.payments.total)
    items = [shop.marks.fill(cmd.Item, line="1") for _ in range(3)]
    for fo in list(shop.order.fulfillment_orders):
        units = shop.order.units(fo=fo)
        shop.asks(cmd.Pick, fo=fo, units=units, items=items)
        shop.asks(cmd.Pack, fo=fo, units=units, into=None)
    for parcel in list(shop.order.state.parcels):
        shop.asks(cmd.Ship, parcel=parcel)
        number = shop.order.state.parcels[parcel].tracking_number
        for status in (ParcelStatus.ATTEMPTED, ParcelStatus.DELIVERED):
            shop.hears(obs.TrackingReported, "", tracking_number=number, status=status)
    shop.hears(obs.TrackingRetracted, "", tracking_number=number)
    shop.asks(cmd.ConfirmDelivery)
    shop.hears(obs.FeedbackGiven, feedback="complaint")
    shop.asks(cmd.RequestReturn, lines={"1": 1}, exchange=(shop.line("9"),))
    shop.asks(cmd.DeclineReturn, rma="A-1-R1")
    shop.asks(cmd.RequestReturn, lines={"1": 1}, exchange=())
    shop.asks(cmd.ApproveReturn, rma="A-1-R2")
    shop.hears(obs.GoodsReturned, lines={"1": 1}, rma="A-1-R2", others={})
    shop.asks(cmd.CloseReturn, rma="A-1-R2", findings=())
    shop.hears(obs.GoodsReturned, lines={"2": 1}, rma=None, others={"HAT": 1})
    shop.ends()
    shop.asks(cmd.Reopen)
    shop.ends()


def dropship(shop: Marked) -> None:
    """A supplier answers, ships, bills; what it rejects is cancelled."""
    shop.begins(shop.line("1", "CUP"), shop.line("2", "CUP"))
    shop.asks(cmd.Confirm)
    (fo,) = shop.order.fulfillment_orders
    shop.asks(cmd.Submit, fo=fo)
    shop.hears(obs.RequestReceived, fo=fo)
    late = shop.marks.fill(obs.LineAnswer, line="1", verdict="backordered", substitute=None)
    shop.hears(obs.RequestAnswered, fo=fo, lines=(late,), rejected="")
    shop.asks(cmd.Cancel, lines={"2": 3})
    shop.hears(obs.CancellationAnswered, fo=fo, lines={"2": 3})
    item = shop.marks.fill(cmd.Item, line="1")
    shop.hears(obs.GoodsShipped, fo=fo, lines={"1": 3}, carrier="UPS", tracking_number="T9",
               items=(item,))  # fmt: skip
    bill = obs.InvoiceLine(line="1", quantity=3, unit_cost=Decimal(1))
    shop.hears(obs.InvoiceReceived, fo=fo, number="B-1", lines=(bill,))
    shop.hears(obs.TrackingReported, "", tracking_number="T9", status="delivered")
    shop.hears(obs.PaymentReported, fact="captured", amount=shop.order.state.payments.total)
    shop.ends()


def cancelled(shop: Marked) -> None:
    """Over before it began, for a reason: nobody hands goods over."""
    shop.begins(shop.line("1"), delivery=Delivery.HANDOVER)
    shop.asks(cmd.Confirm)
    shop.asks(cmd.Route)
    shop.asks(cmd.Cancel)
    shop.ends()


def collected(shop: Marked) -> None:
    """Drafted, placed, picked up at the counter; something else lies in what comes back."""
    shop.begins(shop.line("1"), how=cmd.SaveDraft, delivery=Delivery.PICKUP)
    shop.asks(cmd.Fire, trigger="place", on=None)
    shop.asks(cmd.Confirm)
    (fo,) = shop.order.fulfillment_orders
    shop.asks(cmd.Pick, fo=fo, units={"1": 3}, items=())
    shop.asks(cmd.Collect, fo=fo)
    shop.hears(obs.GoodsReturned, lines={"1": 1}, rma=None, others={"HAT": 1})
    for task in list(shop.order.state.tasks):
        shop.asks(cmd.CloseTask, task=task)
    shop.ends()


def turned_around(shop: Marked) -> None:
    """In a box that stays open; called back, sent again, and brought by ourselves."""
    shop.begins(shop.line("1"), shop.line("2"))
    shop.asks(cmd.Confirm)
    (fo,) = shop.order.fulfillment_orders
    shop.asks(cmd.Pick, fo=fo, units={"1": 3, "2": 3}, items=())
    shop.asks(cmd.Pack, fo=fo, units={"2": 3}, into=None)
    shop.asks(cmd.Pack, fo=fo, units={"1": 3}, into="BOX-1")
    shop.asks(cmd.Cancel, lines={"2": 3})
    for put_away in list(shop.order.state.put_aways):
        shop.asks(cmd.FinishPutAway, put_away=put_away)
    shop.asks(cmd.Seal, parcel="BOX-1")
    shop.hears(obs.LabelBought, "", parcel="BOX-1", carrier="UPS", tracking_number="T7")
    shop.asks(cmd.Ship, parcel="BOX-1")
    shop.asks(cmd.Intercept, parcel="BOX-1")
    for status in (ParcelStatus.RETURNING_TO_SENDER, ParcelStatus.RETURNED_TO_SENDER):
        shop.hears(obs.TrackingReported, "", tracking_number="T7", status=status)
    shop.hears(obs.LabelVoided, "", parcel="BOX-1")
    shop.asks(cmd.Resend, lines=None)
    for again in list(shop.order.fulfillment_orders):
        shop.asks(cmd.Pick, fo=again, units=shop.order.units(fo=again), items=())
        shop.asks(cmd.Pack, fo=again, units=shop.order.units(fo=again), into=None)
    for parcel in list(shop.order.state.parcels):
        shop.asks(cmd.Ship, parcel=parcel)
        shop.asks(cmd.Deliver, parcel=parcel)
    shop.ends()


def substituted(shop: Marked) -> None:
    """Others are shipped in place of what was ordered; some is taken from the supplier."""
    shop.begins(shop.line("1", "CUP"), shop.line("2", "CUP"), shop.line("3"))
    shop.asks(cmd.ProposeSubstitute, line="3", sku="HAT")
    shop.asks(cmd.AcceptSubstitute, fo="A-1", line="3")
    shop.asks(cmd.Confirm)
    party = next(fo for fo in shop.order.fulfillment_orders.values() if fo.location == "far").id
    shop.asks(cmd.Submit, fo=party)
    other = shop.marks.fill(obs.LineAnswer, line="1", verdict="substituted", substitute="HAT")
    shop.hears(obs.RequestAnswered, fo=party, lines=(other,), rejected="")
    shop.asks(cmd.AcceptSubstitute, fo=party, line="1")
    shop.asks(cmd.Reroute, fo=party, lines={"2": 1})
    shop.hears(obs.CancellationAnswered, fo=party, lines={"2": 1})
    shop.ends()
    shop.asks(cmd.Cancel, lines=None)
    shop.arrives()
    shop.ends()


def brought_back(shop: Marked) -> None:
    """A party is asked to take goods back; the money fails to go, then goes."""
    shop.begins(shop.line("1"), shop.line("2"))
    shop.asks(cmd.Confirm)
    shop.hears(obs.PaymentReported, fact="captured", amount=shop.order.state.payments.total)
    (fo,) = shop.order.fulfillment_orders
    shop.asks(cmd.Pick, fo=fo, units={"1": 3, "2": 3}, items=())
    shop.asks(cmd.Pack, fo=fo, units={"1": 3, "2": 3}, into=None)
    (parcel,) = shop.order.state.parcels
    shop.asks(cmd.Ship, parcel=parcel)
    number = shop.order.state.parcels[parcel].tracking_number
    shop.hears(obs.TrackingReported, "", tracking_number=number, status=ParcelStatus.DELIVERED)
    shop.asks(cmd.RequestReturn, lines={"1": 2}, exchange=())
    shop.hears(obs.ReturnAnswered, rma="A-1-R1")
    shop.asks(cmd.ApproveReturn, rma="A-1-R1")
    shop.hears(obs.GoodsReturned, lines={"1": 2}, rma="A-1-R1", others={})
    found = tuple(
        InspectionLine(line="1", quantity=1, disposition=kind)
        for kind in (Disposition.RESTOCK, Disposition.SEND_BACK)
    )
    shop.bank.moods.short = shop.bank.moods.prompt = True
    shop.hears(obs.ReturnInspected, rma="A-1-R1", findings=found)
    shop.asks(cmd.CloseReturn, rma="A-1-R1", findings=())
    shop.asks(cmd.SendBack, rma="A-1-R1", tracking_number="T5")
    shop.passes(days=1)
    shop.bank.moods.short = False
    for refund in list(shop.order.state.refunds):
        shop.asks(cmd.RetryRefund, refund=refund)
    shop.arrives()
    shop.ends()


def stocked(shop: Marked) -> None:
    """Goods come for an order, and are counted."""
    later = shop.clock.now() + timedelta(days=3)
    shop.begins(shop.line("1"))
    shop.changes(cmd.ExpectInbound, expected="ASN-1", quantity=5, at=later)
    shop.changes(cmd.ReceiveStock, quantity=5, expected="ASN-1", for_order="A-1", for_line="1")
    shop.changes(cmd.Count, counted=60)
    shop.changes(cmd.WriteOff, quantity=2)
    shop.changes(cmd.SetStockPolicy)
    shop.hears(obs.StockReported, "", sku="CUP", location="far", on_hand=40)
    shop.asks(cmd.Cancel)
    shop.ends()


LIVES = [
    in_house,
    dropship,
    cancelled,
    collected,
    turned_around,
    substituted,
    brought_back,
    stocked,
]


def _models(kind: Any) -> Iterator[type[BaseModel]]:
    """The models of a union, whatever is around it."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
    else:
        yield from (model for part in get_args(kind) for model in _models(part))


KINDS = frozenset(
    model.__name__ for of in (cmd.AnyCommand, obs.AnyObservation) for model in _models(of)
)
"""All that may be sent, as it is declared."""
UNSAID: Mapping[str, str] = {
    "UnreadableEvent": "it is of nobody that is known, and is kept until it is dismissed",
}
"""What is said in no life, and why."""
