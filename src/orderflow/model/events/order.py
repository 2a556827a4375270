"""What became true of an order as a whole: its lines, terms, holds, tasks and timers."""

from __future__ import annotations

from datetime import datetime
from typing import Self

import attrs

from orderflow.model.document import Line
from orderflow.model.events.kinds import Event, event
from orderflow.model.phases import OrderPhase
from orderflow.model.state import Review, Stamp

__all__ = [
    "AddressChanged",
    "AmountDueChanged",
    "DeliveryConfirmed",
    "DeliveryDated",
    "EffectDeferred",
    "EffectGaveUp",
    "EffectRequested",
    "HoldPlaced",
    "HoldReleased",
    "LifecycleMoved",
    "LineAdded",
    "NoteAdded",
    "ObservationKept",
    "OrderCreated",
    "Overridden",
    "PlacedLine",
    "PromiseChanged",
    "QuantityRaised",
    "ReservationExpirySet",
    "ReviewPostponed",
    "ReviewRequested",
    "ReviewSettled",
    "TaskClosed",
    "TaskEscalated",
    "TaskOpened",
    "TimerDone",
    "WorkReleased",
]


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


@event(1)
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


@event(2)
@attrs.frozen
class LifecycleMoved(Event):
    """The order's lifecycle took a declared transition."""

    trigger: str
    source: str
    dest: str
    phase: OrderPhase
    reason: str = ""


@event(9)
@attrs.frozen
class HoldPlaced(Event):
    """A reason not to go on, with the order or with the fulfillment order *on*."""

    hold: str
    reason: str
    until: datetime | None = None
    on: str = ""


@event(10)
@attrs.frozen
class HoldReleased(Event):
    """One reason less."""

    hold: str


@event(16)
@attrs.frozen
class TaskOpened(Event):
    """A person is asked for something that no step covers."""

    task: str
    name: str
    role: str
    reason: str
    of: str
    at: datetime | None = None


@event(17)
@attrs.frozen
class TaskClosed(Event):
    """It is done."""

    task: str


@event(80)
@attrs.frozen
class TaskEscalated(Event):
    """A task was not done in time: it is another role's now, for a new *reason* if there is one."""

    task: str
    role: str
    reason: str = ""


@event(18)
@attrs.frozen
class EffectGaveUp(Event):
    """An effect ran out of attempts; a person takes over."""

    key: str


@event(19)
@attrs.frozen
class EffectRequested(Event):
    """A hook, or the order itself, asked for a deed; what it carries stands in the outbox."""

    key: str
    name: str
    subject: str = ""


@event(27)
@attrs.frozen
class EffectDeferred(Event):
    """A party took an effect, and will answer it later."""

    key: str


@event(20)
@attrs.frozen
class ReservationExpirySet(Event):
    """The order's stock is promised until then; None is for good."""

    until: datetime | None


@event(21)
@attrs.frozen
class DeliveryConfirmed(Event):
    """The customer said so, or the window to object is over."""

    by: str


@event(22)
@attrs.frozen
class ReviewRequested(Event):
    """The customer was asked for a review."""


@event(81)
@attrs.frozen
class ReviewSettled(Event):
    """No review is asked for (any more): one came, or the customer is not to be asked."""

    review: Review
    reason: str


@event(82)
@attrs.frozen
class ReviewPostponed(Event):
    """The customer may not be written to now, but then."""

    until: datetime


@event(23)
@attrs.frozen
class TimerDone(Event):
    """A timer fired and will not be set again, or a state is entered anew that had this key."""

    key: str


@event(24)
@attrs.frozen
class NoteAdded(Event):
    """A hook's remark."""

    text: str


@event(25)
@attrs.frozen
class WorkReleased(Event):
    """The order's fulfillment orders may start."""


@event(26)
@attrs.frozen
class ObservationKept(Event):
    """A fact came that has no declared move. It moved nothing."""

    fact: str
    reason: str


@event(70)
@attrs.frozen
class QuantityRaised(Event):
    """More of a line is ordered."""

    line: str
    quantity: int


@event(71)
@attrs.frozen
class LineAdded(Event):
    """A line is ordered besides; its units wait for the goods of the return *awaits*."""

    line: PlacedLine
    awaits: str = ""


@event(72)
@attrs.frozen
class AmountDueChanged(Event):
    """Another sum is owed for what is kept: minor units."""

    total: int


@event(73)
@attrs.frozen
class AddressChanged(Event):
    """What has not left goes to another address, which stands in the document."""


@event(74)
@attrs.frozen
class PromiseChanged(Event):
    """The order is promised for a day: by the shop's policy, or another one than before."""

    promised: datetime


@event(75)
@attrs.frozen
class Overridden(Event):
    """A command was carried out though guards or policies refused it: their codes."""

    command: str
    reason: str
    codes: tuple[str, ...]


@event(77)
@attrs.frozen
class DeliveryDated(Event):
    """When the last unit so far was delivered; None where none is with the customer, or was."""

    at: datetime | None
