"""The order's state: small, immutable, written with each commit; the fold of its journal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

import attrs

from orderflow.model.frozen_mapping import HoldsMappings
from orderflow.model.ledger import Ledger
from orderflow.model.parcel import ParcelStatus
from orderflow.model.phases import OrderPhase, Phase, ReturnPhase
from orderflow.model.returns import Disposition
from orderflow.renamed import keeps_old_members, old_names

__all__ = [
    "CancellationRequest",
    "FulfillmentOrder",
    "Hold",
    "InspectedLine",
    "LineState",
    "OpenTask",
    "OrderState",
    "ParcelView",
    "PaymentOutcome",
    "Payments",
    "Proposal",
    "PutAway",
    "Refund",
    "RefundStatus",
    "RequestedEffect",
    "Return",
    "Review",
    "Stamp",
]


@attrs.frozen
class Stamp:
    """The workflow of an order, FO or return: its name, version and fingerprint."""

    name: str
    version: int
    fingerprint: str


@attrs.frozen
class LineState:
    """The part of a line that decisions need; the rest stays in the document.

    ``substitutes`` is the document's line that this one substitutes; ``awaits`` is the return that
    it is the exchange for.
    """

    sku: str
    ordered: int
    stocked: bool = True
    ships: bool = True
    not_before: datetime | None = None
    asks: tuple[str, ...] = ()
    substitutes: str = ""
    awaits: str = ""


@attrs.frozen
class Hold:
    """A reason to pause the order or one FO (*on*). At *until* it is released automatically."""

    id: str
    reason: str
    until: datetime | None = None
    on: str = ""
    since: datetime | None = None


class PaymentOutcome(StrEnum):
    """The outcomes that a payment provider may report."""

    AUTHORISED = "authorised"
    CAPTURED = "captured"
    FAILED = "failed"
    REFUNDED = "refunded"
    CHARGED_BACK = "charged_back"


@keeps_old_members
@attrs.frozen
class Payments(HoldsMappings):
    """Sums of the payment outcomes, minor units. *references* makes each count once.

    ``total`` is the amount due; ``amounts`` has the amount counted for each reference.
    """

    total: int = 0
    authorised: int = 0
    captured: int = 0
    refunded: int = 0
    charged_back: int = 0
    references: tuple[str, ...] = ()
    amounts: Mapping[str, int] = attrs.field(factory=dict)

    @property
    def net_captured(self) -> int:
        """Captured, less refunded and charged back, in minor units."""
        return self.captured - self.refunded - self.charged_back

    @property
    def paid(self) -> bool:
        """Whether nothing is outstanding."""
        return self.net_captured >= self.total

    @property
    def outstanding(self) -> int:
        """The part of the amount due that is not paid, in minor units."""
        return max(0, self.total - self.net_captured)


@attrs.frozen
class FulfillmentOrder(HoldsMappings):
    """Work given to one partner or our own house. Its units are the ledger's slots that name it.

    ``round`` counts the pieces of work done, so that each request for work has a key of its own.
    With a partner: its ``reference``, the date that it ``promised``, our ``costs`` of one unit of
    each line, its ``notices`` and ``invoices``, the units ``invoiced``, the digests of these
    documents in ``said``, and the ``unwanted`` units that it did not agree to cancel. With an
    empty ``location`` it has no stock of ours.
    """

    id: str
    strategy: str
    location: str
    workflow: Stamp
    state: str
    phase: Phase
    since: datetime
    supersedes: str = ""
    round: int = 0
    reference: str = ""
    promised: datetime | None = None
    costs: Mapping[str, Decimal] = attrs.field(factory=dict)
    notices: tuple[str, ...] = ()
    invoices: tuple[str, ...] = ()
    invoiced: Mapping[str, int] = attrs.field(factory=dict)
    said: Mapping[str, str] = attrs.field(factory=dict)
    unwanted: Mapping[str, int] = attrs.field(factory=dict)


@attrs.frozen
class CancellationRequest(HoldsMappings):
    """Units that a partner is asked to cancel; with ``reroute`` they are then routed again."""

    id: str
    fo: str
    lines: Mapping[str, int]
    reason: str
    reroute: bool
    since: datetime


@attrs.frozen
class Proposal:
    """A proposal of another SKU for units of a line; *fo* is the order's id if it is our own."""

    fo: str
    line: str
    sku: str
    quantity: int

    @property
    def id(self) -> str:
        """The proposal's subject in its task: FO/LINE."""
        return f"{self.fo}/{self.line}"


@attrs.frozen
class ParcelView:
    """An order's view of a parcel with units of it.

    ``lead`` is the order that hands a shared parcel over; ``held_by`` are other orders on hold;
    ``signed``: its carrier has the recipient's signature.
    """

    id: str
    fo: str
    status: ParcelStatus
    since: datetime
    version: int = 0
    carrier: str = ""
    tracking_number: str = ""
    lead: str = ""
    held_by: tuple[str, ...] = ()
    signed: bool = False


