"""The performers of effects of orders and parcels."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from orderflow.errors import NotRegistered, PortFailed
from orderflow.kernel.pending.steps import STEP_COMMANDS
from orderflow.model.order import Order
from orderflow.model.parcel import Parcel
from orderflow.ports import EffectAnswer, EffectAttempt, Notification, Notifier, Performer

__all__ = ["Performers"]


@attrs.define
class Performers:
    """All performers: together they perform every effect.

    Attributes:
        own: The application's performers, by the effect's name; they come first.
        notifier: Notifies customers; without, nobody is notified.
        strategies: The fulfillment strategies, by their codes.
    """

    own: Mapping[str, Performer]
    notifier: Notifier | None
    strategies: Mapping[str, Performer]

    def perform(self, effect: EffectAttempt) -> EffectAnswer:
        """Perform an effect. Raises PortFailed to be retried, NotRegistered for other releases."""
        if effect.name in self.own:
            return self.own[effect.name].perform(effect)
        if effect.name == "notify":
            if self.notifier is not None:
                template = str(effect.data.get("template", ""))
                self.notifier.send(Notification(effect.key, effect.order, template, effect.data))
            return None
        if code := _strategy(effect.subject, effect.order, effect.parcel):
            if code not in self.strategies:
                what = (
                    f"no strategy {code!r} is registered in this process; one of another "
                    "release may have it"
                )
                raise NotRegistered(what)
            return self.strategies[code].perform(effect)
        if effect.name in STEP_COMMANDS:
            return STEP_COMMANDS[effect.name](effect.order, effect.subject)
        raise PortFailed(
            f"nobody performs {effect.name}; a fulfillment strategy or notifier should"
        )

    def whose(self, effect: str, subject: str, order: Order, parcel: Parcel | None) -> str:
        """The performer's name: a strategy's code, or else the effect's own name."""
        if effect == "notify" or effect in self.own:
            return effect
        return _strategy(subject, order, parcel) or effect


def _strategy(subject: str, order: Order, parcel: Parcel | None) -> str:
    """The code of a subject's strategy; empty where the shop itself performs."""
    if parcel is not None:
        return parcel.strategy
    state, fo = order.state, subject
    if fo in state.parcels:
        fo = state.parcels[fo].fo
    elif fo in state.cancellations:
        fo = state.cancellations[fo].fo
    elif fo in state.returns:
        return state.returns[fo].to
    return state.fulfillment_orders[fo].strategy if fo in state.fulfillment_orders else ""
