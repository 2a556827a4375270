"""Refunds: paying back what was paid for goods that are not kept."""

from __future__ import annotations

from orderflow.kernel.decision.checks import known
from orderflow.kernel.decision.draft import Draft
from orderflow.model import commands as cmd
from orderflow.model import events as ev
from orderflow.model.amount_due import amount_due, is_due_in_full
from orderflow.model.observations import PaymentReported
from orderflow.model.pseudonym import pseudonym
from orderflow.model.state import OrderState, PaymentOutcome, Refund, RefundStatus
from orderflow.model.work import effect_key
from orderflow.money import Money

__all__ = [
    "is_finance_asked",
    "propose_refunds",
    "refund_key",
    "refund_reported",
    "retry_refund",
    "update_total",
]

_WHICH_IS_RIGHT = "exception.refund_amount"
"""The task of who is asked how much was paid back."""


def update_total(draft: Draft) -> None:
    """Write down what is owed for what is kept, where that has changed.

    While an order is kept whole, its document need not be read from the store for that.
    """
    order, rules = draft.order, draft.rules
    whole = is_due_in_full(order) and is_due_in_full(draft.before) and not draft.revised
    if whole and rules.amount_due is amount_due:
        return
    if (owed := rules.amount_due_of(order)) != order.state.payments.total:
        draft.emit(ev.AmountDueChanged(owed))


def propose_refunds(draft: Draft) -> None:
    """Pay back what was paid for goods that are not kept; take back what is not due any more.

    Never more than was captured and is still kept (promise 9). What was paid beyond the price goes
    back when the order is over: before that something may be added to it. What was withdrawn may
    have been paid all the same, by a call whose answer was lost: where another refund could then be
    too much, a person looks before it is paid. While a person is asked how much was paid back,
    nothing more is proposed: who answers with too little would be asked for the rest for ever.
    """
    state = draft.order.state
    payments = state.payments
    if not payments.captured:
        return
    due = min(payments.net_captured, payments.net_captured - payments.total)
    if not state.phase.final:
        given_up = draft.order.document.total.minor - payments.total
        due = min(due, given_up - payments.refunded)
    due = max(0, due)
    pending = [r for r in state.refunds.values() if r.status.open]
    proposed = sum(refund.amount for refund in pending)
    for refund in reversed(pending):
        if proposed > due and not _is_under_way(state, refund):
            draft.emit(ev.RefundMoved(refund.id, RefundStatus.WITHDRAWN))
            proposed -= refund.amount
    if is_finance_asked(state):
        return
    for refund in state.refunds.values():
        if refund.status is RefundStatus.WITHDRAWN and refund.amount <= due - proposed:
            draft.emit(ev.RefundMoved(refund.id, _how_it_stood(state, refund)))
            proposed += refund.amount
    if due > proposed:
        name = f"{state.id}-M{len(state.refunds) + 1}"
        draft.emit(ev.RefundProposed(name, due - proposed))
        refunds = draft.order.state.refunds.values()
        withdrawn = sum(r.amount for r in refunds if r.status is RefundStatus.WITHDRAWN)
        if due + withdrawn > payments.net_captured:
            draft.emit(ev.EffectGaveUp(effect_key(name, "refund", 0)))


def is_finance_asked(state: OrderState) -> bool:
    """Whether a person is asked how much was paid back; until they say so software pays no more."""
    return any(task.name == _WHICH_IS_RIGHT for task in state.tasks.values())


def _is_under_way(state: OrderState, refund: Refund) -> bool:
    """Whether somebody took it, and has not said what came of it."""
    return refund.status is RefundStatus.PENDING and refund_key(refund) in state.taken


def _how_it_stood(state: OrderState, refund: Refund) -> RefundStatus:
    """How a refund that was withdrawn is taken up again, by what was reported of it meanwhile.

    The same one again, under its key: nobody knows how far it had got, unless it had failed.
    """
    names = {refund_key(refund)} if refund.generation else {refund_key(refund), refund.id}
    told = {f"{PaymentOutcome.FAILED}:{name}" for name in names}
    failed = (told | set(map(pseudonym, told))) & set(state.payments.references)
    return RefundStatus.FAILED if failed else RefundStatus.PENDING


def refund_key(refund: Refund) -> str:
    """The idempotency key under which a refund is paid."""
    return effect_key(refund.id, "refund", refund.generation)


def refund_reported(draft: Draft, body: PaymentReported) -> None:
    """Whether it speaks of a refund of ours, by its key or id: it is paid, or it failed."""
    for refund in draft.order.state.refunds.values():
        if body.reference not in (refund.id, refund_key(refund)):
            continue
        if body.fact is PaymentOutcome.REFUNDED:
            if refund.status is not RefundStatus.SUCCEEDED:
                draft.emit(ev.RefundMoved(refund.id, RefundStatus.SUCCEEDED))
            _look_at_amount(draft, refund)
        elif body.fact is PaymentOutcome.FAILED and refund.status is RefundStatus.PENDING:
            draft.emit(ev.RefundMoved(refund.id, RefundStatus.FAILED))


def _look_at_amount(draft: Draft, refund: Refund) -> None:
    """Ask a person where another amount was paid than was to be: the money has moved.

    The task is over when what was told adds up, whatever was told first.
    """
    state = draft.order.state
    names = (refund.id, refund_key(refund))
    told = (state.payments.amounts.get(f"{PaymentOutcome.REFUNDED}:{name}", 0) for name in names)
    paid, of = sum(told), f"{draft.id}/{refund.id}"
    back, due = Money(paid, state.currency), Money(refund.amount, state.currency)
    what = f"{back} were paid back, {due} were to be"
    reason = f"{refund.id}: {what}; ask which is right"
    asked = state.tasks.get(f"{of}:{_WHICH_IS_RIGHT}")
    if asked is not None and (paid == refund.amount or asked.reason != reason):
        draft.emit(ev.TaskClosed(asked.id))
    if paid != refund.amount:
        draft.open_task(_WHICH_IS_RIGHT, draft.rules.role("unpaid"), reason, of)


def retry_refund(draft: Draft, body: cmd.RetryRefund) -> None:
    """Pay a refund that failed once more, under a new key."""
    refund = known(draft, "refund.unknown", body.refund, draft.order.state.refunds)
    if refund is None:
        return
    if refund.status is not RefundStatus.FAILED:
        what = f"{refund.id} is {refund.status}; only a refund that failed is tried again"
        draft.refuse("refund.not_failed", what)
    else:
        draft.emit(ev.RefundMoved(refund.id, RefundStatus.PENDING))
