"""The lifecycle of an order after its placement: confirmed, received, reopened."""

from __future__ import annotations

from orderflow.kernel.decision.checks import not_held
from orderflow.kernel.decision.draft import Deciding
from orderflow.model import commands as cmd
from orderflow.model import events as ev

__all__ = ["confirm", "confirm_receipt", "reopen"]


def confirm(deciding: Deciding, _body: cmd.Confirm) -> None:
    """Fire ``confirm``."""
    if not_held(deciding):
        deciding.fire("confirm")


def confirm_receipt(deciding: Deciding, _body: cmd.ConfirmReceipt) -> None:
    """The customer has the goods."""
    state = deciding.order.state
    if state.receipt_confirmed:
        deciding.refuse("receipt.confirmed", "the receipt is confirmed already")
    elif state.delivered_at is None:
        deciding.refuse("receipt.nothing_delivered", "nothing was delivered yet")
    else:
        deciding.emit(ev.ReceiptConfirmed(deciding.context.actor))


def reopen(deciding: Deciding, body: cmd.Reopen) -> None:
    """Bring a completed order back; a person closes the task that says why."""
    if deciding.fire("reopen", reason=body.reason):
        deciding.ask_person("reopened", "support", body.reason, deciding.order.id)
