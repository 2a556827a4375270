"""Paying refunds: the performer of the effect ``refund``, through the application's port."""

from __future__ import annotations

from orderflow.model.state import PaymentOutcome
from orderflow.ports import EffectAnswer, EffectAttempt, PaymentProvider, RefundRequest

__all__ = ["RefundPayer"]

_CAPTURED = f"{PaymentOutcome.CAPTURED}:"


class RefundPayer:
    """Pays a refund through the payment port."""

    def __init__(self, payments: PaymentProvider) -> None:
        self._payments = payments

    def perform(self, effect: EffectAttempt) -> EffectAnswer:
        """Pay it; the answer may come later. Raises PortFailed to be retried."""
        state = effect.order.state
        captures = tuple(
            reference.removeprefix(_CAPTURED)
            for reference in state.payments.references
            if reference.startswith(_CAPTURED)
        )
        refund = state.refunds[effect.subject]
        return self._payments.refund(
            RefundRequest(effect.key, state.id, refund.id, refund.amount, state.currency, captures)
        )
