"""What a database says when it fails, as our errors: whether the command may be stored."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import attrs
from sqlalchemy.exc import DataError, DBAPIError, SQLAlchemyError

from orderflow.errors import (
    ConnectionLost,
    InvalidInput,
    Problem,
    StoreFull,
    StoreLocked,
    StoreReadOnly,
    StoreUnavailable,
)

__all__ = ["Contended", "Progress", "typed"]

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
_CONTENDED = ("40P01", "40001")


class Contended(Exception):
    """The database rolled a transaction back in favour of another; it may be tried again."""


@attrs.define
class Progress:
    """How far a transaction is."""

    committing: bool = False


@contextmanager
def typed() -> Iterator[Progress]:
    """Raise what the database raises as a :class:`orderflow.errors.StoreUnavailable`.

    A value that it does not take is an InvalidInput.
    """
    progress = Progress()
    try:
        yield progress
    except (DataError, OverflowError, UnicodeEncodeError) as error:
        what = str(getattr(error, "orig", error)).partition("\n")[0]
        problem = Problem("(some value)", "(not shown)", what)
        raise InvalidInput("what was to be stored", [problem]) from None
    except DBAPIError as error:
        raise _told(error.orig, progress, lost=error.connection_invalidated) from None
    except sqlite3.Error as error:
        raise _told(error, progress) from None
    except SQLAlchemyError as error:
        raise StoreUnavailable(str(error)) from None


def _told(error: Any, progress: Progress, *, lost: bool = False) -> Exception:
    """The error to raise; its text has no parameters in it, which may be personal."""
    code = getattr(error, "sqlite_errorcode", None)
    state = getattr(error, "sqlstate", None) or ""
    if state in _CONTENDED:
        return Contended(str(error))
    if code is not None:
        kind = _SQLITE.get(code & 0xFF, StoreUnavailable)
    elif lost or not state:
        kind = ConnectionLost
    else:
        kind = _POSTGRES.get(state) or _POSTGRES.get(state[:2]) or StoreUnavailable
    what = str(error).partition("\n")[0]
    return kind(what, may_be_stored=progress.committing and kind is ConnectionLost)
