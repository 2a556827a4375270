"""Turns a database's errors into ours, and tells whether the commit may be stored."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import attrs
from sqlalchemy.exc import DataError, DBAPIError, PendingRollbackError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from orderflow.errors import (
    ConnectionLost,
    InvalidInput,
    Problem,
    StoreFull,
    StoreLocked,
    StoreReadOnly,
    StoreUnavailable,
)

__all__ = [
    "Contended",
    "OldSnapshot",
    "Progress",
    "is_crowded",
    "is_unreadable",
    "typed_errors",
    "with_retries",
]

P = ParamSpec("P")
T = TypeVar("T")
_TRIES = 10

_SQLITE = {
    sqlite3.SQLITE_READONLY: StoreReadOnly,
    sqlite3.SQLITE_FULL: StoreFull,
    sqlite3.SQLITE_BUSY: StoreLocked,
    sqlite3.SQLITE_LOCKED: StoreLocked,
    sqlite3.SQLITE_IOERR: ConnectionLost,
}
_POSTGRES = {
    "25006": StoreReadOnly,
    "53100": StoreFull,
    "55P03": StoreLocked,
    "57014": StoreLocked,
    "08": ConnectionLost,
    "57": ConnectionLost,
}
_OLD = ("40001", "25P02")
_PERMANENT = ("0A", "28", "3D", "3F", "42")
"""Prefixes of PostgreSQL's states that last until somebody repairs the cause."""
_SQLITE_PERMANENT = frozenset(
    {
        sqlite3.SQLITE_ERROR,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_NOTADB,
    }
)
_CROWDED = re.compile("53300|too many (clients|connections)|connection slots")
_UNKNOWN_TO_IT = re.compile("does not exist|authentication failed|pg_hba.conf|no password")
"""A server's message at a refused login, for which the driver has no state."""


class Contended(StoreLocked):
    """The database rolled a transaction back in favor of another; it may be retried."""


class OldSnapshot(Contended):
    """A transaction reads an old snapshot; only a new one can see the current rows."""


def with_retries(write: Callable[P, T]) -> Callable[P, T]:
    """Run a write in its own transaction; again where it lost against another."""

    @wraps(write)
    def tried(*args: P.args, **kwargs: P.kwargs) -> T:
        for _ in range(_TRIES):
            with suppress(Contended):
                return write(*args, **kwargs)
        return write(*args, **kwargs)

    return tried


def is_crowded(error: Exception) -> bool:
    """Whether every connection is in use."""
    return isinstance(error, PoolTimeout) or bool(_CROWDED.search(str(error)))


def is_unreadable(error: DBAPIError) -> bool:
    """Whether a text in an SQLite file is not UTF-8: its driver has no code for that."""
    return isinstance(error.orig, sqlite3.Error) and "decode to UTF-8" in str(error.orig)


@attrs.define
class Progress:
    """The progress of a transaction."""

    committing: bool = False


@contextmanager
def typed_errors() -> Iterator[Progress]:
    """Raise a database's error as a :class:`orderflow.errors.StoreUnavailable`.

    A value that the database does not accept raises InvalidInput.
    """
    progress = Progress()
    try:
        yield progress
    except (DataError, OverflowError, UnicodeEncodeError) as error:
        what = str(getattr(error, "orig", error)).partition("\n")[0]
        problem = Problem("(some value)", "(not shown)", what)
        raise InvalidInput("what was to be stored", [problem]) from None
    except PendingRollbackError as error:
        raise OldSnapshot(str(error).partition("\n")[0]) from None
    except DBAPIError as error:
        if is_unreadable(error):
            problem = Problem("(some text)", "(not shown)", "text in UTF-8 is right")
            raise InvalidInput("what is stored", [problem]) from None
        raise _told(error.orig, progress, lost=error.connection_invalidated) from None
    except sqlite3.Error as error:
        raise _told(error, progress) from None
    except SQLAlchemyError as error:
        if is_crowded(error):
            raise StoreLocked("every connection is in use") from None
        raise StoreUnavailable(str(error).partition("\n")[0], permanent=True) from None


def _told(error: Any, progress: Progress, *, lost: bool = False) -> Exception:
    """The error to raise; its text has no parameters, which may be personal data."""
    code = getattr(error, "sqlite_errorcode", None)
    state = getattr(error, "sqlstate", None) or ""
    what = str(error).partition("\n")[0]
    if state in _OLD or code == sqlite3.SQLITE_BUSY_SNAPSHOT:
        return OldSnapshot(what)
    if state == "40P01":
        return Contended(what)
    if is_crowded(error):
        return StoreLocked(f"every connection is in use: {what}")
    permanent = state[:2] in _PERMANENT
    if code is not None:
        kind = _SQLITE.get(code & 0xFF, StoreUnavailable)
        permanent = code & 0xFF in _SQLITE_PERMANENT
    elif lost or not state:
        kind = ConnectionLost
        permanent = not lost and bool(_UNKNOWN_TO_IT.search(what))
    else:
        kind = _POSTGRES.get(state) or _POSTGRES.get(state[:2]) or StoreUnavailable
    stored = progress.committing and kind is ConnectionLost
    return kind(what, may_be_stored=stored, permanent=permanent)
