"""The laws of a store, kept by the memory store and the SQL store, and broken by each mutant."""

import atexit
import itertools
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from threading import Barrier, BrokenBarrierError
from typing import ClassVar
from weakref import WeakKeyDictionary

import attrs
import pytest
from sqlalchemy import Connection, bindparam, create_engine, false, select, text, update

from orderflow.errors import SchemaMismatch
from orderflow.inventory import KeyStock
from orderflow.model.stock import Reserve, StockOp
from orderflow.ports import Commit, Outcome, Short, Stale, Store, Stored, TaskQuery
from orderflow.stores import MemoryStore, SqlStore
from orderflow.stores.sql import commit as sql_commit
from orderflow.stores.sql import schema
from orderflow.stores.sql import stock as sql_stock
from orderflow.testing import StoreContract
from orderflow.testing.commits import (
    MUG,
    NOW,
    an_order,
    order_commit,
    pending_work_commit,
    receipt_commit,
)
from tests.conftest import ROOT
from tests.mutants import Law, Mutant, Mutants, Mutate, Patch, original, replace
from tests.postgres import empty

Opening = Callable[[], SqlStore]

FOLDER = tempfile.mkdtemp()
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
COUNT = itertools.count()
URLS: WeakKeyDictionary[SqlStore, str] = WeakKeyDictionary()


class TestMemoryStore(StoreContract):
    def make_store(self) -> MemoryStore:
        return MemoryStore()


class TestOneSqlStore(StoreContract):
    """Its threads share its turns and its connections."""

    declined: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("stock_is_what_the_memory_store_says", "lives_keep_the_promises"),
        "one thread sees no difference: tested below",
    )

    def make_url(self) -> str:
        return f"sqlite:///{FOLDER}/{next(COUNT)}.db"

    def make_store(self) -> SqlStore:
        url = self.make_url()
        store = SqlStore(url)
        URLS[store] = url
        return store

    def close_store(self, store: Store) -> None:
        assert isinstance(store, SqlStore)
        store.close()


class TestSqlStores(TestOneSqlStore):
    """Each has a turn and connections of its own."""

    declined: ClassVar[Mapping[str, str]] = {}
    capabilities = frozenset({"durable"})

    def reopen(self, store: Store) -> SqlStore:
        assert isinstance(store, SqlStore)
        return SqlStore(URLS[store])


class OnPostgres(TestOneSqlStore):
    url: ClassVar[str]

    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def on_postgres(cls, postgres_database: str) -> None:
        cls.url = postgres_database

    def make_url(self) -> str:
        empty(self.url)
        return self.url


class TestOnePostgresStore(OnPostgres):
    pass


class TestPostgresStores(TestSqlStores, OnPostgres):
    pass


@pytest.fixture
def opening(database: str) -> Iterator[Opening]:
    """Opens SQL stores on one database."""
    stores: list[SqlStore] = []

    def opened() -> SqlStore:
        stores.append(SqlStore(database))
        return stores[-1]

    yield opened
    for store in stores:
        store.close()


# --- the database --------------------------------------------------------------------------------


def test_reopening_the_database_finds_everything(database: str) -> None:
    store = SqlStore(database)
    store.commit(order_commit("A-1", 0))
    store.commit(receipt_commit(MUG, 3))
    store.commit(pending_work_commit("effect"))
    store.close()
    store = SqlStore(database)
    assert store.order("A-1") == an_order("A-1")
    assert store.stock_levels([MUG])[MUG].on_hand == 3
    assert [row.key for row in store.open_rows("order:A-1")] == ["effect"]
    store.close()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_newer_schema_is_refused_and_both_versions_are_named(database: str) -> None:
    SqlStore(database).close()
    engine = create_engine(database)
    with engine.begin() as connection:
        connection.execute(update(schema.schema).values(version=schema.VERSION + 6))
    with pytest.raises(SchemaMismatch, match=r"version 10 .* version 4:.* later release"):
        SqlStore(database)
    engine.dispose()


