"""Orders as they come in: decided, and kept nowhere."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

import attrs

from orderflow.fulfillment import AUTOMATED, InHouse, Priority
from orderflow.kernel.decide import Context, Decision, decide
from orderflow.kernel.hooks import Hooks
from orderflow.kernel.rules import Rules
from orderflow.model.commands import Draft
from orderflow.model.document import Line, NewOrder
from orderflow.model.order import Order

__all__ = ["draft_of", "drafted"]

_NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
_MUGS = NewOrder(currency="GBP", lines=(Line(sku="MUG", quantity=2),), gift_message="for you")


def draft_of(document: NewOrder, order_id: str = "A-1") -> Order:
    """The order that a document becomes, before anybody has any of it."""
    decided = decide(_rules(), None, Draft(order=document), Context(_NOW, "ana"), order_id)
    assert isinstance(decided, Decision)  # a draft meets no guard
    return decided.order


def drafted(order_id: str, version: int, reason: str = "") -> Order:
    """A small order that stands at a version."""
    order = draft_of(_MUGS, order_id)
    return order.at(attrs.evolve(order.state, version=version, reason=reason))


@cache
def _rules() -> Rules:
    return Rules(fulfillers=(InHouse(),), routing=Priority(), steps=AUTOMATED, hooks=Hooks())
