"""Messages between the boundaries: committed with their cause, applied in their own transaction."""

from __future__ import annotations

import attrs

from orderflow.model.parcel import Content, ParcelStatus
from orderflow.model.stock import StockKey

__all__ = [
    "EffectFailed",
    "HandOver",
    "HoldParcel",
    "MessageBody",
    "OpenParcel",
    "ParcelChanged",
    "SettleStock",
    "StockGranted",
    "TimerFired",
    "VoidParcel",
]


@attrs.frozen
class StockGranted:
    """To an order: units that a backordered line waited for are reserved for it."""

    key: StockKey
    line: str
    quantity: int


@attrs.frozen
class SettleStock:
    """To stock: units were freed; serve who waits."""

    key: StockKey


@attrs.frozen
class ParcelChanged:
    """To an order: a parcel with units of it has a new status."""

    parcel: str
    status: ParcelStatus
    version: int
    carrier: str
    tracking_number: str


@attrs.frozen
class OpenParcel:
    """To a parcel: it was packed."""

    parcel: str
    strategy: str
    contents: tuple[Content, ...]


@attrs.frozen
class HandOver:
    """To a parcel: it left."""


@attrs.frozen
class VoidParcel:
    """To a parcel: it will not leave."""


@attrs.frozen
class HoldParcel:
    """To a parcel: an order in it is on hold, or no longer."""

    order: str
    held: bool


@attrs.frozen
class TimerFired:
    """To an order or a parcel: a moment that it waited for has come."""

    key: str
    name: str
    subject: str


@attrs.frozen
class EffectFailed:
    """To an order or a parcel: an effect ran out of attempts."""

    key: str
    name: str
    subject: str


MessageBody = (
    StockGranted
    | SettleStock
    | ParcelChanged
    | OpenParcel
    | HandOver
    | VoidParcel
    | HoldParcel
    | TimerFired
    | EffectFailed
)
