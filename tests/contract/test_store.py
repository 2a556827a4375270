"""The laws of a store, kept by the memory store and the SQL store, and broken by each mutant."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Barrier, BrokenBarrierError

import attrs
import pytest
from sqlalchemy import Connection, bindparam, create_engine, select, text, update

from orderflow.errors import SchemaMismatch
from orderflow.inventory import Holding, apply
from orderflow.model.stock import Reserve, StockOp
from orderflow.ports import Commit, Committed, Outcome, Short, Stale, TaskQuery
from orderflow.stores import MemoryStore, SqlStore, schema, sql_commit, sql_outbox, sql_stock
from tests.conftest import ROOT
from tests.contract import laws
from tests.contract.commits import MUG, NOW, Opening, an_order, receiving, saving, wanting
from tests.contract.laws import LAWS, Law


@pytest.fixture
def database(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/orders.db"


@pytest.fixture
def sql(database: str) -> Iterator[Opening]:
    """Opens SQL stores on one file: each has a lock and connections of its own."""
    stores: list[SqlStore] = []

    def opened() -> SqlStore:
        stores.append(SqlStore(database))
        return stores[-1]

    yield opened
    for store in stores:
        store.close()


@pytest.mark.parametrize("check", LAWS.values(), ids=LAWS)
def test_the_memory_store_keeps_the_law(check: Law) -> None:
    store = MemoryStore()
    check(lambda: store)


@pytest.mark.parametrize("check", LAWS.values(), ids=LAWS)
def test_the_sql_store_keeps_the_law(check: Law, sql: Opening) -> None:
    check(sql)


@pytest.mark.parametrize("check", LAWS.values(), ids=LAWS)
def test_one_sql_store_keeps_the_law_for_all_its_threads(check: Law, sql: Opening) -> None:
    store = sql()
    check(lambda: store)


# --- the file ------------------------------------------------------------------------------------


def test_reopening_the_file_finds_everything(database: str) -> None:
    store = SqlStore(database)
    store.commit(saving("A-1", 0))
    store.commit(receiving(MUG, 3))
    store.commit(wanting("effect"))
    store.close()
    store = SqlStore(database)
    assert store.order("A-1") == an_order("A-1")
    assert store.levels([MUG])[MUG].on_hand == 3
    assert [row.key for row in store.pending("order:A-1")] == ["effect"]
    store.close()


def test_a_newer_schema_is_refused_and_both_versions_are_named(database: str) -> None:
    SqlStore(database).close()
    engine = create_engine(database)
    with engine.begin() as connection:
        connection.execute(update(schema.schema).values(version=schema.VERSION + 6))
    with pytest.raises(SchemaMismatch, match=r"version 8 .* version 2:"):
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


def test_what_a_person_gave_stands_apart_from_the_document(database: str, sql: Opening) -> None:
    sql().commit(saving("A-1", 0))
    engine = create_engine(database)
    with engine.connect() as connection:
        row = connection.execute(select(schema.documents)).one()
    engine.dispose()
    assert "Ana Ng" in row.personal
    assert "Ana Ng" not in row.document


def test_a_reader_is_not_blocked_and_sees_the_last_commit(sql: Opening) -> None:
    writer, reader = sql(), sql()
    assert isinstance(writer, SqlStore)
    writer.commit(saving("A-1", 0))
    with writer._database.write() as connection:
        sql_commit.write_commit(connection, saving("A-1", 1, "not yet"))
        found = reader.order("A-1")
    assert found == an_order("A-1")


def test_even_a_database_that_does_not_lock_cannot_oversell(
    sql: Opening, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = sql()
    store.commit(receiving(MUG, 5))
    seen = store.levels([MUG])
    store.commit(Commit("x", NOW, stock=(Reserve(MUG, "A-1", "1", 4),)))
    monkeypatch.setattr(sql_stock, "levels_of", lambda *_, **__: dict(seen))
    late = Commit("x", NOW, stock=(Reserve(MUG, "A-2", "1", 4),))
    assert store.commit(late) == Stale()
    assert store.reserved("A-2") == {}


def test_several_processes_do_not_oversell(database: str, sql: Opening) -> None:
    sql().commit(receiving(MUG, 20))
    program = """
