"""What the rows of the outbox are about, read ahead."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress

from orderflow.errors import NotFound
from orderflow.model.order import Order
from orderflow.model.parcel import Parcel
from orderflow.model.work import Due, Kind
from orderflow.ports import Store

__all__ = ["About"]

_ABOUT = (Kind.EFFECT, Kind.WATCH)


class About:
    """The orders and parcels that rows are about: read together, and again when they change."""

    def __init__(self, store: Store, rows: Sequence[Due]) -> None:
        self._store = store
        self._orders: dict[str, Order] = {}
        self._parcels: dict[str, Parcel] = {}
        with suppress(Exception):  # whose row it is that cannot be read is found again, and told
            self._read([row.owner.partition(":") for row in rows if row.kind in _ABOUT])

    def _read(self, owners: Sequence[tuple[str, str, str]]) -> None:
        self._parcels |= self._store.parcels(name for kind, _, name in owners if kind == "parcel")
        orders = {name for kind, _, name in owners if kind == "order"}
        orders |= {parcel.orders[0] for parcel in self._parcels.values()}
        self._orders |= self._store.load(orders)

    def changed(self, subjects: Iterable[str]) -> None:
        """Read these again when they are asked for."""
        for subject in subjects:
            kind, _, name = subject.partition(":")
            (self._parcels if kind == "parcel" else self._orders).pop(name, None)

    def __call__(self, row: Due) -> tuple[Order, Parcel | None]:
        """The order of a row, and the parcel where it is one's. Raises NotFound."""
        return self.of(row.owner)

    def of(self, owner: str) -> tuple[Order, Parcel | None]:
        """The same of all rows of an owner."""
        kind, _, name = owner.partition(":")
        parcel = None
        if kind == "parcel":
            parcel = self._parcels.get(name) or self._store.parcel(name)
            name = parcel.orders[0] if parcel else name
        order = self._orders.get(name) or self._store.order(name)
        if order is None:
            raise NotFound(f"there is no order for {owner}")
        return order, parcel
