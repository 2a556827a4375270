"""Nothing that may be sent outlives a person: a mark in each text of a model is found no more."""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from orderflow.engine.doctor import examine
from orderflow.stores import MemoryDocuments, MemoryStore, SqlDocuments, SqlStore
from tests.laws.plays import ANA, KINDS, LIVES, UNSAID, Marked
from tests.marks import NAMES_OTHERS, OF_STOCK, PARTIES


def test_each_kind_is_accepted_in_some_life() -> None:
    taken: set[str] = set()
    for live in LIVES:
        shop = Marked(MemoryStore(), MemoryDocuments(), "")
        live(shop)
        taken |= shop.taken
    assert sorted(KINDS - taken) == sorted(UNSAID)


def rows(file: Path) -> str:
    """All that stands in the tables of a file."""
    with sqlite3.connect(file) as db:
        names = [
            name for (name,) in db.execute("select name from sqlite_master where type='table'")
        ]
        return "\n".join(
            repr(row) for name in names for row in db.execute(f'select * from "{name}"')
        )


def told(store: MemoryStore) -> str:
    """All that stands in a store in memory."""
    orders = [(order.document, order.state) for order in store._orders.values()]
    return repr(orders) + repr(vars(store))


def left_in(shop: Marked, told: str) -> set[str]:
    """What a person may be known by, of all that was said."""
    named = {name.rpartition(".")[2] for name in NAMES_OTHERS} if shop.marks.names_nobody else set()
    found = {name for name in shop.marks.found(told) if name.rpartition(".")[2] not in named}
    return (found - PARTIES - OF_STOCK.keys()) | {name for name in ("ana-17",) if name in told}


@pytest.mark.parametrize("start", ["", f"{ANA} "], ids=["whatever", "named"])
@pytest.mark.parametrize("live", LIVES)
def test_no_text_outlives_a_person(
    live: Any, start: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    no_text_outlives_a_person(live, start, tmp_path / "shop.db", caplog)


def no_text_outlives_a_person(
    live: Any, start: str, file: Path, caplog: pytest.LogCaptureFixture | None = None
) -> None:
    if caplog:
        caplog.set_level(logging.DEBUG, "orderflow")
    store, documents = (
        SqlStore(f"sqlite:///{file}", synchronous="OFF"),
        SqlDocuments(f"sqlite:///{file}"),
    )
    shop = Marked(store, documents, start)
    live(shop)
    assert shop.marks.found(rows(file)), "nothing was said"
    assert shop.engine.forget("ana-17").erased == ("A-1",)
    assert left_in(shop, rows(file)) == set()
    assert list(examine(shop.engine)) == []
    shop.check()
    if caplog:
        assert left_in(shop, caplog.text) == set()
    store.close()
    documents.close()
    raw = b"".join(there.read_bytes() for there in file.parent.glob(f"{file.name}*"))
    assert left_in(shop, raw.decode("utf-8", "replace")) == set(), "in the file itself"


@pytest.mark.parametrize("start", ["", f"{ANA} "], ids=["whatever", "named"])
@pytest.mark.parametrize("live", LIVES)
def test_no_text_outlives_a_person_in_memory(live: Any, start: str) -> None:
    store, documents = MemoryStore(), MemoryDocuments()
    shop = Marked(store, documents, start)
    live(shop)
    assert shop.marks.found(told(store)), "nothing was said"
    assert shop.engine.forget("ana-17").erased == ("A-1",)
    assert left_in(shop, told(store) + repr(vars(documents))) == set()
