"""Refunds: paying back what was paid beyond the amount due."""

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
"""The task of the person who is asked how much was paid back."""


def update_total(draft: Draft) -> None:
    """Record the amount due where it has changed.

    While nothing is cancelled or returned, this does not read the order's document from the store.
    """
    order, rules = draft.order, draft.rules
    whole = is_due_in_full(order) and is_due_in_full(draft.before) and not draft.revised
    if whole and rules.amount_due is amount_due:
        return
    if (owed := rules.amount_due_of(order)) != order.state.payments.total:
        draft.emit(ev.AmountDueChanged(owed))


def propose_refunds(draft: Draft) -> None:
    """Propose refunds of what was paid beyond the amount due; withdraw those no longer due.

    Never more than the net captured (promise 9). Payments beyond the price are refunded when the
    order has ended: until then something may be added to it. A withdrawn refund may have been paid,
    by a call whose answer was lost: where another refund could then be too much, a person looks
    before it is paid. While a person is asked how much was paid back, nothing more is proposed: an
    answer that is too low would lead to proposals without end.
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
    """Whether a person is asked how much was paid back; until then software pays nothing more."""
    return any(task.name == _WHICH_IS_RIGHT for task in state.tasks.values())


def _is_under_way(state: OrderState, refund: Refund) -> bool:
    """Whether the payment provider accepted it, and has not reported an outcome."""
    return refund.status is RefundStatus.PENDING and refund_key(refund) in state.taken


def _how_it_stood(state: OrderState, refund: Refund) -> RefundStatus:
    """The status of a withdrawn refund that is due again, by what was reported of it meanwhile.

    It keeps its key: unless it failed, it may have been paid already.
    """
    names = {refund_key(refund)} if refund.generation else {refund_key(refund), refund.id}
    told = {f"{PaymentOutcome.FAILED}:{name}" for name in names}
    failed = (told | set(map(pseudonym, told))) & set(state.payments.references)
    return RefundStatus.FAILED if failed else RefundStatus.PENDING


def refund_key(refund: Refund) -> str:
    """The idempotency key under which a refund is paid."""
    return effect_key(refund.id, "refund", refund.generation)


def refund_reported(draft: Draft, body: PaymentReported) -> None:
    """Mark the refund that the report names, by its key or id, as paid or failed."""
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
    """Open a task if another amount was paid than proposed: the money has moved.

    The task closes when the reported amounts add up, in whatever order they came.
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
    """Pay a failed refund once more, under a new key."""
    refund = known(draft, "refund.unknown", body.refund, draft.order.state.refunds)
    if refund is None:
        return
    if refund.status is not RefundStatus.FAILED:
        what = f"{refund.id} is {refund.status}; only a refund that failed is tried again"
        draft.refuse("refund.not_failed", what)
    else:
        draft.emit(ev.RefundMoved(refund.id, RefundStatus.PENDING))
