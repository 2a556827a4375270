"""A clock that is moved by hand, and sequential ids."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

__all__ = ["SequentialIds", "VirtualClock"]


class VirtualClock:
    """A clock that stands still until it is moved: months pass in a moment."""

    def __init__(self, start: datetime = datetime(2026, 1, 5, 9, tzinfo=UTC)) -> None:
        self._now = start

    def now(self) -> datetime:
        """The current moment."""
        return self._now

    def move_to(self, moment: datetime) -> None:
        """Move to a moment; never back."""
        self._now = max(self._now, moment)

    def advance(self, by: timedelta) -> None:
        """Move on by a time span."""
        self.move_to(self._now + by)


class SequentialIds:
    """Ids that count from 1, per kind: the same run gives the same ids."""

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix
        self._counts: Counter[str] = Counter()

    def new(self, kind: str) -> str:
        """The next id of this kind."""
        self._counts[kind] += 1
        return f"{self._prefix}{kind[0].upper()}{self._counts[kind]:06d}"
