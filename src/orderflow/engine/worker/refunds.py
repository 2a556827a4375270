"""Paying refunds: the performer of the effect ``refund``, through the application's port."""

from __future__ import annotations

from orderflow.model.state import PaymentOutcome
from orderflow.ports import EffectAnswer, EffectAttempt, PaymentProvider, RefundRequest

__all__ = ["RefundPayer"]

_CAPTURED = f"{PaymentOutcome.CAPTURED}:"


class RefundPayer:
    """Asks a payments port for the refund that a deed is about."""

    def __init__(self, payments: PaymentProvider) -> None:
        self._payments = payments

    def perform(self, effect: EffectAttempt) -> EffectAnswer:
        """Pay it; the answer may come later. Raises PortFailed to be asked again."""
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
