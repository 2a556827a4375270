"""Opening a database: the settings under which a commit is durable and nobody reads half of one."""

from __future__ import annotations

import sqlite3
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from math import inf
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DisconnectionError

from orderflow.stores.sql.failures import typed

__all__ = ["Database", "Guest", "Place", "schema_of"]


class Place(Protocol):
    """Where a store reads and writes: a database of its own, or a transaction of the host's."""

    def read(self) -> Any:
        """A context with a connection to read from."""

    def write(self) -> Any:
        """A context with a transaction: kept at the end, undone by an exception."""


class Database:
    """Connections to read from, and transactions to write in.

    On SQLite a reader sees the last commit and is never blocked; writers are serialised by ``BEGIN
    IMMEDIATE``. Who waits for another waits up to *patience* seconds, then raises StoreLocked.
    """

    def __init__(
        self,
        url: str,
        schema: str | None = None,
        patience: float = 30.0,
        synchronous: str = "FULL",
    ) -> None:
        self.engine = _open(url, patience, synchronous)
        if schema is not None:
            tables = {"schema_translate_map": {None: schema}}
            self.engine = self.engine.execution_options(**tables)
        self._begins = self.engine.dialect.name == "sqlite"
        # A reader asks one thing at a time, so elsewhere it needs no transaction around it.
        alone: dict[str, Any] = {} if self._begins else {"isolation_level": "AUTOCOMMIT"}
        self._reading = self.engine.execution_options(**alone)
        self._thread = threading.local()
        weakref.finalize(self, self.engine.dispose)  # who lets a store go need not close it

    @property
    def file(self) -> Path | None:
        """The file of an SQLite database."""
        return Path(self.engine.url.database or "").resolve() if self._begins else None

    @property
    def missing(self) -> bool:
        """Whether it is an SQLite file that is not there yet."""
        return self.file is not None and not self.file.exists()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection to read from."""
        with typed():
            kept: Connection | None = getattr(self._thread, "reads", None)
            if kept is None:
                with self._reading.connect() as connection:
                    yield connection
                return
            try:
                yield kept
            except BaseException:
                self._thread.reads = None  # it may be broken
                raise

    @contextmanager
    def keep_reading(self) -> Iterator[None]:
        """While it lasts, this thread reads over one connection, and fetches none each time."""
        with typed():
            connection = self._reading.connect()
        self._thread.reads = connection
        try:
            yield
        finally:
            self._thread.reads = None
            connection.close()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction: committed at the end, rolled back by an exception."""
        with typed() as progress, self.engine.begin() as connection:
            if self._begins:
                # The lock at once: a transaction that reads first might not get it later.
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            progress.committing = True

    @contextmanager
    def still(self) -> Iterator[Connection]:
        """A connection that reads what stands at one moment, whatever is committed meanwhile."""
        level: dict[str, Any] = {} if self._begins else {"isolation_level": "REPEATABLE READ"}
        with typed(), self.engine.execution_options(**level).connect() as connection:
            if self._begins:
                connection.exec_driver_sql("BEGIN")
            yield connection

    def wipe_log(self) -> None:
        """Empty the write-ahead log of SQLite, which holds pages as they were.

        A reader that stands in the way for longer than our patience leaves it as it is.
        """
        if self._begins:
            with typed(), self.engine.connect() as connection:
                connection.exec_driver_sql("pragma wal_checkpoint(truncate)")

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


class Guest:
    """The host's transaction: what is written in it the host commits, or rolls back."""

    def __init__(self, connection: Connection, schema: str | None) -> None:
        self._connection, self._schema = connection, schema

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """The host's connection, for a moment with the names of our tables."""
        options = self._connection.get_execution_options()
        before = options.get("schema_translate_map", {})
        self._connection.execution_options(schema_translate_map={None: self._schema})
        try:
            with typed():
                yield self._connection
        finally:
            self._connection.execution_options(schema_translate_map=before)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A savepoint: an exception undoes what we wrote, and nothing of the host's."""
        raw: object = self._connection.connection.dbapi_connection
        if isinstance(raw, sqlite3.Connection) and not raw.in_transaction:
            # Else the savepoint would be the whole transaction, and its release a commit.
            self._connection.exec_driver_sql("BEGIN IMMEDIATE")
        with self.read() as connection, connection.begin_nested():
            yield connection


def _open(url: str, patience: float, synchronous: str) -> Engine:
    address = make_url(url)
    if address.get_backend_name() != "sqlite":
        if address.drivername == "postgresql":
            address = address.set(drivername="postgresql+psycopg")
        engine = create_engine(address, hide_parameters=True, max_overflow=-1)
        _look_after(engine)
        settings = [f"set lock_timeout = {int(patience * 1000)}"]
    elif address.database in (None, "", ":memory:"):
        raise ValueError("SQLite in memory is another database in each thread: use MemoryStore()")
    else:
        engine = create_engine(address, hide_parameters=True, max_overflow=-1)
        settings = [
            f"pragma busy_timeout={int(patience * 1000)}",
            "pragma journal_mode=wal",
            f"pragma synchronous={synchronous}",
            "pragma secure_delete=on",  # what is erased is overwritten, not left in a free page
        ]

    def configure(connection: Any, _record: object) -> None:
        """Begin transactions only where :meth:`Database.write` says so, and make commits last."""
        if engine.dialect.name == "sqlite":
            connection.isolation_level = None
        cursor = connection.cursor()
        for setting in settings:
            cursor.execute(setting)
        cursor.close()
        connection.commit()

    event.listen(engine, "connect", configure)
    return engine


_RESTED = 1.0
"""Seconds after which a connection that rested is asked whether it is still there."""


def _look_after(engine: Engine) -> None:
    """Replace connections that broke while they rested; one in use is not asked each time."""

    def rests(_connection: object, record: Any) -> None:
        record.info["rests_since"] = time.monotonic()

    def wakes(connection: Any, record: Any, _fairy: object) -> None:
        if time.monotonic() - record.info.get("rests_since", inf) > _RESTED:
            try:
                engine.dialect.do_ping(connection)
            except engine.dialect.loaded_dbapi.Error as error:
                raise DisconnectionError from error

    event.listen(engine, "checkin", rests)
    event.listen(engine, "checkout", wakes)


def schema_of(connection: Connection) -> str | None:
    """The PostgreSQL schema that our tables stand in; None is where the database looks first."""
    name: str | None = connection.get_execution_options().get("schema_translate_map", {}).get(None)
    return name
