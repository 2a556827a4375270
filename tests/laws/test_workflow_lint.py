"""The lint names every fault with its place and its repair; what is valid passes.

And what a workflow is made into: extensions, fingerprints, pictures and tables.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderflow.errors import InvalidWorkflow, Problem, Refusal
from orderflow.kernel.decision.workflows import FULFILLMENT_ORDER, IN_HOUSE, ORDER, RETURN
from orderflow.model.ledger import Bucket
from orderflow.model.phases import OrderPhase, Phase
from orderflow.workflow import Guard, State, StepWork, TaskFor, TimerFor, Transition, Workflow
from tests.laws.flows import Look, workflows

T = Transition[Any]
WORK = StepWork("confirm")
SHIPS = (Bucket.ALLOCATED, Bucket.SHIPPED)


def silent(_step: object) -> Refusal | None:
    return None


def strict(_step: object) -> Refusal | None:
    return Refusal("no", "never")


def flow(
    states: tuple[State, ...] = (),
    transitions: tuple[T, ...] = (),
    initial: str = "new",
    facts: frozenset[str] = frozenset(),
) -> Workflow[Any]:
    """A valid order workflow, new → paid → over, with more of what is given."""
    return Workflow(
        "shop",
        1,
        initial,
        [
            State("new", OrderPhase.PLACED, WORK),
            State("paid", OrderPhase.CONFIRMED, WORK),
            State("over", OrderPhase.COMPLETED),
            *states,
        ],
        [T("pay", "new", "paid"), T("end", "paid", "over"), *transitions],
        facts,
    )


def work(
    transitions: tuple[T, ...], states: tuple[str, ...] = ("open", "busy", "done")
) -> Workflow[Any]:
    """A workflow of fulfillment orders with these transitions."""
    phases = {"open": Phase.READY, "busy": Phase.WORKING, "done": Phase.DONE}
    made = [State(s, phases[s], None if s == "done" else WORK) for s in states]
    return Workflow("work", 1, "open", made, transitions)


def findings(make: Callable[[], object]) -> list[tuple[str, object, str]]:
    """What the workflow is refused for: field, value, repair."""
    with pytest.raises(InvalidWorkflow) as caught:
        make()
    return [(found.field, found.value, found.expected) for found in caught.value.findings]


def test_unknown_states_and_what_was_meant() -> None:
    assert findings(
        lambda: flow(transitions=(T("go", "piad", "over"), T("go", "new", "moon")))
    ) == [
        (
            "transition go from piad",
            "piad",
            "names the unknown state 'piad'; did you mean 'paid'?",
        ),
        (
            "transition go from new",
            "moon",
            "names the unknown state 'moon'; declare State('moon', …)",
        ),
    ]


def test_an_unknown_initial_state() -> None:
    assert findings(lambda: flow(initial="nwe")) == [
        ("initial", "nwe", "names the unknown state 'nwe'; did you mean 'new'?")
    ]


def test_a_state_that_is_declared_twice() -> None:
    twice = State("paid", OrderPhase.CONFIRMED, WORK)
    assert findings(lambda: flow(states=(twice, twice))) == [
        ("state paid", "paid", "is declared 3 times; declare it once")
    ]


def test_phases_of_two_kinds() -> None:
    stray = State("packed", Phase.READY_TO_LEAVE, WORK)
    assert findings(lambda: flow(states=(stray,))) == [
        (
            "phases",
            {"OrderPhase", "Phase"},
            "are of ['OrderPhase', 'Phase']; take all from one of them",
        )
    ]


def test_a_state_that_is_never_reached() -> None:
    lonely = State("lonely", OrderPhase.PLACED, WORK)
    assert findings(lambda: flow((lonely,), (T("go", "lonely", "over"),))) == [
        (
            "state lonely",
            "lonely",
            "is never reached; add a Transition to it, or without=['lonely']",
        )
    ]


def test_a_dead_end() -> None:
    end = State("end", OrderPhase.PLACED, WORK)
    assert findings(lambda: flow((end,), (T("go", "new", "end"),))) == [
        ("state end", "end", "is a dead end; add a Transition from it, or give it a final phase")
    ]


def test_a_state_that_cannot_reach_a_final_one() -> None:
    ring = tuple(State(name, OrderPhase.PLACED, WORK) for name in ("left", "right"))
    turns = (T("go", "new", "left"), T("go", "left", "right"), T("go", "right", "left"))
    fix = "cannot reach a final state; add a Transition towards one"
    assert findings(lambda: flow(ring, turns)) == [
        ("state left", "left", fix),
        ("state right", "right", fix),
    ]


def test_a_waiting_state_that_waits_for_nothing() -> None:
    idle = State("idle", OrderPhase.PLACED)
    assert findings(lambda: flow((idle,), (T("go", "new", "idle"), T("go", "idle", "over")))) == [
        ("state idle", None, "waits for nothing; give waits_for=TaskFor(role), StepWork(step), …")
    ]


@pytest.mark.parametrize(
    "wait", [TaskFor("clerk", "goo"), TimerFor(timedelta(days=1), "goo")], ids=["task", "timer"]
)
def test_a_wait_whose_trigger_leads_nowhere(wait: TaskFor | TimerFor) -> None:
    desk = State("desk", OrderPhase.PLACED, wait)
    ways = (T("come", "new", "desk"), T("go", "desk", "over"), T("cancel", "desk", "over"))
    assert findings(lambda: flow((desk,), ways)) == [
        (
            "state desk",
            "goo",
            "waits to fire 'goo', which leads nowhere from here; one of ['cancel', 'go']",
        )
    ]


def test_a_task_that_could_fire_two_triggers() -> None:
    wait = TaskFor("clerk")
    desk = State("desk", OrderPhase.PLACED, wait)
    ways = (T("come", "new", "desk"), T("yes", "desk", "over"), T("no", "desk", "new"))
    assert findings(lambda: flow((desk,), ways)) == [
        (
            "state desk",
            wait,
            "has no one trigger for its task; give TaskFor a trigger= of ['no', 'yes']",
        )
    ]


def test_a_task_beside_cancel_has_one_trigger() -> None:
    desk = State("desk", OrderPhase.PLACED, TaskFor("clerk"))
    ways = (T("come", "new", "desk"), T("yes", "desk", "over"), T("cancel", "desk", "over"))
    assert "desk" in flow((desk,), ways).by_name


def test_a_transition_that_is_never_tried() -> None:
    ways = (T("pay", "new", "over", guards=[silent]), T("pay", "new", "new"))
    fix = "is never tried: the one to paid has no guard; guard it or drop one"
    assert findings(lambda: flow(transitions=ways)) == [
        ("transition pay from new to over", "over", fix),
        ("transition pay from new to new", "new", fix),
    ]


def test_guarded_transitions_may_share_a_trigger() -> None:
    ways = (T("go", "new", "paid", guards=[silent]), T("go", "new", "over"))
    assert len(flow(transitions=ways).leaving["new"]) == 3


def test_a_fact_without_an_answer() -> None:
    desk = State("desk", OrderPhase.PLACED, WORK, keeps={"seen"})
    ways = (T("come", "new", "desk"), T("go", "desk", "over"), T("seen", "new", "paid"))
    fix = "has no answer to the fact 'seen'; add a Transition, or keeps={'seen'}"
    found = findings(lambda: flow((desk,), ways, facts=frozenset({"seen"})))
    assert found == [("state paid", "seen", fix)]


def test_an_illegal_ledger_move() -> None:
    moves = (Bucket.ALLOCATED, Bucket.PACKED)
    ways = (T("go", "open", "busy", moves=moves), T("end", "busy", "done", moves=SHIPS))
    found = findings(lambda: work(ways))
    legal = "picked, shipped, open, backordered, cancelled, substituted"
    assert found[0] == (
        "transition go from open",
        moves,
        f"moves allocated to packed; legal: {legal}",
    )


def test_a_way_to_done_with_units_behind() -> None:
    pick = (Bucket.ALLOCATED, Bucket.PICKED)
    ways = (T("go", "open", "busy", moves=pick), T("end", "busy", "done"))
    assert findings(lambda: work(ways)) == [
        (
            "transition end from busy",
            "done",
            "is done with units still picked; give it moves=(picked, SHIPPED)",
        )
    ]


def test_a_move_from_where_the_units_may_not_be() -> None:
    moves = (Bucket.PICKED, Bucket.PACKED)
    ways = (
        T("go", "open", "busy"),
        T("pack", "busy", "done", moves=moves),
    )
    fix = "moves units from picked, but they may come here still allocated; "
    assert findings(lambda: work(ways)) == [
        ("transition pack from busy", moves, fix + "add a Transition with that move before")
    ]


def test_every_fault_is_reported_at_once() -> None:
    def make() -> object:
        faulty = (
            State("lonely", OrderPhase.PLACED),
            State("end", OrderPhase.PLACED, WORK, keeps={"seen"}),
        )
        ways = (T("go", "new", "end"), T("pay", "new", "end"))
        return flow(faulty, ways, facts=frozenset({"seen"}))

    found = Counter((field, fix.split(";")[0]) for field, _, fix in findings(make))
    assert found == {
        ("state lonely", "is never reached"): 1,
        ("state lonely", "is a dead end"): 1,
        ("state end", "is a dead end"): 1,
        ("state lonely", "waits for nothing"): 1,
        ("transition pay from new to end", "is never tried: the one to paid has no guard"): 1,
        **{
            (f"state {name}", "has no answer to the fact 'seen'"): 1
            for name in ("new", "paid", "lonely")
        },
    }


def test_faulty_names_are_reported_before_the_graph_is_walked() -> None:
    found = findings(
        lambda: flow((State("new", Phase.READY),), (T("go", "new", "nowhere"),), "old")
    )
    assert [field for field, _, _ in found] == [
        "state new",
        "initial",
        "transition go from new",
        "phases",
    ]


def test_the_error_names_the_workflow_and_each_repair() -> None:
    with pytest.raises(InvalidWorkflow, match=r"^workflow 'shop': initial: names the unknown"):
        flow(initial="nwe")


@given(workflow=workflows())
def test_valid_workflows_are_accepted(workflow: Workflow[Look]) -> None:
    """They were built; and built again from their own parts they are equal."""
    again = attrs.evolve(workflow)
    assert again == workflow
    assert again.fingerprint == workflow.fingerprint


@given(workflow=workflows(), data=st.data())
def test_one_fault_in_a_valid_workflow_is_found(
    workflow: Workflow[Look], data: st.DataObject
) -> None:
    """A misspelt end, and a state without a wait, are each the one finding."""
    position = data.draw(st.integers(0, len(workflow.transitions) - 1), label="transition")
    ways = list(workflow.transitions)
    ways[position] = attrs.evolve(ways[position], dest="nowhere at all")
    found = findings(lambda: attrs.evolve(workflow, transitions=ways))
    trigger, source = ways[position].trigger, ways[position].source
    assert [field for field, _, _ in found] == [f"transition {trigger} from {source}"]
    waiting = [state for state in workflow.states if not state.phase.final]
    state = data.draw(st.sampled_from(waiting), label="state")
    rest = [attrs.evolve(s, waits_for=None) if s is state else s for s in workflow.states]
    found = findings(lambda: attrs.evolve(workflow, states=rest))
    assert [(field, value) for field, value, _ in found] == [(f"state {state.name}", None)]


# --- extend ----------------------------------------------------------------------------------

ENGRAVING = State("engraving", Phase.WORKING, TaskFor("engraver"))
VIA_ENGRAVING: tuple[T, ...] = (
    T("picked", "picking", "engraving"),
    T("engraved", "engraving", "packing"),
)


def test_extend_adds_removes_and_inherits_moves() -> None:
    before = attrs.evolve(IN_HOUSE)
    engraved = IN_HOUSE.extend(
        name="engraved",
        version=3,
        states=[ENGRAVING],
        transitions=[*VIA_ENGRAVING, T("cancel", "engraving", "cancelled")],
        without=[("picked", "picking")],
    )
    assert (engraved.name, engraved.version, engraved.initial) == ("engraved", 3, IN_HOUSE.initial)
    assert set(engraved.by_name) == {*IN_HOUSE.by_name, "engraving"}
    assert [t.dest for t in engraved.leaving["picking"] if t.trigger == "picked"] == ["engraving"]
    moves = {t.trigger: t.moves for t in engraved.transitions}
    assert moves["picked"] == (Bucket.ALLOCATED, Bucket.PICKED)
    assert not moves["engraved"]
    assert before == IN_HOUSE
    assert IN_HOUSE.fingerprint == before.fingerprint != engraved.fingerprint
    assert "engraving" not in IN_HOUSE.by_name


def test_extend_keeps_moves_that_are_given() -> None:
    """``()`` is no move at all, so the units are left behind."""
    way: list[T] = [T("shipped", "packed", "fulfilled", moves=())]
    found = findings(
        lambda: IN_HOUSE.extend(name="x", transitions=way, without=[("shipped", "packed")])
    )
    assert [(field, value) for field, value, _ in found] == [
        ("transition shipped from packed", "fulfilled")
    ]


def test_extend_replaces_a_state_of_the_same_name() -> None:
    slow = State("packing", Phase.READY_TO_LEAVE, TaskFor("packer", trigger="packed"))
    changed = IN_HOUSE.extend(name="slow", states=[slow])
    assert changed.by_name["packing"] is slow
    assert [s.name for s in changed.states] == [s.name for s in IN_HOUSE.states]
    assert changed.transitions == IN_HOUSE.transitions


def test_extend_without_a_state_removes_its_transitions() -> None:
    gone = {"submitted", "accepted", "rejected", "incomplete"}
    named = {end for t in IN_HOUSE.transitions for end in (t.source, t.dest)}
    assert gone <= set(FULFILLMENT_ORDER.by_name)
    assert not gone & (named | set(IN_HOUSE.by_name))
    left = [t for t in FULFILLMENT_ORDER.transitions if not gone & {t.source, t.dest}]
    assert list(IN_HOUSE.transitions) == left


def test_extend_keeps_the_facts() -> None:
    assert RETURN.extend(name="mine").facts == RETURN.facts == {"receive"}


@pytest.mark.parametrize("typo", ["pickking", ("picked", "pickking"), ("pikced", "picking")])
def test_extend_refuses_to_leave_out_what_is_not_there(typo: str | tuple[str, str]) -> None:
    with pytest.raises(InvalidWorkflow) as caught:
        IN_HOUSE.extend(name="mine", without=[("pack", "packed"), typo])
    fix = f"{typo!r} is not declared; write what is, or leave it out"
    assert caught.value.findings == (Problem("without", typo, fix),)
    assert caught.value.name == "mine"


def test_extend_checks_again() -> None:
    found = findings(lambda: IN_HOUSE.extend(name="mine", states=[ENGRAVING]))
    assert {field for field, _, _ in found} == {"state engraving"}


@given(workflow=workflows())
def test_extend_by_nothing_changes_nothing_but_the_name(workflow: Workflow[Look]) -> None:
    extended = workflow.extend(name="other", version=2)
    assert extended == attrs.evolve(workflow, name="other", version=2)
    assert extended.fingerprint == workflow.fingerprint


# --- fingerprint -----------------------------------------------------------------------------

_PROGRAM = """
from orderflow import *
from orderflow.workflow import StepWork
print(*(flow.fingerprint for flow in (ORDER, FULFILLMENT_ORDER, IN_HOUSE, RETURN)))
names = {f"name{i}" for i in range(50)}
states = [State("a", OrderPhase.PLACED, StepWork("x"), names), State("b", OrderPhase.COMPLETED)]
print(Workflow("w", 1, "a", states, [Transition("t", "a", "b", roles=names)], names).fingerprint)
"""


def test_every_process_finds_the_same_fingerprint() -> None:
    def told(seed: str) -> list[str]:
        env = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        command = [sys.executable, "-c", _PROGRAM]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
        return done.stdout.splitlines()

    first = told("1")
    assert first == told("2")
    here = [flow.fingerprint for flow in (ORDER, FULFILLMENT_ORDER, IN_HOUSE, RETURN)]
    assert first[0].split() == here
    assert len({*here, first[1]}) == 5


@given(names=st.permutations([f"n{i}" for i in range(9)]), turned=st.booleans())
def test_the_order_in_sets_and_of_states_does_not_count(names: list[str], turned: bool) -> None:
    def made(order: list[str], step: int) -> str:
        states = [
            State("new", OrderPhase.PLACED, WORK, order),
            State("over", OrderPhase.COMPLETED, None, order),
        ]
        ways = [T("go", "new", "over", roles=order)]
        return Workflow("shop", 1, "new", states[::step], ways, order).fingerprint

    assert made(names, -1 if turned else 1) == made(sorted(names), 1)


Change = Callable[[Workflow[Look], int], Workflow[Look]]


def with_state(workflow: Workflow[Look], at: int, **changes: Any) -> Workflow[Look]:
    states = list(workflow.states)
    states[at] = attrs.evolve(states[at], **changes)
    return attrs.evolve(workflow, states=states)


def with_way(workflow: Workflow[Look], at: int, **changes: Any) -> Workflow[Look]:
    ways = list(workflow.transitions)
    ways[at] = attrs.evolve(ways[at], **changes)
    return attrs.evolve(workflow, transitions=ways)


def one_more_state(workflow: Workflow[Look], at: int) -> Workflow[Look]:
    more = State("more", workflow.by_name["over"].phase)
    way = attrs.evolve(workflow.transitions[at], dest="more", guards=[strict], moves=())
    states, ways = [*workflow.states, more], [way, *workflow.transitions]
    return attrs.evolve(workflow, states=states, transitions=ways)


def one_more_way(workflow: Workflow[Look], at: int) -> Workflow[Look]:
    way = attrs.evolve(workflow.transitions[at], guards=[strict])
    return attrs.evolve(workflow, transitions=[way, *workflow.transitions])


def one_more_guard(workflow: Workflow[Look], at: int) -> Workflow[Look]:
    return with_way(workflow, at, guards=[*workflow.transitions[at].guards, silent])


def one_more_role(workflow: Workflow[Look], at: int) -> Workflow[Look]:
    return with_way(workflow, at, roles={*workflow.transitions[at].roles, "boss"})


def one_more_fact(workflow: Workflow[Look], at: int) -> Workflow[Look]:
    del at
    states = [attrs.evolve(s, keeps={*s.keeps, "another"}) for s in workflow.states]
    return attrs.evolve(workflow, states=states, facts={*workflow.facts, "another"})


def one_more_kept(workflow: Workflow[Look], at: int) -> Workflow[Look]:
    return with_state(workflow, at, keeps={*workflow.states[at].keeps, "another"})


def another_guard(workflow: Workflow[Look], at: int) -> Workflow[Look]:
    return with_way(workflow, at, guards=[strict])


def another_wait(workflow: Workflow[Look], at: int) -> Workflow[Look]:
    return with_state(workflow, at, waits_for=StepWork("another"))


def another_phase(workflow: Workflow[Look], at: int) -> Workflow[Look]:
    state = workflow.states[at]
    same = [p for p in type(state.phase) if p.final is state.phase.final and p is not Phase.DONE]
    other: Any = next(phase for phase in same if phase is not state.phase)
    return with_state(workflow, at, phase=other)


CHANGES: list[Change] = [
    *(one_more_state, one_more_way, one_more_guard, one_more_role, one_more_fact, one_more_kept),
    *(another_guard, another_wait, another_phase),
]


@pytest.mark.parametrize("change", CHANGES)
@given(workflow=workflows(), data=st.data())
def test_one_change_changes_the_fingerprint(
    change: Change, workflow: Workflow[Look], data: st.DataObject
) -> None:
    ways = change in (one_more_state, one_more_way, one_more_guard, one_more_role, another_guard)
    size = len(workflow.transitions if ways else workflow.states)
    changed = change(workflow, data.draw(st.integers(0, size - 1), label="at"))
    assert changed.fingerprint != workflow.fingerprint


def with_extra(*ways: T) -> str:
    return flow(transitions=ways).fingerprint


def test_ends_moves_order_and_the_start_count() -> None:
    """What would break a random workflow is changed in one that bears it."""
    go, skip = T("go", "new", "paid"), T("skip", "new", "over")
    variants = [
        flow().fingerprint,
        with_extra(go),
        with_extra(attrs.evolve(go, dest="over")),
        with_extra(attrs.evolve(go, source="paid")),
        with_extra(attrs.evolve(go, moves=SHIPS)),
        with_extra(go, skip),
        with_extra(skip, go),
        flow(transitions=(T("back", "paid", "new"),)).fingerprint,
        flow(transitions=(T("back", "paid", "new"),), initial="paid").fingerprint,
    ]
    assert len(set(variants)) == len(variants)


def test_no_moves_are_no_moves() -> None:
    assert with_extra(T("go", "new", "over", moves=())) == with_extra(T("go", "new", "over"))


class Limit:
    """A guard that is an object."""

    def __call__(self, _step: object) -> Refusal | None:
        return None


def limited(_step: object, most: int) -> Refusal | None:
    return Refusal("limit", f"{most}") if most else None


def test_guards_may_be_objects_and_partials() -> None:
    """They count by their class and by their function, in the same way in every process."""
    guards: list[Guard[object]] = [Limit(), partial(limited, most=0), silent]
    found = [flow(transitions=(T("go", "new", "over", guards=[g]),)) for g in guards]
    assert len({workflow.fingerprint for workflow in found}) == 3
    assert [workflow.table()[-1][3] for workflow in found] == [
        "guards Limit",
        "guards limited",
        "guards silent",
    ]
    again = flow(transitions=(T("go", "new", "over", guards=[Limit()]),))
    assert again.fingerprint == found[0].fingerprint


@pytest.mark.parametrize("module", ["__main__", "shop.guards"])
def test_a_guard_may_move_to_another_module(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A script and what imports it have the same workflow."""
    before = with_extra(T("go", "new", "over", guards=[silent]))
    monkeypatch.setattr(silent, "__module__", module)
    assert with_extra(T("go", "new", "over", guards=[silent])) == before


