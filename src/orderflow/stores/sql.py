"""The store in a SQL database: durable, safe for threads and for several processes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import RowMapping, Select, bindparam, select, tuple_, update
from sqlalchemy.exc import SQLAlchemyError

from orderflow.errors import SchemaMismatch, StoreUnavailable
from orderflow.model.events import Entry
from orderflow.model.observations import Observation
from orderflow.model.order import Order
from orderflow.model.parcel import Parcel
from orderflow.model.stock import (
    Cause,
    ExpectedReceipt,
    Movement,
    StockKey,
    StockLevel,
    Waiting,
)
from orderflow.model.work import Due, Message, Task
from orderflow.ports import (
    Commit,
    Committed,
    InboxItem,
    OrderQuery,
    Outcome,
    Pending,
    Receipt,
    TaskQuery,
)
from orderflow.stores import codec, schema, sql_inbox, sql_outbox
from orderflow.stores.database import Database
from orderflow.stores.rows import message_row
from orderflow.stores.sql_commit import write_commit
from orderflow.stores.sql_stock import level_of, levels_of, waiting_of

__all__ = ["SqlStore"]

_PAGE = 200


_ORDER = (
    select(schema.documents.c.document, schema.documents.c.personal, schema.states.c.state)
    .join_from(schema.states, schema.documents, schema.documents.c.id == schema.states.c.id)
    .where(schema.states.c.id == bindparam("id"))
)
_PARCEL = select(schema.parcels.c.parcel).where(schema.parcels.c.id == bindparam("id"))
_RECEIPT = select(schema.receipts).where(
    schema.receipts.c.scope == bindparam("scope"), schema.receipts.c.id == bindparam("id")
)
_TASK = select(schema.tasks).where(schema.tasks.c.key == bindparam("key"))


class _Refused(Exception):
    """Rolls a transaction back, and says why."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome


