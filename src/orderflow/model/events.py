"""Events: what became true, as the journal keeps it.

Each kind has a number and a version for ever. A kind that changes gets the next version and an
upcaster in :data:`UPCASTERS` that turns the stored form of the version before into the new one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar, Self, TypeVar

import attrs

from orderflow.model.document import Line
from orderflow.model.ledger import Slot
from orderflow.model.parcel import Content, ParcelStatus, Scan
from orderflow.model.phases import OrderPhase, Phase, ReturnPhase
from orderflow.model.returns import Disposition
from orderflow.model.state import PaymentFact, RefundStatus, Stamp

__all__ = ["KINDS", "UPCASTERS", "Entry", "Event", "upcast"]


class Event:
    """The root of all events. ``number`` and ``version`` name the stored form."""

    __slots__ = ()
    number: ClassVar[int]
    version: ClassVar[int]


KINDS: dict[int, type[Event]] = {}
"""Each event kind by its number."""

Payload = Mapping[str, Any]
UPCASTERS: dict[tuple[int, int], Callable[[Payload], Payload]] = {}
"""(number, version) to the function that makes the payload of the next version. Pure."""

E = TypeVar("E", bound=Event)


def upcast(number: int, version: int, payload: Payload) -> Payload:
    """The payload in the form of the kind's current version."""
    while version < KINDS[number].version:
        payload = UPCASTERS[number, version](payload)
        version += 1
    return payload


def _event(number: int, version: int = 1) -> Callable[[type[E]], type[E]]:
    def register(cls: type[E]) -> type[E]:
        if number in KINDS:
            raise ValueError(f"event number {number} is taken by {KINDS[number].__name__}")
        cls.number, cls.version = number, version
        KINDS[number] = cls
        return cls

    return register


@attrs.frozen
class PlacedLine:
    """A line as it was placed; the rest of it stands in the document."""

    id: str
    sku: str
    quantity: int
    stocked: bool
    ships: bool
    not_before: datetime | None
    asks: tuple[str, ...] = ()

    @classmethod
    def of(cls, line: Line) -> Self:
        """What the decisions need of a line of the document."""
        what = line.id, line.sku, line.quantity, line.stocked, line.ships
        return cls(*what, line.not_before, line.asks)


@_event(1)
@attrs.frozen
class OrderCreated(Event):
    """An order exists, in the initial state of its lifecycle."""

    channel: str
    customer: str
    currency: str
    total: int
    terms: str
    ship_complete: bool
    promised: datetime | None
    lines: tuple[PlacedLine, ...]
    workflow: Stamp
    lifecycle: str
    phase: OrderPhase


@_event(2)
@attrs.frozen
class LifecycleMoved(Event):
    """The order's lifecycle took a declared transition."""

    trigger: str
    source: str
    dest: str
    phase: OrderPhase
    reason: str = ""


@_event(3)
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


@_event(4)
@attrs.frozen
class FulfillmentOrderMoved(Event):
    """A fulfillment order took a declared transition."""

    fo: str
    trigger: str
    source: str
    dest: str
    phase: Phase


@_event(5)
@attrs.frozen
class UnitsMoved(Event):
    """Units of a line moved from one slot to another: one legal move of the ledger."""

    quantity: int
    source: Slot
    dest: Slot


@_event(6)
@attrs.frozen
class SurplusFound(Event):
    """Units are out that nobody owes."""

    line: str
    quantity: int


@_event(7)
@attrs.frozen
class ParcelPacked(Event):
    """A parcel with units of this order was packed."""

    parcel: str
    fo: str


@_event(8)
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


@_event(9)
@attrs.frozen
class HoldPlaced(Event):
    """A reason not to go on, with the order or with the fulfillment order *on*."""

    hold: str
    reason: str
    until: datetime | None = None
    on: str = ""


@_event(10)
@attrs.frozen
class HoldReleased(Event):
    """One reason less."""

    hold: str


@_event(11)
@attrs.frozen
class PaymentRecorded(Event):
    """A payment fact; amount in minor units."""

    fact: PaymentFact
    amount: int
    reference: str


@_event(12)
@attrs.frozen
class ReturnOpened(Event):
    """A return was asked for, or goods came unannounced. *to* is the party that is asked first."""

    rma: str
    reason: str
    lines: Mapping[str, int]
    workflow: Stamp
    state: str
    phase: ReturnPhase
    to: str = ""


