"""Checks of a SQL database: rows without an owner, or that contradict their source."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.exc import DBAPIError

from orderflow.model.stock import Cause
from orderflow.stores import codec
from orderflow.stores.rows import PRIORITY, entry_row, parcel_row, sku_rows, state_row
from orderflow.stores.sql import schema
from orderflow.stores.sql.cards import odd_cards
from orderflow.stores.sql.failures import is_unreadable
from orderflow.stores.sql.outbox import leased
from orderflow.stores.sql.repair import COUNTED, far_off
from orderflow.stores.sql.unmatched import item_of

__all__ = ["inconsistent_rows"]

_STATUSES = ("pending", "done", "withdrawn", "gave_up")


def inconsistent_rows(connection: Connection, now: datetime) -> Iterator[tuple[str, str]]:
    """(subject, problem) of each inconsistent row; a failed check stops no other."""
    for check in (
        _of_another_kind(connection),
        _no_text(connection),
        *(_by_condition(connection, odd) for odd in _conditions(now)),
        odd_cards(connection),
        _other_versions(connection),
        _unlike_what_they_tell(connection),
        _listed_by_others(connection),
        _unreadable(connection),
    ):
        try:
            yield from ((str(subject), what) for subject, what in check)
        except (TypeError, ValueError, ArithmeticError, LookupError) as error:
            yield "rows", f"some cannot be read: {type(error).__name__}"
        except DBAPIError as error:
            if not is_unreadable(error):
                raise
            yield "rows", "some hold text that is no UTF-8"


_KINDS: Mapping[type[Any], tuple[str, ...]] = {str: ("text",), int: ("integer", "null")}
_YEARS = (schema.at(datetime.min.replace(tzinfo=UTC)), schema.at(datetime.max.replace(tzinfo=UTC)))


def _of_another_kind(connection: Connection) -> Iterator[tuple[str, str]]:
    """Values of the wrong type: SQLite accepts any."""
    for table in schema.metadata.sorted_tables:
        for column in table.c:
            wrong: list[ColumnElement[bool]] = []
            if connection.dialect.name == "sqlite":
                kind = str if column.type.python_type is str else int
                wrong.append(func.typeof(column).not_in(_KINDS[kind]))
            if isinstance(column.type, schema.Moment):
                wrong.append(~type_coerce(column, BigInteger).between(*_YEARS))
            found = select(literal(1)).select_from(table).where(or_(false(), *wrong)).limit(1)
            if wrong and connection.execute(found).first():
                yield table.name, f"a value of {column.name} that cannot be read"


def _no_text(connection: Connection) -> Iterator[tuple[str, str]]:
    """Invalid texts: SQLite accepts any bytes, which its driver cannot read."""
    for table in schema.metadata.sorted_tables if connection.dialect.name == "sqlite" else ():
        texts = ", ".join(column.name for column in table.c if column.type.python_type is str)
        try:
            for _ in connection.exec_driver_sql(f"select {texts or 1} from {table.name}"):
                pass
        except DBAPIError as error:
            if not is_unreadable(error):
                raise
            yield table.name, "a text that is no UTF-8"


Inconsistency = tuple[ColumnElement[str], ColumnElement[bool], str]
"""The subject of an inconsistent row, its condition, and the problem."""


def _by_condition(connection: Connection, odd: Inconsistency) -> Iterator[tuple[str, str]]:
    name, condition, what = odd
    for subject in connection.scalars(select(name).where(condition).distinct().order_by(name)):
        yield subject, what


def _conditions(now: datetime) -> Iterator[Inconsistency]:
    yield from (*_of_nothing(), *_of_stock(), *_of_outbox(now), *_of_receipts())


def _without(name: ColumnElement[str], table: Table) -> ColumnElement[bool]:
    return ~exists().where(table.c.id == name)


def _of_nobody(name: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether a subject does not exist; a lookup by the table's key, not a scan."""

    def lost(table: Table, head: str) -> ColumnElement[bool]:
        there = exists().where(table.c.id == func.substr(name, len(head) + 1))
        return name.like(f"{head}%") & ~there

    return or_(lost(schema.states, "order:"), lost(schema.parcels, "parcel:"))


def _of_nothing() -> Iterator[Inconsistency]:
    states, documents, outbox = schema.states.c, schema.documents.c, schema.outbox.c
    yield documents.id, _without(documents.id, schema.states), "an order document without a state"
    yield states.id, _without(states.id, schema.documents), "an order's state without its document"
    subject = schema.journals.c.subject
    known = or_(subject.like("order:%"), subject.like("parcel:%"))
    yield subject, or_(~known, _of_nobody(subject)), "a journal of nothing"
    yield schema.tasks.c.owner, _of_nobody(schema.tasks.c.owner), "a task of nothing"
    opening = (outbox.kind == "message") & outbox.owner.like("parcel:%")
    lost = ~(schema.OPEN & opening) & _of_nobody(outbox.owner)
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


