"""Stores: in memory, or in a SQL database (extra ``sql``)."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from orderflow.stores.documents import FileDocuments, MemoryDocuments, MemoryNumbers
from orderflow.stores.memory.store import MemoryStore

if TYPE_CHECKING:
    from orderflow.stores.sql.documents import SqlDocuments, SqlNumbers
    from orderflow.stores.sql.store import SqlStore

__all__ = [
    "FileDocuments",
    "MemoryDocuments",
    "MemoryNumbers",
    "MemoryStore",
    "SqlDocuments",
    "SqlNumbers",
    "SqlStore",
]
_SQL = {
    "SqlDocuments": "orderflow.stores.sql.documents",
    "SqlNumbers": "orderflow.stores.sql.documents",
    "SqlStore": "orderflow.stores.sql.store",
}


def __getattr__(name: str) -> Any:
    """Import what needs a database at its first use."""
    if name not in _SQL:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(import_module(_SQL[name]), name)
    except ImportError as error:
        raise ImportError(f"{name} needs the extra: pip install 'orderflow[sql]'") from error
