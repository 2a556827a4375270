"""A store on an engine of the host's, or with options of its pool; and connections that run out."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.pool import NullPool, StaticPool

from orderflow import Engine, InHouse, Order
from orderflow.errors import StoreLocked, StoreUnavailable
from orderflow.model.commands import ReceiveStock
from orderflow.stores import SqlStore
from tests.mutants import Law, Mutant, Mutants, Mutate, Patch, replace
from tests.shop import new_order


def begins(url: str, how: str) -> sa.Engine:
    """A host's engine, as SQLAlchemy's manual has it: its listeners begin the transactions."""
    host = sa.create_engine(url)

    def connected(raw: Any, _record: object) -> None:
        raw.isolation_level = None

    def begun(connection: sa.Connection) -> None:
        connection.exec_driver_sql(how)

    if host.dialect.name == "sqlite":
        sa.event.listen(host, "connect", connected)
        sa.event.listen(host, "begin", begun)
    return host


STORES: Mapping[str, Callable[[str], SqlStore]] = {
    "an engine": lambda url: SqlStore(sa.create_engine(url)),
    "a small engine": lambda url: SqlStore(
        sa.create_engine(url, pool_size=1, max_overflow=0, pool_timeout=0.01)
    ),
    "an engine that begins": lambda url: SqlStore(begins(url, "BEGIN")),
    "an engine that locks": lambda url: SqlStore(begins(url, "BEGIN IMMEDIATE")),
    "no pool": lambda url: SqlStore(sa.create_engine(url, poolclass=NullPool)),
    "one connection": lambda url: SqlStore(url, pool={"pool_size": 1}),
    "our own pool": lambda url: SqlStore(url, pool={"poolclass": NullPool}),
}


def shop(store: SqlStore) -> Engine:
    """An engine on a store, with goods."""
    engine = Engine(store, [InHouse()])
    engine.change_stock(ReceiveStock(sku="MUG", quantity=50, location="main").to())
    return engine


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, database: str) -> Iterator[SqlStore]:
    store = STORES[request.param](database)
    yield store
    store.close()
    store._own.engine.dispose()


def test_more_threads_than_connections_wait_and_do_not_fail(store: SqlStore) -> None:
    engine = shop(store)
    orders = [new_order(number=f"A-{n}") for n in range(12)]

    def lives(order: Any) -> Order:
        placed = engine.place(order, id=order.number)
        with store.read_session():
            assert engine.order(placed.id) == engine.order(placed.id)
        return placed

    with ThreadPoolExecutor(6) as threads:
        placed = list(threads.map(lives, orders))
    assert [order.id for order in placed] == [order.number for order in orders]
    assert engine.level("MUG").reserved == 24


def test_what_others_commit_is_read_at_once(store: SqlStore, database: str) -> None:
    engine = shop(store)
    with closing(SqlStore(database)) as other, store.read_session():
        assert list(engine.orders()) == []
        Engine(other, [InHouse()]).place(new_order(), id="p")
        assert [order.id for order in engine.orders()] == ["A-1"]


def test_what_stands_still_does_so(store: SqlStore, database: str) -> None:
    shop(store)
    with closing(SqlStore(database)) as other, store.snapshot() as still:
        assert still.orders_by_id(["A-1"]) == {}
        Engine(other, [InHouse()]).place(new_order(), id="p")
        assert still.orders_by_id(["A-1"]) == {}


def test_who_waits_for_a_connection_is_told_when_patience_ends(database: str) -> None:
    with closing(SqlStore(database, lock_timeout=0.05, pool={"pool_size": 1})) as store:
        engine = shop(store)
        with store._own.snapshot(), pytest.raises(StoreLocked, match="every connection is in use"):
            engine.order("A-1")
        assert engine.place(new_order(), id="p").id == "A-1"


@pytest.mark.parametrize("how", ["BEGIN", "BEGIN IMMEDIATE"])
def test_a_transaction_of_an_engine_that_begins(database: str, how: str) -> None:
    host = begins(database, how)
    with closing(SqlStore(host)) as store:
        engine = shop(store)
        with host.connect() as connection:
            engine.place(new_order(), id="p", connection=connection)
            connection.rollback()
        assert list(engine.orders()) == []
        with host.begin() as connection:
            engine.place(new_order(), id="p", connection=connection)
        assert [order.id for order in engine.orders()] == ["A-1"]
    host.dispose()


def borrowed(url: str, *, atomic: bool) -> sa.Connection:
    """A connection of another library's, which begins and ends transactions by itself."""
    raw: Any
    if url.startswith("sqlite"):
        raw = sqlite3.connect(str(sa.make_url(url).database), isolation_level=None)
        if atomic:
            raw.execute("BEGIN")
    else:
        raw = psycopg.connect(url.replace("+psycopg", ""), autocommit=not atomic)
    kind = "sqlite://" if url.startswith("sqlite") else "postgresql+psycopg://"
    return silent(sa.create_engine(kind, creator=lambda: raw, poolclass=StaticPool))


def silent(engine: sa.Engine) -> sa.Connection:
    """A connection on which SQLAlchemy ends nothing."""
    dialect: Any = engine.dialect
    for end in ("do_rollback", "do_commit", "do_close", "do_terminate"):
        setattr(dialect, end, lambda _raw: None)
    return engine.connect()


def test_a_connection_that_commits_by_itself_is_refused(database: str) -> None:
    with closing(SqlStore(database)) as store:
        engine = shop(store)
        connection = borrowed(database, atomic=False)
        with pytest.raises(
            StoreUnavailable, match=r"commits by itself .*: open a transaction on it"
        ):
            engine.place(new_order(), id="p", connection=connection)
        assert list(engine.orders()) == []
        connection.connection.driver_connection.close()  # type: ignore[union-attr]


def test_a_transaction_of_another_library_is_its_own(database: str) -> None:
    with closing(SqlStore(database)) as store:
        engine = shop(store)
        for end, there in (("rollback", []), ("commit", ["A-1"])):
            connection = borrowed(database, atomic=True)
            engine.place(new_order(), id="p", connection=connection)
            raw: Any = connection.connection.driver_connection
            getattr(raw, end)()
            raw.close()
            assert [order.id for order in engine.orders()] == there


# --- mutants -------------------------------------------------------------------------------------


def waits_for_no_connection(patch: Patch) -> None:
    """Who finds every connection in use fails at once."""
    replace(patch, "sql: every connection is in use", lambda _error: False)


def takes_what_commits_by_itself(patch: Patch) -> None:
    """A connection on which each statement is stored at once is as good as another."""
    replace(patch, "sql: a connection commits by itself", lambda _connection: False)


def more_threads_wait(url: str) -> None:
    with closing(STORES["a small engine"](url)) as store:
        try:
            test_more_threads_than_connections_wait_and_do_not_fail(store)
        except StoreLocked as error:
            pytest.fail(f"nobody waited: {error}")


LAWS: dict[Mutate, tuple[str, Callable[[str], None]]] = {
    waits_for_no_connection: ("more_threads_wait", more_threads_wait),
    takes_what_commits_by_itself: (
        "test_a_connection_that_commits_by_itself_is_refused",
        test_a_connection_that_commits_by_itself_is_refused,
    ),
}
MUTANTS = Mutants("hosts", LAWS)


@MUTANTS.each
def test_mutant_is_caught(mutant: Mutant[Mutate], tmp_path: Path, monkeypatch: Patch) -> None:
    mutant.how(monkeypatch)
    name, check = LAWS[mutant.how]
    mutant.breaks(Law(name, lambda: check(f"sqlite:///{tmp_path}/orders.db")))
