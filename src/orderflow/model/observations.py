"""Observations: what happened outside. They are never refused."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from orderflow.model.bounds import (
    NONE_OF_THEM,
    UNKNOWN,
    Code,
    Composed,
    Id,
    LineUnits,
    Many,
    NoneOrMore,
    Plain,
    Price,
    PriceOrNone,
    Reason,
    Reference,
    SkuUnits,
    Stock,
    Units,
    Utc,
)
from orderflow.model.commands import Item
from orderflow.model.content import content_of
from orderflow.model.frozen_mapping import Frozen
from orderflow.model.parcel import ParcelStatus
from orderflow.model.reading import Input, read
from orderflow.model.returns import InspectionLine
from orderflow.model.state import PaymentOutcome
from orderflow.renamed import old_names
from orderflow.text import legible

__all__ = [
    "AnyObservation",
    "CancellationAnswered",
    "Feedback",
    "FeedbackGiven",
    "GoodsReturned",
    "GoodsShipped",
    "InvoiceLine",
    "InvoiceReceived",
    "LabelBought",
    "LabelVoided",
    "LineAnswer",
    "Observation",
    "ObservationBody",
    "PartnerObservation",
    "PaymentReported",
    "RequestAnswered",
    "RequestReceived",
    "ReturnAnswered",
    "ReturnInspected",
    "StockReported",
    "TrackingReported",
    "TrackingRetracted",
    "UnreadableEvent",
    "Verdict",
]


Anything = Annotated[str, AfterValidator(legible), Field(max_length=1_000_000)]
"""Text from outside, kept for a person; control characters are spelled out."""


class ObservationBody(Input):
    """The body of an observation."""

    def at(self, occurred_at: Utc, *, subject: str = "", id: str | None = None) -> Observation:
        """This body in an envelope; *subject* is the order or parcel, if known."""
        given = {"id": id, "subject": subject, "occurred_at": occurred_at, "body": self}
        return read(Observation, given, "observation")


class TrackingReported(ObservationBody):
    """A carrier's scan, identified by the carrier's *event* id, or by number, code, time, place.

    *signed*: the recipient signed for the delivery, which confirms it.
    """

    kind: Literal["tracking_reported"] = "tracking_reported"
    tracking_number: Code
    status: ParcelStatus
    event: Reference = ""
    code: Plain = Field(default="", max_length=100)
    place: Plain = Field(default="", max_length=200)
    to_recipient: bool = False
    signed: bool = False


class TrackingRetracted(ObservationBody):
    """A carrier retracts a scan, by the scan's *event* id; the scan may arrive later."""

    kind: Literal["tracking_retracted"] = "tracking_retracted"
    tracking_number: Code
    event: Annotated[Reference, Field(min_length=1)]


class UnreadableEvent(ObservationBody):
    """An unreadable event of a batch: kept unchanged for a person."""

    kind: Literal["event_unread"] = "event_unread"
    payload: Anything
    error: Anything


class LabelBought(ObservationBody):
    """A carrier sold the label of a parcel."""

    kind: Literal["label_bought"] = "label_bought"
    parcel: Id
    carrier: Code
    tracking_number: Code


class LabelVoided(ObservationBody):
    """A carrier voided the label of a parcel."""

    kind: Literal["label_voided"] = "label_voided"
    parcel: Id


class PaymentReported(ObservationBody):
    """A payment provider's report: *amount* in minor units; *reference* makes it count once."""

    kind: Literal["payment_reported"] = "payment_reported"
    fact: PaymentOutcome
    amount: NoneOrMore
    reference: Id


class Feedback(StrEnum):
    """A customer's unrequested feedback on an order."""

    REVIEW = "review"
    COMPLAINT = "complaint"
    OPT_OUT = "opt_out"


class FeedbackGiven(ObservationBody):
    """The customer reviewed the order, complained, or wants no review requests.

    *reference* is where the application stores the text: it is not stored here.
    """

    kind: Literal["feedback_given"] = "feedback_given"
    feedback: Feedback
    reference: Plain = Field(default="", max_length=100)


class GoodsReturned(ObservationBody):
    """Goods came back. Without *rma* they came unannounced and open a return of their own.

    *others* are goods that are not of this order: units per SKU.
    """

    kind: Literal["goods_returned"] = "goods_returned"
    lines: LineUnits = Field(min_length=1)
    others: SkuUnits = Field(default_factory=Frozen)
    rma: Reference | None = None
    reason: Reason = "unannounced"