# --- pictures --------------------------------------------------------------------------------


@given(workflow=workflows())
def test_picture_and_table_name_each_transition_once(workflow: Workflow[Look]) -> None:
    declared = Counter((t.source, t.dest, t.trigger) for t in workflow.transitions)
    lines = [line.strip() for line in workflow.mermaid().splitlines()]
    assert lines[:2] == ["stateDiagram-v2", f"[*] --> {workflow.initial}"]
    drawn = [line for line in lines[2:] if not line.endswith("[*]")]
    assert Counter(drawn) == Counter(f"{s} --> {d}: {t}" for s, d, t in declared.elements())
    finals = [f"{s.name} --> [*]" for s in workflow.states if s.phase.final]
    assert [line for line in lines if line.endswith("[*]")] == finals
    assert Counter((s, d, t) for s, t, d, _ in workflow.table()) == declared


def test_the_table_says_what_a_move_asks_for() -> None:
    way = T("go", "new", "over", guards=[strict, silent], roles=["clerk", "boss"], moves=SHIPS)
    assert flow(transitions=(way,)).table() == (
        ("new", "pay", "paid", ""),
        ("paid", "end", "over", ""),
        (
            "new",
            "go",
            "over",
            "units allocated → shipped; guards strict, silent; roles boss, clerk",
        ),
    )


def test_the_picture_of_a_small_workflow() -> None:
    assert flow().mermaid() == (
        "stateDiagram-v2\n"
        "    [*] --> new\n"
        "    new --> paid: pay\n"
        "    paid --> over: end\n"
        "    over --> [*]"
    )
