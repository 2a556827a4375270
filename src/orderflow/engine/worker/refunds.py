"""Paying refunds: the performer of the effect ``refund``, through the application's port."""

from __future__ import annotations

from orderflow.model.state import PaymentFact
from orderflow.ports import Deed, Payments, RefundRequest, Reply

__all__ = ["RefundPayer"]

_CAPTURED = f"{PaymentFact.CAPTURED}:"


class RefundPayer:
    """Asks a payments port for the refund that a deed is about."""

    def __init__(self, payments: Payments) -> None:
        self._payments = payments

    def perform(self, deed: Deed) -> Reply:
        """Pay it; the answer may come later. Raises PortFailed to be asked again."""
        state = deed.order.state
        captures = tuple(
            reference.removeprefix(_CAPTURED)
            for reference in state.payments.references
            if reference.startswith(_CAPTURED)
        )
        refund = state.refunds[deed.subject]
        return self._payments.refund(
            RefundRequest(deed.key, state.id, refund.id, refund.amount, state.currency, captures)
        )