import sys
from orderflow.model.stock import Reserve
from orderflow.ports import Commit, Committed
from orderflow.stores import SqlStore
from tests.contract.commits import MUG, NOW
store = SqlStore(sys.argv[1])
wants = [Commit("x", NOW, stock=(Reserve(MUG, sys.argv[2], str(n), 1),)) for n in range(10)]
print(sum(store.commit(want) == Committed() for want in wants))
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
    assert sql().levels([MUG])[MUG].reserved == 20


# --- mutants -------------------------------------------------------------------------------------

Breaking = Callable[[pytest.MonkeyPatch], None]


def grants_without_a_condition(broken: pytest.MonkeyPatch) -> None:
    def generous(op: StockOp, held: Holding) -> Holding | None:
        if isinstance(op, Reserve):
            level = attrs.evolve(held.level, reserved=held.level.reserved + op.quantity)
            return attrs.evolve(held, level=level, reserved=held.reserved + op.quantity)
        return apply(op, held)

    broken.setattr(sql_stock, "apply", generous)


def reads_stock_and_writes_it_later(broken: pytest.MonkeyPatch) -> None:
    pairs = Barrier(2)

    def commit(self: SqlStore, commit: Commit) -> Outcome:
        if not (commit.stock and isinstance(op := commit.stock[0], Reserve)):
            return correct(self, commit)
        level = self.levels([op.key])[op.key]
        try:
            pairs.wait(timeout=2)  # another thread reads the same level
        except BrokenBarrierError:
            pairs.reset()
        if level.available < op.quantity:
            return Short((op.key,))
        with self._database.write() as connection:
            taken = level.reserved + op.quantity
            connection.execute(update(schema.levels).values(reserved=taken))
        return Committed()

    correct = SqlStore.commit
    broken.setattr(SqlStore, "commit", commit)


def ignores_the_version(broken: pytest.MonkeyPatch) -> None:
    def write_entry(connection: Connection, commit: Commit) -> bool:
        assert commit.entry is not None
        journals = schema.journals
        versions = select(journals.c.version).where(journals.c.subject == commit.subject)
        last = max(connection.scalars(versions), default=0)
        entry = attrs.evolve(commit.entry, version=last + 1)
        return correct(connection, attrs.evolve(commit, entry=entry, expected=last))

    correct = sql_commit._write_entry
    broken.setattr(sql_commit, "_write_entry", write_entry)


def forgets_to_roll_back(broken: pytest.MonkeyPatch) -> None:
    def commit(self: SqlStore, commit: Commit) -> Outcome:
        with self._database.write() as connection:
            return sql_commit.write_commit(connection, commit)

    broken.setattr(SqlStore, "commit", commit)


def forgets_receipts(broken: pytest.MonkeyPatch) -> None:
    broken.setattr(sql_commit, "_write_receipt", lambda *_: True)


def leases_what_is_leased(broken: pytest.MonkeyPatch) -> None:
    due = schema.outbox.c.due <= bindparam("now")
    rank = schema.outbox.c.priority == bindparam("rank")
    ready = select(schema.outbox).where(schema.OPEN, rank, due).limit(bindparam("rows"))
    broken.setattr(sql_outbox, "_READY", ready)


def ignores_the_token(broken: pytest.MonkeyPatch) -> None:
    mine = schema.OPEN & (schema.outbox.c.key == bindparam("of_key"))
    broken.setattr(sql_outbox, "_MINE", mine)


@pytest.mark.parametrize(
    ("break_it", "check"),
    [
        (grants_without_a_condition, laws.stock_is_never_oversold),
        (grants_without_a_condition, laws.a_short_commit_changes_nothing_and_names_the_keys),
        (reads_stock_and_writes_it_later, laws.stock_is_never_oversold),
        (ignores_the_version, laws.a_stale_version_is_refused_and_changes_nothing),
        (ignores_the_version, laws.of_two_savers_one_wins),
        (forgets_to_roll_back, laws.a_short_commit_changes_nothing_and_names_the_keys),
        (forgets_to_roll_back, laws.a_stale_version_is_refused_and_changes_nothing),
        (forgets_receipts, laws.a_receipt_makes_the_same_message_harmless),
        (leases_what_is_leased, laws.a_row_belongs_to_one_worker_until_its_lease_ends),
        (ignores_the_token, laws.a_late_worker_cannot_overwrite),
    ],
)
def test_the_law_catches_the_mutant(
    break_it: Breaking, check: Law, sql: Opening, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        break_it(broken)
        with pytest.raises(AssertionError):
            check(sql)