def test_the_tables_stand_beside_those_of_an_application(database: str) -> None:
    engine = create_engine(database)
    with engine.begin() as connection:
        connection.execute(text("create table tasks (mine integer)"))
    engine.dispose()
    store = SqlStore(database)
    assert list(store.tasks(TaskQuery(limit=9))) == []
    store.close()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_a_database_in_memory_is_refused_with_the_way_out(url: str) -> None:
    with pytest.raises(ValueError, match="use MemoryStore"):
        SqlStore(url)


def test_what_a_person_gave_stands_apart_from_the_document(database: str, opening: Opening) -> None:
    opening().commit(order_commit("A-1", 0))
    engine = create_engine(database)
    with engine.connect() as connection:
        row = connection.execute(select(schema.documents)).one()
    engine.dispose()
    assert "Ana Ng" in row.personal
    assert "Ana Ng" not in row.document


def test_a_reader_is_not_blocked_and_sees_the_last_commit(opening: Opening) -> None:
    writer, reader = opening(), opening()
    writer.commit(order_commit("A-1", 0))
    with writer._database.write() as connection:
        sql_commit.write_commits(connection, [order_commit("A-1", 1, "not yet")])
        found = reader.order("A-1")
    assert found == an_order("A-1")


def test_even_a_database_that_does_not_lock_cannot_oversell(
    opening: Opening, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opening()
    store.commit(receipt_commit(MUG, 5))
    seen = store.stock_levels([MUG])
    store.commit(Commit("x", NOW, stock=(Reserve(MUG, "A-1", "1", 4),)))
    monkeypatch.setattr(sql_stock, "levels_of", lambda *_, **__: dict(seen))
    late = Commit("x", NOW, stock=(Reserve(MUG, "A-2", "1", 4),))
    assert store.commit(late) == Stale()
    assert store.reservations_of_order("A-2") == {}


def test_several_processes_do_not_oversell(database: str, opening: Opening) -> None:
    opening().commit(receipt_commit(MUG, 20))
    program = """
import sys
from orderflow.model.stock import Reserve
from orderflow.ports import Commit, Stored
from orderflow.stores import SqlStore
from orderflow.testing.commits import MUG, NOW
store = SqlStore(sys.argv[1])
wants = [Commit("x", NOW, stock=(Reserve(MUG, sys.argv[2], str(n), 1),)) for n in range(10)]
print(sum(store.commit(want) == Stored() for want in wants))
store.close()
"""
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", program, database, str(number)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(3)
    ]
    granted = [int(worker.communicate()[0]) for worker in workers]
    assert sum(granted) == 20
    assert opening().stock_levels([MUG])[MUG].reserved == 20


# --- mutants -------------------------------------------------------------------------------------

Write = Callable[[Connection, Sequence[Commit]], list[Outcome]]


def grants_without_a_condition(broken: Patch) -> None:
    """Every reservation is granted."""
    apply: Callable[[StockOp, KeyStock], KeyStock | None] = original("sql: an operation on stock")

    def generous(op: StockOp, held: KeyStock) -> KeyStock | None:
        if isinstance(op, Reserve):
            level = attrs.evolve(held.level, reserved=held.level.reserved + op.quantity)
            return attrs.evolve(held, level=level, reserved=held.reserved + op.quantity)
        return apply(op, held)

    replace(broken, "sql: an operation on stock", generous)


def reads_stock_and_writes_it_later(broken: Patch) -> None:
    """A reservation is granted by a level that was read before."""
    pairs = Barrier(2)

    def commit(self: SqlStore, commit: Commit) -> Outcome:
        if not (commit.stock and isinstance(op := commit.stock[0], Reserve)):
            return correct(self, commit)
        level = self.stock_levels([op.key])[op.key]
        try:
            pairs.wait(timeout=2)  # another thread reads the same level
        except BrokenBarrierError:
            pairs.reset()
        if level.available < op.quantity:
            return Short((op.key,))
        with self._database.write() as connection:
            taken = level.reserved + op.quantity
            connection.execute(update(schema.levels).values(reserved=taken))
        return Stored()

    correct = SqlStore.commit
    broken.setattr(SqlStore, "commit", commit)


