"""Which working steps software does, and whose task the others are."""

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
"""Each working step, and the role that does it by hand; who looks after money, and after delays."""

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
"""Each command that is no step, and the role that may give it; of all others it is support."""


def ALWAYS(_order: Order) -> bool:  # noqa: N802 (a policy value)
    """The default of when steps are manual: for every order."""
    return True


@attrs.frozen
class Steps(HoldsMappings):
    """A step policy: the steps named in *manual* are tasks, the others effects.

    ``pick`` is the step of every fulfillment strategy, ``in_house.pick`` that of one. *when* limits
    what is manual to some orders.

    >>> Steps(manual=frozenset({"pack", "third_party.submit"})).role("pack")
    'warehouse'
    """

    manual: frozenset[str] = attrs.field(default=frozenset(), converter=names)
    roles: Mapping[str, str] = STEP_ROLES
    when: Callable[[Order], bool] = ALWAYS

    def check(self, steps: Iterable[str], strategies: Iterable[str]) -> None:
        """Raise InvalidInput where *manual* names what is no step of these, nor a standard one."""
        known = {*STEP_ROLES, *steps}
        theirs = {f"{strategy}.{step}" for strategy in strategies for step in known}
        right = f"a step is expected, or STRATEGY.STEP of one that there is: {sorted(known)}"
        if unknown := sorted(self.manual - known - theirs):
            raise InvalidInput("steps", [Problem("manual", name, right) for name in unknown])

    def automatic(self, step: str, order: Order, strategy: str = "") -> bool:
        """Whether software does the step for this order."""
        named = step in self.manual or f"{strategy}.{step}" in self.manual
        return not (named and self.when(order))

    def role(self, step: str) -> str:
        """Who does the step by hand, or may give the command of this kind."""
        return self.roles.get(step) or COMMAND_ROLES.get(step, "support")


AUTOMATED = Steps()
"""Every step is done by software, and becomes a task when that gives up."""

MANUAL = Steps(manual=frozenset(STEP_ROLES) - {"label", "provide"})
"""Every step is done by people; software still buys labels and provides what needs no shipping."""


def notify(template: str, *, to: str = "", **data: Any) -> Effect:
    """An effect that tells a customer something, through the notifier. *to* is the order's id."""
    return Effect("notify", to, data={"template": template, **data})
