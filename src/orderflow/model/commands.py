"""Commands: requests that may be refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from orderflow.model.attributes import Attributes
from orderflow.model.bounds import (
    NONE_OF_THEM,
    Code,
    Composed,
    Day,
    Id,
    LineUnits,
    LineUnitsOrNone,
    Lot,
    Many,
    Plain,
    Reason,
    Reference,
    Stock,
    Units,
    UnitsOrNone,
    Utc,
)
from orderflow.model.content import content_of
from orderflow.model.document import Address, Line, NewOrder
from orderflow.model.frozen_mapping import Frozen
from orderflow.model.reading import Input, read
from orderflow.model.returns import InspectionLine
from orderflow.renamed import old_names

__all__ = [
    "AcceptSubstitute",
    "AnyCommand",
    "ApproveReturn",
    "Cancel",
    "CloseReturn",
    "CloseTask",
    "Collect",
    "Command",
    "Confirm",
    "ConfirmDelivery",
    "Count",
    "DeclineReturn",
    "Deliver",
    "Edit",
    "ExpectInbound",
    "FinishPutAway",
    "Fire",
    "Intercept",
    "Item",
    "Override",
    "Pack",
    "Pick",
    "PlaceHold",
    "PlaceOrder",
    "ProposeSubstitute",
    "ReceiveStock",
    "ReleaseHold",
    "Reopen",
    "RequestReturn",
    "Reroute",
    "Resend",
    "RetryRefund",
    "Route",
    "SaveDraft",
    "Seal",
    "SendBack",
    "SendDunning",
    "SetStockPolicy",
    "Ship",
    "StockCommandBody",
    "Submit",
    "WriteOff",
]


class CommandBody(Input):
    """The body of a command."""

    def to(self, subject: str = "", *, by: str = "system", id: str | None = None) -> Command:
        """This body in an envelope, for the order with the id *subject*.

        Args:
            subject: The order's id; empty for :class:`PlaceOrder` and for stock.
            by: The actor.
            id: The idempotency key; None: the engine makes one.

        Raises:
            InvalidInput: The subject, the actor or the id is not valid.
        """
        given = {"id": id, "actor": by, "body": self, "subject": subject}
        return read(Command, given, "command")


class PlaceOrder(CommandBody):
    """Place an order."""

    kind: Literal["place"] = "place"
    order: NewOrder


class SaveDraft(CommandBody):
    """Save an order as a draft; the trigger ``place`` places it."""

    kind: Literal["draft"] = "draft"
    order: NewOrder


class Confirm(CommandBody):
    """Confirm an order: its reservations do not expire, its work may be released."""

    kind: Literal["confirm"] = "confirm"


class Cancel(CommandBody):
    """Cancel units; ``lines`` None: all that can still be cancelled."""

    kind: Literal["cancel"] = "cancel"
    lines: LineUnits | None = None
    reason: Reason = "customer"


class Edit(CommandBody):
    """Change an order after placement: address, promised date, quantities, new lines.

    *quantities* are the live units of each line from now on (0 cancels it), including its
    substitutes that are not named themselves; lines that are not named stay.
    """

    kind: Literal["edit"] = "edit"
    ship_to: Address | None = None
    promised: Utc | None = None
    quantities: LineUnitsOrNone = Field(default_factory=Frozen)
    lines: Many[Line] = NONE_OF_THEM
    reason: Reason = "customer"


class Intercept(CommandBody):
    """Have the carrier bring back a parcel in transit."""

    kind: Literal["intercept"] = "intercept"
    parcel: Id


class PlaceHold(CommandBody):
    """Hold the order, or one fulfillment order (*on*); ``hold`` is the id to release it by."""

    kind: Literal["place_hold"] = "place_hold"
    hold: Id
    reason: Reason
    until: Utc | None = None
    on: Id | None = None


class Resend(CommandBody):
    """Send units again that came back undelivered or were lost (``lines`` None: all of them)."""

    kind: Literal["resend"] = "resend"
    lines: LineUnits | None = None


class RetryRefund(CommandBody):
    """Pay a failed refund once more."""

    kind: Literal["retry_refund"] = "retry_refund"
    refund: Id


class SendBack(CommandBody):
    """Rejected units of a return were sent back to the customer."""

    kind: Literal["send_back"] = "send_back"
    rma: Id
    carrier: Plain = Field(default="", max_length=64)
    tracking_number: Code


class ReleaseHold(CommandBody):
    """Release one hold."""

    kind: Literal["release_hold"] = "release_hold"
    hold: Id


class Route(CommandBody):
    """Route the open units again."""

    kind: Literal["route"] = "route"


class Item(Input):
    """Identified units: lot, serial number, expiry date."""

    line: Code
    quantity: Units = 1
    lot: Lot = ""
    serial: Lot = ""
    expiry: Day | None = None


class Pick(CommandBody):
    """Units of a fulfillment order were picked; *short* ones were not on their shelf.

    *items* identifies units of lines that require it.
    """

    kind: Literal["pick"] = "pick"
    fo: Id
    units: LineUnits = Field(default_factory=Frozen)
    short: LineUnits = Field(default_factory=Frozen)
    items: Many[Item] = NONE_OF_THEM


class Pack(CommandBody):
    """Picked units were packed: into a new parcel, or *into* one that stays open.

    The packer names an open parcel; it may hold units of several orders, until it is sealed.
    """

    kind: Literal["pack"] = "pack"
    fo: Id
    units: LineUnits
    into: Id | None = None


class Seal(CommandBody):
    """Seal an open parcel: nothing more goes in, its label may be bought."""

    kind: Literal["seal"] = "seal"
    parcel: Id


class Ship(CommandBody):
    """A labeled parcel was handed over to its carrier."""

    kind: Literal["ship"] = "ship"
    parcel: Id


class Deliver(CommandBody):
    """Our own people delivered a shipped parcel."""

    kind: Literal["deliver"] = "deliver"
    parcel: Id


class Collect(CommandBody):
    """The customer took units (``units`` None: all that are ready): they are delivered."""

    kind: Literal["collect"] = "collect"
    fo: Id
    units: LineUnits | None = None


class Submit(CommandBody):
    """A fulfillment order was sent to its partner, which answers later."""

    kind: Literal["submit"] = "submit"
    fo: Id


class ProposeSubstitute(CommandBody):
    """Propose another SKU to the customer for units of a line that nobody works on yet."""

    kind: Literal["propose_substitute"] = "propose_substitute"
    line: Code
    sku: Code


class AcceptSubstitute(CommandBody):
    """The customer accepts the proposed substitute for a line's units.

    *fo* is the fulfillment order whose partner proposed it, or the order's id for our proposals.
    """

    kind: Literal["substitute"] = "substitute"
    fo: Id
    line: Code


class Reroute(CommandBody):
    """Take units (``lines`` None: all that are left) from a partner, and route them again.

    A partner that has the request is asked to cancel them, and may refuse.
    """

    kind: Literal["reroute"] = "reroute"
    fo: Id
    lines: LineUnits | None = None
    reason: Reason = "rerouted"


class SendDunning(CommandBody):
    """Send the customer dunning for an order that is not paid."""

    kind: Literal["remind_payment"] = "remind_payment"


class FinishPutAway(CommandBody):
    """Cancelled units are back on their shelf."""

    kind: Literal["finish_put_away"] = "finish_put_away"
    put_away: Id


class ConfirmDelivery(CommandBody):
    """The customer has the goods."""

    kind: Literal["confirm_receipt"] = "confirm_receipt"


class RequestReturn(CommandBody):
    """The customer wants to return units; *exchange* is sent for those accepted."""

    kind: Literal["request_return"] = "request_return"
    lines: LineUnits = Field(min_length=1)
    reason: Reason = "customer"
    exchange: Many[Line] = NONE_OF_THEM


class ApproveReturn(CommandBody):
    """Approve a return: the customer may send the units."""

    kind: Literal["approve_return"] = "approve_return"
    rma: Id


class DeclineReturn(CommandBody):
    """Decline a return."""

    kind: Literal["decline_return"] = "decline_return"
    rma: Id
    reason: Reason


class CloseReturn(CommandBody):
    """Close a return: *findings* and, for all other units, *restock* decide the disposition."""

    kind: Literal["close_return"] = "close_return"
    rma: Id
    restock: bool = True
    findings: Many[InspectionLine] = NONE_OF_THEM


class CloseTask(CommandBody):
    """A person completed a task."""

    kind: Literal["close_task"] = "close_task"
    task: Annotated[Reference, Field(min_length=1)]


class Reopen(CommandBody):
    """Reopen a completed order: it is confirmed again."""

    kind: Literal["reopen"] = "reopen"
    reason: Reason


class Fire(CommandBody):
    """Fire a declared trigger on the order, or on the FO or return named by *on*."""

    kind: Literal["fire"] = "fire"
    trigger: Code
    on: Reference | None = None
    data: Attributes = Field(default_factory=Frozen)


class StockCommand(CommandBody):
    """A command about a SKU at a location."""

    sku: Code
    location: Code = "main"


class ReceiveStock(StockCommand):
    """Goods arrived. *for_order* and *for_line* are served first; *expected* is closed.

    *damaged* units among them go to quarantine: counted, never sold.
    """

    kind: Literal["receive"] = "receive"
    quantity: Units
    damaged: UnitsOrNone = 0
    reference: Plain = Field(default="", max_length=200)
    for_order: Reference | None = None
    for_line: Reference | None = None
    expected: Reference | None = None

    @model_validator(mode="after")
    def _damaged_are_some_of_them(self) -> Self:
        if self.damaged > self.quantity:
            raise ValueError(f"damaged is at most the quantity, {self.quantity}")
        return self


class Count(StockCommand):
    """A count of the shelf: on hand becomes *counted*. Never refused."""

    kind: Literal["count"] = "count"
    counted: Stock
    reference: Plain = Field(default="", max_length=200)


class WriteOff(StockCommand):
    """Units are damaged, lost or missing. Never refused: on hand below zero is a shortfall."""

    kind: Literal["write_off"] = "write_off"
    quantity: Units
    reference: Plain = Field(default="", max_length=200)


class ExpectInbound(StockCommand):
    """Goods are on their way and should arrive *at*; quantity 0 removes the announcement."""

    kind: Literal["expect_receipt"] = "expect_receipt"
    expected: Code
    quantity: Stock
    at: Utc


class SetStockPolicy(StockCommand):
    """Keep *safety* units back; allow *backorder_limit* open backorders (None: no limit)."""

    kind: Literal["set_stock_policy"] = "set_stock_policy"
    safety: Stock = 0
    backorder_limit: Stock | None = None


StockCommandBody = ReceiveStock | Count | WriteOff | ExpectInbound | SetStockPolicy
OrderCommandBody = (
    Confirm
    | Cancel
    | Edit
    | Intercept
    | PlaceHold
    | ReleaseHold
    | Route
    | Pick
    | Pack
    | Seal
    | Ship
    | Deliver
    | Collect
    | Submit
    | ProposeSubstitute
    | AcceptSubstitute
    | Reroute
    | Resend
    | SendDunning
    | FinishPutAway
    | ConfirmDelivery
    | RequestReturn
    | ApproveReturn
    | DeclineReturn
    | CloseReturn
    | SendBack
    | RetryRefund
    | CloseTask
    | Reopen
    | Fire
)


class Override(CommandBody):
    """Carry out a command although guards or policies refuse it, for a *reason*.

    For actors with the role ``override``. Declared transitions, quantities, stock and holds cannot
    be overridden.
    """

    kind: Literal["override"] = "override"
    command: OrderCommandBody = Field(discriminator="kind")
    reason: Reason


AnyCommand = Annotated[
    PlaceOrder | SaveDraft | OrderCommandBody | Override | StockCommandBody,
    Field(discriminator="kind"),
]


class Command(Input):
    """A command in its envelope: the body, its subject and actor.

    ``id`` is the idempotency key within its subject (for a placement: within the channel).
    """

    id: Id | None = None
    actor: Code = "system"
    body: AnyCommand
    subject: Annotated[Plain, Composed] = Field(default="", max_length=100, validate_default=True)

    @field_validator("subject")
    @classmethod
    def _is_what_the_body_is_about(cls, subject: str, info: ValidationInfo) -> str:
        body = info.data.get("body")
        if isinstance(body, OrderCommandBody | Override) and not subject:
            raise ValueError(f"the id of the order to {body.kind} is expected")
        if isinstance(body, PlaceOrder | SaveDraft) and subject:
            right = "empty is expected: the new order's id is its number"
            raise ValueError(f"{right}, {body.order.number!r}")
        if isinstance(body, StockCommandBody) and subject:
            raise ValueError(f"empty is expected: {body.kind} is about {body.sku}@{body.location}")
        return subject

    def content(self) -> dict[str, Any]:
        """The content that must be equal when the id is used again."""
        return content_of(self, "id")


if not TYPE_CHECKING:  # type checkers know only the new names
    __getattr__ = old_names(__name__)
