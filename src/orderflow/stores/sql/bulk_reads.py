"""Bulk reads: the rows of many orders in a few statements."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select

from orderflow.model.stock import StockKey
from orderflow.ports import Answers
from orderflow.stores import codec
from orderflow.stores.sql import outbox as sql_outbox
from orderflow.stores.sql import schema
from orderflow.stores.sql.statements import fetch

__all__ = ["beside", "known_by"]

_Rows = Sequence[Row[Any]]
_JOURNALS = (
    select(schema.journals.c.subject, schema.journals.c.entry)
    .where(schema.journals.c.subject.in_(bindparam("owners", expanding=True)))
    .order_by(schema.journals.c.subject, schema.journals.c.version)
)
_OUTBOX = (
    select(schema.outbox)
    .where(schema.OPEN, schema.outbox.c.owner.in_(bindparam("owners", expanding=True)))
    .order_by(schema.outbox.c.owner, schema.outbox.c.key)
)
_TASKS = (
    select(schema.tasks)
    .where(schema.tasks.c.owner.in_(bindparam("owners", expanding=True)))
    .order_by(schema.tasks.c.owner, schema.tasks.c.key)
)
_RESERVED = (
    select(schema.reservations)
    .where(schema.reservations.c.order_id.in_(bindparam("orders", expanding=True)))
    .order_by(schema.reservations.c.order_id)
)
_REFERENCES = select(schema.references).where(
    schema.references.c.reference.in_(bindparam("names", expanding=True))
)


def beside(connection: Connection, owners: Sequence[str], task_of: Callable[[Any], Any]) -> Answers:
    """A store's answers about orders and parcels; unreadable ones are left out."""
    found: Answers = {}
    names = [owner.removeprefix("order:") for owner in owners if owner.startswith("order:")]
    for owner, rows in _by("subject", fetch(connection, _JOURNALS, owners=list(owners)), owners):
        _answer(found, ("journal", owner), _entries, rows)
    for owner, rows in _by("owner", fetch(connection, _OUTBOX, owners=list(owners)), owners):
        found["open_rows", owner] = list(map(sql_outbox.pending_of, rows))
        _answer(found, ("pending_messages", owner), _messages, rows)
    for owner, rows in _by("owner", fetch(connection, _TASKS, owners=list(owners)), owners):
        _answer(found, ("tasks", owner), partial(_each, task_of), rows)
    for name, rows in _by("order_id", fetch(connection, _RESERVED, orders=names), names):
        found["reservations_of_order", name] = {
            (StockKey(row.sku, row.location), row.line): row.quantity for row in rows
        }
    return found


def known_by(connection: Connection, names: Sequence[str]) -> Answers:
    """The subjects of references."""
    rows = fetch(connection, _REFERENCES, names=list(names))
    told = {row.reference: row.subject for row in rows}
    return {("resolve", name): told.get(name) for name in names}


def _by(
    column: str, rows: Sequence[Row[Any]], asked: Sequence[str]
) -> Iterator[tuple[str, list[Row[Any]]]]:
    """The rows of each owner in *asked*, also if it has none."""
    found = {name: list(group) for name, group in groupby(rows, key=attrgetter(column))}
    yield from ((name, found.get(name, [])) for name in asked)


def _answer(
    found: Answers, asked: tuple[str, Any], read: Callable[[_Rows], Any], rows: _Rows
) -> None:
    with suppress(Exception):  # a single read reports the error
        found[asked] = read(rows)


def _each(read: Callable[[Any], Any], rows: _Rows) -> Any:
    return list(map(read, rows))


def _entries(rows: Sequence[Row[Any]]) -> Any:
    return tuple(codec.decode_entry(row.entry) for row in rows)


def _messages(rows: Sequence[Row[Any]]) -> Any:
    return [codec.decode_body(row.data) for row in rows if row.kind == "message"]
