"""The orders and parcels of outbox rows, loaded ahead."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress

from orderflow.engine.pipeline.envelope import LoadedSubjects
from orderflow.errors import NotFound
from orderflow.model.order import Order
from orderflow.model.parcel import Parcel
from orderflow.model.work import LeasedRow, RowKind
from orderflow.ports import Store

__all__ = ["SubjectCache"]

_ABOUT = (RowKind.EFFECT, RowKind.WATCH)


class SubjectCache:
    """The orders and parcels of rows: loaded together, and again when they change."""

    def __init__(
        self, store: Store, rows: Sequence[LeasedRow], known: LoadedSubjects | None = None
    ) -> None:
        self._store, self.reading = store, known or LoadedSubjects()
        with suppress(Exception):  # an unreadable row is met again, and reported
            self._read({row.owner for row in rows if row.kind in _ABOUT})

    def _read(self, owners: Collection[str]) -> None:
        reading = self.reading
        own = [owner for owner in owners if owner.startswith(("order:", "parcel:"))]
        orders, parcels = reading.missing(own)
        if parcels:
            reading.parcels.update(self._store.parcels_by_id(parcels))
        found = (reading.parcel(owner) for owner in own)
        orders |= {parcel.orders[0] for parcel in found if parcel} - reading.orders.keys()
        if orders:
            reading.orders.update(self._store.orders_by_id(orders))

    def drop(self) -> None:
        """Load anew from now on: a commit may have changed them."""
        self.reading = LoadedSubjects()

    def __call__(self, row: LeasedRow) -> tuple[Order, Parcel | None]:
        """The order of a row, and its parcel where it has one. Raises NotFound."""
        return self.of(row.owner)

    def of(self, owner: str) -> tuple[Order, Parcel | None]:
        """The order and the parcel of an owner."""
        kind, _, name = owner.partition(":")
        parcel = None
        if kind == "parcel":
            parcel = self.reading.parcel(owner) or self._store.parcel(name)
            name = parcel.orders[0] if parcel else name
        order = self.reading.order(f"order:{name}") or self._store.order(name)
        if order is None:
            raise NotFound(f"there is no order for {owner}")
        return order, parcel
