"""Observations: facts from outside. They are never refused."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from orderflow.model.commands import LineUnits, Reason
from orderflow.model.document import Code
from orderflow.model.parcel import ParcelStatus
from orderflow.model.reading import Sent, Utc
from orderflow.model.state import PaymentFact

__all__ = [
    "GoodsReturned",
    "LabelBought",
    "LabelVoided",
    "Observation",
    "ObservationBody",
    "PaymentReported",
    "TrackingReported",
]


class Fact(Sent):
    """What was observed."""

    def at(self, occurred_at: Utc, *, subject: str = "", id: str | None = None) -> Observation:
        """This fact in an envelope; *subject* is the order or parcel where it is known."""
        return Observation.model_validate(
            {"id": id, "subject": subject, "occurred_at": occurred_at, "body": self}
        )


class TrackingReported(Fact):
    """A carrier's scan, known by the carrier's *event* id, else by number, code, time, place."""

    kind: Literal["tracking_reported"] = "tracking_reported"
    tracking_number: Code
    status: ParcelStatus
    event: str = ""
    code: str = Field(default="", max_length=100)
    place: str = Field(default="", max_length=200)
    to_recipient: bool = False


class LabelBought(Fact):
    """A carrier sold the label of a parcel."""

    kind: Literal["label_bought"] = "label_bought"
    parcel: Code
    carrier: Code
    tracking_number: Code


class LabelVoided(Fact):
    """A carrier took the label of a parcel back."""

    kind: Literal["label_voided"] = "label_voided"
    parcel: Code


class PaymentReported(Fact):
    """A payment provider's report: *amount* in minor units; *reference* makes it count once."""

    kind: Literal["payment_reported"] = "payment_reported"
    fact: PaymentFact
    amount: int = Field(ge=0, strict=True)
    reference: Code


class GoodsReturned(Fact):
    """Goods came back. Without *rma* they came unannounced and open a return of their own."""

    kind: Literal["goods_returned"] = "goods_returned"
    lines: LineUnits = Field(min_length=1)
    rma: str | None = None
    reason: Reason = "unannounced"


ObservationBody = Annotated[
    TrackingReported | LabelBought | LabelVoided | PaymentReported | GoodsReturned,
    Field(discriminator="kind"),
]


class Observation(Sent):
    """A fact in its envelope: which, about what, and when it happened."""

    id: Code | None = None
    subject: str = Field(default="", max_length=100)
    occurred_at: Utc
    body: ObservationBody

    def content(self) -> dict[str, Any]:
        """What must be equal when the id is used again."""
        return self.model_dump(mode="json", exclude={"id"})
