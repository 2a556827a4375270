"""Whatever a store is asked, each store answers the same: the question is checked before any."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orderflow import Engine, InHouse
from orderflow.errors import InvalidInput
from orderflow.model.stock import StockKey
from orderflow.ports import GatheringStore, OrderQuery, Store, TaskQuery
from orderflow.stores import MemoryStore, SqlStore
from tests.mutants import Mutant, Mutants, Mutate, Patch, law, replace
from tests.shop import Shop

texts = st.text(st.sampled_from("aé\0\ud800 "), max_size=3)
limits = st.integers(-1, 2) | st.integers(2**31 - 2, 2**31) | st.integers(2**63, 2**70)
keys = st.builds(StockKey, texts, texts)
moments = st.datetimes() | st.datetimes(timezones=st.just(UTC))
ASKED: Mapping[Any, st.SearchStrategy[Any]] = {
    str: texts,
    str | None: st.none() | texts,
    int: limits,
    StockKey: keys,
    Iterable[str]: st.lists(texts, max_size=2),
    Sequence[str]: st.lists(texts, max_size=2),
    Iterable[StockKey]: st.lists(keys, max_size=2),
}
"""What may be asked, by its annotation."""
WRITES = {"keep_card"}


def questions() -> Iterator[tuple[str, dict[str, st.SearchStrategy[Any]]]]:
    """The methods of stores that are asked by nothing but names, keys and numbers."""
    for kind in (Store, GatheringStore):
        for name, method in vars(kind).items():
            if name[0] != "_" and callable(method) and name not in WRITES:
                hints = {n: h for n, h in get_type_hints(method).items() if n != "return"}
                if hints and all(hint in ASKED for hint in hints.values()):
                    yield name, {n: ASKED[hint] for n, hint in hints.items()}


QUESTIONS = dict(questions())
LISTED: Mapping[str, tuple[type[Any], dict[str, st.SearchStrategy[Any]]]] = {
    "order_ids": (
        OrderQuery,
        {
            **dict.fromkeys(("status", "customer", "channel", "sku"), st.none() | texts),
            **dict.fromkeys(
                ("promised_before", "placed_before", "changed_since"),
                st.none() | moments | st.dates() | texts,
            ),
            "after": texts,
            "limit": limits | texts,
            "exception": st.none() | st.booleans() | texts,
        },
    ),
    "tasks": (
        TaskQuery,
        {
            **dict.fromkeys(("role", "owner", "assignee"), st.none() | texts),
            "after": texts,
            "limit": limits | texts,
        },
    ),
}
asked = st.sampled_from(sorted(QUESTIONS)).flatmap(
    lambda name: st.tuples(st.just(name), st.fixed_dictionaries(QUESTIONS[name]))
) | st.sampled_from(sorted(LISTED)).flatmap(
    lambda name: st.tuples(st.just(name), st.fixed_dictionaries({}, optional=LISTED[name][1]))
)


def answer(store: Store, name: str, given: dict[str, Any]) -> object:
    """What a store answers; or that it was asked what nobody can be."""
    try:
        if name in LISTED:
            found = getattr(store, name)(LISTED[name][0](**given))
        else:
            found = getattr(store, name)(**given)
        return list(found) if isinstance(found, Iterator | Sequence) else found
    except InvalidInput as error:
        return [problem.field for problem in error.problems]


def test_each_method_of_a_store_is_asked() -> None:
    assert {
        "order",
        "journal",
        "given_up_rows",
        "list_stock_levels",
        "stock_levels",
        "beside",
    } <= QUESTIONS.keys()


@pytest.fixture
def stores(database: str) -> Iterator[Sequence[Store]]:
    """A store in a database, and one in memory."""
    with_tables = SqlStore(database)
    yield [with_tables, MemoryStore()]
    with_tables.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked)
def test_every_store_answers_the_same(
    stores: Sequence[Store], asked: tuple[str, dict[str, Any]]
) -> None:
    every_store_answers_the_same(stores, *asked)


def every_store_answers_the_same(stores: Sequence[Store], name: str, given: dict[str, Any]) -> None:
    answers = [answer(store, name, given) for store in stores if hasattr(store, name)]
    assert all(each == answers[0] for each in answers), f"{name}({given}): {answers}"


@pytest.mark.parametrize("text", ["A\0", "\ud800"])
def test_no_store_is_asked_for_what_none_can_keep(database: str, text: str) -> None:
    for store in (SqlStore(database), MemoryStore()):
        engine = Engine(store, [InHouse()])
        for ask in (engine.order, engine.erase, engine.explain, engine.level, engine.journal):
            with pytest.raises(InvalidInput, match="half a character or a zero character"):
                ask(text)


def test_who_does_a_task_has_a_name_of_some_length() -> None:
    engine = Shop(manual=["pick"]).place().engine
    (task,) = engine.tasks()
    long = "x" * 201
    for ask in (
        lambda: engine.claim(task, by=long),
        lambda: engine.reassign(task, long, by="ana"),
        lambda: engine.plan_pick_tour(by=long),
    ):
        with pytest.raises(InvalidInput, match="at most 200 characters"):
            ask()


# --- mutants -------------------------------------------------------------------------------------


def asks_for_any_text(patch: Patch) -> None:
    """A text is asked for whatever is in it."""
    replace(patch, "what no database keeps", re.compile("(?!)"))


def asks_for_any_number_of_rows(patch: Patch) -> None:
    """A page may have more rows than a database counts."""
    replace(patch, "rows that may be asked for", 10**30)


LAWS: Mapping[Mutate, tuple[str, dict[str, Any]]] = {
    asks_for_any_text: ("order", {"order_id": "\ud800"}),
    asks_for_any_number_of_rows: ("given_up_rows", {"after": "", "limit": 2**70}),
}
MUTANTS = Mutants("questions", LAWS)


@MUTANTS.each
def test_mutant_is_caught(mutant: Mutant[Mutate], monkeypatch: Patch, tmp_path: Path) -> None:
    mutant.how(monkeypatch)
    stores = [SqlStore(f"sqlite:///{tmp_path}/shop.db"), MemoryStore()]
    mutant.breaks(law(every_store_answers_the_same, stores, *LAWS[mutant.how]))
