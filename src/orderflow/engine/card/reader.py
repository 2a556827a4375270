"""Reading the card: rules whose code parts raise NotOnCard."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import time, timedelta
from decimal import Decimal
from types import MethodType
from typing import Any, NoReturn, cast

import attrs

from orderflow.calendars import Hours
from orderflow.engine.card.own_rules import KNOWN, POLICIES, named
from orderflow.engine.card.writer import VERSION
from orderflow.errors import OrderflowError, Refusal
from orderflow.fulfillment.steps import Steps
from orderflow.kernel.decision.hooks import Hooks
from orderflow.kernel.decision.policies import (
    UNLIMITED,
    Limit,
    ReserveAtPlacement,
    StepPolicy,
    Windows,
)
from orderflow.kernel.decision.retention import Keep, Retention
from orderflow.kernel.decision.rules import Rules
from orderflow.kernel.decision.step import Step
from orderflow.model.document import Delivery, Line
from orderflow.model.ledger import Bucket
from orderflow.model.phases import OrderPhase, Phase, ReturnPhase
from orderflow.money import Money
from orderflow.renamed import CARD
from orderflow.workflow import (
    EffectOf,
    PartnerAnswer,
    State,
    StepWork,
    TaskFor,
    TimerFor,
    Transition,
    UnitsPending,
    Workflow,
    WorkRelease,
)
from orderflow.workflow.arguments import named as with_name

__all__ = ["BadCard", "NotOnCard", "rules_of"]

Told = dict[str, Any]


class NotOnCard(OrderflowError):
    """Code of the application decides this, and the card only has its name."""


class BadCard(OrderflowError, ValueError):
    """The card of the rules is damaged, or a later release wrote it."""


def rules_of(card: str) -> Rules:
    """The rules of a card. Rules that it only names raise NotOnCard when called.

    Raises:
        BadCard: The card is damaged, or of a later release.
    """
    try:
        told = _as_named_now(json.loads(card))
        if told["card"] != VERSION:
            raise ValueError(f"it has version {told['card']}, known is {VERSION}")
        return _rules(told)
    except Exception as error:  # whatever the card contains
        what = f"{type(error).__name__}: {error}"
        raise BadCard(f"the card of the rules cannot be read ({what})") from error


def _rules(told: Told) -> Rules:
    flows = {(flow.name, flow.version): flow for flow in map(_workflow, told["workflows"])}
    hooks = Hooks()
    for trigger, workflow, name in told["guards"]:
        only = (flow for key, flow in flows.items() if key[0] == workflow)
        for flow in [f for f in only if trigger in f.triggers][:1] if workflow else [None]:
            hooks.guard(trigger, workflow=flow)(_guard(name))
    policies: Told = {name: _policy(name, told["policies"][name]) for name in POLICIES}
    if told["policies"]["reserve"] == named(ReserveAtPlacement()):
        policies["reserve"] = ReserveAtPlacement(_span(told["reserved_for"]))
    return Rules(
        fulfillers=[_strategy(each, flows) for each in told["strategies"]],
        workflows=flows.values(),
        lifecycle=flows[_key(told["lifecycle"])],
        returns=flows[_key(told["returns"])],
        steps=_steps(told["steps"]),
        hooks=hooks,
        has_payment_provider=told["pays"],
        windows=_windows(told["windows"]),
        limits={role: _limit(each) for role, each in told["limits"].items()},
        retention=_retention(told["retention"]),
        **policies,
    )


def _as_named_now(told: Any) -> Any:
    """An earlier release's data under today's names."""
    match told:
        case dict():
            return {CARD.get(name, name): _as_named_now(each) for name, each in told.items()}
        case list():
            return [_as_named_now(each) for each in told]
        case str():
            return CARD.get(told, told)
    return told


def _key(told: Sequence[Any]) -> tuple[str, int]:
    return told[0], told[1]


def _span(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


def _unknown(what: str, name: str) -> Callable[..., NoReturn]:
    """The stand-in for code that only the application has."""

    def ask(*_given: object, **_named: object) -> NoReturn:
        raise NotOnCard(f"{what} is code of the application ({name})")

    ask.__module__, _, ask.__qualname__ = name.partition(":")
    return ask


def _guard(name: str) -> Callable[[Step], Refusal | None]:
    return with_name(name)(_unknown("a guard", name))


class _Unknown:
    """The stand-in for an object that only the application has."""

    def __init__(self, what: str, name: str) -> None:
        self.__module__, _, self.__qualname__ = name.partition(":")
        self._what = what

    def __getattr__(self, method: str) -> Callable[..., NoReturn]:
        if method.startswith("__"):
            raise AttributeError(method)
        return _unknown(f"{self._what}.{method}", named(self))


def _policy(what: str, name: str | None) -> Any:
    if name is None or name in KNOWN:
        return name and KNOWN[name]
    return _Unknown(what, name) if what in ("routing", "reserve") else _unknown(what, name)


def _steps(told: Told | str) -> StepPolicy:
    if isinstance(told, str):
        return cast(StepPolicy, _Unknown("steps", told))
    when = KNOWN.get(told["when"]) or _unknown("steps.when", told["when"])
    return Steps(told["manual"], told["roles"], when)


@attrs.frozen
class _Declared:
    """The declared part of a strategy, as stored on a card."""

    code: str
    workflow: Workflow[Step]
    locations: tuple[str, ...]
    deliveries: frozenset[Delivery]
    accepts_returns: bool
    accepts: Callable[[Line], Refusal | None]
    cost: Callable[[Line], Decimal | None]


def _strategy(told: Told, flows: Mapping[tuple[str, int], Workflow[Step]]) -> _Declared:
    code = told["code"]
    return _Declared(
        code,
        flows[_key(told["workflow"])],
        tuple(told["locations"]),
        frozenset(map(Delivery, told["deliveries"])),
        told["accepts_returns"],
        _method(f"what {code} accepts", told["accepts"]),
        _method(f"the cost of {code}", told["cost"]),
    )


def _method(what: str, name: str) -> Callable[[Line], Any]:
    """A strategy's method; orderflow's own methods ignore their strategy."""
    return MethodType(KNOWN[name], name) if name in KNOWN else _unknown(what, name)


_PHASES = {kind.__name__: kind for kind in (OrderPhase, Phase, ReturnPhase)}


def _workflow(told: Told) -> Workflow[Step]:
    """The workflow. Raises ValueError where its fingerprint differs."""
    declared, phases = told["declared"], _PHASES[told["phases"]]
    states = [
        State(
            each["name"],
            phases(each["phase"]),
            _wait(dict(each["waits_for"])) if "waits_for" in each else None,
            each.get("keeps", ()),
        )
        for each in declared["states"]
    ]
    found: Workflow[Step] = Workflow(
        told["name"],
        told["version"],
        declared["initial"],
        states,
        [_transition(each) for each in declared["transitions"]],
        declared.get("facts", ()),
    )
    if found.fingerprint != told["fingerprint"]:
        raise ValueError(f"the workflow {found.name} is not what its fingerprint says")
    return found


def _transition(told: Told) -> Transition[Step]:
    return Transition(
        told["trigger"],
        told["source"],
        told["dest"],
        [_guard(name) for name in told.get("guards", ())],
        told.get("roles", ()),
        tuple(map(Bucket, told.get("moves", ()))),  # type: ignore[arg-type]  # two, or none
    )


_WAITS: Mapping[str, Callable[..., Any]] = {
    "step": StepWork,
    "task": TaskFor,
    "effect": EffectOf,
    "party": PartnerAnswer,
    "timer": TimerFor,
    "release": WorkRelease,
    "units": UnitsPending,
}


def _wait(told: Told) -> Any:
    kind = _WAITS[told.pop("kind")]
    spans = {name: _span(told[name]) for name in ("within", "delay") if name in told}
    return kind(**told | spans)


def _limit(told: Told) -> Limit:
    return Limit(**{kind: _most(most) for kind, most in told.items()})


def _most(told: Told | str | None) -> Any:
    """An amount in each currency, UNLIMITED, or None."""
    if isinstance(told, dict):
        return [Money(minor, currency) for currency, minor in told.items()]
    return UNLIMITED if told == "unlimited" else None


def _retention(told: Told) -> Retention:
    kinds = {kind: {name: Keep(**keep) for name, keep in of.items()} for kind, of in told.items()}
    return Retention(**kinds)


def _windows(told: Told) -> Windows:
    hours = told.pop("review_hours")
    given = {name: v if name == "reminders" else _span(v) for name, v in told.items()}
    if hours is not None:
        opens, closes = map(time.fromisoformat, hours[1:])
        given["review_hours"] = Hours(hours[0], opens, closes)
    return Windows(**given)  # type: ignore[arg-type]  # as they were told
