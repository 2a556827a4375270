"""A database: durable commits, and consistent reads."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from orderflow.errors import StaleTransaction, StoreUnavailable
from orderflow.stores.forks import watch
from orderflow.stores.sql.connection import opened, settings_of
from orderflow.stores.sql.failures import OldSnapshot, is_crowded, typed_errors

__all__ = ["Access", "Database", "HostTransaction", "schema_of"]


class Access(Protocol):
    """Access to a store's tables: its own database, or the application's transaction."""

    def read(self) -> Any:
        """A context with a connection for reads."""

    def write(self) -> Any:
        """A context with a transaction: committed at the end, rolled back by an exception."""


class Database:
    """Connections for reads, and transactions for writes.

    On SQLite a reader sees the last commit and is never blocked; ``BEGIN IMMEDIATE`` serializes
    writers. Waiting for a lock or a connection takes up to *lock_timeout* seconds, then raises
    StoreLocked. A child process has its own connections.
    """

    def __init__(
        self,
        url: str | Engine,
        schema: str | None = None,
        lock_timeout: float = 30.0,
        synchronous: str = "FULL",
        pool: Mapping[str, Any] | None = None,
    ) -> None:
        self.engine: Engine = opened(url, lock_timeout, synchronous, pool or {})
        self._hosts = self.engine is url
        self._patience = lock_timeout
        self._settings = settings_of(self.engine, lock_timeout, synchronous, "set local")
        if schema is not None:
            tables = {"schema_translate_map": {None: schema}}
            self.engine = self.engine.execution_options(**tables)
        self._begins = self.engine.dialect.name == "sqlite"
        # Each read is one statement, so other databases need no transaction around it.
        alone: dict[str, Any] = {} if self._begins else {"isolation_level": "AUTOCOMMIT"}
        self._reading = self.engine.execution_options(**alone)
        self._thread = threading.local()
        self._in_use: set[int] = set()
        self._inherited: list[object] = []
        self._unusable = ""
        if self._begins:
            _count(self.engine, self._in_use)
        watch(self)
        if not self._hosts:
            weakref.finalize(self, self.engine.dispose)  # an unused store needs no close()

    def before_fork(self) -> None:
        """Leave no child an open SQLite file: there its locks belong to nobody."""
        if self._begins:
            self._close_connection()
            self.engine.dispose()

    def after_fork(self, *, child: bool) -> None:
        """Use new connections in a child, and leave the parent's alone."""
        if not child:
            return
        if self._in_use:
            self._unusable = (
                "this process was forked while its parent worked with the SQLite file: fork while "
                "no thread does, or start processes afresh (multiprocessing's 'spawn')"
            )
        self._inherited += [self.engine.pool, vars(self._thread).get("reads")]
        self.engine.dispose(close=False)
        self._thread = threading.local()

    def _connect(self, engine: Engine) -> Connection:
        """A connection; waits where every one is in use."""
        if self._unusable:
            raise StoreUnavailable(self._unusable, permanent=True)
        until, pause = time.monotonic() + self._patience, 0.01
        while True:
            try:
                connection = engine.connect()
            except (OperationalError, PoolTimeout) as error:
                if not is_crowded(error) or time.monotonic() >= until:
                    raise
                time.sleep(pause)
                pause = min(pause * 2, 0.2)
                continue
            if self._begins and self._hosts:
                _set(connection, self._settings)
            return connection

    @property
    def file(self) -> Path | None:
        """The file of an SQLite database."""
        name = (self.engine.url.database or "").partition("?")[0].removeprefix("file:")
        return Path(name).resolve() if self._begins else None

    @property
    def missing(self) -> bool:
        """Whether it is an SQLite file that does not exist yet."""
        return self.file is not None and not self.file.exists()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for reads."""
        with typed_errors():
            # The application's may start a transaction at its first read, and return old rows.
            if self._hosts or not getattr(self._thread, "keeps", False):
                with self._connect(self._reading) as connection:
                    yield connection
                return
            kept: Connection | None = getattr(self._thread, "reads", None)
            if kept is None:
                kept = self._thread.reads = self._connect(self._reading)
            try:
                yield kept
            except BaseException:
                self._close_connection()  # it may be broken
                raise

    @contextmanager
    def keep_reading(self) -> Iterator[None]:
        """A context in which this thread reads over one connection, without the pool."""
        self._thread.keeps = True
        try:
            yield
        finally:
            self._thread.keeps = False
            self._close_connection()

    def _close_connection(self) -> None:
        """Return the read connection of this thread to the pool."""
        kept: Connection | None = getattr(self._thread, "reads", None)
        self._thread.reads = None
        if kept is not None:
            kept.close()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction: committed at the end, rolled back by an exception."""
        self._close_connection()  # holding one while waiting for another may deadlock
        with (
            typed_errors() as progress,
            self._connect(self.engine) as connection,
            connection.begin(),
        ):
            if self._begins:
                # Lock now: a transaction that reads first might not get the lock later.
                _begin(connection, "BEGIN IMMEDIATE")
            elif self._hosts:
                for setting in self._settings:
                    connection.exec_driver_sql(setting)
            yield connection
            progress.committing = True

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A connection that reads a snapshot."""
        level: dict[str, Any] = {} if self._begins else {"isolation_level": "REPEATABLE READ"}
        with typed_errors(), self._connect(self.engine.execution_options(**level)) as connection:
            if self._begins:
                _begin(connection, "BEGIN")
            yield connection

    def wipe_log(self) -> None:
        """Empty the write-ahead log of SQLite, which contains old pages.

        A reader that blocks it beyond the timeout leaves it unchanged.
        """
        if self._begins:
            with typed_errors(), self.engine.connect() as connection:
                connection.exec_driver_sql("pragma wal_checkpoint(truncate)")

    def close(self) -> None:
        """Close every connection, except those of the application's engine."""
        if not self._hosts:
            self.engine.dispose()


