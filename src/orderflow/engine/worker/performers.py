"""Who performs the effects of orders and parcels."""

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
    """All who perform effects; together they perform every one.

    Attributes:
        own: The application's, by the name of the effect; they come first.
        notifier: Who tells customers; without, nobody is told.
        strategies: The fulfillment strategies, by their codes.
    """

    own: Mapping[str, Performer]
    notifier: Notifier | None
    strategies: Mapping[str, Performer]

    def perform(self, effect: EffectAttempt) -> EffectAnswer:
        """Have the deed done. Raises PortFailed to be asked again, NotRegistered if others can."""
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
        """Who performs an effect: the code of a strategy, or else the effect's own name."""
        if effect == "notify" or effect in self.own:
            return effect
        return _strategy(subject, order, parcel) or effect


def _strategy(subject: str, order: Order, parcel: Parcel | None) -> str:
    """The code of the strategy that answers for a subject; empty where it is the shop's own."""
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
