"""Effects that an order waits for: taken by a partner, given up, or waited for still."""

from __future__ import annotations

import attrs

from orderflow.kernel.decision.draft import Deciding
from orderflow.kernel.decision.rules import Rules
from orderflow.kernel.pending.answers import may_say_nothing
from orderflow.kernel.pending.waits import waits
from orderflow.model import events as ev
from orderflow.model.messages import EffectFailed, EffectTaken
from orderflow.model.order import Order
from orderflow.model.work import Effect

__all__ = ["answered_in_part", "effect_failed", "effect_taken", "is_awaited"]


def effect_failed(deciding: Deciding, body: EffectFailed) -> None:
    """An effect gave up: where the order waits for it a task takes its place, else one opens."""
    if body.key in deciding.order.state.gave_up:
        return
    state = deciding.order.state
    awaited = body.key not in state.asked_for and _is_awaited(deciding, body.key)
    deciding.emit(ev.EffectGaveUp(body.key))
    if not awaited:
        reason = f"{body.name} for {body.subject} failed for good: do it by hand, or let it be"
        deciding.ask_person(f"exception.{body.name}", "support", reason, body.key)


def effect_taken(deciding: Deciding, body: EffectTaken) -> None:
    """A party took an effect; it has its time to answer."""
    state = deciding.order.state
    if body.key not in state.taken and _is_awaited(deciding, body.key):
        deciding.emit(ev.EffectTakenOver(body.key))


def answered_in_part(deciding: Deciding) -> None:
    """A fact that answers an effect and leaves it waiting: who said it took it, as by silence."""
    order, key = deciding.order, deciding.context.cause
    effect = waits(order, deciding.rules).get(key)
    if isinstance(effect, Effect) and may_say_nothing(effect, order, deciding.rules):
        deciding.emit(ev.EffectTakenOver(key))


def _is_awaited(deciding: Deciding, key: str) -> bool:
    return is_awaited(deciding.order, key, deciding.rules)


def is_awaited(order: Order, key: str, rules: Rules) -> bool:
    """Whether an order waits for an effect, or will when its holds are released."""
    if not order.state.holds:
        return isinstance(waits(order, rules).get(key), Effect)
    lifted = order.at(attrs.evolve(order.state, holds={}))
    return any(isinstance(waits(at, rules).get(key), Effect) for at in (order, lifted))
