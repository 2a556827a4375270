"""Messages between the boundaries: committed with their cause, applied in their own transaction."""

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
class Dispatched:
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
class TakeUnitsOut:
    """To a parcel that is lost or back: these units are sent again, it answers for them no more."""

    contents: tuple[Content, ...]


@attrs.frozen
class HandOverParcel:
    """To a parcel: it left."""


@attrs.frozen
class DeliverParcel:
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
class AnswerDeferred:
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
"""What a message may carry, by the name it is stored under for ever, whatever its class is called.
"""

_NAMES = {body: name for name, body in STORED.items()}


def stored_name(body: object) -> str:
    """The name under which what a message carries is stored.

    Raises:
        TypeError: It is no :data:`MessageBody` and no observation.
    """
    name = _NAMES.get(type(body))
    if name is None:
        kind = type(body).__name__
        raise TypeError(f"a message carries a MessageBody or an Observation, not a {kind}")
    return name
