"""Every column of every table is changed by hand, one value at a time: the doctor finds it.

A column that says nothing by itself is listed, with the reason; a new column is tried without a
thought, and has to be found or listed.
"""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest

from orderflow.engine.doctor import examine
from orderflow.stores.sql import schema
from tests.laws.tampering import Shop, Tamper, columns, tampers

LOG = "a log of what went wrong: nothing is decided by it"
TRIES = "how often, when next and by whom a row is tried: workers move it as they go"
TOLD_ONCE = "told once from outside, and written down nowhere else"
SILENT = {
    "effect_attempts.attempt": LOG,
    "effect_attempts.at": LOG,
    "effect_attempts.error": LOG,
    "effect_attempts.final": LOG,
    "inbox.number": "an order of rows alone",
    "inbox.kept_at": "when it came: nothing is decided by it",
    "inbox.observation": TOLD_ONCE,
    "outbox.number": "an order of rows alone",
    "outbox.data": "what goes with a message or a deed, and is nowhere else",
    "outbox.due": TRIES,
    "outbox.attempts": TRIES,
    "outbox.leased_until": TRIES,
    "outbox.token": TRIES,
    "outbox.error": LOG,
    "receipts.id": "what a sender calls a command",
    "receipts.digest": "a hash of what a sender sent; that of a placement is compared",
    "receipts.version": "where nothing became true it is that of the message before",
    "stock_expected.id": TOLD_ONCE,
    "stock_expected.sku": TOLD_ONCE,
    "stock_expected.location": TOLD_ONCE,
    "stock_expected.quantity": TOLD_ONCE,
    "stock_expected.at": TOLD_ONCE,
    "stock_levels.safety": "a policy: whatever was set last",
    "stock_levels.backorder_limit": "a policy: whatever was set last",
    "stock_levels.reported_at": TOLD_ONCE,
    "stock_movements.number": "an order of rows alone",
    "stock_movements.cause": "one cause is as good as another; a word that is none is found",
    "stock_movements.reference": "a note",
    "stock_movements.at": "when it was: nothing is decided by it",
    "tasks.assignee": "whoever claimed it",
}

OF_A_PLACEMENT = {"receipts.id", "receipts.digest", "receipts.version"}
"""Columns that say nothing, but in the rows of placements, where they are compared."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    shop = Shop(tmp_path_factory.mktemp("tampering") / "shop.db")
    yield shop
    shop.store.close()


def test_every_table_has_rows_and_nothing_is_off(shop: Shop) -> None:
    assert shop.look() == []
    assert [t.name for t in schema.metadata.sorted_tables if not shop.rows(t.name)] == []


def test_a_column_that_says_nothing_is_one_that_there_is() -> None:
    assert set(SILENT) <= {f"{c.table.name.removeprefix('orderflow_')}.{c.name}" for c in columns()}


def test_what_is_changed_by_hand_in_any_column_is_found(shop: Shop) -> None:
    chosen = random.Random(5)
    tried, missed = Counter[str](), list[Tamper]()
    for column in columns():
        for tamper in tampers(shop.file, column, chosen):
            with shop.tampered(tamper) as done:
                if not done:
                    continue
                tried[tamper.name] += 1
                if not shop.look(anew=column.table is schema.schema):
                    missed.append(tamper)
    told = [tamper for tamper in missed if tamper.name not in SILENT]
    of = sum(times for name, times in tried.items() if name not in SILENT)
    assert of > 80
    silent = {tamper.name for tamper in missed} | OF_A_PLACEMENT
    assert [name for name in SILENT if tried[name] and name not in silent] == []
    assert len(told) <= 0.05 * of, "\n".join(map(str, told))
    assert shop.look() == []


ROWS = {
    "orderflow_stock_levels.reported_at": "x",
    "orderflow_stock_waiting.since": "x",
    "orderflow_stock_movements.at": "x",
    "orderflow_journals.at": "x",
    "orderflow_outbox.due": "x",
    "orderflow_tasks.due": "x",
    "orderflow_inbox.observation": "x",
    "orderflow_order_states.placed_at": 10**18,
    "orderflow_order_states.state": "x",
    "orderflow_parcels.parcel": "x",
    "orderflow_rules.card": "x",
}


@pytest.mark.parametrize("name", ROWS)
def test_a_row_that_cannot_be_read_keeps_nothing_else_from_being_told(
    name: str, shop: Shop
) -> None:
    """Whatever stands in it, and whatever column it is: what is off besides is told."""
    table, column = name.split(".")
    levels, last = "orderflow_stock_levels", shop.rows(table) - 1
    other = Tamper("orderflow_refs", "subject", 0, *shop.two("orderflow_refs", "subject"))
    lamp = Tamper(levels, "on_hand", 1, *shop.two(levels, "on_hand", 1))
    broken = Tamper(table, column, last, shop.two(table, column, last)[0], ROWS[name])
    with shop.tampered(other), shop.tampered(lamp):
        known = {(found.subject, found.what) for found in shop.look()}
        with shop.tampered(broken):
            told = {(found.subject, found.what) for found in shop.look()}
    assert len(known) >= 2
    assert told > known, known - told


BYTES = {"a text": "cast(? as text)", "no text": "?"}
KEYS = ("order_states.id", "journals.subject", "stock_movements.sku", "outbox.data", "tasks.key")


@pytest.mark.parametrize("put", BYTES)
def test_bytes_that_are_no_text_are_found_and_keep_nothing_from_being_told(
    put: str, shop: Shop
) -> None:
    others = [c for c in columns() if c.type.python_type is str]
    chosen = random.Random(7).sample(others, 6)
    names = {f"{c.table.name.removeprefix('orderflow_')}.{c.name}" for c in chosen} | set(KEYS)
    lamp = Tamper(
        "orderflow_stock_levels", "on_hand", 1, *shop.two("orderflow_stock_levels", "on_hand", 1)
    )
    other = Tamper("orderflow_refs", "subject", 0, *shop.two("orderflow_refs", "subject"))
    with shop.tampered(lamp), shop.tampered(other):
        known = {(found.subject, found.what) for found in shop.look()}
        for name in sorted(names):
            table, column = name.split(".")
            with shop.written(f"orderflow_{table}", column, BYTES[put]) as done:
                told = {(found.subject, found.what) for found in shop.look()} if done else set()
            assert not done or (known & told and told - known), (name, told)


def test_only_orders_that_changed_since_are_looked_at(shop: Shop) -> None:
    now, looked = shop.clock.now(), list[int]()
    assert list(examine(shop.visitor, since=now, looked=lambda _, of: looked.append(of))) == []
    assert looked == [7] * 7
    later = now + timedelta(days=1)
    assert list(examine(shop.visitor, since=later, looked=lambda _, of: looked.append(of))) == []
    assert len(looked) == 7
