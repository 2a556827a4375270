"""The doctor finds a clean database clean, and every row that was changed by hand."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import cast

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from orderflow import IN_HOUSE, Engine, InHouse, Step, Workflow
from orderflow.cli.app import app
from orderflow.cli.shop import standard_shop
from orderflow.engine.doctor import examine, repair, repair_of
from orderflow.model.commands import Cancel, ReceiveStock
from orderflow.model.document import Customer, Line, NewOrder
from orderflow.ports import Store
from orderflow.simulation import VirtualClock
from orderflow.stores import SqlStore
from orderflow.testing import FakeCarrier
from tests.crash.scenario import Process
from tests.crash.world import Points
from tests.shop import Shop as Worked

MUG, CUP = Line(sku="MUG", quantity=2, amount=500), Line(sku="CUP", quantity=2)


class Shop:
    """Orders at every stage, one of them backordered and one cancelled."""

    def __init__(self, url: str) -> None:
        self.url, self.clock = url, VirtualClock()
        self.engine: Engine = standard_shop(SqlStore(url), clock=self.clock)
        self.engine.change_stock(ReceiveStock(sku="MUG", quantity=20).to(id="receipt"))
        for number in range(1, 6):
            later = self.clock.now() + timedelta(days=9)
            line = MUG.model_copy(update={"not_before": later}) if number == 3 else MUG
            order = NewOrder(
                number=f"A-{number}",
                currency="GBP",
                customer=Customer(id="ana", name="Ana Ng"),
                lines=(line, CUP) if number == 4 else (line,),
                attributes={"worked_by": "people" if number > 3 else "robots"},
            )
            self.engine.place(order, id=f"place-{number}")
        self.engine.worker.run_until_idle()
        self.engine.submit(Cancel().to("A-3"))

    def sql(self, statement: str) -> int:
        """Change rows by hand; how many were changed."""
        db = sa.create_engine(self.url)
        with db.begin() as connection:
            changed = [connection.exec_driver_sql(one).rowcount for one in statement.split("; ")]
        db.dispose()
        return min(changed)

    def asked(self, question: str) -> int:
        """A number."""
        db = sa.create_engine(self.url)
        with db.connect() as connection:
            found: int = connection.exec_driver_sql(question).scalar_one()
        db.dispose()
        return found

    def findings(self) -> list[str]:
        return [f"{found.subject}: {found.what}" for found in examine(self.engine)]


@pytest.fixture
def shop(database: str) -> Iterator[Shop]:
    shop = Shop(database)
    yield shop
    shop.engine.store.close()  # type: ignore[attr-defined]


def test_a_working_shop_is_clean(shop: Shop) -> None:
    assert shop.findings() == []
    shop.engine.worker.run_until_idle()
    assert shop.findings() == []


def test_the_end_of_every_kind_of_order_is_clean(tmp_path: Path) -> None:
    process = Process(f"sqlite:///{tmp_path}/orders.db", tmp_path, Points())
    process.play()
    assert list(examine(process.engine)) == []
    process.store.close()


def test_it_cries_no_wolf_beside_workers(shop: Shop) -> None:
    """While it looks, orders are placed and worked, so that no two of its reads would agree."""
    store = shop.engine.store
    beside = standard_shop(store, clock=shop.clock)
    numbers = count(10)

    class Busy:
        """The store, that changes between any two questions."""

        @contextmanager
        def snapshot(self) -> Iterator["Busy"]:
            with store.snapshot() as one_moment:
                self.of = one_moment
                yield self

        def __getattr__(self, name: str) -> object:
            answer = getattr(self.of, name)
            if (number := next(numbers)) < 60:
                beside.place(NewOrder(number=f"B-{number}", currency="GBP", lines=(MUG, CUP)))
                beside.worker.run_until_idle()
            return answer

    assert list(examine(standard_shop(cast(Store, Busy()), clock=shop.clock))) == []
    assert shop.findings() == []


STATE = "update orderflow_order_states set"
OF_A5 = "where id = 'A-5'"
DOCUMENT = "update orderflow_order_documents set document = replace(document,"
ROW, OPEN = "update orderflow_outbox set", "where status = 'pending'"
NEW_ROW = (
    "insert into orderflow_outbox (key, kind, priority, name, owner, subject, data, due, status, "
    "attempts, token, error) values"
)
LATER = "'A-1', '{}', 0, 'pending', 0, '', '')"
TAMPERED = {
    "a state": f"{STATE} state = replace(state, 'GBP', 'EUR') {OF_A5}",
    "units in a ledger": f"{STATE} state = replace(state, ',2]', ',3]') {OF_A5}",
    "a state's text": f"{STATE} state = 'nothing' {OF_A5}",
    "a listed status": f"{STATE} status = 'completed' {OF_A5}",
    "a listed stage": f"{STATE} stage = 'completed' {OF_A5}",
    "a listed customer": f"{STATE} customer = 'bo' {OF_A5}",
    "a version": f"{STATE} version = 77 {OF_A5}",
    "an order": "delete from orderflow_order_states where id = 'A-5'",
    "a document": "delete from orderflow_order_documents where id = 'A-5'",
    "a document's text": "update orderflow_order_documents set document = '{' where id = 'A-5'",
    "a journal": "delete from orderflow_journals where subject = 'order:A-5'",
    "a journal's end": "delete from orderflow_journals where subject = 'order:A-1' and version = "
    "(select max(version) from orderflow_journals where subject = 'order:A-1')",
    "a journal's middle": "delete from orderflow_journals where version = 2",
    "an entry": "update orderflow_journals set entry = replace(entry, 'picked', 'packed')",
    "a parcel": "update orderflow_parcels set parcel = replace(parcel, 'in_house', 'elsewhere')",
    "on hand": "update orderflow_stock_levels set on_hand = on_hand + 1",
    "reserved": "update orderflow_stock_levels set reserved = reserved + 1",
    "backordered": "update orderflow_stock_levels set backordered = backordered + 1",
    "a movement": "update orderflow_stock_movements set quantity = quantity + 1",
    "a movement's end": "delete from orderflow_stock_movements",
    "a reservation": "update orderflow_stock_reservations set quantity = quantity + 1",
    "a reservation's end": "delete from orderflow_stock_reservations",
    "somebody's reservation": "insert into orderflow_stock_reservations "
    "values ('MUG', 'main', 'Z-1', '1', 2)",
    "the waiting list": "delete from orderflow_stock_waiting",
    "an effect or timer": "delete from orderflow_outbox where status = 'pending'",
    "a withdrawn row": "update orderflow_outbox set status = 'done' where status = 'pending'",
    "a row's owner": "update orderflow_outbox set owner = 'order:Z-1' where status = 'pending'",
    "a task of nobody": "insert into orderflow_tasks values "
    "('t', 'order:Z-1', 'support', 'x', 'Z-1', 'x', null, '[]', '')",
    "a level": "delete from orderflow_stock_levels where sku = 'MUG'",
    "a level in use": "delete from orderflow_stock_levels where sku = 'CUP'",
    "a list and its sum": "update orderflow_stock_waiting set quantity = quantity + 1; "
    "update orderflow_stock_levels set backordered = backordered + 1 where sku = 'CUP'",
    "an announcement": "insert into orderflow_stock_expected values ('e', 'MUG', 'main', -4, 0)",
    "a document's quantity": f"{DOCUMENT} '\"quantity\":2', '\"quantity\":9') {OF_A5}",
    "a document's SKU": f"{DOCUMENT} 'MUG', 'CUP') {OF_A5}",
    "a document's price": f"{DOCUMENT} '\"amount\":500', '\"amount\":100') {OF_A5}",
    "when it was placed": f"{STATE} placed_at = 5 {OF_A5}",
    "what it is promised for": f"{STATE} promised = 5 {OF_A5}",
    "a parcel's status": "update orderflow_parcels set status = 'delivered'",
    "an entry's actor": "update orderflow_journals set actor = 'eve' where version = 1",
    "an entry's moment": "update orderflow_journals set at = 5 where version = 1",
    "names": "delete from orderflow_refs",
    "a name's subject": "update orderflow_refs set subject = 'order:A-2'",
    "a name of nobody": "update orderflow_refs set subject = 'order:Z-1'",
    "a receipt's subject": "update orderflow_receipts set subject = 'order:A-2' "
    "where id = 'place-1'",
    "a receipt's version": "update orderflow_receipts set version = 99 where id = 'place-1'",
    "an order's SKU": "delete from orderflow_order_skus where order_id = 'A-5'",
    "a SKU's customer": "update orderflow_order_skus set customer = 'bo'",
    "a SKU of nobody": "insert into orderflow_order_skus values ('MUG', 'Z-1', 'ana')",
    "a task's role": "update orderflow_tasks set role = 'nobody'",
    "a task's owner": "update orderflow_tasks set owner = 'order:A-1'",
    "a foreign task": "insert into orderflow_tasks values "
    "('t', 'order:A-1', 'support', 'x', 'A-1', 'x', null, '[]', '')",
    "a row's moment": f"{ROW} due = 9000000000000000 {OPEN}",
    "a row's lease": f"{ROW} leased_until = 9000000000000000 {OPEN}",
    "a row's data": f"{ROW} data = '{{' {OPEN}",
    "a row's kind": f"{ROW} kind = 'effect' {OPEN}",
    "a row's priority": f"{ROW} priority = 9 {OPEN}",
    "a row's status": f"{ROW} status = 'lost' {OPEN}",
    "given up": f"{ROW} status = 'gave_up' {OPEN}",
    "a deed again": f"{ROW} status = 'pending' where kind = 'effect' and status = 'done'",
    "a deed that nobody asked for": f"{NEW_ROW} ('q', 'effect', 2, 'notify', 'order:A-1', {LATER}",
    "a message to nobody": f"{NEW_ROW} ('q', 'message', 0, 'x', 'order:Z-1', {LATER}",
    "an attempt of nothing": "insert into orderflow_effect_attempts values ('q', 1, 0, 'x', false)",
    "the inbox": "insert into orderflow_inbox (reference, message, kept_at, observation, payload, "
    "error) values ('r', 'm', 0, '{', '', '')",
}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", TAMPERED)
def test_what_was_changed_by_hand_is_found(name: str, shop: Shop) -> None:
    assert shop.sql(TAMPERED[name]) > 0
    found = list(examine(shop.engine))
    assert found
    assert all(finding.subject and repair_of(finding) for finding in found)
    assert "Ana Ng" not in str(found)


MENDED = (
    "on hand",
    "reserved",
    "backordered",
    "a level in use",
    "an effect or timer",
    "a withdrawn row",
    "given up",
    "a row's status",
    "a row's kind",
    "a row's moment",
    "a row's lease",
    "a row's owner",
    "a deed that nobody asked for",
    "a task's role",
    "a task's owner",
    "a foreign task",
)


@pytest.mark.parametrize("name", MENDED)
def test_what_follows_from_other_rows_is_mended(name: str, shop: Shop) -> None:
    shop.sql(TAMPERED[name])
    assert shop.findings()
    repair(shop.engine)
    assert shop.findings() == []


def test_what_somebody_waits_for_is_left_to_them(shop: Shop) -> None:
    """A driver on Temporal leases the timers of its order until after they are due."""
    store, now = cast(SqlStore, shop.engine.store), shop.clock.now()
    for order in shop.engine.orders():
        store.lease_all(f"order:{order.id}", now, shop.engine.worker.lease, "driver")
    before = [list(store.open_rows(f"order:{order.id}")) for order in shop.engine.orders()]
    assert max(row.due for rows in before for row in rows) > now + timedelta(days=3)
    assert shop.findings() == []
    repair(shop.engine)
    assert [list(store.open_rows(f"order:{order.id}")) for order in shop.engine.orders()] == before


def test_a_lease_that_is_taken_away_leaves_the_timer_its_moment(shop: Shop) -> None:
    moments = f"select sum(due) from orderflow_outbox {OPEN} and kind = 'timer'"
    before = shop.asked(moments)
    shop.sql(TAMPERED["a row's lease"])
    repair(shop.engine)
    assert shop.asked(moments) == before
    assert shop.asked(f"select count(*) from orderflow_outbox {OPEN} and leased_until > 0") == 0


def test_what_orders_wait_for_is_put_back(shop: Shop) -> None:
    shop.sql("delete from orderflow_outbox where status = 'pending'")
    words = ["doctor", "--db", shop.url]
    result = CliRunner().invoke(app, words)  # by the card that the shop has left
    assert (result.exit_code, "promise 5" in result.stdout) == (1, True)
    result = CliRunner().invoke(app, [*words, "--repair"])
    assert result.exit_code == 2
    assert "--app orderflow.cli.shop:standard_shop" in " ".join(result.stderr.split())
    shop.sql("delete from orderflow_rules")  # as an earlier release left it
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 1
    assert "not checked: no engine has left a card of its rules here; by the" in result.stdout
    assert "waits for" in result.stdout
    assert "promise 5" not in result.stdout
    assert shop.asked(f"select count(*) from orderflow_outbox {OPEN}") == 0
    words += ["--app", "orderflow.cli.shop:standard_shop"]
    result = CliRunner().invoke(app, words)
    assert "doctor --repair" in result.stdout
    assert "promise 5" in result.stdout
    result = CliRunner().invoke(app, [*words, "--repair"])
    assert (result.exit_code, result.stdout) == (0, "nothing is off\n")


@pytest.mark.parametrize("column", ["cause", "sku", "location", "reference"])
def test_whatever_a_stock_movement_holds_is_a_finding_or_says_nothing(
    column: str, shop: Shop
) -> None:
    shop.sql(f"update orderflow_stock_movements set {column} = 'shipmentz'")
    assert (shop.findings() == []) is (column == "reference")
    repair(shop.engine)
    shop.findings()


def test_an_order_that_cannot_be_read_does_not_keep_others_from_being_mended(shop: Shop) -> None:
    shop.sql(f"{STATE} state = 'x' where id = 'A-1'; delete from orderflow_outbox {OPEN}")
    repair(shop.engine)
    of_others = [found for found in shop.findings() if "A-1" not in found]
    assert not [found for found in of_others if "but no such row exists" in found]


def test_a_workflow_may_go_when_nothing_runs_on_it_any_more() -> None:
    """An order whose work is done on an old version is well by rules that lack it."""
    first = IN_HOUSE.extend(name="checked", version=1)
    shop = Worked(workflow_of(first))
    shop.place(Line(sku="POSTER", quantity=1, stocked=False))
    assert [fo.phase.final for fo in shop.order.fulfillment_orders.values()] == [True]
    shop.opens(workflow_of(IN_HOUSE.extend(name="checked", version=2)))
    assert list(examine(shop.engine)) == []


def workflow_of(workflow: Workflow[Step]) -> InHouse:
    """Our own house, on a workflow."""
    house = InHouse(carrier=FakeCarrier())
    house.workflow = workflow
    return house
