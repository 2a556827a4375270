"""When the database fails the error says which way, and whether the command may be stored.

Each test then sends the same command again with the same id: the order is there once.
"""

import gc
import itertools
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from orderflow import Order
from orderflow.errors import (
    ConnectionLost,
    OrderflowError,
    SchemaMismatch,
    StoreFull,
    StoreLocked,
    StoreReadOnly,
    StoreUnavailable,
)
from orderflow.stores import SqlStore
from orderflow.stores.sql import connection as opening_module
from orderflow.stores.sql.failures import Contended, typed_errors
from tests.postgres import Server
from tests.shop import Shop, new_order

ORDER = new_order()


class Checkout(Shop):
    """A shop on a database, in which an order is always placed with one id."""

    store: SqlStore

    def __init__(self, url: str) -> None:
        self.url = url
        super().__init__(store=SqlStore(url, lock_timeout=0.1))

    def checks_out(self) -> None:
        self.engine.place(ORDER, id="checkout-7")

    def fails(self, kind: type[StoreUnavailable], *, may_be_stored: bool = False) -> str:
        """The error of placing the order, which is of this kind and says this."""
        with pytest.raises(StoreUnavailable) as raised:
            self.checks_out()
        assert type(raised.value) is kind
        assert raised.value.may_be_stored is may_be_stored
        known = "it may have been stored" if may_be_stored else "nothing was stored"
        assert str(raised.value).endswith(f"{known}: sending it again with the same id is safe")
        return str(raised.value)

    def is_placed_once(self) -> None:
        self.checks_out()
        assert [order.id for order in self.engine.orders()] == ["A-1"]
        assert self.engine.level("MUG").reserved == 2
        assert [entry.version for entry in self.engine.journal("A-1")] == [1]


def committing(error: Exception) -> None:
    """Fail in mid-commit."""
    with typed_errors() as progress:
        progress.committing = True
        raise error


@pytest.fixture
def shop(database: str) -> Iterator[Checkout]:
    shop = Checkout(database)
    yield shop
    shop.store.close()


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Checkout]:
    shop = Checkout(f"sqlite:///{tmp_path}/orders.db")
    yield shop
    shop.store.close()


@pytest.fixture
def server(postgres: str) -> Iterator[Checkout]:
    shop = Checkout(postgres)
    yield shop
    shop.store.close()


def on_connect(shop: Checkout, do: Callable[[Any], object]) -> Callable[[], None]:
    """Do something to each new connection; gives what ends it."""
    shop.store.close()

    def configure(connection: Any, _record: object) -> None:
        do(connection)

    sa.event.listen(shop.store._own.engine, "connect", configure)

    def over() -> None:
        sa.event.remove(shop.store._own.engine, "connect", configure)
        shop.store.close()

    return over


# --- read-only, full, locked ----------------------------------------------------------------------


def test_a_read_only_file(file: Checkout) -> None:
    over = on_connect(file, lambda connection: connection.execute("pragma query_only = on"))
    file.fails(StoreReadOnly)
    over()
    file.is_placed_once()


def test_a_read_only_server(server: Checkout) -> None:
    def read_only(connection: psycopg.Connection) -> None:
        connection.execute("set default_transaction_read_only = on")
        connection.commit()

    over = on_connect(server, read_only)
    told = server.fails(StoreReadOnly)
    assert "read-only transaction" in told
    over()
    server.is_placed_once()


def test_a_full_disk(file: Checkout) -> None:
    over = on_connect(file, lambda connection: connection.execute("pragma max_page_count = 1"))
    big = {"notes": "x" * 50_000}
    with pytest.raises(StoreFull, match="nothing was stored"):
        file.engine.place(ORDER.model_copy(update=big), id="checkout-8")
    over()
    file.is_placed_once()


def test_a_full_disk_of_a_server() -> None:
    """As PostgreSQL would say it; a disk is not so easily filled."""
    said = psycopg.errors.DiskFull("could not extend file")
    with pytest.raises(StoreFull, match="nothing was stored"):
        committing(sa.exc.OperationalError("commit", {}, said))


