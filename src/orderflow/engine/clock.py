"""The clock and the ids of real life."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

__all__ = ["RandomIds", "SystemClock"]


class SystemClock:
    """What time it is."""

    def now(self) -> datetime:
        """UTC."""
        return datetime.now(UTC)


class RandomIds:
    """Ids of 16 hexadecimal digits."""

    def new(self, kind: str) -> str:
        """A new id; the kind is its first letter."""
        return f"{kind[0]}{secrets.token_hex(8)}"
