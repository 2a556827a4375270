"""Stock of a SKU at a location, and the operations on it that a commit carries as data."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

import attrs

__all__ = [
    "AdjustStock",
    "AnnounceInbound",
    "Cause",
    "InboundShipment",
    "JoinWaitingList",
    "LeaveWaitingList",
    "Movement",
    "Release",
    "Reserve",
    "SetLimits",
    "SetOnHand",
    "StockKey",
    "StockLevel",
    "StockOp",
    "WaitingBackorder",
]


class StockKey(NamedTuple):
    """A SKU at a location."""

    sku: str
    location: str

    @property
    def quarantine(self) -> StockKey:
        """The quarantine's key at this location: counted, never reserved."""
        return StockKey(self.sku, f"{self.location}:quarantine")

    def __str__(self) -> str:
        return f"{self.sku}@{self.location}"


class Cause(StrEnum):
    """Why stock moved."""

    RECEIPT = "receipt"
    SHIPMENT = "shipment"
    RETURN = "return"
    COUNT = "count"
    WRITE_OFF = "write_off"
    SHORT_PICK = "short_pick"
    REPORT = "report"


@attrs.frozen
class StockLevel:
    """The sums for one key. ``on_hand`` is the sum of its movements.

    ``backorder_limit`` is the allowance of open backorders; None is no limit. ``reported_at`` is
    the time of the last report by the location's keeper.
    """

    key: StockKey
    on_hand: int = 0
    reserved: int = 0
    safety: int = 0
    backordered: int = 0
    backorder_limit: int | None = None
    reported_at: datetime | None = None

    @property
    def available(self) -> int:
        """Units that can still be reserved; never below 0."""
        return max(0, self.on_hand - self.safety - self.reserved)

    @property
    def shortfall(self) -> int:
        """Reserved units beyond what is on hand; only observations and counts can cause it."""
        return max(0, self.reserved - self.on_hand)


@attrs.frozen
class WaitingBackorder:
    """A backordered line in the waiting list of a key."""

    key: StockKey
    order: str
    line: str
    quantity: int
    since: datetime


@attrs.frozen
class InboundShipment:
    """Goods on their way to us."""

    id: str
    key: StockKey
    quantity: int
    at: datetime


@attrs.frozen
class Movement:
    """One entry of a stock journal: a change of on hand, with its cause and reference."""

    key: StockKey
    quantity: int
    cause: Cause
    reference: str
    at: datetime


@attrs.frozen
class Reserve:
    """Reserve units for a line, only within what is available (promise 3)."""

    key: StockKey
    order: str
    line: str
    quantity: int


@attrs.frozen
class Release:
    """Release units of a line's reservation. With *consume* they leave the house, too.

    Units that left (*at*) no later than the last report of the level are already in that report:
    so both orders of arrival give the same sum.
    """

    key: StockKey
    order: str
    line: str
    quantity: int
    consume: Cause | None = None
    at: datetime | None = None


@attrs.frozen
class AdjustStock:
    """Change on hand by a receipt, a return, a count or a write-off; never refused."""

    key: StockKey
    quantity: int
    cause: Cause
    reference: str


@attrs.frozen
class JoinWaitingList:
    """Put units of a line on the waiting list, only within the backorder allowance."""

    key: StockKey
    order: str
    line: str
    quantity: int


@attrs.frozen
class LeaveWaitingList:
    """Take units of a line off the waiting list."""

    key: StockKey
    order: str
    line: str
    quantity: int


@attrs.frozen
class SetLimits:
    """Set the safety stock, and how many backorders may be open (None: no limit)."""

    key: StockKey
    safety: int
    backorder_limit: int | None


@attrs.frozen
class AnnounceInbound:
    """Announce an inbound shipment, or remove it (quantity 0)."""

    key: StockKey
    id: str
    quantity: int
    at: datetime


@attrs.frozen
class SetOnHand:
    """Set on hand to a reported count, unless a later report came first."""

    key: StockKey
    on_hand: int
    at: datetime
    reference: str


StockOp = (
    Reserve
    | Release
    | AdjustStock
    | JoinWaitingList
    | LeaveWaitingList
    | SetLimits
    | AnnounceInbound
    | SetOnHand
)
