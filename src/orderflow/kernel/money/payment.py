"""Payments: reported outcomes, and dunning."""

from __future__ import annotations

from orderflow.kernel.decision.draft import Draft
from orderflow.kernel.money.refund import refund_reported
from orderflow.model import commands as cmd
from orderflow.model import events as ev
from orderflow.model.observations import PaymentReported
from orderflow.model.phases import OrderPhase
from orderflow.model.pseudonym import pseudonym
from orderflow.model.state import PaymentOutcome
from orderflow.model.work import Effect
from orderflow.money import Money

__all__ = ["amount_differs", "charged_back", "payment_reported", "remind_payment", "send_dunning"]


def remind_payment(draft: Draft, _body: cmd.SendDunning) -> None:
    """Send dunning for an order that is not paid."""
    state = draft.order.state
    if state.phase in (OrderPhase.DRAFT, OrderPhase.CANCELLED):
        draft.refuse("payment.not_due", f"the order is {state.lifecycle}: nothing is to be paid")
    elif state.payments.paid:
        draft.refuse("payment.paid", "the order is paid")
    else:
        send_dunning(draft)


def send_dunning(draft: Draft) -> None:
    """Record a dunning and have the customer notified."""
    draft.emit(ev.DunningSent())
    data = {"template": "payment-reminder"}
    draft.add([Effect("notify", data=data)], draft.order.id)


def payment_reported(draft: Draft, body: PaymentReported) -> None:
    """Record a payment outcome once per reference and kind, with the greatest amount reported."""
    payments, reference = draft.order.state.payments, f"{body.fact}:{body.reference}"
    names = {reference, pseudonym(reference)} & set(payments.references)
    if names:
        amount_differs(draft, body, payments.amounts.get(names.pop(), body.amount))
    else:
        draft.emit(ev.PaymentRecorded(body.fact, body.amount, reference, body.amount))
        refund_reported(draft, body)
        if body.fact is PaymentOutcome.CHARGED_BACK:
            charged_back(draft, body)


def charged_back(draft: Draft, body: PaymentReported) -> None:
    """Open a task after a chargeback: a person decides whether to dispute it."""
    money = Money(body.amount, draft.order.state.currency)
    reason = (
        f"the customer's bank charged back {money} ({body.reference}): dispute it, or accept it"
    )
    role = draft.rules.role("unpaid")
    draft.open_task("exception.charged_back", role, reason, draft.order.id)


def amount_differs(draft: Draft, body: PaymentReported, counts: int) -> None:
    """Settle a reference reported with another amount: the greatest counts, and a task opens.

    So the order of the reports does not matter. Failed payments add nothing in any case.
    """
    if body.amount == counts or body.fact is PaymentOutcome.FAILED:
        return
    if body.amount > counts:
        reference = f"{body.fact}:{body.reference}"
        more = body.amount - counts
        draft.emit(ev.PaymentRecorded(body.fact, more, reference, body.amount))
        refund_reported(draft, body)
    amounts = sorted((counts, body.amount))
    what = f"{body.reference} was {body.fact} with different amounts"
    draft.emit(ev.ObservationKept("payment_reported", f"{what}: {amounts[0]} and {amounts[1]}"))
    role, of = draft.rules.role("unpaid"), f"{draft.id}/{body.fact}:{body.reference}"
    reason = f"{what}: the largest counts; ask the provider which is right"
    draft.open_task("exception.payment_reported", role, reason, of)