@_event(13)
@attrs.frozen
class ReturnMoved(Event):
    """A return took a declared transition."""

    rma: str
    trigger: str
    source: str
    dest: str
    phase: ReturnPhase


@_event(14)
@attrs.frozen
class PutAwayAsked(Event):
    """Picked units were cancelled and must go back to their shelf."""

    put_away: str
    fo: str
    line: str
    location: str
    quantity: int


@_event(15)
@attrs.frozen
class PutAwayDone(Event):
    """They are back."""

    put_away: str


@_event(16)
@attrs.frozen
class TaskOpened(Event):
    """A person is asked for something that no step covers."""

    task: str
    name: str
    role: str
    reason: str
    of: str


@_event(17)
@attrs.frozen
class TaskClosed(Event):
    """It is done."""

    task: str


@_event(18)
@attrs.frozen
class EffectGaveUp(Event):
    """An effect ran out of attempts; a person takes over."""

    key: str


@_event(19)
@attrs.frozen
class EffectAdded(Event):
    """A hook, or the order itself, asked for a deed; what it carries stands in the outbox."""

    key: str
    name: str
    subject: str = ""


@_event(20)
@attrs.frozen
class ReservationsDated(Event):
    """The order's stock is promised until then; None is for good."""

    until: datetime | None


@_event(21)
@attrs.frozen
class ReceiptConfirmed(Event):
    """The customer said so, or the window to object is over."""

    by: str


@_event(22)
@attrs.frozen
class ReviewAsked(Event):
    """The customer was asked for a review."""


@_event(23)
@attrs.frozen
class TimerDone(Event):
    """A timer fired, and will not be set again."""

    key: str


@_event(24)
@attrs.frozen
class NoteAdded(Event):
    """A hook's remark."""

    text: str


@_event(25)
@attrs.frozen
class WorkReleased(Event):
    """The order's fulfillment orders may start."""


@_event(26)
@attrs.frozen
class FactKept(Event):
    """A fact came that has no declared move. It moved nothing."""

    fact: str
    reason: str


@_event(27)
@attrs.frozen
class EffectTakenOver(Event):
    """A party took an effect, and will answer it later."""

    key: str


@_event(28)
@attrs.frozen
class ReferenceGiven(Event):
    """A party has a number of its own for a fulfillment order."""

    fo: str
    reference: str


@_event(29)
@attrs.frozen
class ShippingPromised(Event):
    """A party says when it will ship; *backordered* units wait there until then."""

    fo: str
    line: str
    quantity: int
    at: datetime | None
    backordered: bool


@_event(30)
@attrs.frozen
class CostsAgreed(Event):
    """What a unit of each line costs us there, in the order's currency."""

    fo: str
    costs: Mapping[str, Decimal]


@_event(31)
@attrs.frozen
class UnitsDeclined(Event):
    """A party gave units back: they are not routed to it again."""

    fo: str
    line: str
    quantity: int
    strategy: str
    reason: str


@_event(32)
@attrs.frozen
class RoutingReset(Event):
    """A person had the order routed again: who declined before may be asked again."""


@_event(33)
@attrs.frozen
class SubstituteProposed(Event):
    """A party would ship another SKU."""

    fo: str
    line: str
    sku: str
    quantity: int


@_event(34)
@attrs.frozen
class LineSubstituted(Event):
    """A new line stands in for units of another one, with the same party."""

    fo: str
    line: str
    new_line: str
    sku: str
    quantity: int


@_event(35)
@attrs.frozen
class SubstituteDropped(Event):
    """A proposal is over."""

    fo: str
    line: str


@_event(36)
@attrs.frozen
class NoticeRecorded(Event):
    """A ship notice, in the party's own words."""

    fo: str
    notice: str
    lines: Mapping[str, int]


@attrs.frozen
class InvoicedLine:
    """What a party charged for units of a line."""

    line: str
    quantity: int
    unit_cost: Decimal


@_event(37)
@attrs.frozen
class InvoiceRecorded(Event):
    """A party's invoice."""

    fo: str
    invoice: str
    lines: tuple[InvoicedLine, ...]


@_event(38)
@attrs.frozen
class CancellationAsked(Event):
    """A party is asked to give units up."""

    request: str
    fo: str
    lines: Mapping[str, int]
    reason: str
    reroute: bool


@_event(39)
@attrs.frozen
class CancellationClosed(Event):
    """The party answered, or the question is moot: it gave up these units."""

    request: str
    lines: Mapping[str, int]
    reason: str


