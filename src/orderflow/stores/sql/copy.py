"""Copies all stored data into another database, such as from SQLite to PostgreSQL."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import attrs
from sqlalchemy import Connection, Table, delete, func, insert, inspect, literal, select

from orderflow.errors import OrderflowError
from orderflow.stores.sql import documents as sql_filing
from orderflow.stores.sql import schema
from orderflow.stores.sql.database import schema_of
from orderflow.stores.sql.statements import Row
from orderflow.stores.sql.store import SqlStore

__all__ = ["CopyRefused", "copy_database"]

_PAGE = 1_000


class CopyRefused(OrderflowError, ValueError):
    """The target is not empty, or returns other rows than were written; nothing is stored."""


@attrs.define
class _Sum:
    """A checksum of a table, independent of the order of its rows."""

    rows: int = 0
    digest: int = 0

    def add(self, row: Row) -> None:
        """Add a row."""
        told = hashlib.sha256(repr(sorted(row.items())).encode()).digest()
        self.rows += 1
        self.digest += int.from_bytes(told)


def copy_database(source: SqlStore, target: SqlStore) -> Mapping[str, int]:
    """Copy every row in one transaction; returns the number of rows by table.

    The source stays unchanged. Concurrent writes wait (SQLite) or are not copied (PostgreSQL): stop
    applications and workers first.

    Raises:
        CopyRefused: The target is not empty, or the copy differs.
    """
    if _place(source) == _place(target):
        raise CopyRefused("source and target are one database; give another, empty one")
    with source._own.write() as reading, target._own.write() as writing:
        if reading.dialect.name == "postgresql":
            reading.exec_driver_sql("set transaction isolation level repeatable read")
        tables = list(_tables(reading))
        for table in tables:
            table.create(writing, checkfirst=True)
            if table is schema.rules:  # an engine that opened it has stored its card
                writing.execute(delete(table))
            if writing.execute(select(literal(1)).select_from(table).limit(1)).first():
                raise CopyRefused(f"{table.name} has rows in the target; give an empty database")
        return {table.name: _copied(reading, writing, table) for table in tables}


def _place(store: SqlStore) -> object:
    """The identity of a database, however its URL is written."""
    url = store._own.engine.url
    return store._own.file or (url.host, url.port, url.database, store._schema)


def _tables(connection: Connection) -> Iterator[Table]:
    """The tables of the store, and those of documents and numbers if they exist."""
    known = set(inspect(connection).get_table_names(schema=schema_of(connection)))
    yield from (table for table in schema.metadata.sorted_tables if table is not schema.schema)
    yield from (table for table in sql_filing.metadata.sorted_tables if table.name in known)


def _copied(reading: Connection, writing: Connection, table: Table) -> int:
    """Copy a table; returns its number of rows, after reading them again."""
    was, became = _Sum(), _Sum()
    for page in _pages(reading, table):
        for row in page:
            was.add(row)
        writing.execute(insert(table), page)
    for page in _pages(writing, table):
        for row in page:
            became.add(row)
    if was != became:
        what = f"{became.rows} rows of {was.rows}"
        raise CopyRefused(f"{table.name} is not the same in the target: {what}")
    if writing.dialect.name == "postgresql" and "number" in table.primary_key.columns:
        quote = writing.dialect.identifier_preparer.quote
        name = ".".join(quote(part) for part in (schema_of(writing), table.name) if part)
        sequence = func.pg_get_serial_sequence(name, "number")
        top = select(func.max(table.c.number)).scalar_subquery()
        writing.execute(select(func.setval(sequence, func.coalesce(top, 1))))
    return was.rows


def _pages(connection: Connection, table: Table) -> Iterator[list[Row]]:
    streamed: Any = {"yield_per": _PAGE}
    found = connection.execute(select(table), execution_options=streamed).mappings()
    for page in found.partitions():
        yield [dict(row) for row in page]
