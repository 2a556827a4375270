"""Effects of an order: accepted by a partner, given up, or still pending."""

from __future__ import annotations

import attrs

from orderflow.kernel.decision.draft import Draft
from orderflow.kernel.decision.rules import Rules
from orderflow.kernel.money.refund import is_finance_asked
from orderflow.kernel.pending.answers import may_say_nothing
from orderflow.kernel.pending.order import pending_work
from orderflow.model import events as ev
from orderflow.model.messages import AnswerDeferred, EffectFailed
from orderflow.model.order import Order
from orderflow.model.work import Effect

__all__ = ["answered_in_part", "effect_failed", "effect_taken", "is_awaited"]


def effect_failed(draft: Draft, body: EffectFailed) -> None:
    """Record that an effect was given up: its task takes its place, or an exception task opens."""
    if body.key in draft.order.state.gave_up:
        return
    state = draft.order.state
    awaited = body.key not in state.asked_for and _is_awaited(draft, body.key)
    draft.emit(ev.EffectGaveUp(body.key))
    if not awaited:
        reason = (
            f"{body.name} for {body.subject} failed after all attempts: do it yourself, or "
            "close this task"
        )
        draft.open_task(f"exception.{body.name}", "support", reason, body.key)


def effect_taken(draft: Draft, body: AnswerDeferred) -> None:
    """Record that a partner accepted an effect; its deadline to answer begins."""
    state = draft.order.state
    if body.key not in state.taken and _is_awaited(draft, body.key):
        draft.emit(ev.EffectDeferred(body.key))


def answered_in_part(draft: Draft) -> None:
    """Record that an observation answers an effect in part: its partner has accepted it."""
    order, key = draft.order, draft.context.cause
    effect = pending_work(order, draft.rules).get(key)
    if isinstance(effect, Effect) and may_say_nothing(effect, order, draft.rules):
        draft.emit(ev.EffectDeferred(key))


def _is_awaited(draft: Draft, key: str) -> bool:
    return is_awaited(draft.order, key, draft.rules)


def is_awaited(order: Order, key: str, rules: Rules) -> bool:
    """Whether an order waits for an effect, or will once its holds end."""
    state = order.state
    if not (state.holds or is_finance_asked(state)):
        return isinstance(pending_work(order, rules).get(key), Effect)
    lifted = order.with_state(attrs.evolve(state, holds={}, tasks={}))
    return any(isinstance(pending_work(at, rules).get(key), Effect) for at in (order, lifted))
