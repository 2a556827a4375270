"""A store that reads everything once per page of orders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, cast

from orderflow.engine.doctor.comparison import names_of
from orderflow.model.events import Entry
from orderflow.model.order import Order
from orderflow.model.parcel import Parcel
from orderflow.model.stock import StockKey, WaitingBackorder
from orderflow.model.work import Task
from orderflow.ports import GatheringStore, OutboxRow, Store, TaskQuery

__all__ = ["PageCache"]


class PageCache:
    """A cached view of a snapshot; the cache lasts until the next :meth:`turn`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: dict[object, Any] = {}

    @property
    def view(self) -> Store:
        """The view, as a read-only store."""
        return cast(Store, self)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def turn(self, orders: Sequence[str]) -> None:
        """Go on to other orders: loads their data in bulk, where the store can."""
        self._kept.clear()
        with suppress(Exception):  # then each is read alone, and errors are reported there
            if isinstance(self._store, GatheringStore):
                self._gather(self._store, orders)

    def _gather(self, store: GatheringStore, orders: Sequence[str]) -> None:
        loaded = store.orders_by_id(orders)
        views = {view for order in loaded.values() for view in order.state.parcels}
        parcels = store.parcels_by_id(sorted(views))
        owners = [*(f"order:{name}" for name in loaded), *(f"parcel:{name}" for name in views)]
        self._kept |= {("order", name): order for name, order in loaded.items()}
        self._kept |= {("parcel", name): parcels.get(name) for name in views}
        self._kept |= store.beside(owners)
        names = {name for owner in owners for name in names_of(self.view, owner)}
        self._kept |= store.known_by(sorted(names))

    def order(self, order_id: str) -> Order | None:
        """The order, cached."""
        found: Order | None = self._once("order", order_id)
        return found

    def _once(self, name: str, asked: object) -> Any:
        key = name, asked
        if key not in self._kept:
            self._kept[key] = getattr(self._store, name)(asked)
        return self._kept[key]

    def journal(self, subject: str) -> Iterator[Entry]:
        """The journal, cached."""
        key = "journal", subject
        if key not in self._kept:
            self._kept[key] = tuple(self._store.journal(subject))
        return iter(self._kept[key])

    def parcel(self, parcel_id: str) -> Parcel | None:
        """The parcel, cached."""
        found: Parcel | None = self._once("parcel", parcel_id)
        return found

    def open_rows(self, owner: str) -> Sequence[OutboxRow]:
        """The open rows, cached."""
        found: Sequence[OutboxRow] = self._once("open_rows", owner)
        return found

    def pending_messages(self, owner: str) -> Sequence[object]:
        """The pending messages, cached."""
        found: Sequence[object] = self._once("pending_messages", owner)
        return found

    def tasks(self, query: TaskQuery) -> Sequence[tuple[str, Task]]:
        """The open tasks, cached."""
        found: Sequence[tuple[str, Task]] | None = self._kept.get(("tasks", query.owner))
        whole = query == TaskQuery(owner=query.owner, limit=query.limit)
        if found is None or not whole or len(found) > query.limit:
            found = self._once("tasks", query)
        return found or ()

    def waiting_list(self, key: StockKey) -> Sequence[WaitingBackorder]:
        """The waiting backorders, cached."""
        found: Sequence[WaitingBackorder] = self._once("waiting_list", key)
        return found

    def reservations_of_order(self, order_id: str) -> Mapping[tuple[StockKey, str], int]:
        """The reservations, cached."""
        found: Mapping[tuple[StockKey, str], int] = self._once("reservations_of_order", order_id)
        return found

    def resolve(self, reference: str) -> str | None:
        """The subject of a reference, cached."""
        found: str | None = self._once("resolve", reference)
        return found
