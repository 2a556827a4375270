"""The store in a SQL database: durable, safe for threads and for several processes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, update

from orderflow.errors import StoreLocked, StoreUnavailable
from orderflow.model.events import Entry
from orderflow.model.observations import Observation
from orderflow.model.order import Order
from orderflow.model.parcel import Parcel
from orderflow.model.work import LeasedRow, Message, Task
from orderflow.ports import Commit, LeasedRows, Outcome, Restricted, Stale
from orderflow.ports.query_check import asked_alike
from orderflow.renamed import keeps_old_members
from orderflow.stores.forks import watch
from orderflow.stores.rows import message_row, task_row
from orderflow.stores.sql import (
    cards,
    erasure,
    leases,
    migrations,
    repair,
    restriction,
    schema,
    unmatched,
)
from orderflow.stores.sql import (
    outbox as sql_outbox,
)
from orderflow.stores.sql.commit import put_tasks, write_commits
from orderflow.stores.sql.database import Access, Database, HostTransaction
from orderflow.stores.sql.failures import Contended, with_retries
from orderflow.stores.sql.group_commit import Group
from orderflow.stores.sql.reads import SqlReads

__all__ = ["SqlStore"]


@keeps_old_members
@asked_alike
class SqlStore(SqlReads):
    """A :class:`orderflow.ports.Store` in a SQL database, whose tables it creates.

    Several threads and several processes may work on one database. What ``commit`` answered with
    Committed survives a loss of power. Threads that commit at the same moment share a transaction.

    Args:
        url: As SQLAlchemy reads it: ``sqlite:///shop.db`` is a file in the working directory,
            ``postgresql://user@host/shop`` a database of a server (extra ``postgres``). Or a
            ``sqlalchemy.Engine`` of the host's, whose connections are used then.
        schema: The PostgreSQL schema of the tables; it must exist. Their names begin with
            ``orderflow_`` in any case.
        patience: Seconds to wait for others that hold a lock, or the last free connection.
        create: Whether to create the tables, and an SQLite file, where there are none.
        synchronous: SQLite's setting. With ``NORMAL`` a loss of power may lose the last commits.
        pool: What ``sqlalchemy.create_engine`` takes besides: ``pool_size``, ``connect_args``, …

    Every method raises StoreUnavailable, or the kind of it that fits, when the database fails; and
    InvalidInput for a value that it does not take.

    Raises:
        SchemaMismatch: A later release wrote the database. What an earlier one wrote is migrated.
        StoreUnavailable: It cannot be opened: the URL, its driver, the file, the permissions.
        ValueError: The URL is of an SQLite database in memory.
    """

    def __init__(
        self,
        url: str | Engine,
        *,
        schema: str | None = None,
        lock_timeout: float = 30.0,
        create: bool = True,
        synchronous: str = "FULL",
        pool: Mapping[str, Any] | None = None,
    ) -> None:
        self._own = Database(url, schema, lock_timeout, synchronous, pool)
        if not create and self._own.missing:
            raise StoreUnavailable("there is no such file", permanent=True)
        self._database: Access = self._own
        self._schema = schema
        self._group = Group(self._write)
        watch(self._group)
        try:
            self._prepare(create)
        except StoreUnavailable as error:
            self.close()
            raise type(error)(error.reason, permanent=not isinstance(error, StoreLocked)) from None
        except BaseException:
            self.close()
            raise

    def _prepare(self, create: bool) -> None:
        with self._database.write() as connection:
            if not migrations.prepare(connection, create=create):
                raise StoreUnavailable("it has no tables of orderflow", permanent=True)

    def close(self) -> None:
        """Close every connection; the store opens new ones when it is used again."""
        self._own.close()

    def in_transaction(self, connection: Any) -> SqlStore:
        """This store inside a transaction of the host's, on a connection to the same database.

        What is committed to it is stored when the host commits; a rollback undoes it.
        """
        if not isinstance(connection, Connection):
            kind = type(connection).__name__
            raise TypeError(f"give the sqlalchemy.Connection of your transaction, not a {kind}")
        guest = object.__new__(SqlStore)
        guest._own, guest._schema = self._own, self._schema
        guest._database = HostTransaction(connection, self._schema)
        guest._group = Group(guest._write)
        return guest

    @contextmanager
    def snapshot(self) -> Iterator[SqlStore]:
        """This store as it is at one moment, to be read, whatever others commit meanwhile."""
        with self._own.snapshot() as connection:
            yield self.in_transaction(connection)

    def commit(self, commit: Commit) -> Outcome:
        """Store all of it in one transaction, or nothing."""
        return self._group.commit([commit])[0]

    def commit_all(self, commits: Sequence[Commit]) -> Sequence[Outcome]:
        """Store each of them, or nothing of it, as if one by one, in one transaction."""
        return self._group.commit(commits) if commits else []

    def _write(self, commits: Sequence[Commit]) -> list[Outcome]:
        try:
            with self._database.write() as connection:
                return write_commits(connection, commits)
        except Contended:
            return [Stale()] * len(commits)

    def commit_and_lease(
        self, commits: Sequence[Commit], now: datetime, lease: timedelta, token: str, limit: int
    ) -> tuple[Sequence[Outcome], Sequence[LeasedRow]]:
        """Store each, or nothing of it, and claim what is due then, in one transaction."""
        try:
            with self._group.turn, self._database.write() as connection:
                outcomes = write_commits(connection, commits)
                return outcomes, sql_outbox.lease(connection, now, lease, token, limit)
        except Contended:
            return [Stale()] * len(commits), []

    def read_session(self) -> AbstractContextManager[None]:
        """While it lasts, this thread reads over one connection."""
        return self._own.keep_reading()

    def keep_card(self, card: str) -> None:
        """Keep the card of the rules that the shop runs on; nothing in the host's transaction."""
        if self._database is self._own:
            with self._database.write() as connection:
                cards.put(connection, card)

    @with_retries
    def park(
        self, reference: str, observation: Observation, now: datetime, patience: timedelta
    ) -> None:
        """Keep a fact whose subject is not known; where it has become known, send the fact on."""
        with self._database.write() as connection:
            unmatched.park(connection, reference, observation, now, patience)

    @with_retries
    def park_unreadable(self, payload: str, error: str, now: datetime, task: Task) -> None:
        """Keep what cannot be read, under the task's subject, and open the task about it."""
        with self._database.write() as connection:
            unmatched.park_unreadable(connection, payload, error, now, task)

    @with_retries
    def dismiss_unmatched(self, reference: str) -> bool:
        """Drop what is kept under a reference, with its timer and tasks; False if nothing is."""
        with self._database.write() as connection:
            return bool(unmatched.take_matching(connection, [reference]))

    @with_retries
    def lease(self, now: datetime, lease: timedelta, token: str, limit: int) -> Sequence[LeasedRow]:
        """Rows that are due, of one kind, leased to the caller until ``now + lease``."""
        with self._database.write() as connection:
            return sql_outbox.lease(connection, now, lease, token, limit)

    @with_retries
    def dispatch(self, now: datetime, lease: timedelta, limit: int) -> Sequence[str]:
        """The owners of rows that are due and nobody's; they are left alone until ``now + lease``.

        No attempt is counted, and whoever works on a row keeps it.
        """
        with self._database.write() as connection:
            return leases.dispatch(connection, now, lease, limit)

    @with_retries
    def lease_all(self, owner: str, now: datetime, lease: timedelta, token: str) -> LeasedRows:
        """All open rows of an owner, whoever has leased them: its driver is the only one.

        Those that are due and no effects are leased with *token*, as by :meth:`claim`. The others
        are left alone by :meth:`hand_over` until a *lease* after they are due.
        """
        with self._database.write() as connection:
            return leases.lease_all(connection, owner, now, lease, token)

    @with_retries
    def lease_one(self, key: str, now: datetime, lease: timedelta, token: str) -> LeasedRow | None:
        """A row, leased to the caller whoever had it before; None where it is not open."""
        with self._database.write() as connection:
            return leases.lease_one(connection, key, now, lease, token)

    @with_retries
    def record_failure(
        self,
        due: LeasedRow,
        error: str,
        now: datetime,
        retry_at: datetime | None,
        tell: Message | Task | None,
    ) -> None:
        """Record a failed attempt, where the row is still the caller's; else nothing changes.

        Without *retry_at* it gives up. *tell* is sent, or opened for the row's owner.
        """
        with self._database.write() as connection:
            if not sql_outbox.record_failure(connection, due, error, now, retry_at):
                return
            if isinstance(tell, Message):
                sql_outbox.add(connection, [message_row(tell, now)])
            elif tell is not None:
                put_tasks(connection, [task_row(tell, due.owner)])

    @with_retries
    def postpone(self, due: LeasedRow, error: str, until: datetime) -> None:
        """Leave a claimed row alone until then, and count no attempt; not where it is another's."""
        with self._database.write() as connection:
            sql_outbox.postpone(connection, due, error, until)

    @with_retries
    def assign(self, key: str, to: str, before: str) -> bool:
        """Give an open task to somebody; False where it is no longer *before*'s, or not open."""
        tasks = schema.tasks
        mine = update(tasks).where(tasks.c.key == key, tasks.c.assignee == before)
        with self._database.write() as connection:
            changed: int = connection.execute(mine.values(assignee=to)).rowcount
            return changed == 1

    @with_retries
    def repair(self, now: datetime) -> None:
        """Count stock levels again, and free rows that are put off for far too long."""
        with self._database.write() as connection:
            repair.repair(connection, now)

    @with_retries
    def rewrite_history(
        self, order: Order, parcels: Sequence[Parcel], entries: Sequence[Entry]
    ) -> bool:
        """Replace an order, its parcels and their journals, and blank what was told of them."""
        with self._database.write() as connection:
            rewritten = erasure.rewrite_history(connection, order, parcels, entries)
        if self._database is self._own:  # a host empties its log when its transaction is over
            self._own.wipe_log()
        return rewritten

    @with_retries
    def purge(self, owner: str) -> None:
        """Take every outbox row of an owner away, its attempts and tasks."""
        with self._database.write() as connection:
            erasure.purge(connection, owner)

    @with_retries
    def restrict(self, kept: Sequence[Restricted]) -> None:
        """Keep what a law wants kept, in the rows of the timers that erase it."""
        with self._database.write() as connection:
            restriction.put(connection, kept)

    @with_retries
    def lift(self, key: str) -> None:
        """Erase what is kept under a key, and its attempts."""
        with self._database.write() as connection:
            restriction.lift(connection, key)
        if self._database is self._own:
            self._own.wipe_log()
