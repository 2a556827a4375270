"""The rules of orderflow itself that a card may name, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import isfunction
from typing import Any

from orderflow.fulfillment.in_house import InHouse
from orderflow.fulfillment.in_person import Digital
from orderflow.fulfillment.partners import Dropship, ThirdParty
from orderflow.fulfillment.routing import Priority
from orderflow.fulfillment.steps import ALWAYS
from orderflow.fulfillment.strategy import FulfillmentStrategy
from orderflow.inventory import OLDEST_FIRST
from orderflow.kernel.decision import policies
from orderflow.model.amount_due import amount_due

__all__ = ["KNOWN", "POLICIES", "named"]

POLICIES = (
    "routing",
    "reserve",
    "release",
    "backorder_priority",
    "roles_of",
    "returnable",
    "cancellable",
    "amount_due",
    "shortage",
    "promise",
)
"""The rules that are a single function or object."""


def named(rule: object) -> str:
    """A rule's name: its function's, of an object its class's, with the module.

    >>> named(policies.when_paid)
    'orderflow.kernel.decision.policies:when_paid'
    """
    called = getattr(rule, "__func__", rule)
    called = called if hasattr(called, "__qualname__") else type(called)
    return f"{called.__module__}:{called.__qualname__}"


_FUNCTIONS: tuple[Callable[..., Any], ...] = (
    *filter(isfunction, (getattr(policies, name) for name in policies.__all__)),
    amount_due,
    OLDEST_FIRST,
    ALWAYS,
    InHouse.accepts,
    ThirdParty.accepts,
    Dropship.accepts,
    Digital.accepts,
    FulfillmentStrategy.cost,
)
KNOWN: Mapping[str, Any] = {
    **{named(function): function for function in _FUNCTIONS},
    named(Priority()): Priority(),
}
"""Rules by their name on a card. Methods of strategies are called without a strategy."""