class SqlStore:
    """A :class:`orderflow.ports.Store` in a SQL database, whose tables it creates.

    Several threads and several processes may work on one database. What ``commit`` answered with
    Committed survives a loss of power.

    Args:
        url: As SQLAlchemy reads it: ``sqlite:///shop.db`` is a file in the working directory.

    Raises:
        SchemaMismatch: Another release wrote the database.
        StoreUnavailable: It cannot be opened: the URL, its driver, the file, the permissions.
        ValueError: The URL is of an SQLite database in memory.
    """

    def __init__(self, url: str) -> None:
        try:
            self._database = Database(url)
        except (SQLAlchemyError, ImportError) as error:
            raise StoreUnavailable(f"{error}; nothing was stored") from None
        try:
            with self._database.write() as connection:
                schema.prepare(connection)
        except SQLAlchemyError as error:
            raise StoreUnavailable(f"{error}; nothing was stored") from None
        except SchemaMismatch:
            self.close()
            raise

    def close(self) -> None:
        """Close every connection; the store opens new ones when it is used again."""
        self._database.close()

    def commit(self, commit: Commit) -> Outcome:
        """Store all of it in one transaction, or nothing."""
        try:
            with self._database.write() as connection:
                outcome = write_commit(connection, commit)
                if not isinstance(outcome, Committed):
                    raise _Refused(outcome)
        except _Refused as refused:
            return refused.outcome
        return outcome

    def receipt(self, scope: str, message: str) -> Receipt | None:
        """The receipt of a message that was handled."""
        receipts = schema.receipts
        row = self._row(select(receipts).where(receipts.c.scope == scope, receipts.c.id == message))
        return None if row is None else Receipt(**row)

    def order(self, order_id: str) -> Order | None:
        """The order."""
        row = self._row(_ORDER, id=order_id)
        if row is None:
            return None
        document = partial(codec.decode_document, row["document"], row["personal"])
        return Order(document, codec.decode_state(row["state"]))

    def parcel(self, parcel_id: str) -> Parcel | None:
        """The parcel."""
        row = self._row(_PARCEL, id=parcel_id)
        return None if row is None else codec.decode_parcel(row["parcel"])

    def journal(self, subject: str) -> Iterator[Entry]:
        """The journal of an order or a parcel, oldest first; read page by page."""
        journals = schema.journals
        entries = select(journals.c.version, journals.c.entry).where(journals.c.subject == subject)
        entries = entries.order_by(journals.c.version).limit(_PAGE)
        page = self._rows(entries)
        while page:
            yield from (codec.decode_entry(row["entry"]) for row in page)
            page = self._rows(entries.where(journals.c.version > page[-1]["version"]))

    def orders(self, query: OrderQuery) -> Sequence[str]:
        """The ids of one page of orders."""
        states = schema.states
        wanted = {"status": query.status, "customer": query.customer, "phase": query.phase}
        found = select(states.c.id).where(
            states.c.id > query.after,
            *(states.c[name] == value for name, value in wanted.items() if value is not None),
        )
        return [row["id"] for row in self._rows(found.order_by(states.c.id).limit(query.limit))]

    def levels(self, keys: Iterable[StockKey]) -> Mapping[StockKey, StockLevel]:
        """The stock levels; a key that was never seen is empty."""
        asked = list(keys)
        with self._database.read() as connection:
            found = levels_of(connection, asked)
        return {key: found.get(key) or StockLevel(key) for key in asked}

    def stock(self, after: StockKey, limit: int) -> Sequence[StockLevel]:
        """One page of all stock levels, by key."""
        levels = schema.levels
        found = select(levels).where(tuple_(levels.c.sku, levels.c.location) > tuple_(*after))
        found = found.order_by(levels.c.sku, levels.c.location).limit(limit)
        return [level_of(row) for row in self._rows(found)]

    def waiting(self, key: StockKey) -> Sequence[Waiting]:
        """Who waits for this key, oldest first."""
        waiting = schema.waiting
        found = select(waiting).where(waiting.c.sku == key.sku, waiting.c.location == key.location)
        ordered = found.order_by(waiting.c.since, waiting.c.order_id, waiting.c.line)
        return [waiting_of(row) for row in self._rows(ordered)]

    def reserved(self, order_id: str) -> Mapping[tuple[StockKey, str], int]:
        """Units reserved for an order, by key and line."""
        found = self._rows(
            select(schema.reservations).where(schema.reservations.c.order_id == order_id)
        )
        return {
            (StockKey(row["sku"], row["location"]), row["line"]): row["quantity"] for row in found
        }

    def movements(self, key: StockKey) -> Iterator[Movement]:
        """The stock journal of a key, oldest first; read page by page."""
        moved = schema.movements
        found = select(moved).where(moved.c.sku == key.sku, moved.c.location == key.location)
        found = found.order_by(moved.c.number).limit(_PAGE)
        page = self._rows(found)
        while page:
            for row in page:
                cause = Cause(row["cause"])
                yield Movement(key, row["quantity"], cause, row["reference"], row["at"])
            page = self._rows(found.where(moved.c.number > page[-1]["number"]))

    def expected(self, key: StockKey) -> Sequence[ExpectedReceipt]:
        """Receipts on their way, the next one first."""
        expected = schema.expected
        found = select(expected).where(
            expected.c.sku == key.sku, expected.c.location == key.location
        )
        return [
            ExpectedReceipt(row["id"], key, row["quantity"], row["at"])
            for row in self._rows(found.order_by(expected.c.at, expected.c.id))
        ]

    def find(self, reference: str) -> str | None:
        """The subject that is known by a reference."""
        with self._database.read() as connection:
            return sql_inbox.find(connection, reference)

    def keep(
        self, reference: str, observation: Observation, now: datetime, patience: timedelta
    ) -> None:
        """Keep a fact whose subject is not known; where it has become known, send the fact on."""
        with self._database.write() as connection:
            sql_inbox.keep(connection, reference, observation, now, patience)

    def keep_unreadable(self, payload: str, error: str, now: datetime, task: Task) -> None:
        """Keep what cannot be read, under the task's subject, and open the task about it."""
        with self._database.write() as connection:
            sql_inbox.keep_unreadable(connection, payload, error, now, task)

    def inbox(self) -> Sequence[InboxItem]:
        """What is kept, oldest first."""
        with self._database.read() as connection:
            return sql_inbox.kept(connection)

    def dismiss(self, reference: str) -> bool:
        """Drop what is kept under a reference, with its timer and tasks; False if nothing is."""
        with self._database.write() as connection:
            return bool(sql_inbox.take(connection, [reference]))

    def claim(self, now: datetime, lease: timedelta, token: str, limit: int) -> Sequence[Due]:
        """Rows that are due, of one kind, leased to the caller until ``now + lease``."""
        with self._database.write() as connection:
            return sql_outbox.claim(connection, now, lease, token, limit)

    def still_mine(self, due: Due) -> bool:
        """Whether a claimed row is still wanted, and still the caller's."""
        with self._database.read() as connection:
            return sql_outbox.is_leased(connection, due)

    def fail(
        self, due: Due, error: str, now: datetime, retry_at: datetime | None, tell: Message | None
    ) -> None:
        """Record a failed attempt; without *retry_at* the row gives up, and *tell* is sent."""
        with self._database.write() as connection:
            mine = sql_outbox.fail(connection, due, error, now, retry_at)
            if mine and retry_at is None and tell is not None:
                sql_outbox.add(connection, [message_row(tell, now)])

    def next_due(self) -> datetime | None:
        """When the next row can be claimed."""
        with self._database.read() as connection:
            return sql_outbox.next_due(connection)

    def pending(self, owner: str) -> Sequence[Pending]:
        """The open rows of an order or a parcel."""
        with self._database.read() as connection:
            return sql_outbox.open_rows(connection, owner)

    def undelivered(self, owner: str) -> Sequence[object]:
        """The bodies of messages on their way to a subject."""
        with self._database.read() as connection:
            return sql_outbox.open_messages(connection, owner)

    def tasks(self, query: TaskQuery) -> Sequence[tuple[str, Task]]:
        """One page of open tasks with their owners, by key."""
        tasks = schema.tasks
        wanted = {"role": query.role, "owner": query.owner, "assignee": query.assignee}
        found = select(tasks).where(
            tasks.c.key > query.after,
            *(tasks.c[name] == value for name, value in wanted.items() if value is not None),
        )
        return [_task(row) for row in self._rows(found.order_by(tasks.c.key).limit(query.limit))]

    def task(self, key: str) -> tuple[str, Task] | None:
        """An open task and its owner."""
        row = self._row(_TASK, key=key)
        return None if row is None else _task(row)

    def assign(self, key: str, to: str, before: str) -> bool:
        """Give an open task to somebody; False where it is no longer *before*'s, or not open."""
        tasks = schema.tasks
        mine = update(tasks).where(tasks.c.key == key, tasks.c.assignee == before)
        with self._database.write() as connection:
            return connection.execute(mine.values(assignee=to)).rowcount == 1

    def _rows(self, statement: Select[Any]) -> Sequence[RowMapping]:
        with self._database.read() as connection:
            return connection.execute(statement).mappings().all()

    def _row(self, statement: Select[Any], **asked: str) -> RowMapping | None:
        with self._database.read() as connection:
            return connection.execute(statement, asked).mappings().one_or_none()


def _task(row: RowMapping) -> tuple[str, Task]:
    task = Task(
        row["key"],
        row["name"],
        row["subject"],
        row["role"],
        row["instructions"],
        row["due"],
        codec.decode_form(row["fields"]),
        row["assignee"],
    )
    return row["owner"], task