def _of_stock() -> Iterator[Inconsistency]:
    levels = schema.levels.c
    for table in (*COUNTED.values(), schema.expected):
        at = literal("stock:").concat(table.c.sku).concat("@").concat(table.c.location)
        if table is not schema.expected:
            here = and_(levels.sku == table.c.sku, levels.location == table.c.location)
            yield at, ~exists().where(here), f"a row of {table.name} without its level"
        if table is not schema.movements:
            yield at, table.c.quantity <= 0, f"no unit in a row of {table.name}"


def _of_outbox(now: datetime) -> Iterator[Inconsistency]:
    outbox = schema.outbox.c
    yield outbox.key, far_off(now), "it is put off, or leased, for days"
    yield outbox.key, outbox.status.not_in(_STATUSES), "its status is none that there is"
    known = ((outbox.kind == kind.value) & (outbox.priority == n) for kind, n in PRIORITY.items())
    yield outbox.key, ~or_(*known), "its kind is none that there is, or has another priority"


def _of_receipts() -> Iterator[Inconsistency]:
    """Processed messages without their journal entry."""
    receipt, entry = schema.receipts.c, schema.journals.c
    same = and_(entry.subject == receipt.subject, entry.version == receipt.version)
    journaled = or_(receipt.subject.like("order:%"), receipt.subject.like("parcel:%"))
    lost = journaled & (receipt.version > 0) & ~exists().where(same)
    yield receipt.subject, lost, "a receipt of nothing"
    placed = receipt.scope.like("channel:%")
    cause = func.substr(receipt.subject, len("order:") + 1).concat("/").concat(receipt.id)
    other = placed & ~exists().where(same, entry.cause == cause, entry.version == 1)
    yield receipt.subject, other, "a receipt of another placement"
    told = or_(receipt.scope == receipt.subject, receipt.subject == "order:" + receipt.scope)
    yield receipt.subject, ~placed & ~told, "a receipt of another subject"
    head = entry.subject.concat("/")
    sent = func.substr(entry.cause, 1, func.length(head)) == head
    own = (receipt.scope == entry.subject) & (head.concat(receipt.id) == entry.cause)
    yield entry.subject, sent & ~exists().where(own), "a fact that came in has no receipt"


def _other_versions(connection: Connection) -> Iterator[tuple[str, str]]:
    for table, kind in ((schema.states, "order:"), (schema.parcels, "parcel:")):
        subject = literal(kind).concat(table.c.id)
        entry = schema.journals.c
        last = select(func.max(entry.version)).where(entry.subject == subject).scalar_subquery()
        other = select(subject, table.c.version, last).where(table.c.version != last)
        for name, stored, told in connection.execute(other):
            yield name, f"its version is {stored}, of its journal {told}"


def _rows(connection: Connection, statement: Select[Any]) -> Iterator[Any]:
    streamed: Any = {"yield_per": 1_000}
    yield from connection.execute(statement, execution_options=streamed).mappings()


def _unlike_what_they_tell(connection: Connection) -> Iterator[tuple[str, str]]:
    """Orders, parcels and entries whose columns differ from their content."""
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
    """Orders with missing or superfluous index rows of SKUs."""
    skus = _rows(connection, select(schema.skus).order_by(schema.skus.c.order_id))
    listed = groupby(skus, key=itemgetter("order_id"))
    name, rows = _next(listed)
    states = select(schema.states.c.id, schema.states.c.state).order_by(schema.states.c.id)
    for row in _rows(connection, states):
        while name is not None and name < row["id"]:  # of an order that does not exist
            name, rows = _next(listed)
        there, should = rows if name == row["id"] else [], _sku_rows(row["state"])
        if should is not None and _sorted(there) != _sorted(should):
            yield f"order:{row['id']}", "it is listed by other SKUs than it has"


def _next(listed: Iterator[tuple[str, Iterator[Any]]]) -> tuple[str | None, list[Any]]:
    name, rows = next(listed, (None, iter(())))
    return name, list(rows)


def _sku_rows(state: str) -> list[dict[str, Any]] | None:
    try:
        return sku_rows(codec.decode_state(state))
    except Exception:  # another check reports it
        return None


def _sorted(rows: Iterable[Mapping[str, Any]]) -> list[Any]:
    return sorted(sorted(row.items()) for row in rows)


def _unreadable(connection: Connection) -> Iterator[tuple[str, str]]:
    def outbox(row: Any) -> bool:
        return bool(PRIORITY[leased(row, 0, "").kind] == row["priority"])

    def task(row: Any) -> bool:
        return codec.decode_form(row["fields"]) is not None

    def inbox(row: Any) -> bool:
        item = item_of(row)
        if item.observation is None:
            return bool(item.error) and not row["message"]
        alone = not (item.payload or item.error)
        return alone and (item.observation.id or "") == row["message"]

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