@_event(40)
@attrs.frozen
class ItemIdentified(Event):
    """Units were told apart when they were picked, or shipped by another party."""

    fo: str
    line: str
    quantity: int
    lot: str
    serial: str
    expiry: date | None


@_event(41)
@attrs.frozen
class PaymentReminded(Event):
    """The customer was reminded to pay."""


@_event(42)
@attrs.frozen
class RefundProposed(Event):
    """Money is to be paid back: minor units."""

    refund: str
    amount: int


@_event(43)
@attrs.frozen
class RefundMoved(Event):
    """A refund was paid, failed, was withdrawn, or is tried again."""

    refund: str
    status: RefundStatus


@_event(44)
@attrs.frozen
class GoodsJudged(Event):
    """Units that came back were looked at."""

    rma: str
    line: str
    quantity: int
    disposition: Disposition


@_event(45)
@attrs.frozen
class StrangeGoodsCame(Event):
    """Goods came back that are not of this order."""

    rma: str
    sku: str
    quantity: int


@_event(46)
@attrs.frozen
class UnitsSentBack(Event):
    """Units of a return that were not accepted went back to the customer."""

    rma: str
    line: str
    quantity: int


@_event(70)
@attrs.frozen
class QuantityRaised(Event):
    """More of a line is ordered."""

    line: str
    quantity: int


@_event(71)
@attrs.frozen
class LineAdded(Event):
    """A line is ordered besides; its units wait for the goods of the return *awaits*."""

    line: PlacedLine
    awaits: str = ""


@_event(72)
@attrs.frozen
class TotalChanged(Event):
    """The order costs another sum: minor units."""

    total: int


@_event(73)
@attrs.frozen
class AddressChanged(Event):
    """What has not left goes to another address, which stands in the document."""


@_event(74)
@attrs.frozen
class PromiseChanged(Event):
    """The order is promised for another day."""

    promised: datetime


@_event(75)
@attrs.frozen
class Overridden(Event):
    """A command was carried out though guards or policies refused it: their codes."""

    command: str
    reason: str
    codes: tuple[str, ...]


@_event(76)
@attrs.frozen
class ReturnRefused(Event):
    """The party that a return was to go to does not take it."""

    rma: str
    reason: str


@_event(50)
@attrs.frozen
class ParcelOpened(Event):
    """A parcel exists. One that is not *sealed* gets more."""

    strategy: str
    contents: tuple[Content, ...]
    sealed: bool = True


@_event(51)
@attrs.frozen
class ParcelLabelled(Event):
    """A carrier sold its label."""

    carrier: str
    tracking_number: str


@_event(52)
@attrs.frozen
class ParcelHandedOver(Event):
    """It left."""


@_event(53)
@attrs.frozen
class ParcelScanned(Event):
    """The carrier saw it."""

    scan: Scan


@_event(54)
@attrs.frozen
class ParcelVoided(Event):
    """It will not leave."""


@_event(55)
@attrs.frozen
class ParcelLabelVoided(Event):
    """The carrier took the label back."""


@_event(56)
@attrs.frozen
class ParcelHeld(Event):
    """An order in it is on hold (*held*), or no longer."""

    order: str
    held: bool


@_event(57)
@attrs.frozen
class ParcelEffectGaveUp(Event):
    """An effect for the parcel ran out of attempts."""

    key: str


@_event(58)
@attrs.frozen
class ParcelWentSilent(Event):
    """The carrier has said nothing for too long."""


@_event(59)
@attrs.frozen
class ParcelFilled(Event):
    """More units were put into it."""

    contents: tuple[Content, ...]


@_event(60)
@attrs.frozen
class ParcelSealed(Event):
    """It gets nothing more."""


@_event(61)
@attrs.frozen
class ParcelScanRetracted(Event):
    """The carrier took a scan back, by the scan's id."""

    scan: str


@_event(62)
@attrs.frozen
class ParcelTakenOut(Event):
    """Units that were in it are sent again; it answers for them no more."""

    contents: tuple[Content, ...]


@attrs.frozen
class Entry:
    """One commit in a journal: the events that became true together.

    *subject* is ``order:…`` or ``parcel:…``; *version* counts from 1; *cause* is the message's id;
    *facts* are the outside facts that the guards saw.
    """

    subject: str
    version: int
    at: datetime
    actor: str
    cause: str
    events: tuple[Event, ...]
    facts: Mapping[str, Any] = attrs.field(factory=dict)
