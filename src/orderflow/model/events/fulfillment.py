"""Events of the work on an order: its partners, and its units."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

import attrs

from orderflow.model.events.kinds import Event, event
from orderflow.model.frozen_mapping import HoldsMappings
from orderflow.model.ledger import Slot
from orderflow.model.parcel import ParcelStatus
from orderflow.model.phases import Phase
from orderflow.model.state import Stamp

__all__ = [
    "CancellationClosed",
    "CancellationRequested",
    "CostsAgreed",
    "FulfillmentOrderMoved",
    "FulfillmentOrderOpened",
    "InvoiceRecorded",
    "InvoicedLine",
    "ItemIdentified",
    "LineSubstituted",
    "OverageFound",
    "ParcelMoved",
    "ParcelPacked",
    "PartnerReferenceSet",
    "PutAwayFinished",
    "PutAwayRequested",
    "RoutingReset",
    "ShipmentNoticeRecorded",
    "ShippingPromised",
    "SubstituteProposalClosed",
    "SubstituteProposed",
    "UnitsMoved",
    "UnitsReleased",
]


@event(3)
@attrs.frozen
class FulfillmentOrderOpened(Event):
    """Work was given to a partner or to our own house."""

    fo: str
    strategy: str
    location: str
    workflow: Stamp
    state: str
    phase: Phase
    supersedes: str = ""


@event(4)
@attrs.frozen
class FulfillmentOrderMoved(Event):
    """A fulfillment order took a declared transition."""

    fo: str
    trigger: str
    source: str
    dest: str
    phase: Phase


@event(5)
@attrs.frozen
class UnitsMoved(Event):
    """Units of a line moved from one slot to another: one legal move of the ledger."""

    quantity: int
    source: Slot
    dest: Slot


@event(6)
@attrs.frozen
class OverageFound(Event):
    """Overage: units shipped or returned beyond what was ordered."""

    line: str
    quantity: int


@event(7)
@attrs.frozen
class ParcelPacked(Event):
    """A parcel with units of this order was packed."""

    parcel: str
    fo: str


@event(8)
@attrs.frozen
class ParcelMoved(Event):
    """A parcel with units of this order has a new status."""

    parcel: str
    status: ParcelStatus
    parcel_version: int
    carrier: str
    tracking_number: str
    lead: str = ""
    held_by: tuple[str, ...] = ()
    signed: bool = False


@event(14)
@attrs.frozen
class PutAwayRequested(Event):
    """Picked units were cancelled and must go back to their shelf."""

    put_away: str
    fo: str
    line: str
    location: str
    quantity: int


@event(15)
@attrs.frozen
class PutAwayFinished(Event):
    """The put-away is done: the units are on their shelf."""

    put_away: str


@event(28)
@attrs.frozen
class PartnerReferenceSet(Event):
    """A partner has its own number for a fulfillment order."""

    fo: str
    reference: str


@event(29)
@attrs.frozen
class ShippingPromised(Event):
    """A partner promised a shipping date; *backordered* units wait there until then."""

    fo: str
    line: str
    quantity: int
    at: datetime | None
    backordered: bool


@event(30)
@attrs.frozen
class CostsAgreed(HoldsMappings, Event):
    """Our agreed cost of one unit of each line, in the order's currency."""

    fo: str
    costs: Mapping[str, Decimal]


@event(31)
@attrs.frozen
class UnitsReleased(Event):
    """A partner released units: they are not routed to it again."""

    fo: str
    line: str
    quantity: int
    strategy: str
    reason: str


@event(32)
@attrs.frozen
class RoutingReset(Event):
    """A person had the order routed again: strategies that declined may be asked again."""


@event(33)
@attrs.frozen
class SubstituteProposed(Event):
    """A partner proposed another SKU."""

    fo: str
    line: str
    sku: str
    quantity: int


@event(34)
@attrs.frozen
class LineSubstituted(Event):
    """A new line substitutes units of another one, at the same partner."""

    fo: str
    line: str
    new_line: str
    sku: str
    quantity: int


@event(35)
@attrs.frozen
class SubstituteProposalClosed(Event):
    """A proposal was closed."""

    fo: str
    line: str


@event(36)
@attrs.frozen
class ShipmentNoticeRecorded(HoldsMappings, Event):
    """A shipment notice, with the partner's own data. *says* is the digest of its content."""

    fo: str
    notice: str
    lines: Mapping[str, int]
    says: str = ""


@attrs.frozen
class InvoicedLine:
    """What a partner charged for units of a line."""

    line: str
    quantity: int
    unit_cost: Decimal


@event(37)
@attrs.frozen
class InvoiceRecorded(Event):
    """A partner's invoice. *says* is the digest of its content."""

    fo: str
    invoice: str
    lines: tuple[InvoicedLine, ...]
    says: str = ""


@event(38)
@attrs.frozen
class CancellationRequested(HoldsMappings, Event):
    """A partner was asked to cancel units."""

    request: str
    fo: str
    lines: Mapping[str, int]
    reason: str
    reroute: bool


@event(39)
@attrs.frozen
class CancellationClosed(HoldsMappings, Event):
    """A cancellation request was answered or became moot; *lines* are the units cancelled.

    *left* are units that the answer did not mention: their request stays open. *unwanted* are units
    that the partner ships anyway: if it does not, they are not rerouted.
    """

    request: str
    lines: Mapping[str, int]
    reason: str
    left: Mapping[str, int] = attrs.field(factory=dict)
    unwanted: Mapping[str, int] = attrs.field(factory=dict)


@event(40)
@attrs.frozen
class ItemIdentified(Event):
    """Units were identified when they were picked, or shipped by a partner."""

    fo: str
    line: str
    quantity: int
    lot: str
    serial: str
    expiry: date | None
