"""The base class of fulfillment strategies."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from decimal import Decimal

from orderflow.errors import NeedsPerson, Refusal
from orderflow.kernel.decision.step import Step
from orderflow.kernel.decision.workflows import FULFILLMENT_ORDER
from orderflow.kernel.pending.steps import STEP_COMMANDS
from orderflow.model.document import Delivery, Line
from orderflow.ports import EffectAnswer, EffectAttempt
from orderflow.renamed import takes_old_overrides
from orderflow.workflow import Workflow

__all__ = ["FulfillmentStrategy"]


class FulfillmentStrategy(ABC):
    """Subclass it: set code, workflow and locations; accept lines; perform effects.

    Policy methods are pure and only propose. Effect methods call ports, get a key, and return a
    command or an observation.
    """

    code: str
    workflow: Workflow[Step] = FULFILLMENT_ORDER
    locations: Sequence[str] = ("main",)
    deliveries: frozenset[Delivery] = frozenset({Delivery.CARRIER})

    def __init_subclass__(cls) -> None:
        takes_old_overrides(cls, "FulfillmentStrategy")
        super().__init_subclass__()

    @property
    def accepts_returns(self) -> bool:
        """Whether it is asked (step ``approve_return``) before goods are returned to it."""
        return False

    @abstractmethod
    def accepts(self, line: Line) -> Refusal | None:
        """None, or the reason why this strategy cannot fulfill the line."""

    def cost(self, line: Line) -> Decimal | None:
        """Our cost of one unit, in the order's currency; None where nothing is agreed."""
        del line
        return None

    def perform(self, effect: EffectAttempt) -> EffectAnswer:
        """Perform a step. By default it does the step's command; other effects need a person."""
        if effect.name not in STEP_COMMANDS:
            raise NeedsPerson(f"{self.code} has no way to {effect.name}")
        return STEP_COMMANDS[effect.name](effect.order, effect.subject)
