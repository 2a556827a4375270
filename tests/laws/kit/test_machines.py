"""Our workflows and hooks keep their contracts, and each mutant breaks the law that names it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

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
from orderflow.kernel.decision.workflows import HANDOVER, PICKUP
from orderflow.testing import HookContract, WorkflowContract
from orderflow.workflow import PartnerAnswer
from tests.mutants import Mutant, Mutants, kept

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
        object.__setattr__(step.order.state, "reason", str(next(COUNT)))

    return guarded(writes)


def looks_for_what_is_not_there() -> Flow:
    return guarded(lambda step: step.order.attributes["engraving"])


def waits_for_nobody() -> Flow:
    """Somebody should say that it is dry; nobody is asked, and nothing says it."""
    drying = State("drying", Phase.WORKING, PartnerAnswer("sun", PATIENCE))
    return IN_HOUSE.extend(
        name="mine",
        states=[drying],
        transitions=[
            Transition("picked", "picking", "drying"),
            Transition("dry", "drying", "packing"),
        ],
        without=[("picked", "picking")],
    )


FLOWS = Mutants(
    "workflows",
    (
        another_each_time,
        the_standard_name,
        no_way_back,
        says_no,
        is_of_two_minds,
        writes_on_the_order,
        looks_for_what_is_not_there,
        waits_for_nobody,
    ),
)


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
        object.__setattr__(step.order.state, "reason", str(next(COUNT)))
        return []

    found.after("confirm")(mark)


def counts_twice(found: Hooks) -> None:
    found.committed("shipped", name="statistics")(lambda done: TOLD.add(f"{done}{next(COUNT)}"))


HOOKS = Mutants(
    "hooks",
    (
        keys_that_differ,
        keys_without_a_name,
        never_called,
        adds_text,
        adds_nothing_at_all,
        guards_with_false,
        counts_calls,
        marks_the_order,
        counts_twice,
    ),
)


@FLOWS.each
def test_a_broken_workflow_is_caught(mutant: Mutant[Callable[[], Flow]]) -> None:
    mutant.breaks(kept(WorkflowContract, mutant.law, "cancels_anywhere", make_workflow=mutant.how))


@HOOKS.each
def test_a_broken_hook_is_caught(mutant: Mutant[Callable[[Hooks], None]]) -> None:
    methods = {"make_hooks": registered(mutant.how), "did": lambda: len(TOLD)}
    mutant.breaks(kept(HookContract, mutant.law, "counts_once", **methods))
