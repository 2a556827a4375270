"""Opening a database: the settings under which a commit is durable and nobody reads half of one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import cache
from typing import Any

from sqlalchemy import Connection, Engine, Executable, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url

__all__ = ["Database", "adding", "changed_rows", "execute_many", "inserting", "putting"]

Row = dict[str, Any]

_SQLITE = ("busy_timeout=30000", "journal_mode=WAL", "synchronous=FULL")


class Database:
    """Connections to read from, and transactions to write in.

    On SQLite a reader sees the last commit and is never blocked. Writers are serialised: within a
    process by a lock, between processes by ``BEGIN IMMEDIATE``, which waits up to 30 seconds.
    """

    def __init__(self, url: str) -> None:
        self._engine = _open(url)
        self._one_by_one = self._engine.dialect.name == "sqlite"
        self._turn = threading.Lock() if self._one_by_one else nullcontext()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection to read from."""
        with self._engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction: committed at the end, rolled back by an exception."""
        with self._turn, self._engine.begin() as connection:
            if self._one_by_one:
                # The lock at once: a transaction that reads first might not get it later.
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


def _open(url: str) -> Engine:
    address = make_url(url)
    if address.get_backend_name() != "sqlite":
        return create_engine(address)
    if address.database in (None, "", ":memory:"):
        raise ValueError("SQLite in memory is another database in each thread: use MemoryStore()")
    engine = create_engine(address, max_overflow=-1)
    event.listen(engine, "connect", _configure)
    return engine


def _configure(connection: Any, _record: object) -> None:
    """Begin transactions only where :meth:`Database.write` says so, and make commits durable."""
    connection.isolation_level = None
    for setting in _SQLITE:
        connection.execute(f"PRAGMA {setting}")


def inserting(dialect: str, table: Table) -> postgresql.Insert | sqlite.Insert:
    """The dialect's insert, which knows what to do where a row is there already."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


@cache
def adding(dialect: str, table: Table) -> postgresql.Insert | sqlite.Insert:
    """An insert that leaves a row as it is where one with its key is there already."""
    return inserting(dialect, table).on_conflict_do_nothing()


@cache
def putting(
    dialect: str, table: Table, keys: tuple[str, ...], columns: tuple[str, ...]
) -> postgresql.Insert | sqlite.Insert:
    """An insert that sets *columns* where a row with its *keys* is there already."""
    statement = inserting(dialect, table)
    new = {column: statement.excluded[column] for column in columns}
    return statement.on_conflict_do_update(index_elements=list(keys), set_=new)


def execute_many(connection: Connection, statement: Executable, rows: list[Row]) -> None:
    """Execute a statement for all *rows* at once; for none it costs nothing."""
    if rows:
        connection.execute(statement, rows)


def changed_rows(connection: Connection, statement: Executable, rows: list[Row]) -> int:
    """Execute a statement for all *rows*, and count the rows of the table that it matched."""
    if connection.dialect.supports_sane_multi_rowcount and rows:
        return connection.execute(statement, rows).rowcount
    return sum(connection.execute(statement, row).rowcount for row in rows)
