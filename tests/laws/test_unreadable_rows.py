"""A row that cannot be read is told by its table and key, and keeps no other from being done."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from orderflow import Engine, OrderflowError
from orderflow.errors import UnreadableRow
from orderflow.model.commands import Cancel
from orderflow.model.observations import TrackingReported
from orderflow.model.parcel import ParcelStatus
from orderflow.model.work import LeasedRow
from orderflow.stores import SqlStore
from orderflow.stores.sql import outbox as sql_outbox
from tests.laws.tampering import Shop as Stocked
from tests.laws.tampering import Tamper, columns
from tests.mutants import Mutant, Mutants, Mutate, Patch, law, replace
from tests.shop import Shop, new_order

BROKEN = ["{", "7", '{"kind":"x"}', "null", "\\"]
READ = {
    "order_states.state",
    "orders.document",
    "orders.personal",
    "journals.entry",
    "parcels.parcel",
    "tasks.fields",
    "inbox.observation",
}
"""Columns whose texts are read into values where somebody asks."""


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stocked]:
    shop = Stocked(tmp_path_factory.mktemp("unreadable") / "shop.db")
    yield shop
    shop.store.close()


ASKS: Mapping[str, Callable[[Engine, str], object]] = {
    "order": lambda engine, name: engine.order(name).document,
    "orders": lambda engine, _: [each.document for each in engine.orders()],
    "journal": lambda engine, name: list(engine.journal(name)),
    "explain": lambda engine, name: engine.explain(name),
    "idle_parts": lambda engine, name: engine.idle_parts(name),
    "findings": lambda engine, name: engine.findings(name),
    "unmatched": lambda engine, _: engine.unmatched(),
    "tasks": lambda engine, _: list(engine.tasks()),
    "fire": lambda engine, name: engine.fire(name, "nothing-like-it"),
    "ask": lambda engine, name: engine.ask(Cancel().to(name)),
    "parcel": lambda engine, name: engine.store.parcel(f"{name}-P1"),
}


COLUMNS = [c for c in columns() if f"{c.table.name.removeprefix('orderflow_')}.{c.name}" in READ]
ROWS = 4
"""Rows of each table that are broken, each in its turn."""


def told(shop: Stocked, table: str, column: str, broken: str) -> Iterator[tuple[str, Exception]]:
    """What is raised where a row of a table is broken, and by what."""
    for row in range(min(shop.rows(table), ROWS)):
        before, _ = shop.two(table, column, row)
        with shop.tampered(Tamper(table, column, row, before, broken if before else before)):
            for ask, do in ASKS.items():
                for number in range(1, 8):
                    try:
                        do(shop.engine, f"A-{number}")
                    except Exception as error:
                        yield ask, error


@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize("column", COLUMNS, ids=str)
def test_a_row_that_cannot_be_read_is_named(
    stocked: Stocked, column: sa.Column[Any], broken: str
) -> None:
    a_row_that_cannot_be_read_is_named(stocked, column, broken)


def a_row_that_cannot_be_read_is_named(shop: Stocked, column: sa.Column[Any], broken: str) -> None:
    named = set()
    for ask, error in told(shop, column.table.name, column.name, broken):
        assert isinstance(error, OrderflowError), f"{ask} raises {error!r}"
        if isinstance(error, UnreadableRow):
            assert error.key, "which row is it?"
            assert "orderflow doctor" in str(error)
            named.add(error.table)
    assert named == {column.table.name}, "nobody names it"


def in_a_file(file: Path) -> tuple[Shop, SqlStore]:
    """Three orders of which nothing is done yet, and two facts of nothing that is known."""
    store = SqlStore(f"sqlite:///{file}")
    shop = Shop(store=store)
    for number in (1, 2, 3):
        shop.engine.place(new_order(number=f"A-{number}"))
    for tracking in ("X1", "X2"):
        scan = TrackingReported(tracking_number=tracking, status=ParcelStatus.LOST)
        shop.engine.observe(scan.at(shop.clock.now()))
    return shop, store


def test_what_cannot_be_read_keeps_no_other_row(tmp_path: Path) -> None:
    what_cannot_be_read_keeps_no_other_row(tmp_path / "shop.db")


def what_cannot_be_read_keeps_no_other_row(file: Path) -> None:
    shop, store = in_a_file(file)
    with closing(sqlite3.connect(file)) as db:
        db.execute("update orderflow_outbox set data = '{' where owner = 'order:A-1'")
        db.execute("update orderflow_inbox set observation = '{' where reference = 'tracking:X1'")
        db.commit()
    try:
        for days in (0, 8, 8):
            shop.clock.advance(timedelta(days=days))
            shop.engine.worker.run_until_idle()
    except UnreadableRow as error:
        pytest.fail(f"the worker stands still: {error}")
    left = [shop.engine.order(f"A-{number}").stage for number in (1, 2, 3)]
    assert left[0] != left[1] == left[2] == "shipping", "the others are done"
    asked = {task.subject for task in shop.engine.tasks() if task.name == "exception.unmatched"}
    assert asked == {"inbox:tracking:X1", "inbox:tracking:X2"}
    waits = [row.key for row in store.open_rows("order:A-1")]
    assert waits, "it waits to be mended"
    for key in waits:
        with pytest.raises(UnreadableRow, match=key):
            store.lease_one(key, shop.clock.now(), timedelta(minutes=1), "mine")
    store.close()


# --- mutants -------------------------------------------------------------------------------------


def reads_as_it_stands(patch: Patch) -> None:
    """Whoever reads a row fails as what decodes it does."""

    def read(_table: object, _key: str, decode: Callable[..., Any], *texts: Any) -> Any:
        return decode(*texts)

    replace(patch, "sql: what a row tells", read)


def claims_all_or_none(patch: Patch) -> None:
    """A row that cannot be read keeps all that are claimed with it."""

    def claimed(rows: Any, token: str) -> list[LeasedRow]:
        return [sql_outbox.leased(row._mapping, row.attempts + 1, token) for row in rows]

    replace(patch, "sql: rows that can be read", claimed)


MUTANTS = Mutants("unreadable_rows", [reads_as_it_stands, claims_all_or_none])


@MUTANTS.each
def test_mutant_is_caught(
    mutant: Mutant[Mutate], stocked: Stocked, monkeypatch: Patch, tmp_path: Path
) -> None:
    mutant.how(monkeypatch)
    if mutant.how is claims_all_or_none:
        mutant.breaks(law(what_cannot_be_read_keeps_no_other_row, tmp_path / "shop.db"))
    else:
        mutant.breaks(law(a_row_that_cannot_be_read_is_named, stocked, COLUMNS[0], "{"))