class ReturnInspected(ObservationBody):
    """A return was inspected by whoever received it: *restock* units are as new, others are not.

    *findings* give other dispositions: quarantine, discard, or rejected and to be sent back.
    """

    kind: Literal["return_inspected"] = "return_inspected"
    rma: Id
    restock: LineUnits = Field(default_factory=Frozen)
    findings: Many[InspectionLine] = NONE_OF_THEM


class ReturnAnswered(ObservationBody):
    """A partner agreed to take a return back, or *refused* it for a reason."""

    kind: Literal["return_answered"] = "return_answered"
    rma: Id
    refused: Plain = Field(default="", max_length=200)


class PartnerObservation(ObservationBody):
    """An observation from a partner; *fo* is the number on our request."""

    fo: Id


class RequestReceived(PartnerObservation):
    """The partner has our request. That is no answer to it (X12 997, not 855)."""

    kind: Literal["request_received"] = "request_received"
    reference: Plain = Field(default="", max_length=100)


class Verdict(StrEnum):
    """A partner's decision about requested units."""

    ACCEPTED = "accepted"
    BACKORDERED = "backordered"
    REJECTED = "rejected"
    SUBSTITUTED = "substituted"


class LineAnswer(Input):
    """A partner's answer about units (``quantity`` None: all) of one line.

    A line may have several answers; lines without one are accepted. ``at`` is the shipping date,
    ``unit_cost`` the partner's price, ``substitute`` the SKU that it offers instead.
    """

    line: Code
    verdict: Verdict = Verdict.ACCEPTED
    quantity: Units | None = None
    reason: Plain = Field(default="", max_length=200)
    at: Utc | None = None
    unit_cost: PriceOrNone = UNKNOWN
    substitute: Code | None = None

    @model_validator(mode="after")
    def _names_the_substitute(self) -> Self:
        if (self.verdict is Verdict.SUBSTITUTED) != (self.substitute is not None):
            raise ValueError("substitute names a SKU where the verdict is substituted, only there")
        return self


class RequestAnswered(PartnerObservation):
    """The partner accepts our request, line by line, or rejects it whole for a reason (X12 855)."""

    kind: Literal["request_answered"] = "request_answered"
    rejected: Plain = Field(default="", max_length=200)
    lines: Many[LineAnswer] = NONE_OF_THEM
    reference: Plain = Field(default="", max_length=100)


class GoodsShipped(PartnerObservation):
    """A shipment notice (X12 856): the units in one parcel. *notice* makes it count once."""

    kind: Literal["goods_shipped"] = "goods_shipped"
    notice: Id
    lines: LineUnits = Field(min_length=1)
    carrier: Plain = Field(default="", max_length=64)
    tracking_number: Plain = Field(default="", max_length=64)
    items: Many[Item] = NONE_OF_THEM


class CancellationAnswered(PartnerObservation):
    """A partner's answer to a cancellation request: it cancels these units and ships the rest."""

    kind: Literal["cancellation_answered"] = "cancellation_answered"
    lines: LineUnits = Field(default_factory=Frozen)
    reason: Plain = Field(default="", max_length=200)


class InvoiceLine(Input):
    """A partner's charge for units of a line; the cost of one unit, as a decimal."""

    line: Code
    quantity: Units
    unit_cost: Price


class InvoiceReceived(PartnerObservation):
    """A partner's invoice (X12 810). *number* makes it count once."""

    kind: Literal["invoice_received"] = "invoice_received"
    number: Id
    lines: Many[InvoiceLine] = Field(min_length=1)


class StockReported(ObservationBody):
    """Units on hand at a location, as its keeper reports. The latest report counts."""

    kind: Literal["stock_reported"] = "stock_reported"
    sku: Code
    location: Code
    on_hand: Stock


AnyObservation = Annotated[
    TrackingReported
    | TrackingRetracted
    | UnreadableEvent
    | LabelBought
    | LabelVoided
    | PaymentReported
    | FeedbackGiven
    | GoodsReturned
    | ReturnAnswered
    | ReturnInspected
    | RequestReceived
    | RequestAnswered
    | GoodsShipped
    | CancellationAnswered
    | InvoiceReceived
    | StockReported,
    Field(discriminator="kind"),
]


class Observation(Input):
    """An observation in its envelope: the body, its subject, and when it happened."""

    id: Id | None = None
    subject: Annotated[Plain, Composed] = Field(default="", max_length=200)
    occurred_at: Utc
    body: AnyObservation

    def content(self) -> dict[str, Any]:
        """The content that must be equal when the id is used again."""
        return content_of(self, "id")


if not TYPE_CHECKING:  # type checkers know only the new names
    __getattr__ = old_names(__name__)
