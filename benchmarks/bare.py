"""The limit: the same rows written without orderflow.

An engine's run is recorded as the statements that it sent and where it committed. Its writes are
then sent again to an empty database: the same rows, in the same transactions, on a connection with
the same settings, and nothing is read, decided or encoded.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import attrs
from sqlalchemy import Connection, event, func, select
from sqlalchemy import Engine as Database

from benchmarks.orders import opened, stocked
from orderflow import Engine
from orderflow.stores import SqlStore
from orderflow.stores.sql import database, schema

__all__ = ["Recording", "bare", "counts", "recorded"]

Work = Callable[[Engine, int], None]


@attrs.define
class Sent:
    """A statement as it was sent, with the rows of its parameters."""

    statement: str
    rows: list[Any]

    @property
    def writes(self) -> bool:
        return self.statement.split(maxsplit=1)[0].upper() in ("INSERT", "UPDATE", "DELETE")


@attrs.define
class Recording:
    """What was sent in each transaction that was committed."""

    transactions: list[list[Sent]] = attrs.field(factory=list)
    reads: int = 0

    @property
    def statements(self) -> int:
        return self.reads + sum(map(len, self.transactions))

    @property
    def rows(self) -> int:
        return sum(len(sent.rows) for sents in self.transactions for sent in sents)


@contextmanager
def recorded() -> Iterator[Recording]:
    """What every SQLAlchemy engine of this process sends meanwhile."""
    recording = Recording()
    open_: list[Sent] = []

    def sent(
        _connection: Any, _cursor: Any, statement: str, given: Any, _context: Any, many: bool
    ) -> None:
        one = Sent(statement, list(given) if many else [given])
        if one.writes:
            open_.append(one)
        elif not statement.startswith("BEGIN"):
            recording.reads += 1

    def committed(_connection: Connection) -> None:
        if open_:
            recording.transactions.append(list(open_))
            open_.clear()

    heard = (("before_cursor_execute", sent), ("commit", committed))
    for name, function in heard:
        event.listen(Database, name, function)
    try:
        yield recording
    finally:
        for name, function in heard:
            event.remove(Database, name, function)


def bare(url: str, again: str, count: int, work: Work, many: bool) -> float:
    """Orders a second: *work* is recorded on *url*, and its rows are written again on *again*.

    *many* is one ``executemany`` for each statement and transaction; else they go row by row.
    """
    with opened(url, count) as engine, recorded() as recording:
        work(engine, count)
    stocked(SqlStore(again), count)
    there = database.Database(again)
    began = time.perf_counter()
    for sents in recording.transactions:
        with there.write() as connection:
            for sent in sents:
                _send(connection, sent, many)
    took = time.perf_counter() - began
    assert _counts(url) == _counts(again)
    there.close()
    return count / took


def _send(connection: Connection, sent: Sent, many: bool) -> None:
    if many and len(sent.rows) > 1:
        connection.exec_driver_sql(sent.statement, sent.rows)
    else:
        for row in sent.rows:
            connection.exec_driver_sql(sent.statement, row)


def _counts(url: str) -> Counter[str]:
    """The rows of each table that orders make."""
    found: Counter[str] = Counter()
    there = database.Database(url)
    with there.read() as connection:
        for table in schema.metadata.sorted_tables:
            found[table.name] = connection.scalar(select(func.count()).select_from(table)) or 0
    there.close()
    return found


def counts(url: str, count: int, work: Work) -> dict[str, float]:
    """What an order costs a database: commits, statements, rows written, rows it leaves."""
    with opened(url, count) as engine, recorded() as recording:
        work(engine, count)
    figures = {
        "commits": len(recording.transactions),
        "statements": recording.statements,
        "rows written": recording.rows,
        "rows kept": _counts(url).total(),
    }
    return {name: figure / count for name, figure in figures.items()}
