"""A person is erased everywhere once nothing of theirs is open; all the rest still holds."""

from collections.abc import Iterator
from datetime import timedelta
from unittest.mock import Mock

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from orderflow import Address, Customer, Line, NewOrder
from orderflow.cli.app import app
from orderflow.engine.doctor import examine
from orderflow.errors import PortFailed, StoreFull
from orderflow.model.commands import (
    Cancel,
    ConfirmDelivery,
    PlaceHold,
    ReleaseHold,
    SendDunning,
)
from orderflow.model.observations import PaymentReported, TrackingReported
from orderflow.model.parcel import ParcelStatus
from orderflow.model.state import PaymentOutcome
from orderflow.ports import Notification, OrderQuery, Store, TaskQuery
from orderflow.stores import MemoryDocuments, MemoryStore, SqlStore
from tests.shop import Shop

SECRETS = ("Ana Ng", "12 Elm Street", "ana@example.org", "ana-17", "Happy birthday", "Ring twice",
           "For my Ana", "moved house", "rude to Ana", "to a neighbour", "Elm St 12")  # fmt: skip
SCAN = TrackingReported(tracking_number="?", status=ParcelStatus.ATTEMPTED, event="e1",
                        code="Ana Ng was rude", place="Elm St 12")  # fmt: skip
PAID = PaymentReported(fact=PaymentOutcome.CAPTURED, amount=500, reference="from Ana Ng")


class Rude:
    """A notifier that fails once, with a text that names the customer."""

    failed = False

    def send(self, notification: Notification) -> None:
        if not self.failed:
            self.failed = True
            raise PortFailed(f"rude to Ana: {notification.key}")


class Documents(MemoryDocuments):
    """Documents that cannot be erased on some days, with a text that names the customer."""

    bad_days = 0

    def erase(self, order: str) -> None:
        if self.bad_days > 0:
            self.bad_days -= 1
            raise OSError(f"Ana Ng's documents of {order} are away")
        super().erase(order)


class Remembering(Shop):
    """A shop in which much is known of Ana Ng."""

    def __init__(self, store: Store) -> None:
        self.documents = Documents()
        super().__init__(store=store, stock={"MUG": 9}, notifier=Rude(), documents=self.documents)

    def new(self, number: str, customer: str = "ana-17") -> NewOrder:
        return NewOrder(
            number=number,
            customer=Customer(id=customer, name="Ana Ng", email="ana@example.org"),
            ship_to=Address(name="Ana Ng", lines=("12 Elm Street",), city="Ayr", country="GB"),
            currency="GBP",
            gift_message="Happy birthday",
            notes="Ring twice",
            lines=(
                Line(sku="MUG", quantity=1, amount=500, attributes={"engraving": "For my Ana"}),
            ),
            attributes={"gift": {"card": ["For my Ana"], "units": 2}},
        )

    def buys(self, number: str, customer: str = "ana-17", *, cancelled: bool = False) -> None:
        order = self.new(number, customer)
        self.engine.place(order, id=f"ana@example.org-{number}", by="Ana Ng <web>")
        hold = PlaceHold(hold="address", reason="Ana has moved house").to(number, by="bo")
        self.engine.submit(hold)
        self.engine.submit(ReleaseHold(hold="address").to(number, by="bo"))
        self.engine.submit(SendDunning().to(number, by="bo"))
        if cancelled:
            self.engine.submit(Cancel(reason="rude to Ana").to(number, by=customer))
        self.engine.worker.run_until_idle()

    def scans(self, number: str, **other: object) -> None:
        """Tell of the order's parcel, at its first moment."""
        (view,) = self.engine.order(number).state.parcels.values()
        fact = SCAN.model_copy(update={"tracking_number": view.tracking_number} | other)
        self.engine.observe(fact.at(view.since))
        self.engine.worker.run_until_idle()

    def finish(self, number: str) -> None:
        self.engine.observe(PAID.at(self.clock.now(), subject=number))
        self.scans(number)
        self.scans(number, event=None, status=ParcelStatus.DELIVERED, code="handed to a neighbour")
        self.engine.submit(ConfirmDelivery().to(number, by="ana-17"))
        for _ in range(60):
            self.clock.advance(timedelta(days=1))
            self.engine.worker.run_until_idle()

    def holds(self, url: str) -> set[str]:
        """Which secrets are anywhere in the database."""
        db = sa.create_engine(url)
        with db.connect() as connection:
            names = sa.inspect(db).get_table_names()
            rows = [connection.execute(sa.text(f"select * from {name}")).all() for name in names]
        db.dispose()
        told = str([tuple(row) for table in rows for row in table])  # a Row would shorten itself
        return {secret for secret in SECRETS if secret in told}


@pytest.fixture
def shop(database: str) -> Iterator[Remembering]:
    store = SqlStore(database)
    yield Remembering(store)
    store.close()


