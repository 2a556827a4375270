"""The lifecycle of an order after its placement: confirmed, delivered, reopened."""

from __future__ import annotations

from orderflow.kernel.decision.checks import not_held
from orderflow.kernel.decision.draft import Draft
from orderflow.model import commands as cmd
from orderflow.model import events as ev

__all__ = ["confirm", "confirm_receipt", "reopen"]


def confirm(draft: Draft, _body: cmd.Confirm) -> None:
    """Fire ``confirm``."""
    if not_held(draft):
        draft.fire("confirm")


def confirm_receipt(draft: Draft, _body: cmd.ConfirmDelivery) -> None:
    """Record that the customer has the goods."""
    state = draft.order.state
    if state.receipt_confirmed:
        draft.refuse("receipt.confirmed", "the receipt is confirmed already")
    elif state.delivered_at is None:
        draft.refuse("receipt.nothing_delivered", "nothing was delivered yet")
    else:
        draft.emit(ev.DeliveryConfirmed(draft.context.actor))


def reopen(draft: Draft, body: cmd.Reopen) -> None:
    """Reopen a completed order, with a task that gives the reason."""
    if draft.fire("reopen", reason=body.reason):
        draft.open_task("reopened", "support", body.reason, draft.order.id)
