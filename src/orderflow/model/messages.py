"""Messages between the boundaries: committed with their cause, applied in their own transaction."""

from __future__ import annotations

import attrs

from orderflow.model.parcel import Content, ParcelStatus
from orderflow.model.stock import StockKey

__all__ = [
    "Delivered",
    "Despatched",
    "EffectFailed",
    "EffectTaken",
    "HandOver",
    "HoldParcel",
    "MessageBody",
    "OpenParcel",
    "ParcelChanged",
    "SealParcel",
    "SettleStock",
    "StockGranted",
    "StockLost",
    "TakeOut",
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
class StockLost:
    """To an order: units that are reserved for it are not there any more."""

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
    lead: str = ""
    held_by: tuple[str, ...] = ()
    signed: bool = False


@attrs.frozen
class OpenParcel:
    """To a parcel: units were put into it, first or more. A *sealed* one gets no more."""

    parcel: str
    strategy: str
    contents: tuple[Content, ...]
    sealed: bool = True


@attrs.frozen
class Despatched:
    """To a parcel: another party packed units into it and sent it off."""

    parcel: str
    strategy: str
    contents: tuple[Content, ...]
    carrier: str
    tracking_number: str


@attrs.frozen
class SealParcel:
    """To a parcel: it gets nothing more."""


@attrs.frozen
class TakeOut:
    """To a parcel that is lost or back: these units are sent again, it answers for them no more."""

    contents: tuple[Content, ...]


@attrs.frozen
class HandOver:
    """To a parcel: it left."""


@attrs.frozen
class Delivered:
    """To a parcel: somebody of ours delivered it."""


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


@attrs.frozen
class EffectTaken:
    """To an order: a party took an effect, and will answer it later."""

    key: str
    name: str
    subject: str


MessageBody = (
    StockGranted
    | StockLost
    | SettleStock
    | ParcelChanged
    | OpenParcel
    | Despatched
    | SealParcel
    | TakeOut
    | HandOver
    | Delivered
    | VoidParcel
    | HoldParcel
    | TimerFired
    | EffectFailed
    | EffectTaken
)
