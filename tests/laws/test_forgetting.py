"""Nothing that may be sent outlives a person: a mark in each text of a model is found no more."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orderflow import Line, NewOrder, Refused
from orderflow.engine.doctor import examine
from orderflow.fulfillment import Dropship, InHouse
from orderflow.fulfillment.steps import MANUAL
from orderflow.model import commands as cmd
from orderflow.model import observations as obs
from orderflow.model.document import Customer
from orderflow.model.parcel import ParcelStatus
from orderflow.ports import Store
from orderflow.stores import MemoryDocuments, MemoryStore, SqlDocuments, SqlStore
from orderflow.testing import FakeParty
from tests.marks import NAMES_OTHERS, PARTIES, Marker
from tests.shop import Shop

ANA = "Ana"


class Marked(Shop):
    """A shop in which whatever can be said of an order is said in marks."""

    def __init__(self, store: Store, documents: Any, start: str) -> None:
        self.marks, self.documents = Marker(start), documents
        self.taken: set[str] = set()
        party = Dropship(FakeParty(), cost=lambda _line: Decimal(1), locations=("far",))
        super().__init__(
            InHouse(), party, store=store, stock={"MUG": 50}, steps=MANUAL, documents=documents
        )
        self.stock("CUP", 50, "far")

    def line(self, id: str, sku: str = "MUG", **more: Any) -> Line:
        return self.marks.fill(Line, id=id, sku=sku, quantity=3, amount=300, **more)

    def asks(self, kind: type[cmd.Body], **given: Any) -> None:
        """Give a command, with a marked id, by a marked actor."""
        body = self.marks.fill(kind, **given)
        name = self.marks.mark("Command.id")
        actor = self.marks.mark("actor")
        with suppress(Refused):
            self.engine.submit(body.to("A-1", by=actor, id=name))
            self.taken.add(kind.__name__)
        self.work()

    def hears(self, kind: type[obs.Fact], of: str = "A-1", **given: Any) -> None:
        """Tell a fact, with a marked id."""
        self.clock.advance(timedelta(seconds=1))
        fact = self.marks.fill(kind, **given)
        self.engine.observe(
            fact.at(self.clock.now(), subject=of, id=self.marks.mark("Observation.id"))
        )
        self.taken.add(kind.__name__)
        self.work()

    def begins(self, *lines: Line) -> None:
        who = self.marks.fill(
            Customer, id="ana-17", name=f"{ANA} {self.marks.mark('Customer.name')}"
        )
        order = self.marks.fill(
            NewOrder, number="A-1", currency="EUR", customer=who, lines=lines, gift=False
        )
        name = self.marks.mark("Command.id")
        self.engine.place(order, id=name, by=self.marks.mark("actor"))
        self.taken.add("Place")
        self.documents.file("A-1", "slip", str(order).encode())
        self.work()

    def ends(self) -> None:
        for _ in range(60):
            self.passes(days=1)
            for task in self.engine.tasks():
                with suppress(Refused):
                    self.engine.complete(task, by=self.marks.mark("actor"))
                self.work()


def in_house(shop: Marked) -> None:
    """Held, edited, picked by serial number, packed, sent, scanned, brought back."""
    shop.begins(shop.line("1", asks=("lot", "serial")), shop.line("2"))
    shop.asks(cmd.PlaceHold, on="A-1-F1", until=None)
    for hold in list(shop.order.state.holds):
        shop.engine.submit(cmd.ReleaseHold(hold=hold).to("A-1", id=shop.marks.mark("Command.id")))
    shop.asks(cmd.PlaceHold, until=shop.clock.now() + timedelta(hours=1), on=None)
    shop.passes(hours=2)
    shop.asks(cmd.Confirm)
    shop.asks(cmd.Edit, quantities={"2": 2}, lines=(shop.line("4"),))
    shop.asks(cmd.Override, command=shop.marks.fill(cmd.Cancel, lines={"2": 1}))
    shop.asks(cmd.RemindPayment)
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
    shop.asks(cmd.ConfirmReceipt)
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
    """Over before it began, for a reason."""
    shop.begins(shop.line("1"))
    shop.asks(cmd.Cancel)
    shop.ends()


LIVES = [in_house, dropship, cancelled]


def rows(file: Path) -> str:
    """All that stands in the tables of a file."""
    with sqlite3.connect(file) as db:
        names = [
            name for (name,) in db.execute("select name from sqlite_master where type='table'")
        ]
        return "\n".join(
            repr(row) for name in names for row in db.execute(f'select * from "{name}"')
        )


def told(store: MemoryStore) -> str:
    """All that stands in a store in memory."""
    orders = [(order.document, order.state) for order in store._orders.values()]
    return repr(orders) + repr(vars(store))


def left_in(shop: Marked, told: str) -> set[str]:
    """What a person may be known by, of all that was said."""
    named = {name.rpartition(".")[2] for name in NAMES_OTHERS} if shop.marks.names_nobody else set()
    found = {name for name in shop.marks.found(told) if name.rpartition(".")[2] not in named}
    return (found - PARTIES) | {name for name in ("ana-17",) if name in told}


@pytest.mark.parametrize("start", ["", f"{ANA} "], ids=["whatever", "named"])
@pytest.mark.parametrize("live", LIVES)
def test_no_text_outlives_a_person(
    live: Any, start: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    no_text_outlives_a_person(live, start, tmp_path / "shop.db", caplog)


def no_text_outlives_a_person(
    live: Any, start: str, file: Path, caplog: pytest.LogCaptureFixture | None = None
) -> None:
    if caplog:
        caplog.set_level(logging.DEBUG, "orderflow")
    store, documents = SqlStore(f"sqlite:///{file}"), SqlDocuments(f"sqlite:///{file}")
    shop = Marked(store, documents, start)
    live(shop)
    assert shop.marks.found(rows(file)), "nothing was said"
    assert shop.engine.forget("ana-17").erased == ("A-1",)
    assert left_in(shop, rows(file)) == set()
    assert list(examine(shop.engine)) == []
    shop.check()
    if caplog:
        assert left_in(shop, caplog.text) == set()
    store.close()
    documents.close()
    raw = b"".join(there.read_bytes() for there in file.parent.glob(f"{file.name}*"))
    assert left_in(shop, raw.decode("utf-8", "replace")) == set(), "in the file itself"


@pytest.mark.parametrize("start", ["", f"{ANA} "], ids=["whatever", "named"])
@pytest.mark.parametrize("live", LIVES)
def test_no_text_outlives_a_person_in_memory(live: Any, start: str) -> None:
    store, documents = MemoryStore(), MemoryDocuments()
    shop = Marked(store, documents, start)
    live(shop)
    assert shop.marks.found(told(store)), "nothing was said"
    assert shop.engine.forget("ana-17").erased == ("A-1",)
    assert left_in(shop, told(store) + repr(vars(documents))) == set()
