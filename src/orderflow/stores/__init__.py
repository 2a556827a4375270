"""Where orders are kept: in memory, or in a SQL database (extra ``sql``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orderflow.stores.memory import MemoryStore

if TYPE_CHECKING:
    from orderflow.stores.sql import SqlStore

__all__ = ["MemoryStore", "SqlStore"]


def __getattr__(name: str) -> Any:
    """Load the SQL store only when it is asked for."""
    if name != "SqlStore":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from orderflow.stores.sql import SqlStore  # noqa: PLC0415 (an extra, loaded on demand)
    except ImportError as error:
        raise ImportError("SqlStore needs the extra: pip install 'orderflow[sql]'") from error
    return SqlStore
