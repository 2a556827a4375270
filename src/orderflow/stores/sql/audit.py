"""Rows of a SQL database that belong to nobody, or contradict what they are derived from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    exists,
    func,
    literal,
    or_,
    select,
)

from orderflow.model.stock import Cause
from orderflow.stores import codec
from orderflow.stores.rows import PRIORITY, entry_row, parcel_row, sku_rows, state_row
from orderflow.stores.sql import schema
from orderflow.stores.sql.cards import odd_cards
from orderflow.stores.sql.outbox import claimed
from orderflow.stores.sql.repair import COUNTED, far_off
from orderflow.stores.sql.unmatched import item_of

__all__ = ["odd_rows"]

_STATUSES = ("pending", "done", "withdrawn", "gave_up")


def odd_rows(connection: Connection, now: datetime) -> Iterator[tuple[str, str]]:
    """The subject of each odd row, and what is odd about it."""
    for name, condition, what in (*_of_nothing(), *_of_stock(), *_of_outbox(now), *_of_receipts()):
        for subject in connection.scalars(select(name).where(condition).distinct().order_by(name)):
            yield subject, what
    yield from odd_cards(connection)
    yield from _other_versions(connection)
    yield from _unlike_what_they_tell(connection)
    yield from _listed_by_others(connection)
    yield from _unreadable(connection)


Odd = tuple[ColumnElement[str], ColumnElement[bool], str]
"""What names an odd row, which rows are odd, and what is odd about them."""


def _without(name: ColumnElement[str], table: Table) -> ColumnElement[bool]:
    return ~exists().where(table.c.id == name)


def _of_nobody(name: ColumnElement[str]) -> ColumnElement[bool]:
    order = name.like("order:%") & ~exists().where(
        literal("order:").concat(schema.states.c.id) == name
    )
    parcel = name.like("parcel:%") & ~exists().where(
        literal("parcel:").concat(schema.parcels.c.id) == name
    )
    return or_(order, parcel)


def _of_nothing() -> Iterator[Odd]:
    states, documents, outbox = schema.states.c, schema.documents.c, schema.outbox.c
    yield documents.id, _without(documents.id, schema.states), "an order document without a state"
    yield states.id, _without(states.id, schema.documents), "an order's state without its document"
    subject = schema.journals.c.subject
    known = or_(subject.like("order:%"), subject.like("parcel:%"))
    yield subject, or_(~known, _of_nobody(subject)), "a journal of nothing"
    yield schema.tasks.c.owner, _of_nobody(schema.tasks.c.owner), "a task of nothing"
    opening = (outbox.kind == "message") & outbox.owner.like("parcel:%")
    lost = schema.OPEN & ~opening & _of_nobody(outbox.owner)
    yield outbox.owner, lost, "a message, an effect or a timer of nothing"
    attempt = schema.attempts.c.key
    yield attempt, ~exists().where(outbox.key == attempt), "an attempt of nothing"
    named = schema.references.c
    yield named.reference, _of_nobody(named.subject), "a name of nothing"
    for table, what in (
        (schema.reservations, "stock is reserved for an order that is not there"),
        (schema.waiting, "an order that is not there waits for stock"),
        (schema.skus, "an order that is not there is listed by its SKU"),
    ):
        yield table.c.order_id, _without(table.c.order_id, schema.states), what


def _of_stock() -> Iterator[Odd]:
    levels = schema.levels.c
    for table in (*COUNTED.values(), schema.expected):
        at = literal("stock:").concat(table.c.sku).concat("@").concat(table.c.location)
        if table is not schema.expected:
            here = and_(levels.sku == table.c.sku, levels.location == table.c.location)
            yield at, ~exists().where(here), f"a row of {table.name} without its level"
        if table is not schema.movements:
            yield at, table.c.quantity <= 0, f"no unit in a row of {table.name}"


def _of_outbox(now: datetime) -> Iterator[Odd]:
    outbox = schema.outbox.c
    yield outbox.key, far_off(now), "it is put off, or leased, for days"
    yield outbox.key, outbox.status.not_in(_STATUSES), "its status is none that there is"


def _of_receipts() -> Iterator[Odd]:
    """Receipts whose commit the journal does not tell of."""
    receipt, entry = schema.receipts.c, schema.journals.c
    same = and_(entry.subject == receipt.subject, entry.version == receipt.version)
    journaled = or_(receipt.subject.like("order:%"), receipt.subject.like("parcel:%"))
    lost = journaled & (receipt.version > 0) & ~exists().where(same)
    yield receipt.subject, lost, "a receipt of nothing"
    placed = receipt.scope.like("channel:%")
    cause = func.substr(receipt.subject, len("order:") + 1).concat("/").concat(receipt.id)
    other = placed & ~exists().where(same, entry.cause == cause)
    yield receipt.subject, other, "a receipt of another placement"
    told = or_(receipt.scope == receipt.subject, receipt.subject == "order:" + receipt.scope)
    yield receipt.subject, ~placed & ~told, "a receipt of another subject"


def _other_versions(connection: Connection) -> Iterator[tuple[str, str]]:
    twice = select(schema.journals.c.subject, func.max(schema.journals.c.version))
    for subject, version in connection.execute(twice.group_by(schema.journals.c.subject)):
        kind, _, name = subject.partition(":")
        table = schema.states if kind == "order" else schema.parcels
        stored = connection.scalar(select(table.c.version).where(table.c.id == name))
        if stored not in (None, version):
            yield subject, f"its version is {stored}, of its journal {version}"


def _rows(connection: Connection, statement: Select[Any]) -> Iterator[Any]:
    streamed: Any = {"yield_per": 1_000}
    yield from connection.execute(statement, execution_options=streamed).mappings()


def _unlike_what_they_tell(connection: Connection) -> Iterator[tuple[str, str]]:
    """Orders, parcels and entries that a list would show otherwise than they are."""
    whole: tuple[tuple[Table, str, str, Callable[[str], dict[str, Any]]], ...] = (
        (schema.states, "order:", "state", lambda text: state_row(codec.decode_state(text))),
        (schema.parcels, "parcel:", "parcel", lambda text: parcel_row(codec.decode_parcel(text))),
        (schema.journals, "", "entry", lambda text: entry_row(codec.decode_entry(text))),
    )
    for table, kind, column, told in whole:
        for row in _rows(connection, select(table)):
            subject = f"{kind}{row['id' if kind else 'subject']}"
            try:
                wrong = [name for name, value in told(row[column]).items() if row[name] != value]
            except Exception as error:
                yield subject, f"its {column} cannot be read: {type(error).__name__}"
                continue
            if wrong:
                yield subject, f"it is listed with another {', '.join(wrong)} than it has"


def _listed_by_others(connection: Connection) -> Iterator[tuple[str, str]]:
    """Orders that are not found by their SKUs, or by others."""
    for row in _rows(connection, select(schema.states.c.id, schema.states.c.state)):
        try:
            should = sku_rows(codec.decode_state(row["state"]))
        except Exception:  # it is named already
            continue
        of_order = select(schema.skus).where(schema.skus.c.order_id == row["id"])
        there = connection.execute(of_order).mappings().all()
        if {tuple(sorted(one.items())) for one in there} != {
            tuple(sorted(one.items())) for one in should
        }:
            yield f"order:{row['id']}", "it is listed by other SKUs than it has"


def _unreadable(connection: Connection) -> Iterator[tuple[str, str]]:
    def outbox(row: Any) -> bool:
        return bool(PRIORITY[claimed(row, 0, "").kind] == row["priority"])

    def task(row: Any) -> bool:
        return codec.decode_form(row["fields"]) is not None

    def inbox(row: Any) -> bool:
        item = item_of(row)
        return item.observation is not None or bool(item.error)

    def movement(row: Any) -> bool:
        return bool(Cause(row["cause"]))

    for table, condition, name, is_whole in (
        (schema.movements, None, "sku", movement),
        (schema.outbox, schema.OPEN, "key", outbox),
        (schema.tasks, None, "key", task),
        (schema.inbox, None, "reference", inbox),
    ):
        rows = select(table) if condition is None else select(table).where(condition)
        for row in _rows(connection, rows):
            try:
                whole = is_whole(row)
            except Exception:
                whole = False
            if not whole:
                yield row[name], f"a row of {table.name} that cannot be read"