def ignores_the_version(broken: Patch) -> None:
    """A commit is stored whichever version of its subject it expected."""

    def write_commits(connection: Connection, commits: Sequence[Commit]) -> list[Outcome]:
        (commit,) = commits
        if commit.entry is None:
            return correct(connection, commits)
        journals = schema.journals
        versions = select(journals.c.version).where(journals.c.subject == commit.subject)
        last = max(connection.scalars(versions), default=0)
        entry = attrs.evolve(commit.entry, version=last + 1)
        assert commit.order is not None
        order = an_order(commit.order.id, last + 1)
        return correct(
            connection, [attrs.evolve(commit, entry=entry, expected_version=last, order=order)]
        )

    correct: Write = original("sql: commits are written")
    replace(broken, "sql: commits are written", write_commits)


def writes_what_is_refused(broken: Patch) -> None:
    """The rows of a commit that is refused are written all the same."""

    def write_commits(connection: Connection, commits: Sequence[Commit]) -> list[Outcome]:
        outcomes = correct(connection, commits)
        for commit, outcome in zip(commits, outcomes, strict=True):
            if not isinstance(outcome, Stored):
                sql_commit._write_work(connection, [commit])
        return outcomes

    correct: Write = original("sql: commits are written")
    replace(broken, "sql: commits are written", write_commits)


def lets_one_refusal_sink_all(broken: Patch) -> None:
    """One commit of many is refused, and with it all the others."""

    def write_commits(connection: Connection, commits: Sequence[Commit]) -> list[Outcome]:
        there = sql_commit._read(connection, commits)
        if all(isinstance(there.decide(commit), Stored) for commit in commits):
            return correct(connection, commits)
        return [Stale()] * len(commits)

    correct: Write = original("sql: commits are written")
    replace(broken, "sql: commits are written", write_commits)


def decides_each_as_if_it_were_alone(broken: Patch) -> None:
    """Of many commits none knows of those before it."""

    def decide(self: sql_commit._Snapshot, commit: Commit) -> Outcome:
        there = attrs.evolve(self, versions=dict(self.versions), receipts=set(self.receipts))
        return correct(there, commit)

    correct = sql_commit._Snapshot.decide
    broken.setattr(sql_commit._Snapshot, "decide", decide)


def forgets_receipts(broken: Patch) -> None:
    """No receipt is written or read."""
    replace(broken, "sql: receipts are read", original("sql: receipts are read").where(false()))
    replace(broken, "sql: a row is added", lambda *_: None)


def leases_what_is_leased(broken: Patch) -> None:
    """A row is given to a worker while another has it."""
    due = schema.outbox.c.due <= bindparam("now")
    rank = schema.outbox.c.priority == bindparam("rank")
    ready = select(schema.outbox).where(schema.OPEN, rank, due).limit(bindparam("rows"))
    replace(broken, "sql: what is due", ready)


def ignores_the_token(broken: Patch) -> None:
    """A worker whose lease is over writes what became of its row."""
    mine = schema.OPEN & (schema.outbox.c.key == bindparam("of_key"))
    replace(broken, "sql: what a worker has", mine)


def keeps_the_first_document(broken: Patch) -> None:
    """What an order is for is written once, and never revised."""

    def write_commits(connection: Connection, commits: Sequence[Commit]) -> list[Outcome]:
        return correct(connection, [attrs.evolve(commit, revised=False) for commit in commits])

    correct: Write = original("sql: commits are written")
    replace(broken, "sql: commits are written", write_commits)


MUTANTS = Mutants(
    "sql_store",
    (
        grants_without_a_condition,
        reads_stock_and_writes_it_later,
        ignores_the_version,
        keeps_the_first_document,
        writes_what_is_refused,
        lets_one_refusal_sink_all,
        decides_each_as_if_it_were_alone,
        forgets_receipts,
        leases_what_is_leased,
        ignores_the_token,
    ),
)


@MUTANTS.each
def test_mutant_is_caught(mutant: Mutant[Mutate], monkeypatch: Patch) -> None:
    with monkeypatch.context() as broken:
        mutant.how(broken)
        mutant.breaks(Law(mutant.law, getattr(TestSqlStores(), f"test_{mutant.law}")))
