"""The tables: brought up to date with the data in place, in a schema of their own, with indexes."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from orderflow import IN_HOUSE, ORDER, Engine, InHouse
from orderflow.errors import SchemaMismatch, UnreadableRow
from orderflow.ports import OrderQuery, TaskQuery
from orderflow.simulation import VirtualClock
from orderflow.stores import SqlStore, codec
from orderflow.stores.sql import reads as sql_reading
from orderflow.stores.sql import schema
from orderflow.testing import check_order, check_stock
from orderflow.testing.commits import MINUTE, NOW, an_order, order_commit
from tests.conftest import ROOT

GOLDEN = ROOT / "tests" / "golden" / "schema-2.sql"
COMPUTED = {
    "3448e9dff080": ORDER.fingerprint,
    "d0d354e2b1e6": IN_HOUSE.fingerprint,
    "6bb2989447dba47d2f628ea554c6bad9": "c6feaeede227573160b589ad77a9533d",  # who placed A-1,
    "80055abc1c003855074fe935dd14961d": "a57174886d654dec9ab9a6b527749182",
    "e83c3929848a26cfbd47955ee7547afc": "dc6ad23540863550342b054b57456c2d",  # and A-3
}
"""Fingerprints and digests were computed in another way when the golden file was written; none
since 0.1.0."""


def of_version_2(url: str) -> None:
    """A database as version 2 was: written by that release, or with what came later taken away."""
    if url.startswith("sqlite"):
        file = sqlite3.connect(url.removeprefix("sqlite:///"))
        written = GOLDEN.read_text()
        for before, now in COMPUTED.items():
            assert before in written
            written = written.replace(before, now)
        file.executescript(written)
        file.close()
        return
    store = SqlStore(url)
    engine = Engine(store, [InHouse()], clock=VirtualClock())
    store.commit(order_commit("A-1", 0))
    del engine
    store.close()
    db = sa.create_engine(url)
    with db.begin() as connection:
        connection.execute(sa.text("drop table orderflow_rules"))
        connection.execute(sa.text("drop table orderflow_order_skus"))
        connection.execute(sa.text("drop index orderflow_outbox_gave_up"))
        for column in ("promised", "placed_at", "channel"):
            connection.execute(sa.text(f"drop index orderflow_order_states_{column}"))
        for column in ("stage", "exception"):
            states = "orderflow_order_states"
            connection.execute(sa.text(f"alter table {states} drop column {column}"))
        connection.execute(sa.text("update orderflow_schema set version = 2"))
    db.dispose()


def test_an_earlier_version_is_brought_up_to_date_with_its_data(database: str) -> None:
    of_version_2(database)
    SqlStore(database).close()
    db = sa.create_engine(database)
    with db.connect() as connection:
        ours = MigrationContext.configure(connection)
        assert compare_metadata(ours, schema.metadata) == []
        assert connection.scalar(sa.select(schema.schema.c.version)) == schema.VERSION
    db.dispose()
    store = SqlStore(database)
    for stage, sku in (("placed", "MUG"), ("shipping", "MUG")):
        asked = OrderQuery(customer="ana", sku=sku, stage=stage, exception=False)
        expected = {"A-1", "A-2", "A-3"} if database.startswith("sqlite") else {"A-1"}
        assert set(store.order_ids(asked)) <= expected
    assert set(store.order_ids(OrderQuery(sku="MUG", customer="ana"))) == expected
    store.close()


def test_the_orders_of_an_earlier_release_go_on(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/orders.db"
    of_version_2(url)
    store = SqlStore(url)
    engine = Engine(store, [InHouse()], clock=VirtualClock())
    engine.worker.run_until_idle()
    stages = {order.id: order.stage for order in engine.orders()}
    assert stages == {"A-1": "shipping", "A-2": "shipping", "A-3": "placed"}
    for order in stages:
        check_order(engine, order)
    check_stock(engine)
    store.close()


def test_a_migration_that_fails_leaves_the_database_as_it_was(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_version_2(database)

    def fails(_text: str) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as broken:
        broken.setattr(codec, "decode_state", fails)
        with pytest.raises(UnreadableRow, match="A-1"):
            SqlStore(database)
    db = sa.create_engine(database)
    with db.connect() as connection:
        assert connection.scalar(sa.select(schema.schema.c.version)) == 2
    assert "orderflow_order_skus" not in sa.inspect(db).get_table_names()
    db.dispose()
    SqlStore(database).close()


def test_one_too_old_is_refused(database: str) -> None:
    SqlStore(database).close()
    db = sa.create_engine(database)
    with db.begin() as connection:
        connection.execute(sa.update(schema.schema).values(version=1))
    with pytest.raises(SchemaMismatch, match=r"version 1 .* an earlier release"):
        SqlStore(database)
    db.dispose()


def test_the_tables_may_stand_in_a_schema_of_their_own(postgres: str) -> None:
    db = sa.create_engine(postgres)
    with db.begin() as connection:
        connection.execute(sa.text("create schema shop"))
    store = SqlStore(postgres, schema="shop")
    store.commit(order_commit("A-1", 0))
    assert store.order("A-1") == an_order("A-1")
    with db.begin() as connection:
        store.in_transaction(connection).commit(order_commit("A-2", 0))
    assert list(store.order_ids(OrderQuery())) == ["A-1", "A-2"]
    inspector = sa.inspect(db)
    assert inspector.get_table_names() == []
    assert "orderflow_stock_levels" in inspector.get_table_names(schema="shop")
    with db.begin() as connection:
        connection.execute(sa.text("alter table shop.orderflow_order_states drop column stage"))
        connection.execute(sa.text("alter table shop.orderflow_order_states drop column exception"))
        for index in ("order_states_channel", "order_states_promised", "order_states_placed_at"):
            connection.execute(sa.text(f"drop index shop.orderflow_{index}"))
        connection.execute(sa.text("drop index shop.orderflow_outbox_gave_up"))
        connection.execute(sa.text("drop table shop.orderflow_rules"))
        connection.execute(sa.text("drop table shop.orderflow_order_skus"))
        connection.execute(sa.text("update shop.orderflow_schema set version = 2"))
    store.close()
    store = SqlStore(postgres, schema="shop")
    assert list(store.order_ids(OrderQuery(sku="MUG", stage="placed"))) == ["A-1", "A-2"]
    store.close()
    db.dispose()


QUERIES = {
    "status": OrderQuery(status="placed"),
    "stage": OrderQuery(stage="placed"),
    "phase": OrderQuery(phase="placed"),
    "customer": OrderQuery(customer="ana"),
    "channel": OrderQuery(channel="online"),
    "exception": OrderQuery(exception=True),
    "promised": OrderQuery(promised_before=NOW + MINUTE),
    "placed_at": OrderQuery(placed_before=NOW - 60 * MINUTE),
}


class Explained(sql_reading.SqlReads):
    """Gives the plan of a query in place of its rows."""

    def __init__(self, connection: sa.Connection) -> None:
        self.connection, self.plan = connection, ""

    def _rows(self, statement: sa.Select, **asked: object) -> list[sa.RowMapping]:  # type: ignore[type-arg]
        del asked
        told = statement.compile(self.connection, compile_kwargs={"literal_binds": True})
        rows = self.connection.exec_driver_sql(f"explain query plan {told}")
        self.plan = " ".join(str(row) for row in rows)
        return []


@pytest.fixture
def explained(tmp_path: Path) -> Iterator[Explained]:
    """A store of many orders, so that the database finds its indexes worth the while."""
    url = f"sqlite:///{tmp_path}/orders.db"
    store = SqlStore(url)
    store.commit_all([order_commit(f"A-{number}", 0) for number in range(50)])
    store.close()
    db = sa.create_engine(url)
    with db.connect() as connection:
        yield Explained(connection)
    db.dispose()


@pytest.mark.parametrize("name", QUERIES)
def test_orders_are_listed_by_an_index(name: str, explained: Explained) -> None:
    explained.order_ids(QUERIES[name])
    assert f"orderflow_order_states_{name}" in explained.plan
    explained.order_ids(attrs.evolve(QUERIES[name], sku="MUG", customer="ana"))
    assert "orderflow_order_skus" in explained.plan


def test_tasks_are_listed_by_an_index(explained: Explained) -> None:
    explained.tasks(TaskQuery(role="warehouse"))
    assert "orderflow_tasks_role" in explained.plan
    explained.connection.close()


def test_a_version_that_is_no_number_is_none(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/orders.db"
    with sqlite3.connect(f"{tmp_path}/orders.db") as db:
        db.execute("create table orderflow_schema as select 'abc' as version")
    with pytest.raises(SchemaMismatch, match="'abc'"):
        SqlStore(url, create=False)