class RefundStatus(StrEnum):
    """The status of a refund. ``withdrawn``: it is no longer due."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"

    @property
    def open(self) -> bool:
        """Whether the refund is still to be paid."""
        return self in (RefundStatus.PENDING, RefundStatus.FAILED)


@attrs.frozen
class Refund:
    """A refund: *amount* in minor units, > 0. ``generation`` counts its retries."""

    id: str
    amount: int
    status: RefundStatus
    since: datetime
    generation: int = 0


@attrs.frozen
class InspectedLine:
    """An inspection's finding about units of a line, see :class:`InspectionLine`."""

    line: str
    quantity: int
    disposition: Disposition


@attrs.frozen
class Return(HoldsMappings):
    """A return (RMA) as it was announced; the units that came are in the ledger.

    ``rejected`` units came and must be sent back. ``to`` is the partner that shipped them and is
    asked to take them; ``refused`` is its reason not to. ``findings`` are those of an inspection
    before the goods came; None if there was none.
    """

    id: str
    reason: str
    workflow: Stamp
    state: str
    phase: ReturnPhase
    since: datetime
    lines: Mapping[str, int]
    rejected: Mapping[str, int] = attrs.field(factory=dict)
    to: str = ""
    refused: str = ""
    findings: tuple[InspectedLine, ...] | None = None


@attrs.frozen
class PutAway:
    """Picked units that were cancelled and must go back to their shelf."""

    id: str
    fo: str
    line: str
    location: str
    quantity: int


@attrs.frozen
class OpenTask:
    """A task opened by a hook, an unexpected observation or an effect that was given up."""

    id: str
    name: str
    role: str
    reason: str
    of: str
    since: datetime | None = None


@attrs.frozen
class RequestedEffect:
    """An effect that a hook, or the order itself, requested and that is not done yet."""

    name: str
    subject: str


class Review(StrEnum):
    """The status of the review request; ``given``: a review came, ``withheld``: not wanted."""

    DUE = "due"
    ASKED = "asked"
    WITHHELD = "withheld"
    GIVEN = "given"


@attrs.frozen
class OrderState(HoldsMappings):
    """An order's state. Immutable; equal to the fold of its journal (promise 8).

    Times are UTC. ``delivered_at`` is when the last unit so far was delivered; ``reserved_until``
    when an unconfirmed order loses its reservations; ``done_timers`` are timers that fired for
    good; ``taken`` are effects that a partner accepted and will answer; ``declined`` are, per line,
    the strategies that declined it; ``review_after`` is the earliest time of a review request;
    ``escalated`` are steps' tasks that went to another role; ``answered`` is when the task about an
    overdue partner was last closed.
    """

    id: str
    version: int
    channel: str
    customer: str
    currency: str
    workflow: Stamp
    lifecycle: str
    phase: OrderPhase
    placed_at: datetime
    since: datetime
    terms: str
    ship_complete: bool
    lines: Mapping[str, LineState]
    ledger: Ledger
    payments: Payments = Payments()
    reason: str = ""
    promised: datetime | None = None
    released: bool = False
    reserved_until: datetime | None = None
    delivered_at: datetime | None = None
    backordered_at: datetime | None = None
    receipt_confirmed: bool = False
    review: Review = Review.DUE
    review_after: datetime | None = None
    holds: Mapping[str, Hold] = attrs.field(factory=dict)
    fulfillment_orders: Mapping[str, FulfillmentOrder] = attrs.field(factory=dict)
    parcels: Mapping[str, ParcelView] = attrs.field(factory=dict)
    returns: Mapping[str, Return] = attrs.field(factory=dict)
    refunds: Mapping[str, Refund] = attrs.field(factory=dict)
    put_aways: Mapping[str, PutAway] = attrs.field(factory=dict)
    tasks: Mapping[str, OpenTask] = attrs.field(factory=dict)
    surplus: Mapping[str, int] = attrs.field(factory=dict)
    cancellations: Mapping[str, CancellationRequest] = attrs.field(factory=dict)
    proposals: Mapping[str, Proposal] = attrs.field(factory=dict)
    declined: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict)
    taken: Mapping[str, datetime] = attrs.field(factory=dict)
    asked_for: Mapping[str, RequestedEffect] = attrs.field(factory=dict)
    escalated: Mapping[str, str] = attrs.field(factory=dict)
    answered: Mapping[str, datetime] = attrs.field(factory=dict)
    gave_up: tuple[str, ...] = ()
    done_timers: tuple[str, ...] = ()

    def held(self, subject: str = "") -> bool:
        """Whether the order is on hold, or the FO that *subject* is or has units of."""
        if not self.holds:
            return False
        on = {hold.on for hold in self.holds.values()}
        if "" in on or subject in on:
            return True
        if subject in self.cancellations:
            return self.cancellations[subject].fo in on
        return subject in self.parcels and any(
            slot.fo in on for slot, _ in self.ledger.slots(parcel=subject)
        )

    def subject_key(self, subject: str) -> str:
        """The subject's name in this order's keys: prefixed for parcels, which orders may share."""
        return f"{self.id}:{subject}" if subject in self.parcels else subject


if not TYPE_CHECKING:  # type checkers know only the new names
    __getattr__ = old_names(__name__)
