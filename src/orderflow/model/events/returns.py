"""Events of returned goods, payments and refunds."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from orderflow.model.events.kinds import Event, event
from orderflow.model.frozen_mapping import HoldsMappings
from orderflow.model.phases import ReturnPhase
from orderflow.model.returns import Disposition
from orderflow.model.state import InspectedLine, PaymentOutcome, RefundStatus, Stamp

__all__ = [
    "DunningSent",
    "GoodsInspected",
    "InspectionDeferred",
    "PaymentRecorded",
    "RefundMoved",
    "RefundProposed",
    "ReturnMoved",
    "ReturnOpened",
    "ReturnRefusedByPartner",
    "UnexpectedGoodsReceived",
    "UnitsSentBack",
]


@event(11)
@attrs.frozen
class PaymentRecorded(Event):
    """A payment outcome: *amount* is what it adds, *counts* the amount of its reference so far."""

    fact: PaymentOutcome
    amount: int
    reference: str
    counts: int | None = None


@event(41)
@attrs.frozen
class DunningSent(Event):
    """The customer was sent dunning."""


@event(42)
@attrs.frozen
class RefundProposed(Event):
    """A refund was proposed: minor units."""

    refund: str
    amount: int


@event(43)
@attrs.frozen
class RefundMoved(Event):
    """A refund was paid, failed, was withdrawn, or is retried."""

    refund: str
    status: RefundStatus


@event(12)
@attrs.frozen
class ReturnOpened(HoldsMappings, Event):
    """A return was requested, or goods came unannounced. *to* is the partner asked first."""

    rma: str
    reason: str
    lines: Mapping[str, int]
    workflow: Stamp
    state: str
    phase: ReturnPhase
    to: str = ""


@event(13)
@attrs.frozen
class ReturnMoved(Event):
    """A return took a declared transition."""

    rma: str
    trigger: str
    source: str
    dest: str
    phase: ReturnPhase


@event(76)
@attrs.frozen
class ReturnRefusedByPartner(Event):
    """The partner that a return was meant for refuses it."""

    rma: str
    reason: str


@event(85)
@attrs.frozen
class InspectionDeferred(Event):
    """An inspection named units that have not arrived; it is applied when they do."""

    rma: str
    findings: tuple[InspectedLine, ...]


@event(44)
@attrs.frozen
class GoodsInspected(Event):
    """Returned units were inspected and given a disposition."""

    rma: str
    line: str
    quantity: int
    disposition: Disposition


@event(45)
@attrs.frozen
class UnexpectedGoodsReceived(Event):
    """Returned goods that are not of this order were received."""

    rma: str
    sku: str
    quantity: int


@event(46)
@attrs.frozen
class UnitsSentBack(Event):
    """Rejected units of a return were sent back to the customer."""

    rma: str
    line: str
    quantity: int
