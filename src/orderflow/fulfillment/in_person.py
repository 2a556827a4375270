"""Fulfillment without a carrier: pickup, counter sale, digital delivery."""

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
    """The customer collects picked units; uncollected ones are put away."""

    code = "pickup"
    workflow = PICKUP
    deliveries = frozenset({Delivery.PICKUP})


class Handover(InHouse):
    """A counter sale: no picking, packing or shipping; the goods leave at once."""

    code = "handover"
    workflow = HANDOVER
    deliveries = frozenset({Delivery.HANDOVER})


class Digital(FulfillmentStrategy):
    """Lines that need no shipping: licenses, tickets, services.

    Args:
        provide: Provides an effect's lines to the customer, once per ``effect.key``.
    """

    code = "digital"
    workflow = DIGITAL
    locations = ("",)
    deliveries = frozenset(Delivery)

    def __init__(self, provide: Callable[[EffectAttempt], None] = lambda _deed: None) -> None:
        self._provide = provide

    def accepts(self, line: Line) -> Refusal | None:
        """Accepts lines that need no shipping."""
        if not line.ships:
            return None
        return Refusal("digital.goods", f"line {line.id} ({line.sku}) needs shipping")

    def perform(self, effect: EffectAttempt) -> EffectAnswer:
        """Provide the lines; their units are delivered then."""
        if effect.name == "provide":
            self._provide(effect)
        return super().perform(effect)
