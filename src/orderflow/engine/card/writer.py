"""Writing the card: the rules' data, and the names of their code."""

from __future__ import annotations

import json
from typing import Any

import attrs

from orderflow.engine.card.own_rules import POLICIES, named
from orderflow.errors import raised
from orderflow.fulfillment.steps import Steps
from orderflow.kernel.decision.policies import (
    UNLIMITED,
    Limit,
    ReserveAtPlacement,
    StepPolicy,
    Windows,
)
from orderflow.kernel.decision.retention import Keep, Retention
from orderflow.kernel.decision.rules import Fulfills, Rules
from orderflow.kernel.decision.step import Step
from orderflow.ports import Store
from orderflow.text import legible_log
from orderflow.workflow import Workflow
from orderflow.workflow.fingerprint import declared

__all__ = ["VERSION", "card_of", "leave"]

VERSION = 1
"""The version of the card's format."""
_LOG = legible_log(__name__)


def leave(store: Store, rules: Rules) -> None:
    """Store the card of the rules, where it changed.

    A failure is only logged: a read-only store and rules without a possible card stay usable.
    """
    try:
        card = card_of(rules)
        if store.card() != card:
            store.keep_card(card)
    except raised() as error:  # the card is only for other readers
        _LOG.warning("the card of the rules is not left: %s", error)


def card_of(rules: Rules) -> str:
    """The card as JSON: the same rules, the same text."""
    lasts = rules.reserve.lasts if type(rules.reserve) is ReserveAtPlacement else None
    told = {
        "card": VERSION,
        "strategies": [_strategy(each) for each in rules.fulfillers],
        "workflows": [_workflow(machine.workflow) for machine in rules.machines.values()],
        "lifecycle": _key(rules.lifecycle),
        "returns": _key(rules.returns),
        "steps": _steps(rules.steps),
        "guards": rules.hooks.guards(),
        "policies": {name: _policy(getattr(rules, name)) for name in POLICIES},
        "reserved_for": lasts.total_seconds() if lasts is not None else None,
        "pays": rules.has_payment_provider,
        "windows": _windows(rules.windows),
        "limits": {role: _limit(limit) for role, limit in rules.limits.items()},
        "retention": _retention(rules.retention),
    }
    return json.dumps(told, sort_keys=True, ensure_ascii=False)


def _policy(rule: object) -> str | None:
    return None if rule is None else named(rule)


def _key(workflow: Workflow[Step]) -> list[Any]:
    return [workflow.name, workflow.version]


def _strategy(strategy: Fulfills) -> dict[str, Any]:
    return {
        "code": strategy.code,
        "workflow": _key(strategy.workflow),
        "locations": list(strategy.locations),
        "deliveries": sorted(strategy.deliveries),
        "accepts_returns": strategy.accepts_returns,
        "accepts": named(strategy.accepts),
        "cost": named(strategy.cost),
    }


def _workflow(workflow: Workflow[Step]) -> dict[str, Any]:
    return {
        "name": workflow.name,
        "version": workflow.version,
        "fingerprint": workflow.fingerprint,
        "phases": type(workflow.states[0].phase).__name__,
        "declared": declared(workflow),
    }


def _steps(steps: StepPolicy) -> dict[str, Any] | str:
    if type(steps) is not Steps:
        return named(steps)
    roles = dict(sorted(steps.roles.items()))
    return {"manual": sorted(steps.manual), "roles": roles, "when": named(steps.when)}


def _limit(limit: Limit) -> dict[str, Any]:
    told = attrs.asdict(limit, recurse=False)
    return {kind: "unlimited" if most is UNLIMITED else most for kind, most in told.items()}


def _retention(retention: Retention) -> dict[str, Any]:
    told = attrs.asdict(retention, recurse=False)
    return {kind: {name: _keep(keep) for name, keep in of.items()} for kind, of in told.items()}


def _keep(keep: Keep) -> dict[str, Any]:
    return attrs.asdict(keep) | {"zone": keep.zone.key}


def _windows(windows: Windows) -> dict[str, Any]:
    told = attrs.asdict(windows, recurse=False)
    hours = told.pop("review_hours")
    spans = {name: getattr(v, "total_seconds", lambda v=v: v)() for name, v in told.items()}
    if hours is not None:
        hours = [hours.zone.key, hours.opens.isoformat(), hours.closes.isoformat()]
    return spans | {"review_hours": hours}
