"""SQLite on a disk whose power can be cut: what was not synced is kept, lost or torn at random."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import apsw
import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

SECTOR = 512
Write = tuple[int, bytes] | int
"""Bytes at an offset; or the size that a file is cut to."""


class Disk(apsw.VFS):
    """Counts what is written and synced, and loses its power at the operation it is told."""

    def __init__(self, name: str, fatal: int) -> None:
        super().__init__(name, "")
        self.fatal, self.count, self.last, self.off = fatal, 0, 0, False
        self.files: dict[str, DiskFile] = {}

    def xOpen(self, name: Any, flags: list[int]) -> Any:  # noqa: N802
        opened = DiskFile(self, name, flags)
        path = name.filename() if hasattr(name, "filename") else str(name)
        before = self.files.get(path)
        if before is not None:
            opened.synced, opened.pending = before.synced, before.pending
        self.files[path] = opened
        return opened

    def xDelete(self, name: str, sync: bool) -> None:  # noqa: N802
        if self.works():
            super().xDelete(name, sync)
            self.files.pop(name, None)

    def works(self) -> bool:
        """Whether an operation reaches the disk. From when the power fails on each one raises."""
        self.count += 1
        if self.fatal and self.count >= self.fatal and not self.off:
            raise apsw.IOError("no power")
        return not self.off

    def cut(self) -> None:
        """Without power from now on, if it still had any: nothing reaches it, nothing raises."""
        self.last, self.off = self.count, True

    def after_the_cut(self, folder: Path, chance: random.Random) -> Path:
        """The folder with the files as they are found when the power is back."""
        folder.mkdir()
        for path, file in self.files.items():
            (folder / Path(path).name).write_bytes(file.found(chance))
        return folder


class DiskFile(apsw.VFSFile):
    def __init__(self, disk: Disk, name: Any, flags: list[int]) -> None:
        super().__init__("", name, flags)
        self.disk = disk
        self.synced = bytearray()
        self.pending: list[Write] = []

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        if self.disk.works():
            super().xWrite(data, offset)
            self.pending.append((offset, bytes(data)))

    def xTruncate(self, size: int) -> None:  # noqa: N802
        if self.disk.works():
            super().xTruncate(size)
            self.pending.append(size)

    def xSync(self, flags: int) -> None:  # noqa: N802
        if self.disk.works():
            super().xSync(flags)
            for write in self.pending:
                _apply(self.synced, write)
            self.pending.clear()

    def found(self, chance: random.Random) -> bytes:
        """What was synced, and of the rest whatever had reached the disk."""
        content = bytearray(self.synced)
        for write in self.pending:
            if chance.random() < 0.5:
                _apply(content, write if isinstance(write, int) else _torn(write, chance))
        return bytes(content)


def _torn(write: tuple[int, bytes], chance: random.Random) -> tuple[int, bytes]:
    """All of it or some whole sectors from its beginning."""
    offset, data = write
    sectors = chance.choice([len(data), len(data), SECTOR * chance.randint(0, len(data) // SECTOR)])
    return offset, data[:sectors]


def _apply(content: bytearray, write: Write) -> None:
    if isinstance(write, int):
        del content[write:]
        return
    offset, data = write
    content.extend(bytes(max(0, offset + len(data) - len(content))))
    content[offset : offset + len(data)] = data


def on_disk(disk_name: str) -> Callable[..., sa.Engine]:
    """A ``create_engine`` whose SQLite is apsw's, on this disk."""

    def create(address: sa.URL, **options: Any) -> sa.Engine:
        del options
        opened = Connection(str(address.database), disk_name)
        return sa.create_engine(
            "sqlite://", creator=lambda: opened, poolclass=StaticPool, hide_parameters=True
        )

    return create


class Connection:
    """As much of sqlite3's connection as SQLAlchemy asks for."""

    isolation_level: str | None = None

    def __init__(self, path: str, disk: str) -> None:
        self.raw = apsw.Connection(path, vfs=disk)
        self.raw.execute("pragma locking_mode=exclusive")  # a VFS in Python shares no memory

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
        try:
            for values in many:
                self._rows += cursor.execute(sql, tuple(values)).fetchall()
        except apsw.Error as error:
            told = sqlite3.OperationalError(str(error))
            told.sqlite_errorcode = getattr(error, "extendedresult", sqlite3.SQLITE_IOERR)
            raise told from None
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
