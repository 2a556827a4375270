"""Where orders are kept: in memory, or in a SQL database (extra ``sql``)."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from orderflow.stores.filing import FileDocuments, MemoryDocuments, MemoryNumbers
from orderflow.stores.memory import MemoryStore

if TYPE_CHECKING:
    from orderflow.stores.sql import SqlStore
    from orderflow.stores.sql_filing import SqlDocuments, SqlNumbers

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
    "SqlDocuments": "orderflow.stores.sql_filing",
    "SqlNumbers": "orderflow.stores.sql_filing",
    "SqlStore": "orderflow.stores.sql",
}


def __getattr__(name: str) -> Any:
    """Load what needs a database only when it is asked for."""
    if name not in _SQL:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(import_module(_SQL[name]), name)
    except ImportError as error:
        raise ImportError(f"{name} needs the extra: pip install 'orderflow[sql]'") from error
