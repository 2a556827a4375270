"""Placing, confirming, holding and completing an order."""

from __future__ import annotations

from orderflow.kernel.checks import known, not_held
from orderflow.kernel.deciding import Deciding
from orderflow.model import commands as cmd
from orderflow.model import events as ev
from orderflow.model.document import NewOrder, Shipping
from orderflow.model.phases import OrderPhase
from orderflow.model.state import Review
from orderflow.model.work import Effect

__all__ = [
    "confirm",
    "confirm_receipt",
    "draft",
    "place",
    "place_hold",
    "release_hold",
    "remind_payment",
    "reopen",
    "send_reminder",
]


def draft(deciding: Deciding, body: cmd.Draft) -> None:
    """Keep the order in the initial state of its lifecycle."""
    _create(deciding, body.order)


def place(deciding: Deciding, body: cmd.Place) -> None:
    """Create the order and fire ``place``."""
    _create(deciding, body.order)
    deciding.fire("place")


def _create(deciding: Deciding, document: NewOrder) -> None:
    flow = deciding.rules.lifecycle
    initial = flow.by_name[flow.initial]
    created = ev.OrderCreated(
        channel=document.channel,
        customer=document.customer.id if document.customer else "",
        currency=document.currency,
        total=document.total.minor,
        terms=document.terms,
        ship_complete=document.shipping is Shipping.COMPLETE,
        promised=document.promised,
        lines=tuple(map(ev.PlacedLine.of, document.lines)),
        workflow=flow.stamp,
        lifecycle=initial.name,
        phase=OrderPhase(initial.phase),
    )
    deciding.create(document, created)
    if reason := _unasked(document):
        deciding.emit(ev.ReviewSettled(Review.WITHHELD, reason))


def _unasked(document: NewOrder) -> str:
    """Why nobody is to be asked for a review; nothing where the customer may be."""
    if document.gift or document.gift_message:
        return "gift"
    return "opt_out" if document.customer and document.customer.opted_out else ""


def confirm(deciding: Deciding, _body: cmd.Confirm) -> None:
    """Fire ``confirm``."""
    if not_held(deciding):
        deciding.fire("confirm")


def place_hold(deciding: Deciding, body: cmd.PlaceHold) -> None:
    """Add a reason not to go on."""
    state = deciding.order.state
    if body.hold in state.holds:
        deciding.refuse("hold.exists", f"the hold {body.hold} is already there; use another handle")
    elif state.phase.final:
        deciding.refuse("order.over", f"the order is {state.lifecycle}; there is nothing to hold")
    elif body.until and body.until <= deciding.context.now:
        what = f"the hold would end at {body.until:%Y-%m-%d %H:%M:%S} UTC, which is past"
        deciding.refuse("hold.over", f"{what}; name a later moment, or none")
    elif body.on:
        fo = known(deciding, "fo.unknown", body.on, deciding.fos)
        if fo is not None and fo.phase.final:
            deciding.refuse("order.over", f"{body.on} is over; there is nothing to hold")
    if not deciding.refusals:
        deciding.emit(ev.HoldPlaced(body.hold, body.reason, body.until, body.on or ""))


def release_hold(deciding: Deciding, body: cmd.ReleaseHold) -> None:
    """Take one reason away."""
    if known(deciding, "hold.unknown", body.hold, deciding.order.state.holds):
        deciding.emit(ev.HoldReleased(body.hold))


def confirm_receipt(deciding: Deciding, _body: cmd.ConfirmReceipt) -> None:
    """The customer has the goods."""
    state = deciding.order.state
    if state.receipt_confirmed:
        deciding.refuse("receipt.confirmed", "the receipt is confirmed already")
    elif state.delivered_at is None:
        deciding.refuse("receipt.nothing_delivered", "nothing was delivered yet")
    else:
        deciding.emit(ev.ReceiptConfirmed(deciding.context.actor))


def remind_payment(deciding: Deciding, _body: cmd.RemindPayment) -> None:
    """Have the customer reminded that the order is not paid."""
    state = deciding.order.state
    if state.phase in (OrderPhase.DRAFT, OrderPhase.CANCELLED):
        deciding.refuse("payment.not_due", f"the order is {state.lifecycle}: nothing is to be paid")
    elif state.payments.paid:
        deciding.refuse("payment.paid", "the order is paid")
    else:
        send_reminder(deciding)


def send_reminder(deciding: Deciding) -> None:
    """Have the customer reminded to pay."""
    deciding.emit(ev.PaymentReminded())
    data = {"template": "payment-reminder"}
    deciding.add([Effect("notify", data=data)], deciding.order.id)


def reopen(deciding: Deciding, body: cmd.Reopen) -> None:
    """Bring a completed order back; a person closes the task that says why."""
    if deciding.fire("reopen", reason=body.reason):
        deciding.ask_person("reopened", "support", body.reason, deciding.order.id)
