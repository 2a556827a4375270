"""Fulfilled without a carrier: collected, handed over at the counter, provided by wire."""

from __future__ import annotations

from collections.abc import Callable

from orderflow.errors import Refusal
from orderflow.fulfillment.in_house import InHouse
from orderflow.fulfillment.strategy import FulfillmentStrategy
from orderflow.kernel.decision.workflows import DIGITAL, HANDOVER, PICKUP
from orderflow.model.document import Delivery, Line
from orderflow.ports import EffectAnswer, EffectAttempt

__all__ = ["Digital", "Handover", "Pickup"]


class Pickup(InHouse):
    """The customer collects what was picked; what nobody collects is put away."""

    code = "pickup"
    workflow = PICKUP
    deliveries = frozenset({Delivery.PICKUP})


class Handover(InHouse):
    """A counter sale: nothing is picked, packed or shipped; the goods leave at once."""

    code = "handover"
    workflow = HANDOVER
    deliveries = frozenset({Delivery.HANDOVER})


class Digital(FulfillmentStrategy):
    """Lines that need no shipping: licences, tickets, services.

    Args:
        provide: Gives the customer what a deed is about, once per ``deed.key``.
    """

    code = "digital"
    workflow = DIGITAL
    locations = ("",)
    deliveries = frozenset(Delivery)

    def __init__(self, provide: Callable[[EffectAttempt], None] = lambda _deed: None) -> None:
        self._provide = provide

    def accepts(self, line: Line) -> Refusal | None:
        """Lines that need no shipping."""
        if not line.ships:
            return None
        return Refusal("digital.goods", f"line {line.id} ({line.sku}) needs shipping")

    def perform(self, effect: EffectAttempt) -> EffectAnswer:
        """Provide it; the units are delivered then."""
        if effect.name == "provide":
            self._provide(effect)
        return super().perform(effect)