def test_nothing_of_a_person_is_left(shop: Remembering, database: str) -> None:
    shop.buys("A-1")
    shop.finish("A-1")
    shop.buys("A-2", cancelled=True)
    before = shop.engine.order("A-1")
    assert shop.holds(database) == set(SECRETS)
    forgotten = shop.engine.erase("ana-17")
    assert (forgotten.erased, forgotten.waiting) == (("A-1", "A-2"), ())
    assert shop.holds(database) == set()
    order = shop.engine.order("A-1")
    assert (order.status, order.document.total) == (before.status, before.document.total)
    assert order.state.ledger == before.state.ledger
    assert list(examine(shop.engine)) == []
    assert shop.engine.level("MUG").on_hand == 8
    assert not list(shop.store.order_ids(OrderQuery(customer="ana-17")))
    assert list(shop.store.order_ids(OrderQuery(customer=order.state.customer, sku="MUG")))
    assert shop.engine.erase("ana-17").erased == ()


def test_what_comes_again_of_an_erased_order_is_known(shop: Remembering, database: str) -> None:
    """A command and its id, a carrier's event in other words, a payment with its reference."""
    shop.buys("A-1")
    shop.finish("A-1")
    shop.engine.erase("ana-17")
    erased, (view,) = shop.engine.order("A-1"), shop.engine.order("A-1").state.parcels
    parcel = shop.store.parcel(view)
    again = shop.engine.place(shop.new("A-1"), id="ana@example.org-A-1", by="Ana Ng <web>")
    assert again.version == 1
    shop.scans("A-1", code="Ana Ng is rude")
    shop.engine.observe(PAID.at(shop.clock.now(), subject="A-1"))
    assert shop.engine.order("A-1") == erased
    assert shop.store.parcel(view) == parcel
    assert shop.holds(database) == set()


def test_what_is_open_waits_visibly_and_is_erased_when_it_is_over(
    shop: Remembering, database: str
) -> None:
    shop.buys("A-1")
    assert shop.engine.erase("ana-17").waiting == ("A-1",)
    (row,) = shop.store.open_rows("forget:ana-17")
    assert row.name == "forget"
    assert shop.holds(database) >= {"Ana Ng", "12 Elm Street"}
    shop.finish("A-1")
    assert shop.holds(database) == set()
    assert list(shop.store.open_rows("forget:ana-17")) == []
    assert list(examine(shop.engine)) == []


def test_a_wish_is_tried_again_without_end(shop: Remembering, database: str) -> None:
    """What fails for one order keeps no other, and no trace of the failures is left."""
    shop.buys("A-1")
    shop.buys("A-2", cancelled=True)
    shop.documents.bad_days = 30
    with pytest.raises(OSError, match="A-2 are away"):
        shop.engine.erase("ana-17")
    shop.buys("A-3", cancelled=True)
    shop.finish("A-1")
    assert shop.documents.bad_days == 0
    assert shop.holds(database) == set()
    assert list(shop.store.tasks(TaskQuery())) == []


def test_a_wish_outlives_a_failing_database(
    shop: Remembering, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.buys("A-1")
    shop.engine.erase("ana-17")
    with monkeypatch.context() as failing:
        failing.setattr(shop.store, "commit", Mock(side_effect=StoreFull("no")))
        with pytest.raises(StoreFull):
            shop.engine.erase("ana-17")
    with monkeypatch.context() as failing:
        failing.setattr(shop.store, "order_ids", Mock(side_effect=StoreFull("no")))
        for _ in range(20):
            shop.clock.advance(timedelta(days=1))
            shop.engine.worker.run_until_idle()
    assert len(shop.store.open_rows("forget:ana-17")) == 1
    shop.finish("A-1")
    assert not list(shop.store.order_ids(OrderQuery(customer="ana-17")))


def test_the_command_line_says_what_waits(shop: Remembering, database: str) -> None:
    shop.buys("A-1")
    shop.buys("A-2", cancelled=True)
    result = CliRunner().invoke(app, ["forget", "ana-17", "--db", database])
    assert result.exit_code == 0
    assert "1 orders are erased\nA-1 waits: something is still open" in result.stdout


def test_others_are_not_touched(shop: Remembering) -> None:
    shop.buys("A-1")
    shop.buys("B-1", customer="bo-4")
    shop.finish("A-1")
    shop.finish("B-1")
    theirs = shop.engine.order("B-1")
    shop.engine.erase("ana-17")
    assert shop.engine.order("B-1") == theirs
    assert theirs.document.customer is not None
    assert theirs.document.customer.name == "Ana Ng"


def test_a_memory_store_forgets_as_well() -> None:
    shop = Remembering(MemoryStore())
    shop.buys("A-1")
    assert shop.engine.erase("ana-17").waiting == ("A-1",)
    shop.finish("A-1")
    order = shop.engine.order("A-1")
    (view,) = order.state.parcels
    journals = [*shop.engine.journal("A-1"), *shop.store.journal(f"parcel:{view}")]
    told = f"{order.document!r}{order.state!r}{shop.store.parcel(view)!r}{journals!r}"
    assert shop.store.processed("channel:online", "ana@example.org-A-1")
    assert not [secret for secret in SECRETS if secret in told]
    assert list(examine(shop.engine)) == []
