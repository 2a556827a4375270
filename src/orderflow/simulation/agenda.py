"""Future events, in order of time; ties keep the order in which they were added."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from datetime import datetime
from typing import Generic, TypeVar

__all__ = ["Agenda"]

T = TypeVar("T")


class Agenda(Generic[T]):
    """A queue by time."""

    def __init__(self) -> None:
        self._due: list[tuple[datetime, int, T]] = []
        self._count = 0

    def add(self, when: datetime, what: T) -> None:
        """Add an event at a time."""
        self._count += 1
        heapq.heappush(self._due, (when, self._count, what))

    def next_due(self) -> datetime | None:
        """The time of the next event; None where there is none."""
        return self._due[0][0] if self._due else None

    def due(self, now: datetime) -> Iterator[T]:
        """The events until now; each is removed when it is read."""
        while self._due and self._due[0][0] <= now:
            yield heapq.heappop(self._due)[2]
