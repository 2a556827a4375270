"""Our workflows and hooks keep their contracts, and each mutant breaks the law that names it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from orderflow import (
    IN_HOUSE,
    ORDER,
    REMOTE,
    RETURN,
    Committed,
    Effect,
    Hooks,
    NewTask,
    Note,
    Phase,
    Refusal,
    State,
    Step,
    TaskFor,
    Transition,
    Workflow,
    notify,
)
from orderflow.kernel.workflows import HANDOVER, PICKUP
from orderflow.testing import Contract, HookContract, WorkflowContract
from orderflow.workflow import PartyAnswer
from tests.kit.breaking import what_is_told

COUNT = itertools.count()
Flow = Workflow[Step]
PATIENCE = timedelta(days=2)


class Standard(WorkflowContract):
    capabilities = frozenset({"cancels_anywhere"})
    flow: Flow

    def make_workflow(self) -> Flow:
        return self.flow


class TestOrder(Standard):
    flow = ORDER


class TestInHouse(Standard):
    flow = IN_HOUSE


class TestRemote(Standard):
    flow = REMOTE


class TestPickup(Standard):
    flow = PICKUP


class TestHandover(Standard):
    flow = HANDOVER


class TestReturn(WorkflowContract):
    def make_workflow(self) -> Flow:
        return RETURN


def hooks() -> Hooks:
    found = Hooks()

    @found.guard("confirm")
    def has_lines(step: Step) -> Refusal | None:
        return None if step.order.lines else Refusal("mine.empty", "an order of nothing")

    @found.on_enter("packing", workflow=IN_HOUSE)
    def gift_card(step: Step) -> list[NewTask]:
        return [NewTask("card", role="warehouse")] if step.order.document.charges else []

    @found.after("shipped")
    def tell(step: Step) -> list[Effect | Note]:
        return [notify("on-its-way", to=step.order.id), Note("told")]

    @found.committed("shipped", name="statistics")
    def count(done: Committed) -> None:
        TOLD.add(done.key)

    return found


TOLD: set[str] = set()


class TestHooks(HookContract):
    capabilities = frozenset({"counts_once"})

    def make_hooks(self) -> Hooks:
        return hooks()

    def did(self) -> int:
        return len(TOLD)


# --- mutants: workflows ----------------------------------------------------------------------


def guarded(guard: Callable[[Step], Any]) -> Flow:
    picked: Transition[Step] = Transition("picked", "picking", "packing", guards=[guard])
    return IN_HOUSE.extend(name="guarded", transitions=[picked], without=[("picked", "picking")])


def another_each_time() -> Flow:
    return IN_HOUSE.extend(name="mine", version=next(COUNT) + 1)


def the_standard_name() -> Flow:
    checking = State("checking", Phase.WORKING, TaskFor("clerk"))
    return IN_HOUSE.extend(
        name="in_house",
        states=[checking],
        transitions=[
            Transition("picked", "picking", "checking"),
            Transition("checked", "checking", "packing"),
        ],
        without=[("picked", "picking")],
    )


def no_way_back() -> Flow:
    return IN_HOUSE.extend(name="mine", without=[("cancel", "packing")])


def says_no() -> Flow:
    return guarded(lambda _step: False)


def is_of_two_minds() -> Flow:
    def moody(_step: Step) -> Refusal | None:
        return Refusal("mine.moody", "not now") if next(COUNT) % 2 else None

    return guarded(moody)


def writes_on_the_order() -> Flow:
    def writes(step: Step) -> None:
        step.order.state.declined[str(next(COUNT))] = ("x",)  # type: ignore[index]  # on purpose

    return guarded(writes)


def looks_for_what_is_not_there() -> Flow:
    return guarded(lambda step: step.order.attributes["engraving"])


def waits_for_nobody() -> Flow:
    """Somebody should say that it is dry; nobody is asked, and nothing says it."""
    drying = State("drying", Phase.WORKING, PartyAnswer("sun", PATIENCE))
    return IN_HOUSE.extend(
        name="mine",
        states=[drying],
        transitions=[
            Transition("picked", "picking", "drying"),
            Transition("dry", "drying", "packing"),
        ],
        without=[("picked", "picking")],
    )


FLOWS: dict[Callable[[], Flow], tuple[str, str]] = {
    another_each_time: ("it_is_built_the_same_again", "built twice it is Stamp("),
    the_standard_name: ("it_has_a_name_of_its_own", "in_house version 1 is a standard one"),
    no_way_back: ("it_can_be_cancelled_anywhere", "no cancel leads from packing to an end"),
    says_no: ("guards_are_pure", "<lambda> gave False; give None, or a Refusal"),
    is_of_two_minds: ("guards_are_pure", "moody said "),
    writes_on_the_order: ("guards_are_pure", "writes changed the order"),
    looks_for_what_is_not_there: ("guards_are_pure", "<lambda> raised KeyError('engraving')"),
    waits_for_nobody: ("work_on_it_comes_to_an_end", "ends as drying, and is not over"),
}


# --- mutants: hooks --------------------------------------------------------------------------


def registered(register: Callable[[Hooks], None]) -> Callable[[], Hooks]:
    def made() -> Hooks:
        found = Hooks()
        register(found)
        return found

    return made


def keys_that_differ(found: Hooks) -> None:
    found.committed("shipped", name=f"hook-{next(COUNT)}")(lambda _done: None)


def keys_without_a_name(found: Hooks) -> None:
    found.after("shipped")(lambda _step: [])


def never_called(found: Hooks) -> None:
    found.on_enter("expired", workflow=RETURN)(lambda _step: [])


def adds_text(found: Hooks) -> None:
    found.after("picked")(lambda _step: ["picked!"])  # type: ignore[list-item]


def adds_nothing_at_all(found: Hooks) -> None:
    found.after("confirm")(lambda _step: None)  # type: ignore[arg-type,return-value]


def guards_with_false(found: Hooks) -> None:
    found.guard("confirm")(lambda step: bool(step.order.lines))  # type: ignore[arg-type,return-value]


def counts_calls(found: Hooks) -> None:
    found.after("confirm")(lambda _step: [Note(f"call {next(COUNT)}")])


def marks_the_order(found: Hooks) -> None:
    def mark(step: Step) -> list[Note]:
        step.order.state.declined[str(next(COUNT))] = ("x",)  # type: ignore[index]  # on purpose
        return []

    found.after("confirm")(mark)


def counts_twice(found: Hooks) -> None:
    found.committed("shipped", name="statistics")(lambda done: TOLD.add(f"{done}{next(COUNT)}"))


HOOKS: dict[Callable[[Hooks], None], tuple[str, str]] = {
    keys_that_differ: ("watchers_have_stable_keys", "registered twice they are ["),
    keys_without_a_name: ("watchers_have_stable_keys", "has no name that lasts: give it"),
    never_called: ("every_hook_is_called", "no life calls on_enter:expired:"),
    adds_text: ("inside_hooks_only_add", "gave 'picked!'; give effects, new tasks and notes"),
    adds_nothing_at_all: ("inside_hooks_only_add", "gave None; give effects, new tasks"),
    guards_with_false: ("inside_hooks_only_add", "or a Refusal that says why"),
    counts_calls: ("inside_hooks_are_pure", "gave [Note(text='call "),
    marks_the_order: ("inside_hooks_are_pure", "changed the order that it was shown"),
    counts_twice: ("watchers_do_it_once_per_key", "statistics was told twice, and did it twice"),
}


def caught(kind: type[Contract], law: str, capability: str, **methods: Any) -> str:
    able = type("Able", (kind,), {"capabilities": frozenset({capability})})
    told = what_is_told(able, law, **methods)
    assert f"law {law}: " in told
    return told


@pytest.mark.parametrize("mutant", FLOWS, ids=lambda mutant: mutant.__name__)
def test_a_broken_workflow_is_caught(mutant: Callable[[], Flow]) -> None:
    law, message = FLOWS[mutant]
    told = caught(WorkflowContract, law, "cancels_anywhere", make_workflow=mutant)
    assert message in told


@pytest.mark.parametrize("mutant", HOOKS, ids=lambda mutant: mutant.__name__)
def test_a_broken_hook_is_caught(mutant: Callable[[Hooks], None]) -> None:
    law, message = HOOKS[mutant]
    methods = {"make_hooks": registered(mutant), "did": lambda: len(TOLD)}
    assert message in caught(HookContract, law, "counts_once", **methods)