def test_a_database_that_others_keep_locked(shop: Checkout) -> None:
    other = sa.create_engine(shop.url)
    with other.connect() as connection:
        if shop.url.startswith("sqlite"):
            connection.exec_driver_sql("begin immediate")
        else:
            connection.exec_driver_sql("select * from orderflow_stock_levels for update")
        shop.fails(StoreLocked)
        connection.rollback()
    other.dispose()
    shop.is_placed_once()


# --- the connection -------------------------------------------------------------------------------


def breaking_commit(shop: Checkout, *, stored: bool) -> None:
    """The next commit loses its connection: before it reaches the server, or after."""
    dialect = shop.store._own.engine.dialect
    commit = dialect.do_commit

    def lost(connection: Any) -> None:
        vars(dialect).pop("do_commit")
        if stored:
            commit(connection)
        pid = connection.dbapi_connection.info.backend_pid
        with psycopg.connect(shop.url.replace("+psycopg", ""), autocommit=True) as admin:
            admin.execute("select pg_terminate_backend(%s)", [pid])
        connection.dbapi_connection.execute("select 1")

    vars(dialect)["do_commit"] = lost


@pytest.mark.parametrize("stored", [False, True])
def test_a_connection_lost_in_mid_commit(server: Checkout, stored: bool) -> None:
    """Nobody can tell whether it is stored; sent again it is stored once in either case."""
    breaking_commit(server, stored=stored)
    server.fails(ConnectionLost, may_be_stored=True)
    there = bool(server.store.orders_by_id(["A-1"]))
    assert there is stored
    server.is_placed_once()


def test_a_connection_lost_before_the_commit(server: Checkout) -> None:
    engine = server.store._own.engine

    def lost(*arguments: Any) -> None:
        if "INSERT INTO orderflow_journals" in arguments[2]:
            sa.event.remove(engine, "before_cursor_execute", lost)
            pid = arguments[1].connection.info.backend_pid
            with psycopg.connect(server.url.replace("+psycopg", ""), autocommit=True) as admin:
                admin.execute("select pg_terminate_backend(%s)", [pid])

    sa.event.listen(engine, "before_cursor_execute", lost)
    server.fails(ConnectionLost)
    server.is_placed_once()


def broken_off(shop: Checkout) -> None:
    """The server ends every connection that the store keeps."""
    with psycopg.connect(shop.url.replace("+psycopg", ""), autocommit=True) as admin:
        others = "select pg_terminate_backend(pid) from pg_stat_activity "
        here = "where datname = current_database() and pid <> pg_backend_pid()"
        assert admin.execute(others + here).fetchall()


