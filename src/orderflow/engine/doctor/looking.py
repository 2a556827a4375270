"""A store that is asked each thing once, as long as one order is looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from orderflow.model.events import Entry
from orderflow.model.parcel import Parcel
from orderflow.model.stock import StockKey, Waiting
from orderflow.model.work import Task
from orderflow.ports import Pending, Store, TaskQuery

__all__ = ["Looking"]


class Looking:
    """A view of a store that stands still: what was read is kept until :meth:`forget`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: dict[object, Any] = {}

    @property
    def view(self) -> Store:
        """The view, as a store that nothing is committed to."""
        return cast(Store, self)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def forget(self) -> None:
        """Go on to another order."""
        self._kept.clear()

    def _once(self, name: str, asked: object) -> Any:
        key = name, asked
        if key not in self._kept:
            self._kept[key] = getattr(self._store, name)(asked)
        return self._kept[key]

    def journal(self, subject: str) -> Iterator[Entry]:
        """The journal, read once."""
        key = "journal", subject
        if key not in self._kept:
            self._kept[key] = tuple(self._store.journal(subject))
        return iter(self._kept[key])

    def parcel(self, parcel_id: str) -> Parcel | None:
        """The parcel, read once."""
        found: Parcel | None = self._once("parcel", parcel_id)
        return found

    def pending(self, owner: str) -> Sequence[Pending]:
        """The open rows, read once."""
        found: Sequence[Pending] = self._once("pending", owner)
        return found

    def undelivered(self, owner: str) -> Sequence[object]:
        """The messages on their way, read once."""
        found: Sequence[object] = self._once("undelivered", owner)
        return found

    def tasks(self, query: TaskQuery) -> Sequence[tuple[str, Task]]:
        """The open tasks, read once."""
        found: Sequence[tuple[str, Task]] = self._once("tasks", query)
        return found

    def waiting(self, key: StockKey) -> Sequence[Waiting]:
        """Who waits, read once."""
        found: Sequence[Waiting] = self._once("waiting", key)
        return found

    def reserved(self, order_id: str) -> Mapping[tuple[StockKey, str], int]:
        """What is reserved, read once."""
        found: Mapping[tuple[StockKey, str], int] = self._once("reserved", order_id)
        return found

    def find(self, reference: str) -> str | None:
        """Who is known by a reference, read once."""
        found: str | None = self._once("find", reference)
        return found
