"""Messages between boundaries: committed with their cause, applied in their own transaction."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import attrs

from orderflow.model.observations import Observation
from orderflow.model.parcel import Content, ParcelStatus
from orderflow.model.stock import StockKey

__all__ = [
    "STORED",
    "AnswerDeferred",
    "DeliverParcel",
    "Dispatched",
    "EffectFailed",
    "HandOverParcel",
    "HoldParcel",
    "MessageBody",
    "OpenParcel",
    "ParcelChanged",
    "SealParcel",
    "SettleStock",
    "StockGranted",
    "StockLost",
    "TakeUnitsOut",
    "TimerFired",
    "VoidParcel",
    "stored_name",
]


@attrs.frozen
class StockGranted:
    """To an order: units for a backordered line are reserved."""

    key: StockKey
    line: str
    quantity: int


@attrs.frozen
class StockLost:
    """To an order: units that are reserved for it are missing."""

    key: StockKey
    line: str
    quantity: int


@attrs.frozen
class SettleStock:
    """To stock: units were released; grant them to waiting backorders."""

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
class Dispatched:
    """To a parcel: a partner packed units into it and dispatched it."""

    parcel: str
    strategy: str
    contents: tuple[Content, ...]
    carrier: str
    tracking_number: str


@attrs.frozen
class SealParcel:
    """To a parcel: nothing more goes in."""


@attrs.frozen
class TakeUnitsOut:
    """To a lost or returned parcel: these units are sent again, it no longer counts for them."""

    contents: tuple[Content, ...]


@attrs.frozen
class HandOverParcel:
    """To a parcel: it was handed over."""


@attrs.frozen
class DeliverParcel:
    """To a parcel: our own people delivered it."""


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
    """To an order or a parcel: a timer has fired."""

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
class AnswerDeferred:
    """To an order: a partner accepted an effect and will answer later."""

    key: str
    name: str
    subject: str


MessageBody = (
    StockGranted
    | StockLost
    | SettleStock
    | ParcelChanged
    | OpenParcel
    | Dispatched
    | SealParcel
    | TakeUnitsOut
    | HandOverParcel
    | DeliverParcel
    | VoidParcel
    | HoldParcel
    | TimerFired
    | EffectFailed
    | AnswerDeferred
)

STORED: Mapping[str, type[Any]] = MappingProxyType(
    {
        "StockGranted": StockGranted,
        "StockLost": StockLost,
        "SettleStock": SettleStock,
        "ParcelChanged": ParcelChanged,
        "OpenParcel": OpenParcel,
        "Dispatched": Dispatched,
        "SealParcel": SealParcel,
        "TakeOut": TakeUnitsOut,
        "HandOver": HandOverParcel,
        "Delivered": DeliverParcel,
        "VoidParcel": VoidParcel,
        "HoldParcel": HoldParcel,
        "TimerFired": TimerFired,
        "EffectFailed": EffectFailed,
        "AnswerDeferred": AnswerDeferred,
        "Observation": Observation,
    }
)
"""The bodies of messages by the permanent names that they are stored under."""

_NAMES = {body: name for name, body in STORED.items()}


def stored_name(body: object) -> str:
    """The name under which a message's body is stored.

    Raises:
        TypeError: It is no :data:`MessageBody` and no observation.
    """
    name = _NAMES.get(type(body))
    if name is None:
        kind = type(body).__name__
        raise TypeError(f"a message carries a MessageBody or an Observation, not a {kind}")
    return name
