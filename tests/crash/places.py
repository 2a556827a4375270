"""Where a process of a crash test works: a folder, and a database whose content can be put back."""

from __future__ import annotations

import sqlite3
import weakref
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol

import psycopg

from tests.postgres import running

Rows = dict[str, list[dict[str, Any]]]
"""The rows of each table, as the database gives them."""


def rows_at(url: str) -> Rows:
    """All that is in a database."""
    with closing(connect(url)) as connection:
        return rows(connection)


def connect(url: str) -> Any:
    """A connection to a database; each statement is a transaction."""
    if url.startswith("sqlite:///"):
        return sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)


def rows(connection: Any) -> Rows:
    found = {}
    for table in _tables(connection):
        cursor = connection.execute(f"select * from {table}")
        names = [column[0] for column in cursor.description]
        found[table] = [dict(zip(names, row, strict=True)) for row in cursor]
    return found


def _tables(connection: Any) -> list[str]:
    asked = (
        "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'"
        if isinstance(connection, sqlite3.Connection)
        else "select tablename from pg_tables where schemaname = 'public'"
    )
    return [name for (name,) in connection.execute(asked)]


class Place(Protocol):
    """A folder with what a process keeps beside its database, and the database."""

    folder: Path
    url: str

    def keep(self) -> None:
        """Keep what is there; nobody is connected."""

    def put_back(self) -> None:
        """Have everything as it was kept, whatever a process left that died."""

    def rows(self) -> Rows:
        """All that is in the database."""


class OnSqlite:
    """The database is a file in the folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.url = folder, f"sqlite:///{folder}/orders.db"

    def keep(self) -> None:
        self._kept = _contents(self.folder)
        assert not any(name.endswith("-wal") for name in self._kept), "somebody is connected"

    def put_back(self) -> None:
        _fill(self.folder, self._kept)

    def rows(self) -> Rows:
        return rows_at(self.url)


class OnPostgresql:
    """The database is the server's. Its rows are kept beside it, as tables in another schema."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.url = folder, running().database("crash")
        self._own = connect(self.url)
        weakref.finalize(self, self._own.close)

    def keep(self) -> None:
        self._kept = _contents(self.folder)
        tables, back = _tables(self._own), []
        self._own.execute("create schema kept")
        for table in tables:
            self._own.execute(f"create table kept.{table} as table {table}")
            back += [f"delete from {table}", f"insert into {table} table kept.{table}"]
        counters = "select sequencename, last_value from pg_sequences where schemaname = 'public'"
        for name, last in self._own.execute(counters):
            back.append(f"select setval('{name}', {last or 1}, {last is not None})")
        self._back = "; ".join(back)

    def put_back(self) -> None:
        """Waits for what the server still does for a process that died."""
        self._own.execute(self._back)
        _fill(self.folder, self._kept)

    def rows(self) -> Rows:
        return rows(self._own)


def _contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def _fill(folder: Path, contents: dict[str, bytes]) -> None:
    for file in folder.iterdir():
        file.unlink()
    for name, content in contents.items():
        (folder / name).write_bytes(content)
