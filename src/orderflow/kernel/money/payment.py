"""Payments: what is reported of them, and reminders."""

from __future__ import annotations

from orderflow.kernel.decision.draft import Deciding
from orderflow.kernel.money.refund import refund_reported
from orderflow.model import commands as cmd
from orderflow.model import events as ev
from orderflow.model.disguise import disguised
from orderflow.model.observations import PaymentReported
from orderflow.model.phases import OrderPhase
from orderflow.model.state import PaymentFact
from orderflow.model.work import Effect
from orderflow.money import Money

__all__ = ["charged_back", "payment_reported", "remind_payment", "send_reminder", "told_again"]


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


def payment_reported(deciding: Deciding, body: PaymentReported) -> None:
    """A payment fact counts once per reference and kind, with the greatest amount reported."""
    payments, reference = deciding.order.state.payments, f"{body.fact}:{body.reference}"
    names = {reference, disguised(reference)} & set(payments.references)
    if names:
        told_again(deciding, body, payments.amounts.get(names.pop(), body.amount))
    else:
        deciding.emit(ev.PaymentRecorded(body.fact, body.amount, reference, body.amount))
        refund_reported(deciding, body)
        if body.fact is PaymentFact.CHARGED_BACK:
            charged_back(deciding, body)


def charged_back(deciding: Deciding, body: PaymentReported) -> None:
    """The customer's bank took money back: whether to dispute it is a person's to say."""
    money = Money(body.amount, deciding.order.state.currency)
    reason = f"{money} were charged back ({body.reference}): dispute it, or let it be"
    role = deciding.rules.role("unpaid")
    deciding.ask_person("exception.charged_back", role, reason, deciding.order.id)


def told_again(deciding: Deciding, body: PaymentReported, counts: int) -> None:
    """A reference that *counts* already comes with another amount: the greatest counts, and a task.

    So it does not matter which came first. A payment that failed adds nothing in any case.
    """
    if body.amount == counts or body.fact is PaymentFact.FAILED:
        return
    if body.amount > counts:
        reference = f"{body.fact}:{body.reference}"
        more = body.amount - counts
        deciding.emit(ev.PaymentRecorded(body.fact, more, reference, body.amount))
    amounts = sorted((counts, body.amount))
    what = f"{body.reference} was {body.fact} with different amounts"
    deciding.emit(ev.FactKept("payment_reported", f"{what}: {amounts[0]} and {amounts[1]}"))
    role, of = deciding.rules.role("unpaid"), f"{deciding.id}/{body.fact}:{body.reference}"
    reason = f"{what}: the greatest counts; ask which is right"
    deciding.ask_person("exception.payment_reported", role, reason, of)
