"""The reads of a SQL store: orders, journals, stock, work."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    RowMapping,
    Select,
    literal,
    select,
    tuple_,
)

from orderflow.model.events import Entry
from orderflow.model.order import Order
from orderflow.model.parcel import Parcel
from orderflow.model.pseudonym import pseudonym
from orderflow.model.stock import (
    Cause,
    InboundShipment,
    Movement,
    StockKey,
    StockLevel,
    WaitingBackorder,
)
from orderflow.model.work import LeasedRow, Task
from orderflow.ports import (
    Answers,
    OrderQuery,
    OutboxRow,
    ProcessedMessage,
    Restricted,
    TaskQuery,
    UnmatchedItem,
)
from orderflow.stores import codec
from orderflow.stores.sql import bulk_reads, cards, compiled, restriction, schema, unmatched
from orderflow.stores.sql import outbox as sql_outbox
from orderflow.stores.sql.audit import inconsistent_rows
from orderflow.stores.sql.database import Access
from orderflow.stores.sql.statements import fetch
from orderflow.stores.sql.stock import level_of, levels_of, waiting_of

__all__ = ["SqlReads"]


class SqlReads:
    """The read-only half of :class:`orderflow.stores.SqlStore`."""

    _database: Access

    def card(self) -> str | None:
        """The card of the rules that the shop runs on."""
        with self._database.read() as connection:
            return cards.get(connection)

    def processed(self, scope: str, message: str) -> ProcessedMessage | None:
        """The processed message of this id, also after its id became a pseudonym."""
        names = {"of_id": message, "disguised": pseudonym(message)}
        rows = self._fetch(compiled.RECEIPT, of_scope=scope, **names)
        return ProcessedMessage(**rows[0]._mapping) if rows else None

    def order(self, order_id: str) -> Order | None:
        """The order."""
        return self.orders_by_id([order_id]).get(order_id)

    def orders_by_id(self, order_ids: Iterable[str]) -> Mapping[str, Order]:
        """The existing orders of these ids, by id."""
        rows = self._fetch(compiled.ORDERS, ids=sorted(set(order_ids)))
        return {row.id: _order(row) for row in rows}

    def parcel(self, parcel_id: str) -> Parcel | None:
        """The parcel."""
        return self.parcels_by_id([parcel_id]).get(parcel_id)

    def parcels_by_id(self, parcel_ids: Iterable[str]) -> Mapping[str, Parcel]:
        """The existing parcels of these ids, by id."""
        rows = self._fetch(compiled.PARCELS, ids=sorted(set(parcel_ids)))
        decode = partial(codec.of_row, schema.parcels)
        return {row.id: decode(row.id, codec.decode_parcel, row.parcel) for row in rows}

    def journal(self, subject: str) -> Iterator[Entry]:
        """The journal of an order or a parcel, oldest first; read page by page."""
        page = self._fetch(compiled.ENTRIES, of_subject=subject, after=compiled.FIRST)
        while page:
            yield from (_entry(subject, row) for row in page)
            if len(page) < compiled.PAGE:
                return
            page = self._fetch(compiled.ENTRIES, of_subject=subject, after=page[-1].version)

    def order_ids(self, query: OrderQuery) -> Sequence[str]:
        """The ids of one page of orders."""
        states, skus = schema.states, schema.skus
        wanted = {name: getattr(query, name) for name in schema.FILTERS}
        dated = query.promised_before is not None or query.placed_before is not None
        # Few orders match a date: find them by it, then sort, not the other way round.
        by = states.c.id.concat("") if dated else states.c.id
        found = select(states.c.id).where(
            by > query.after,
            *(states.c[name] == value for name, value in wanted.items() if value is not None),
        )
        if query.sku is not None:
            found = found.join(skus, skus.c.order_id == states.c.id).where(skus.c.sku == query.sku)
            if query.customer is not None:
                found = found.where(skus.c.customer == query.customer)
        if query.promised_before is not None:
            found = found.where(states.c.promised < query.promised_before)
        if query.placed_before is not None:
            found = found.where(states.c.placed_at < query.placed_before)
        if query.changed_since is not None:
            found = found.where(_changed_since(query.changed_since))
        return [row["id"] for row in self._rows(found.order_by(by).limit(query.limit))]

    def stock_levels(self, keys: Iterable[StockKey]) -> Mapping[StockKey, StockLevel]:
        """The stock levels; an unknown key has an empty one."""
        asked = list(keys)
        with self._database.read() as connection:
            found = levels_of(connection, asked)
        return {key: found.get(key) or StockLevel(key) for key in asked}

    def list_stock_levels(self, after: StockKey, limit: int) -> Sequence[StockLevel]:
        """One page of all stock levels, by key."""
        levels = schema.levels
        found = select(levels).where(tuple_(levels.c.sku, levels.c.location) > tuple_(*after))
        found = found.order_by(levels.c.sku, levels.c.location).limit(limit)
        return [level_of(row) for row in self._rows(found)]

    def waiting_list(self, key: StockKey) -> Sequence[WaitingBackorder]:
        """The backorders that wait for this key, oldest first."""
        found = self._fetch(compiled.WAITING, of_sku=key.sku, at_location=key.location)
        return [waiting_of({**row._mapping, "since": schema.moment(row.since)}) for row in found]

    def reservations_of_order(self, order_id: str) -> Mapping[tuple[StockKey, str], int]:
        """Units reserved for an order, by key and line."""
        found = self._fetch(compiled.RESERVED, of_order=order_id)
        return {(StockKey(row.sku, row.location), row.line): row.quantity for row in found}

    def reservations_of(self, key: StockKey) -> Mapping[tuple[str, str], int]:
        """Units reserved of a key, by order and line."""
        table = schema.reservations
        found = select(table).where(table.c.sku == key.sku, table.c.location == key.location)
        return {(row["order_id"], row["line"]): row["quantity"] for row in self._rows(found)}

    def stock_movements(self, key: StockKey) -> Iterator[Movement]:
        """The stock journal of a key, oldest first; read page by page."""
        moved = schema.movements
        found = select(moved).where(moved.c.sku == key.sku, moved.c.location == key.location)
        found = found.order_by(moved.c.number).limit(compiled.PAGE)
        page = self._rows(found)
        while page:
            for row in page:
                cause = codec.of_row(moved, str(key), Cause, row["cause"])
                yield Movement(key, row["quantity"], cause, row["reference"], row["at"])
            page = self._rows(found.where(moved.c.number > page[-1]["number"]))

    def inbound_shipments(self, key: StockKey) -> Sequence[InboundShipment]:
        """Inbound shipments, the next one first."""
        expected = schema.expected
        found = select(expected).where(
            expected.c.sku == key.sku, expected.c.location == key.location
        )
        return [
            InboundShipment(row["id"], key, row["quantity"], row["at"])
            for row in self._rows(found.order_by(expected.c.at, expected.c.id))
        ]

    def resolve(self, reference: str) -> str | None:
        """The subject of a reference."""
        with self._database.read() as connection:
            return unmatched.resolve(connection, reference)

    def unmatched(self) -> Sequence[UnmatchedItem]:
        """The unmatched items, oldest first."""
        with self._database.read() as connection:
            return unmatched.parked(connection)

    def lease_valid(self, due: LeasedRow) -> bool:
        """Whether a leased row is still open, and still leased to the caller."""
        with self._database.read() as connection:
            return sql_outbox.lease_valid(connection, due)

    def next_due(self) -> datetime | None:
        """When the next row can be leased."""
        with self._database.read() as connection:
            return sql_outbox.next_due(connection)

    def open_rows(self, owner: str) -> Sequence[OutboxRow]:
        """The open rows of an order or a parcel."""
        with self._database.read() as connection:
            return sql_outbox.open_rows(connection, owner)

    def restricted(
        self, *, order: str | None = None, person: str | None = None
    ) -> Sequence[Restricted]:
        """The retained data of an order, or of a person's orders, by key."""
        with self._database.read() as connection:
            return restriction.found(connection, order, person)

    def given_up_rows(self, after: str, limit: int) -> Sequence[OutboxRow]:
        """One page of the given-up rows, by key."""
        with self._database.read() as connection:
            return sql_outbox.given_up_rows(connection, after, limit)

    def inconsistencies(self, now: datetime) -> Sequence[tuple[str, str]]:
        """(subject, problem) of rows without an owner, or that contradict their source."""
        with self._database.read() as connection:
            return list(inconsistent_rows(connection, now))

    def pending_messages(self, owner: str) -> Sequence[object]:
        """The bodies of pending messages to a subject."""
        with self._database.read() as connection:
            return sql_outbox.open_messages(connection, owner)

    def tasks(self, query: TaskQuery) -> Sequence[tuple[str, Task]]:
        """One page of open tasks with their owners, by key."""
        if query.owner is not None and query.role is None and query.assignee is None:
            return self._tasks_of(query.owner, query.after, query.limit)
        tasks = schema.tasks
        wanted = {"role": query.role, "owner": query.owner, "assignee": query.assignee}
        found = select(tasks).where(
            tasks.c.key > query.after,
            *(tasks.c[name] == value for name, value in wanted.items() if value is not None),
        )
        return [_task(row) for row in self._rows(found.order_by(tasks.c.key).limit(query.limit))]

    def _tasks_of(self, owner: str, after: str, limit: int) -> Sequence[tuple[str, Task]]:
        return [
            _fetched_task(row)
            for row in self._fetch(compiled.OF_OWNER, of_owner=owner, after=after, most=limit)
        ]

    def beside(self, owners: Sequence[str]) -> Answers:
        """Bulk reads about orders and parcels, in a few statements."""
        with self._database.read() as connection:
            return bulk_reads.beside(connection, owners, _fetched_task)

    def known_by(self, references: Sequence[str]) -> Answers:
        """The subjects of these references."""
        with self._database.read() as connection:
            return bulk_reads.known_by(connection, references)

    def task(self, key: str) -> tuple[str, Task] | None:
        """An open task and its owner."""
        row = self._row(compiled.TASK, key=key)
        return None if row is None else _task(row)

    def _rows(self, statement: Select[Any], **asked: object) -> Sequence[RowMapping]:
        with self._database.read() as connection:
            found: Sequence[RowMapping] = connection.execute(statement, asked).mappings().all()
            return found

    def _fetch(self, statement: Select[Any], **asked: object) -> Sequence[Row[Any]]:
        with self._database.read() as connection:
            return fetch(connection, statement, **asked)

    def _row(self, statement: Select[Any], **asked: str) -> RowMapping | None:
        with self._database.read() as connection:
            found: RowMapping | None = connection.execute(statement, asked).mappings().one_or_none()
            return found


