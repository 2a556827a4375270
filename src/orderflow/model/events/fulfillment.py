"""What became true of the work on an order: who has it, and where its units stand."""

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
    """Work was given to a party."""

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
    """Units are out that nobody owes."""

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
    """They are back."""

    put_away: str


@event(28)
@attrs.frozen
class PartnerReferenceSet(Event):
    """A party has a number of its own for a fulfillment order."""

    fo: str
    reference: str


@event(29)
@attrs.frozen
class ShippingPromised(Event):
    """A party says when it will ship; *backordered* units wait there until then."""

    fo: str
    line: str
    quantity: int
    at: datetime | None
    backordered: bool


@event(30)
@attrs.frozen
class CostsAgreed(HoldsMappings, Event):
    """What a unit of each line costs us there, in the order's currency."""

    fo: str
    costs: Mapping[str, Decimal]


@event(31)
@attrs.frozen
class UnitsReleased(Event):
    """A party gave units back: they are not routed to it again."""

    fo: str
    line: str
    quantity: int
    strategy: str
    reason: str


@event(32)
@attrs.frozen
class RoutingReset(Event):
    """A person had the order routed again: who declined before may be asked again."""


@event(33)
@attrs.frozen
class SubstituteProposed(Event):
    """A party would ship another SKU."""

    fo: str
    line: str
    sku: str
    quantity: int


@event(34)
@attrs.frozen
class LineSubstituted(Event):
    """A new line stands in for units of another one, with the same party."""

    fo: str
    line: str
    new_line: str
    sku: str
    quantity: int


@event(35)
@attrs.frozen
class SubstituteProposalClosed(Event):
    """A proposal is over."""

    fo: str
    line: str


@event(36)
@attrs.frozen
class ShipmentNoticeRecorded(HoldsMappings, Event):
    """A ship notice, in the party's own words. *says* tells whether another says the same."""

    fo: str
    notice: str
    lines: Mapping[str, int]
    says: str = ""


@attrs.frozen
class InvoicedLine:
    """What a party charged for units of a line."""

    line: str
    quantity: int
    unit_cost: Decimal


@event(37)
@attrs.frozen
class InvoiceRecorded(Event):
    """A party's invoice. *says* tells whether another says the same."""

    fo: str
    invoice: str
    lines: tuple[InvoicedLine, ...]
    says: str = ""


@event(38)
@attrs.frozen
class CancellationRequested(HoldsMappings, Event):
    """A party is asked to give units up."""

    request: str
    fo: str
    lines: Mapping[str, int]
    reason: str
    reroute: bool


@event(39)
@attrs.frozen
class CancellationClosed(HoldsMappings, Event):
    """The party answered, or the question is moot: it gave up these units.

    *left* are units that it did not speak of: they are still asked for. *unwanted* are units that
    it ships all the same: where it does not, nobody else is to.
    """

    request: str
    lines: Mapping[str, int]
    reason: str
    left: Mapping[str, int] = attrs.field(factory=dict)
    unwanted: Mapping[str, int] = attrs.field(factory=dict)


@event(40)
@attrs.frozen
class ItemIdentified(Event):
    """Units were told apart when they were picked, or shipped by another party."""

    fo: str
    line: str
    quantity: int
    lot: str
    serial: str
    expiry: date | None
