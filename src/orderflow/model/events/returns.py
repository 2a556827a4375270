"""What became true of goods and money that go back."""

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
    """A payment fact: *amount* is what it adds, *counts* what its reference counts with by now."""

    fact: PaymentOutcome
    amount: int
    reference: str
    counts: int | None = None


@event(41)
@attrs.frozen
class DunningSent(Event):
    """The customer was reminded to pay."""


@event(42)
@attrs.frozen
class RefundProposed(Event):
    """Money is to be paid back: minor units."""

    refund: str
    amount: int


@event(43)
@attrs.frozen
class RefundMoved(Event):
    """A refund was paid, failed, was withdrawn, or is tried again."""

    refund: str
    status: RefundStatus


@event(12)
@attrs.frozen
class ReturnOpened(HoldsMappings, Event):
    """A return was asked for, or goods came unannounced. *to* is the party that is asked first."""

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
    """The party that a return was to go to does not take it."""

    rma: str
    reason: str


@event(85)
@attrs.frozen
class InspectionDeferred(Event):
    """A return was inspected before all came that its findings speak of: they wait for it."""

    rma: str
    findings: tuple[InspectedLine, ...]


@event(44)
@attrs.frozen
class GoodsInspected(Event):
    """Units that came back were looked at."""

    rma: str
    line: str
    quantity: int
    disposition: Disposition


@event(45)
@attrs.frozen
class UnexpectedGoodsReceived(Event):
    """Goods came back that are not of this order."""

    rma: str
    sku: str
    quantity: int


@event(46)
@attrs.frozen
class UnitsSentBack(Event):
    """Units of a return that were not accepted went back to the customer."""

    rma: str
    line: str
    quantity: int
