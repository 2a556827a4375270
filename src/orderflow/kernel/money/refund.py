"""Refunds: paying back what was paid for goods that are not kept."""

from __future__ import annotations

from orderflow.kernel.decision.checks import known
from orderflow.kernel.decision.draft import Draft
from orderflow.model import commands as cmd
from orderflow.model import events as ev
from orderflow.model.amount_due import amount_due, is_due_in_full
from orderflow.model.observations import PaymentReported
from orderflow.model.state import PaymentOutcome, Refund, RefundStatus
from orderflow.model.work import effect_key
from orderflow.money import Money

__all__ = ["propose_refunds", "refund_key", "refund_reported", "retry_refund", "update_total"]


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
    too much, a person looks before it is paid.
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
        if proposed > due and refund_key(refund) not in state.taken:
            draft.emit(ev.RefundMoved(refund.id, RefundStatus.WITHDRAWN))
            proposed -= refund.amount
    for refund in state.refunds.values():
        # The same one again, under its key: nobody knows how far it had got.
        if refund.status is RefundStatus.WITHDRAWN and refund.amount <= due - proposed:
            draft.emit(ev.RefundMoved(refund.id, RefundStatus.PENDING))
            proposed += refund.amount
    if due > proposed:
        name = f"{state.id}-M{len(state.refunds) + 1}"
        draft.emit(ev.RefundProposed(name, due - proposed))
        refunds = draft.order.state.refunds.values()
        withdrawn = sum(r.amount for r in refunds if r.status is RefundStatus.WITHDRAWN)
        if due + withdrawn > payments.net_captured:
            draft.emit(ev.EffectGaveUp(effect_key(name, "refund", 0)))


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
    """Ask a person where another amount was paid than was to be: the money has moved."""
    amounts, currency = draft.order.state.payments.amounts, draft.order.state.currency
    names = (refund.id, refund_key(refund))
    paid = sum(amounts.get(f"{PaymentOutcome.REFUNDED}:{name}", 0) for name in names)
    if paid == refund.amount:
        return
    what = f"{Money(paid, currency)} were paid back, {Money(refund.amount, currency)} were to be"
    role, of = draft.rules.role("unpaid"), f"{draft.id}/{refund.id}"
    reason = f"{refund.id}: {what}; ask which is right"
    draft.open_task("exception.refund_amount", role, reason, of)


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