@pytest.mark.parametrize("rested", [True, False])
def test_a_connection_that_broke_while_it_rested_is_replaced(
    server: Checkout, rested: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that was used a moment ago is not asked: then the error says that it is lost."""
    server.checks_out()
    broken_off(server)
    monkeypatch.setattr(opening_module, "_RESTED", -1.0 if rested else 3_600.0)
    with nullcontext() if rested else pytest.raises(ConnectionLost):
        assert list(server.store.orders_by_id(["A-1"])) == ["A-1"]
    server.is_placed_once()


def test_who_reads_over_one_connection_gets_another_when_it_breaks(server: Checkout) -> None:
    server.checks_out()
    with server.store.read_session():
        assert list(server.store.orders_by_id(["A-1"])) == ["A-1"]
        broken_off(server)
        with pytest.raises(ConnectionLost):
            server.store.orders_by_id(["A-1"])
        assert list(server.store.orders_by_id(["A-1"])) == ["A-1"]
    server.is_placed_once()


def test_a_store_that_is_let_go_closes_its_connections(tmp_path: Path) -> None:
    store = SqlStore(f"sqlite:///{tmp_path}/orders.db")
    store.orders_by_id(["A-1"])
    pool = store._own.engine.pool
    assert isinstance(pool, sa.QueuePool)
    assert pool.checkedin() == 1
    del store
    gc.collect()
    assert pool.checkedin() == 0


def failing(engine: sa.Engine, turn: int) -> None:
    """The *turn*-th transaction that writes to a journal from now on loses its database."""
    count = itertools.count(1)

    def fail(*arguments: Any) -> None:
        if "INSERT INTO orderflow_journals" in arguments[2] and next(count) == turn:
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR_WRITE
            raise error

    sa.event.listen(engine, "before_cursor_execute", fail)


def test_of_many_commands_those_fail_that_the_database_failed_for(file: Checkout) -> None:
    """A hundred go together; each gets its own answer, and all may be sent again."""
    failing(file.store._own.engine, 2)
    orders = {f"c-{n}": ORDER.model_copy(update={"number": f"B-{n}"}) for n in range(250)}
    found = file.engine.place_many(orders)
    failed = [id for id, answer in found.items() if isinstance(answer, ConnectionLost)]
    assert failed == [f"c-{n}" for n in range(100, 200)]
    stored = {order.id for order in file.engine.orders()}
    assert stored == {f"B-{n}" for n in range(250)} - {f"B-{n}" for n in range(100, 200)}
    again = file.engine.place_many(orders)
    assert [order.id for order in again.values() if isinstance(order, Order)] == [
        f"B-{n}" for n in range(250)
    ]


def test_a_server_that_crashes_and_comes_back() -> None:
    server = Server()
    shop = Checkout(server.database("shop"))
    server.kill()
    shop.fails(ConnectionLost)
    server.start()
    shop.is_placed_once()
    shop.store.close()
    server.stop()


def test_an_input_or_output_error_in_mid_commit_may_have_stored_it() -> None:
    said = sqlite3.OperationalError("disk I/O error")
    said.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
    with pytest.raises(ConnectionLost, match="may have been stored"):
        committing(said)


def test_of_two_that_block_each_other_one_is_tried_again() -> None:
    said = psycopg.errors.DeadlockDetected("deadlock detected")
    with pytest.raises(Contended), typed_errors():
        raise sa.exc.OperationalError("update", {}, said)


# --- what cannot be opened ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sqlite:///nowhere/orders.db", "unable to open"),
        ("postgresql://nobody@/shop?host=/nowhere", "nothing was stored"),
        ("postgresql+nodriver://localhost/shop", "nodriver"),
        ("oracle+nothing://x", "nothing was stored"),
    ],
)
def test_what_cannot_be_opened_says_why(url: str, said: str) -> None:
    with pytest.raises(StoreUnavailable, match=said):
        SqlStore(url)


def test_what_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear Sir or Madam, " * 100)
    with pytest.raises(StoreUnavailable, match="not a database"):
        SqlStore(f"sqlite:///{tmp_path}/letter.txt")


def test_a_database_of_another_kind_of_schema(database: str) -> None:
    db = sa.create_engine(database)
    with db.begin() as connection:
        connection.execute(sa.text("create table orderflow_schema (version integer)"))
        connection.execute(sa.text("insert into orderflow_schema values (77)"))
    db.dispose()
    with pytest.raises(SchemaMismatch, match="version 77"):
        SqlStore(database)


def test_errors_show_no_personal_data(shop: Checkout) -> None:
    """Not even those of a broken table: what was to be written is left out."""
    db = sa.create_engine(shop.url)
    with db.begin() as connection:
        connection.execute(sa.text("drop table orderflow_order_skus"))
    db.dispose()
    secret = ORDER.model_copy(update={"notes": "Ring twice, 12 Elm Street"})
    with pytest.raises(OrderflowError) as raised:
        shop.engine.place(secret, id="checkout-9")
    shown = "".join(map(str, (raised.value, raised.value.__cause__, raised.value.args)))
    assert "Elm Street" not in shown
    assert "orderflow_order_skus" in shown
