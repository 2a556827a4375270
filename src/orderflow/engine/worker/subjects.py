"""The orders and parcels that the rows of the outbox are about, read ahead."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress

from orderflow.engine.pipeline.envelope import Reading
from orderflow.errors import NotFound
from orderflow.model.order import Order
from orderflow.model.parcel import Parcel
from orderflow.model.work import Due, Kind
from orderflow.ports import Store

__all__ = ["About"]

_ABOUT = (Kind.EFFECT, Kind.WATCH)


class About:
    """The orders and parcels that rows are about: read together, and again when they change."""

    def __init__(self, store: Store, rows: Sequence[Due], known: Reading | None = None) -> None:
        self._store, self.reading = store, known or Reading()
        with suppress(Exception):  # whose row it is that cannot be read is found again, and told
            self._read({row.owner for row in rows if row.kind in _ABOUT})

    def _read(self, owners: Collection[str]) -> None:
        reading = self.reading
        own = [owner for owner in owners if owner.startswith(("order:", "parcel:"))]
        orders, parcels = reading.missing(own)
        if parcels:
            reading.parcels.update(self._store.parcels(parcels))
        found = (reading.parcel(owner) for owner in own)
        orders |= {parcel.orders[0] for parcel in found if parcel} - reading.orders.keys()
        if orders:
            reading.orders.update(self._store.load(orders))

    def forget(self) -> None:
        """Read again what is asked for: something was stored, and more may have followed."""
        self.reading = Reading()

    def __call__(self, row: Due) -> tuple[Order, Parcel | None]:
        """The order of a row, and the parcel where it is one's. Raises NotFound."""
        return self.of(row.owner)

    def of(self, owner: str) -> tuple[Order, Parcel | None]:
        """The same of all rows of an owner."""
        kind, _, name = owner.partition(":")
        parcel = None
        if kind == "parcel":
            parcel = self.reading.parcel(owner) or self._store.parcel(name)
            name = parcel.orders[0] if parcel else name
        order = self.reading.order(f"order:{name}") or self._store.order(name)
        if order is None:
            raise NotFound(f"there is no order for {owner}")
        return order, parcel
