"""What orders are stamped with stands for ever, whatever classes and functions are called."""

from __future__ import annotations

from datetime import timedelta
from functools import partial, wraps
from typing import Any, get_args

import attrs
import pytest
from hypothesis import given

from orderflow import Refusal, State, TaskFor, Transition, Workflow
from orderflow.kernel.decision import workflows as standard
from orderflow.model.ledger import Bucket
from orderflow.model.phases import OrderPhase, Phase, ReturnPhase
from orderflow.workflow import (
    EffectOf,
    PartnerAnswer,
    StepWork,
    TimerFor,
    UnitsPending,
    WorkRelease,
    named,
)
from orderflow.workflow.arguments import name_of
from orderflow.workflow.graph import PendingItem
from tests.laws.flows import Look, workflows
from tests.renaming import renamed

FINGERPRINTS = {
    "digital/1": "51549253029d",
    "fulfillment_order/1": "1f6442e6e041",
    "handover/1": "228a99d0c6c7",
    "in_house/1": "94415342c8e5",
    "order/1": "6da65ff6e938",
    "pickup/1": "0cf68d5efa5a",
    "remote/1": "af191d615da5",
    "return/1": "9ccaf7ba4dad",
}
CLASSES = (
    *get_args(PendingItem),
    State,
    Transition,
    Workflow,
    OrderPhase,
    Phase,
    ReturnPhase,
    Bucket,
)
DAY = timedelta(days=1)
WAITS: list[PendingItem] = [
    StepWork("pick"),
    StepWork("pick", DAY, "late"),
    TaskFor("boss", "late"),
    TaskFor("boss", "late", DAY),
    EffectOf("pick"),
    EffectOf("pick", "boss", DAY),
    PartnerAnswer("boss", DAY),
    PartnerAnswer("boss", DAY, "late"),
    TimerFor(DAY, "late"),
    TimerFor(DAY * 2, "late"),
    WorkRelease(),
    UnitsPending(),
]


def standard_workflows() -> list[Workflow[Any]]:
    return [getattr(standard, name) for name in standard.__all__]


def silent(_step: object) -> Refusal | None:
    return None


def flow(waits_for: PendingItem, *guards: Any, more: tuple[str, ...] = ("boss",)) -> Workflow[Any]:
    """A small workflow that waits for this, and asks these guards."""
    states = [
        State("new", OrderPhase.PLACED, waits_for),
        State("over", OrderPhase.COMPLETED),
    ]
    ways: list[Transition[Any]] = [
        Transition("late", "new", "over", guards=guards),
        *(Transition(trigger, "new", "over") for trigger in more),
    ]
    return Workflow("shop", 1, "new", states, ways)


def test_the_fingerprints_of_the_standard_workflows() -> None:
    """A change is another workflow: it gets the next version, and this one stays as it was."""
    found = {f"{flow.name}/{flow.version}": flow.fingerprint for flow in standard_workflows()}
    assert found == FINGERPRINTS


@pytest.mark.parametrize("workflow", standard_workflows(), ids=lambda flow: flow.name)
def test_renamed_classes_change_no_fingerprint(workflow: Workflow[Any]) -> None:
    with renamed(*CLASSES):
        assert repr(workflow).startswith("Renamed")
        assert attrs.evolve(workflow).fingerprint == workflow.fingerprint


@given(workflow=workflows())
def test_renamed_classes_change_no_fingerprint_at_all(workflow: Workflow[Look]) -> None:
    with renamed(*CLASSES):
        after = attrs.evolve(workflow).fingerprint
    assert after == workflow.fingerprint


def test_whatever_is_waited_for_counts() -> None:
    """Every kind of wait, and every field of it."""
    assert {type(waits_for) for waits_for in WAITS} == set(get_args(PendingItem))
    assert len({flow(waits_for).fingerprint for waits_for in WAITS}) == len(WAITS)
    left_open, named_there = TaskFor("boss"), TaskFor("boss", "late")
    assert flow(left_open, more=()).fingerprint != flow(named_there, more=()).fingerprint


@pytest.mark.parametrize(
    ("kind", "field"),
    [(kind, field.name) for kind in get_args(PendingItem) for field in attrs.fields(kind)],
)
def test_each_field_of_a_wait_counts(kind: type[Any], field: str) -> None:
    (before, *_) = [waits for waits in WAITS if type(waits) is kind]
    other: Any = {"within": DAY * 3, "delay": DAY * 3, "trigger": "boss"}.get(field, "another")
    after = attrs.evolve(before, **{field: other})
    assert flow(before).fingerprint != flow(after).fingerprint


def test_a_guard_that_was_given_a_name_may_be_renamed() -> None:
    @named("limit")
    def guard(step: object) -> Refusal | None:
        return silent(step)

    before = flow(WorkRelease(), guard).fingerprint
    with renamed(guard):
        assert flow(WorkRelease(), guard).fingerprint == before
    assert flow(WorkRelease(), named("other")(silent_again())).fingerprint != before
    assert flow(WorkRelease(), named("limit")(silent_again())).fingerprint == before
    assert flow(WorkRelease(), guard).table()[0][3] == "guards limit"


def silent_again() -> Any:
    """Another function that does the same."""
    return lambda _step: None


class Limit:
    """A guard that is an object, with a name of its own."""

    declared_name = "limit"

    def __call__(self, _step: object) -> Refusal | None:
        return None

    @named("other-limit")
    def method(self, _step: object) -> Refusal | None:
        return None


def test_whatever_is_called_may_be_given_a_name() -> None:
    limit = named("limit")(silent_again())
    wrapped = wraps(limit)(silent_again())
    assert {name_of(each) for each in (limit, wrapped, Limit(), partial(limit, 1))} == {"limit"}
    assert name_of(Limit().method) == "other-limit"
    assert name_of(named("mine")(partial(silent))) == "mine"
    assert name_of(silent) == name_of(partial(silent)) == "silent"


@pytest.mark.parametrize("name", ["", None, silent])
def test_a_name_is_a_text(name: Any) -> None:
    with pytest.raises(TypeError, match=r"write @named\(NAME\): it takes a name, got"):
        named(name)
