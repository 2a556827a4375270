"""Every column of every table is changed by hand, one value at a time: the doctor finds it.

A column that says nothing by itself is listed, with the reason; a new column is tried without a
thought, and has to be found or listed.
"""

import random
from collections import Counter
from collections.abc import Iterator

import pytest

from orderflow.stores.sql import schema
from tests.contract.tampering import Shop, Tamper, columns, tampers

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
    assert len(told) <= 0.05 * of, "\n".join(map(str, told))
    assert shop.look() == []
