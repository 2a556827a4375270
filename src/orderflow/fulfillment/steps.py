"""Step policies: which steps are automatic, and the roles for manual ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import attrs

from orderflow.errors import InvalidInput, Problem
from orderflow.model.frozen_mapping import HoldsMappings
from orderflow.model.order import Order
from orderflow.model.work import Effect
from orderflow.workflow.arguments import names

__all__ = ["ALWAYS", "AUTOMATED", "COMMAND_ROLES", "MANUAL", "STEP_ROLES", "Steps", "notify"]

STEP_ROLES: Mapping[str, str] = {
    "confirm": "sales",
    "pick": "warehouse",
    "pack": "warehouse",
    "label": "warehouse",
    "ship": "warehouse",
    "put_away": "warehouse",
    "seal": "warehouse",
    "collect": "counter",
    "hand_over": "counter",
    "provide": "support",
    "submit": "purchasing",
    "approve_return": "support",
    "close_return": "warehouse",
    "send_back": "warehouse",
    "refund": "finance",
    "unpaid": "finance",
    "escalation": "supervisor",
}
"""The role of each manual step; also of tasks about money and delays."""

COMMAND_ROLES: Mapping[str, str] = {
    "place": "sales",
    "draft": "sales",
    "cancel": "sales",
    "edit": "sales",
    "reopen": "sales",
    "propose_substitute": "sales",
    "intercept": "warehouse",
    "remind_payment": "finance",
    "receive": "warehouse",
    "count": "warehouse",
    "write_off": "warehouse",
    "expect_receipt": "purchasing",
    "set_stock_policy": "purchasing",
}
"""The role of each command that is no step; all others need ``support``."""


def ALWAYS(_order: Order) -> bool:  # noqa: N802 (a policy value)
    """The default of *when*: every order."""
    return True


@attrs.frozen
class Steps(HoldsMappings):
    """A step policy: the steps in *manual* are tasks, the others effects.

    ``pick`` is the step of every fulfillment strategy, ``in_house.pick`` that of one. *when*
    limits manual steps to some orders.

    >>> Steps(manual=frozenset({"pack", "third_party.submit"})).role("pack")
    'warehouse'
    """

    manual: frozenset[str] = attrs.field(default=frozenset(), converter=names)
    roles: Mapping[str, str] = STEP_ROLES
    when: Callable[[Order], bool] = ALWAYS

    def check(self, steps: Iterable[str], strategies: Iterable[str]) -> None:
        """Raise InvalidInput where *manual* has a step that is not in *steps* and not standard."""
        known = {*STEP_ROLES, *steps}
        theirs = {f"{strategy}.{step}" for strategy in strategies for step in known}
        right = f"a step is expected, or STRATEGY.STEP of one that there is: {sorted(known)}"
        if unknown := sorted(self.manual - known - theirs):
            raise InvalidInput("steps", [Problem("manual", name, right) for name in unknown])

    def automatic(self, step: str, order: Order, strategy: str = "") -> bool:
        """Whether the step is automatic for this order."""
        named = step in self.manual or f"{strategy}.{step}" in self.manual
        return not (named and self.when(order))

    def role(self, step: str) -> str:
        """The role for the manual step, or for the command of this kind."""
        return self.roles.get(step) or COMMAND_ROLES.get(step, "support")


AUTOMATED = Steps()
"""Every step is automatic, and becomes a task where it is given up."""

MANUAL = Steps(manual=frozenset(STEP_ROLES) - {"label", "provide"})
"""Every step is manual, except buying labels and providing digital lines."""


def notify(template: str, *, to: str = "", **data: Any) -> Effect:
    """An effect that notifies a customer through the notifier. *to* is the order's id."""
    return Effect("notify", to, data={"template": template, **data})
