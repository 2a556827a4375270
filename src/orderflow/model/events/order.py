"""Events of an order as a whole: its lines, terms, holds, tasks and timers."""

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
    """A line as it was placed; its other fields are in the document."""

    id: str
    sku: str
    quantity: int
    stocked: bool
    ships: bool
    not_before: datetime | None
    asks: tuple[str, ...] = ()

    @classmethod
    def of(cls, line: Line) -> Self:
        """The fields of a document's line that decisions need."""
        what = line.id, line.sku, line.quantity, line.stocked, line.ships
        return cls(*what, line.not_before, line.asks)


@event(1)
@attrs.frozen
class OrderCreated(Event):
    """An order was created, in the initial state of its lifecycle."""

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
    """A hold was placed on the order, or on the fulfillment order *on*."""

    hold: str
    reason: str
    until: datetime | None = None
    on: str = ""


@event(10)
@attrs.frozen
class HoldReleased(Event):
    """A hold was released."""

    hold: str


@event(16)
@attrs.frozen
class TaskOpened(Event):
    """A task was opened for a person that no step covers."""

    task: str
    name: str
    role: str
    reason: str
    of: str
    at: datetime | None = None


@event(17)
@attrs.frozen
class TaskClosed(Event):
    """A task was closed."""

    task: str


@event(80)
@attrs.frozen
class TaskEscalated(Event):
    """A task was not done in time: it went to another role, with a new *reason* if given."""

    task: str
    role: str
    reason: str = ""


@event(18)
@attrs.frozen
class EffectGaveUp(Event):
    """An effect ran out of attempts and was given up; a person takes over."""

    key: str


@event(19)
@attrs.frozen
class EffectRequested(Event):
    """A hook, or the order itself, requested an effect; its data is in the outbox."""

    key: str
    name: str
    subject: str = ""


@event(27)
@attrs.frozen
class EffectDeferred(Event):
    """A partner accepted an effect, and will answer later."""

    key: str


@event(20)
@attrs.frozen
class ReservationExpirySet(Event):
    """The reservations expire at *until*; None: they do not expire."""

    until: datetime | None


@event(21)
@attrs.frozen
class DeliveryConfirmed(Event):
    """The customer confirmed the delivery, or the confirmation window is over."""

    by: str


@event(22)
@attrs.frozen
class ReviewRequested(Event):
    """The customer was asked for a review."""


@event(81)
@attrs.frozen
class ReviewSettled(Event):
    """No review is requested (any more): one came, or the customer is not to be asked."""

    review: Review
    reason: str


@event(82)
@attrs.frozen
class ReviewPostponed(Event):
    """The review request was postponed to the next permitted hours."""

    until: datetime


@event(23)
@attrs.frozen
class TimerDone(Event):
    """A timer fired for good, or the state that had this key is entered again."""

    key: str


@event(24)
@attrs.frozen
class NoteAdded(Event):
    """A hook's note."""

    text: str


@event(25)
@attrs.frozen
class WorkReleased(Event):
    """The order's fulfillment orders may start."""


@event(26)
@attrs.frozen
class ObservationKept(Event):
    """An observation without a declared transition was recorded; it changed nothing else."""

    fact: str
    reason: str


@event(70)
@attrs.frozen
class QuantityRaised(Event):
    """The quantity of a line was raised."""

    line: str
    quantity: int


@event(71)
@attrs.frozen
class LineAdded(Event):
    """A line was added; with *awaits*, its units wait for the goods of that return."""

    line: PlacedLine
    awaits: str = ""


@event(72)
@attrs.frozen
class AmountDueChanged(Event):
    """The amount due changed: minor units."""

    total: int


@event(73)
@attrs.frozen
class AddressChanged(Event):
    """The ship-to address of units that have not left was changed, in the document."""


@event(74)
@attrs.frozen
class PromiseChanged(Event):
    """The promised date was set or changed."""

    promised: datetime


@event(75)
@attrs.frozen
class Overridden(Event):
    """A command was carried out although guards or policies refused it: their codes."""

    command: str
    reason: str
    codes: tuple[str, ...]


@event(77)
@attrs.frozen
class DeliveryDated(Event):
    """When the last unit so far was delivered; None: the customer has and had none."""

    at: datetime | None