def _changed_since(moment: datetime) -> ColumnElement[bool]:
    """Whether an order's last entry is of then or later: entries are in order of time."""
    entry = schema.journals.c
    own = entry.subject == literal("order:").concat(schema.states.c.id)
    last = select(entry.at).where(own).order_by(entry.version.desc()).limit(1)
    return last.scalar_subquery() >= moment


def _order(row: Row[Any]) -> Order:
    texts = row.document, row.personal
    document = partial(codec.of_row, schema.documents, row.id, codec.decode_document, *texts)
    return Order(document, codec.of_row(schema.states, row.id, codec.decode_state, row.state))


def _entry(subject: str, row: Row[Any]) -> Entry:
    key = f"{subject}, version {row.version}"
    return codec.of_row(schema.journals, key, codec.decode_entry, row.entry)


def _fetched_task(row: Any) -> tuple[str, Task]:
    return _task({**row._mapping, "due": schema.moment(row.due)})


def _task(row: Mapping[Any, Any]) -> tuple[str, Task]:
    task = Task(
        row["key"],
        row["name"],
        row["subject"],
        row["role"],
        row["instructions"],
        row["due"],
        codec.of_row(schema.tasks, row["key"], codec.decode_form, row["fields"]),
        row["assignee"],
    )
    return row["owner"], task