def _set(connection: Connection, settings: list[str]) -> None:
    """Set up the application's SQLite connection before any transaction."""
    cursor = connection.connection.cursor()
    for setting in settings:
        cursor.execute(setting)
    cursor.close()


def _begin(connection: Connection, how: str) -> None:
    """Begin on SQLite; first rolls back where the application's engine has begun already."""
    if not connection.in_transaction():
        connection.begin()
    if _is_open(connection.connection):
        connection.exec_driver_sql("ROLLBACK")
    connection.exec_driver_sql(how)


def _count(engine: Engine, in_use: set[int]) -> None:
    """Track the connections in use, of any pool."""

    def taken(_connection: object, record: object, _fairy: object) -> None:
        in_use.add(id(record))

    def given_back(_connection: object, record: object) -> None:
        in_use.discard(id(record))

    event.listen(engine, "checkout", taken)
    event.listen(engine, "checkin", given_back)


class HostTransaction:
    """The application's transaction: the application commits it, or rolls it back."""

    def __init__(self, connection: Connection, schema: str | None) -> None:
        self._connection, self._schema = connection, schema

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """The application's connection, temporarily with the schema of our tables."""
        options = self._connection.get_execution_options()
        before = options.get("schema_translate_map", {})
        self._connection.execution_options(schema_translate_map={None: self._schema})
        try:
            with typed_errors():
                yield self._connection
        except OldSnapshot as error:
            what = "your transaction has lost to another one, and can store nothing any more"
            raise StaleTransaction(
                f"{what} ({error.reason}): roll it back, and begin it again from its first read"
            ) from None
        finally:
            self._connection.execution_options(schema_translate_map=before)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A savepoint: an exception undoes our writes, and none of the application's."""
        with self.read() as connection:
            self._begin()
            with connection.begin_nested():
                yield connection

    def _begin(self) -> None:
        """Ensure an open transaction; else the savepoint itself would commit at once."""
        if not self._connection.in_transaction():
            self._connection.begin()
        raw = self._connection.connection
        if _commits_alone(self._connection):
            what = "your connection commits by itself (AUTOCOMMIT): open a transaction on it"
            raise StoreUnavailable(what, permanent=True)
        if self._connection.dialect.name != "sqlite":
            return
        if not _is_open(raw):
            self._connection.exec_driver_sql("BEGIN IMMEDIATE")
        if not _is_open(raw):
            what = "the driver of your connection does not say whether a transaction is open"
            fix = "give a connection of Python's own sqlite3"
            raise StoreUnavailable(f"{what}: {fix}", permanent=True)


def _is_open(raw: Any) -> bool:
    """Whether an SQLite connection reports an open transaction."""
    return any(getattr(layer, "in_transaction", False) is True for layer in _layers(raw))


def _commits_alone(connection: Connection) -> bool:
    """Whether a connection has no transaction and its driver opens none: each write commits."""
    if _is_open(raw := connection.connection):
        return False
    alone: dict[str, bool | None] = {"autocommit": True}
    if connection.dialect.name == "sqlite":
        alone["isolation_level"] = None
    return any(
        getattr(layer, name, "") is value for layer in _layers(raw) for name, value in alone.items()
    )


def _layers(raw: Any) -> tuple[Any, Any]:
    """SQLAlchemy's connection, and the driver's own."""
    return raw.dbapi_connection, raw.driver_connection


def schema_of(connection: Connection) -> str | None:
    """The PostgreSQL schema of our tables; None is the first of the search path."""
    name: str | None = connection.get_execution_options().get("schema_translate_map", {}).get(None)
    return name
