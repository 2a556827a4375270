"""Bad input is refused alike on each database, and what was sent with it is kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from orderflow import Engine, InHouse, InvalidInput, Line, NewOrder
from orderflow.model.commands import Cancel, Command
from orderflow.model.observations import Observation
from orderflow.ports import OrderQuery, TaskQuery
from orderflow.stores import SqlStore

ORDER = NewOrder(number="A-1", currency="EUR", lines=(Line(sku="MUG", quantity=1),))
NUMBERS_AND_CODES = {"unit_price", "unit_cost", "currency"}
"""Fields whose text is read as something else."""
SPELLED_OUT = {"payload", "error"}
"""Fields that keep what could not be read: control characters in them are spelled out."""


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    store = SqlStore(database)
    yield Engine(store, [InHouse()])
    store.close()


def free(schema: Any, path: str = "") -> Iterator[str]:
    """Where a JSON schema takes any text, as a value or as a key."""
    if isinstance(schema, list):
        for item in schema:
            yield from free(item, path)
    elif isinstance(schema, dict):
        bound = schema.keys() & {"pattern", "enum", "const", "format"}
        if schema.get("type") == "string" and not bound:
            yield path
        if isinstance(schema.get("additionalProperties"), dict):
            yield f"{path} (its keys)"
        for name, item in schema.items():
            yield from free(item, path if name in ("anyOf", "items") else name)


@pytest.mark.parametrize("model", [Command, Observation])
def test_no_text_may_hold_control_characters(model: type[BaseModel]) -> None:
    assert set(free(model.model_json_schema())) <= NUMBERS_AND_CODES | SPELLED_OUT


@pytest.mark.parametrize("text", ["A\0", "A\x1b[2J", "A\x7f"])
def test_a_control_character_is_refused(engine: Engine, text: str) -> None:
    asked: list[Callable[[], object]] = [
        lambda: engine.place(ORDER, id=text),
        lambda: engine.place(ORDER, by=text),
        lambda: engine.submit(Cancel().to(text)),
    ]
    for ask in asked:
        with pytest.raises(InvalidInput, match=r"control characters( is|, and)"):
            ask()
    for field in ("number", "notes"):
        with pytest.raises(ValidationError):
            NewOrder.model_validate({"currency": "EUR", field: text})
    assert list(engine.orders()) == []


def test_lines_and_tabs_are_no_fault_in_a_note() -> None:
    notes = "Ring twice.\n\tThen wait.\r\n"
    assert NewOrder(currency="EUR", notes=notes).notes == notes


SCAN = {"kind": "tracking_reported", "tracking_number": "1Z\0", "status": "delivered"}
PAYLOADS: list[str | bytes] = [
    json.dumps({"occurred_at": "2026-01-01T00:00:00Z", "body": SCAN}),
    json.dumps({"a\0b": 1}),
    '{"half": "\udcff"}',
    b"\x00\xff is no JSON",
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_cannot_be_read_is_kept_once(engine: Engine, payload: str | bytes) -> None:
    for _ in range(2):
        with pytest.raises(InvalidInput):
            engine.intake(payload)
    (item,) = engine.unmatched()
    (task,) = engine.tasks()
    assert (task.name, task.subject) == ("exception.unreadable", item.reference)


@pytest.mark.parametrize("query", [OrderQuery, TaskQuery])
@pytest.mark.parametrize("limit", [0, -1])
def test_a_page_of_nothing_is_refused(query: Callable[..., object], limit: int) -> None:
    with pytest.raises(InvalidInput, match=f"limit: got {limit}, 1 or more is expected"):
        query(limit=limit)


def test_a_value_that_a_database_does_not_take_is_no_lost_connection(postgres: str) -> None:
    store = SqlStore(postgres)
    with pytest.raises(InvalidInput, match="NUL"):
        store.keep_card("\0")
    store.close()
