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

    Several threads and several processes may use one database. A commit with the outcome Stored
    survives a loss of power. Threads that commit at the same moment share a transaction.

    Args:
        url: As SQLAlchemy reads it: ``sqlite:///shop.db`` is a file in the working directory,
            ``postgresql://user@host/shop`` a database of a server (extra ``postgres``). Or a
            ``sqlalchemy.Engine`` of the application, whose connections it then uses.
        schema: The PostgreSQL schema of the tables; it must exist. Their names begin with
            ``orderflow_`` in any case.
        lock_timeout: Seconds to wait for a lock, or for a free connection.
        create: Whether to create the tables, and an SQLite file, where there are none.
        synchronous: SQLite's setting. With ``NORMAL`` a loss of power may lose the last commits.
        pool: Further arguments of ``sqlalchemy.create_engine``: ``pool_size``, …

    Every method raises StoreUnavailable or a subclass when the database fails, and InvalidInput for
    a value that the database does not accept.

    Raises:
        SchemaMismatch: A later release wrote the database. Earlier ones are migrated.
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
        """This store inside the application's transaction on the same database.

        Commits are stored when the application commits; a rollback undoes them.
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
        """A read-only snapshot of the store."""
        with self._own.snapshot() as connection:
            yield self.in_transaction(connection)

    def commit(self, commit: Commit) -> Outcome:
        """Store the commit in one transaction, or nothing."""
        return self._group.commit([commit])[0]

    def commit_all(self, commits: Sequence[Commit]) -> Sequence[Outcome]:
        """Store each commit, or nothing of it, as if one by one, in one transaction."""
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
        """Store each commit, or nothing of it, and lease the rows due then, in one transaction."""
        try:
            with self._group.turn, self._database.write() as connection:
                outcomes = write_commits(connection, commits)
                return outcomes, sql_outbox.lease(connection, now, lease, token, limit)
        except Contended:
            return [Stale()] * len(commits), []

    def read_session(self) -> AbstractContextManager[None]:
        """A context in which this thread reads over one connection."""
        return self._own.keep_reading()

    def keep_card(self, card: str) -> None:
        """Store the card of the rules; does nothing inside the application's transaction."""
        if self._database is self._own:
            with self._database.write() as connection:
                cards.put(connection, card)

    @with_retries
    def park(
        self, reference: str, observation: Observation, now: datetime, patience: timedelta
    ) -> None:
        """Keep an observation of an unknown subject; forward it where the subject is known now."""
        with self._database.write() as connection:
            unmatched.park(connection, reference, observation, now, patience)

    @with_retries
    def park_unreadable(self, payload: str, error: str, now: datetime, task: Task) -> None:
        """Keep an unreadable payload under the task's subject, and open the task."""
        with self._database.write() as connection:
            unmatched.park_unreadable(connection, payload, error, now, task)

    @with_retries
    def dismiss_unmatched(self, reference: str) -> bool:
        """Delete the items under a reference, with its timer and tasks; False if there is none."""
        with self._database.write() as connection:
            return bool(unmatched.take_matching(connection, [reference]))

    @with_retries
    def lease(self, now: datetime, lease: timedelta, token: str, limit: int) -> Sequence[LeasedRow]:
        """Due rows of one kind, leased to the caller until ``now + lease``."""
        with self._database.write() as connection:
            return sql_outbox.lease(connection, now, lease, token, limit)

    @with_retries
    def dispatch(self, now: datetime, lease: timedelta, limit: int) -> Sequence[str]:
        """Owners with due, unleased rows; reserved for this dispatcher until ``now + lease``.

        No attempt is counted, and existing leases stay.
        """
        with self._database.write() as connection:
            return leases.dispatch(connection, now, lease, limit)

    @with_retries
    def lease_all(self, owner: str, now: datetime, lease: timedelta, token: str) -> LeasedRows:
        """All open rows of an owner, whoever leased them: it has only one driver.

        Due rows that are no effects are leased with *token*, as by :meth:`lease`. The others are
        reserved until a *lease* after they are due, so :meth:`dispatch` skips them.
        """
        with self._database.write() as connection:
            return leases.lease_all(connection, owner, now, lease, token)

    @with_retries
    def lease_one(self, key: str, now: datetime, lease: timedelta, token: str) -> LeasedRow | None:
        """A row, leased to the caller whoever held it; None where it is not open."""
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
        """Record a failed attempt; does nothing where the caller lost the lease.

        Without *retry_at* the row is given up. *tell* is sent, or opened for the row's owner.
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
        """Postpone a leased row without counting an attempt; not where the lease is lost."""
        with self._database.write() as connection:
            sql_outbox.postpone(connection, due, error, until)

    @with_retries
    def assign(self, key: str, to: str, before: str) -> bool:
        """Assign an open task; False where it is not open, or no longer assigned to *before*."""
        tasks = schema.tasks
        mine = update(tasks).where(tasks.c.key == key, tasks.c.assignee == before)
        with self._database.write() as connection:
            changed: int = connection.execute(mine.values(assignee=to)).rowcount
            return changed == 1

    @with_retries
    def repair(self, now: datetime) -> None:
        """Recount stock levels, and release rows that are postponed far too long."""
        with self._database.write() as connection:
            repair.repair(connection, now)

    @with_retries
    def rewrite_history(
        self, order: Order, parcels: Sequence[Parcel], entries: Sequence[Entry]
    ) -> bool:
        """Replace an order, its parcels and their journals, and blank their outbox rows."""
        with self._database.write() as connection:
            rewritten = erasure.rewrite_history(connection, order, parcels, entries)
        if self._database is self._own:  # an application empties its log after its own transaction
            self._own.wipe_log()
        return rewritten

    @with_retries
    def purge(self, owner: str) -> None:
        """Delete all outbox rows, attempts and tasks of an owner."""
        with self._database.write() as connection:
            erasure.purge(connection, owner)

    @with_retries
    def restrict(self, kept: Sequence[Restricted]) -> None:
        """Store retained data, in the rows of the timers that erase it."""
        with self._database.write() as connection:
            restriction.put(connection, kept)

    @with_retries
    def lift(self, key: str) -> None:
        """Delete the retained data of a key, with its attempts."""
        with self._database.write() as connection:
            restriction.lift(connection, key)
        if self._database is self._own:
            self._own.wipe_log()
