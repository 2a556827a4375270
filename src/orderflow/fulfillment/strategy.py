"""The root of fulfillment strategies: a party that fulfills lines."""

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
    """Subclass it: give a code, a workflow and locations; accept lines; perform deeds.

    Policy methods are pure and only propose. Effect methods speak through ports, get a key, and
    answer with a command or a fact.
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
        """Whether it is asked (the step ``approve_return``) before goods are returned to it."""
        return False

    @abstractmethod
    def accepts(self, line: Line) -> Refusal | None:
        """Silent, or why this party cannot fulfill the line."""

    def cost(self, line: Line) -> Decimal | None:
        """What one unit costs us here, in the order's currency; None where nothing is agreed."""
        del line
        return None

    def perform(self, effect: EffectAttempt) -> EffectAnswer:
        """Do a working step. The default: it is done as it is asked, or left to a person."""
        if effect.name not in STEP_COMMANDS:
            raise NeedsPerson(f"{self.code} has no way to {effect.name}")
        return STEP_COMMANDS[effect.name](effect.order, effect.subject)
