"""SQLite on a disk whose power can be cut: what was not synced is kept, lost or torn at random."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import apsw
import attrs
import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

SECTOR = 512
Write = tuple[int, bytes] | int
"""Bytes at an offset; or the size that a file is cut to."""


@attrs.frozen
class Operation:
    """What was done to a file: written, or synced, or it was deleted."""

    file: str
    write: Write | None = None
    deleted: bool = False


class Disk(apsw.VFS):
    """Remembers what is written, synced and deleted, so that it can tell of any power cut."""

    def __init__(self, name: str) -> None:
        super().__init__(name, "")
        self.operations: list[Operation] = []

    def xOpen(self, name: Any, flags: list[int]) -> Any:  # noqa: N802
        return DiskFile(self, name, flags)

    def xDelete(self, name: str, sync: bool) -> None:  # noqa: N802
        super().xDelete(name, sync)
        self.operations.append(Operation(Path(name).name, deleted=True))

    def after_the_cut(self, done: int, chance: random.Random) -> dict[str, bytes]:
        """The files as they are found when the power failed after this many operations."""
        synced: dict[str, bytearray] = {}
        pending: dict[str, list[Write]] = {}
        for operation in self.operations[:done]:
            content = synced.setdefault(operation.file, bytearray())
            writes = pending.setdefault(operation.file, [])
            if operation.deleted:
                del synced[operation.file], pending[operation.file]
            elif operation.write is None:
                _apply(content, writes)
                writes.clear()
            else:
                writes.append(operation.write)
        for file, content in synced.items():
            _apply(content, _reached(pending[file], chance))
        return {file: bytes(content) for file, content in synced.items()}


class DiskFile(apsw.VFSFile):
    def __init__(self, disk: Disk, name: Any, flags: list[int]) -> None:
        super().__init__("", name, flags)
        self._disk = disk
        self._name = Path(name.filename() if hasattr(name, "filename") else name).name

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        super().xWrite(data, offset)
        self._note((offset, bytes(data)))

    def xTruncate(self, size: int) -> None:  # noqa: N802
        super().xTruncate(size)
        self._note(size)

    def xSync(self, flags: int) -> None:  # noqa: N802
        super().xSync(flags)
        self._note(None)

    def _note(self, write: Write | None) -> None:
        self._disk.operations.append(Operation(self._name, write))


def _reached(writes: Iterable[Write], chance: random.Random) -> Iterator[Write]:
    """Of what was not synced, whatever had reached the disk."""
    for write in writes:
        if chance.random() < 0.5:
            yield write if isinstance(write, int) else _torn(write, chance)


def _torn(write: tuple[int, bytes], chance: random.Random) -> tuple[int, bytes]:
    """All of it or some whole sectors from its beginning."""
    offset, data = write
    sectors = chance.choice([len(data), len(data), SECTOR * chance.randint(0, len(data) // SECTOR)])
    return offset, data[:sectors]


def _apply(content: bytearray, writes: Iterable[Write]) -> None:
    for write in writes:
        if isinstance(write, int):
            del content[write:]
        else:
            offset, data = write
            content.extend(bytes(max(0, offset + len(data) - len(content))))
            content[offset : offset + len(data)] = data


def on_disk(disk_name: str) -> Callable[..., sa.Engine]:
    """A ``create_engine`` whose SQLite is apsw's, on this disk."""

    def create(address: sa.URL, **options: Any) -> sa.Engine:
        del options
        opened = Connection(str(address.database), disk_name)
        return sa.create_engine(
            address, creator=lambda: opened, poolclass=StaticPool, hide_parameters=True
        )

    return create


class Connection:
    """As much of sqlite3's connection as SQLAlchemy asks for."""

    isolation_level: str | None = None

    def __init__(self, path: str, disk: str) -> None:
        self.raw = apsw.Connection(path, vfs=disk)
        self.raw.execute("pragma locking_mode=exclusive")  # a VFS in Python shares no memory
        self.raw.execute("pragma wal_autocheckpoint=200")  # pages: it is written back now and then

    def cursor(self) -> Cursor:
        return Cursor(self.raw)

    def execute(self, sql: str) -> Cursor:
        return self.cursor().execute(sql)

    def create_function(self, *_arguments: Any, **_options: Any) -> None:
        """SQLAlchemy's regexp; nobody needs it here."""

    def commit(self) -> None:
        if self.raw.in_transaction:
            self.execute("commit")

    def rollback(self) -> None:
        if self.raw.in_transaction:
            self.execute("rollback")

    def close(self) -> None:
        """Nothing: a cut of power asks nobody."""


class Cursor:
    arraysize = 1
    lastrowid = None

    def __init__(self, raw: apsw.Connection) -> None:
        self._raw = raw
        self.description: Any = None
        self.rowcount, self._rows = -1, list[Any]()

    def execute(self, sql: str, values: Sequence[Any] = ()) -> Cursor:
        return self.executemany(sql, [values])

    def executemany(self, sql: str, many: Sequence[Sequence[Any]]) -> Cursor:
        before, cursor = self._raw.total_changes(), self._raw.cursor()
        cursor.exec_trace = self._describe
        self.description, self._rows = None, []
        for values in many:
            self._rows += cursor.execute(sql, tuple(values)).fetchall()
        self.rowcount = self._raw.total_changes() - before
        return self

    def _describe(self, cursor: Any, _sql: str, _values: Any) -> bool:
        names = cursor.get_description()
        self.description = [(name, *[None] * 6) for name, _ in names] or None
        return True

    def fetchall(self) -> list[Any]:
        rows, self._rows = self._rows, []
        return rows

    def fetchone(self) -> Any:
        return self._rows.pop(0) if self._rows else None

    def fetchmany(self, size: int = 1) -> list[Any]:
        rows, self._rows = self._rows[:size], self._rows[size:]
        return rows

    def close(self) -> None:
        self._rows = []
