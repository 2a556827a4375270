"""A compiled workflow does what the stock ``transitions`` machine does, and collects every reason.

Each law is stated over a random workflow, random guards and hooks and a random run of triggers.
Wrong ways to fire are caught, each by the law that it breaks.
"""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import attrs
import pytest
import transitions
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from orderflow.errors import Refusal
from orderflow.model.phases import OrderPhase
from orderflow.workflow import (
    CompiledWorkflow,
    State,
    StepWork,
    Transition,
    Workflow,
    as_machine,
    machine,
)
from tests.laws.flows import DrawnHooks, Fate, Look, Oops, guard_of, hooks, workflows
from tests.mutants import HUNT, Law, Mutant, Mutants, Patch, law

UNDECLARED = "never_declared"


class Walker:
    """A cursor: one state, the tick of the run, and what guards and hooks gave it."""

    def __init__(self, state: str, tick: int = 0) -> None:
        self.state, self.tick = state, tick
        self.refusals: list[Refusal] = []
        self.added: list[str] = []
        self.calls: list[tuple[str, str, str]] = []

    @property
    def step(self) -> Look:
        return Look(self.state, self.tick, self.calls)

    def refuse(self, refusal: Refusal) -> bool:
        self.refusals.append(refusal)
        return True

    def add(self, outputs: Iterable[Any]) -> None:
        self.added.extend(outputs)


@attrs.frozen
class Case:
    """A workflow, its hooks, and the triggers to fire, one a tick."""

    workflow: Workflow[Look]
    hooks: DrawnHooks
    triggers: tuple[str, ...]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    workflow = draw(workflows())
    triggers = st.sampled_from([*sorted(workflow.triggers) * 3, UNDECLARED])
    run = draw(st.lists(triggers, min_size=6, max_size=12))
    return Case(workflow, draw(hooks(workflow)), tuple(run))


@attrs.frozen
class Tick:
    """What one trigger did. *accepted* is None where a guard or hook failed."""

    trigger: str
    source: str
    accepted: bool | None
    after: Walker


def compiled_run(case: Case) -> Iterator[Tick]:
    """The run on the compiled workflow, with a new cursor for each trigger."""
    compiled = CompiledWorkflow(case.workflow, case.hooks)
    state = case.workflow.initial
    for tick, trigger in enumerate(case.triggers):
        walker, accepted = Walker(state, tick), None
        with suppress(Oops):
            accepted = compiled.fire(walker, trigger)
        yield Tick(trigger, state, accepted, walker)
        state = walker.state


def stock_run(case: Case) -> Iterator[Tick]:
    """The same run on the stock machine, whose one model is the cursor."""
    model = Walker(case.workflow.initial)
    stock = as_machine(case.workflow, case.hooks, model)
    for tick, trigger in enumerate(case.triggers):
        source, accepted = model.state, None
        model.tick, model.refusals, model.added, model.calls = tick, [], [], []
        try:
            accepted = trigger in stock.events and stock.events[trigger].trigger(model, model)
        except transitions.MachineError:  # no transition from here
            accepted = False
        except Oops:
            pass
        seen = Walker(model.state, tick)
        seen.added, seen.calls, seen.refusals = model.added, model.calls, model.refusals
        yield Tick(trigger, source, accepted, seen)


def guards_of(case: Case, transition: Transition[Look]) -> list[Callable[[Look], Refusal | None]]:
    return [*transition.guards, *case.hooks.guards(transition)]


def candidates(case: Case, tick: Tick) -> list[Transition[Look]]:
    leaving = case.workflow.leaving[tick.source]
    return [t for t in leaving if t.trigger == tick.trigger]


def same_as_stock(case: Case) -> None:
    """The same state, acceptance, order of hooks and outputs, unless a guard fails."""
    stock = stock_run(case)
    for ours, theirs in zip(compiled_run(case), stock, strict=True):
        if ours.accepted is None and not ours.after.calls and theirs.accepted is not None:
            # We ask every guard; the stock machine had not come to the one that fails.
            assert ours.after.state == ours.source
            return
        assert ours.after.state == theirs.after.state, (ours.trigger, ours.source)
        assert ours.accepted == theirs.accepted, (ours.trigger, ours.source)
        assert ours.after.calls == theirs.after.calls
        assert ours.after.added == theirs.after.added


def every_reason_is_collected(case: Case) -> None:
    """All guards of each transition that is tried are asked, up to the first that may be taken."""
    for tick in compiled_run(case):
        expected: list[Refusal] = []
        look = Look(tick.source, tick.after.tick, [])
        try:
            for transition in candidates(case, tick):
                found = [guard(look) for guard in guards_of(case, transition)]
                expected += [refusal for refusal in found if refusal is not None]
                if not any(found):
                    break
        except Oops:
            continue
        assert tick.after.refusals == expected


def the_first_silent_one_is_taken(case: Case) -> None:
    """Accepted: the first transition in declared order whose guards are silent. Else: none is."""
    for tick in compiled_run(case):
        look = Look(tick.source, tick.after.tick, [])
        free: list[Transition[Look]] = []
        try:
            for transition in candidates(case, tick):
                found = [guard(look) for guard in guards_of(case, transition)]
                if not any(found):
                    free.append(transition)
                    break
        except Oops:
            assert tick.accepted is None
            continue
        accepted = tick.accepted is None or tick.accepted is bool(free)
        assert accepted, f"{tick.trigger} from {tick.source}: {tick.accepted}, and free are {free}"
        if tick.accepted:
            assert tick.after.state == free[0].dest, f"the first free one is {free[0]}"


def old_before_new_after(case: Case) -> None:
    """``before`` and ``on_exit`` see the old state, ``on_enter`` and ``after`` the new one."""
    for tick in compiled_run(case):
        for point, name, state in tick.after.calls:
            old = point in ("before", "on_exit")
            assert state == (tick.source if old else tick.after.state), (point, name)
        order = [point for point, _, _ in tick.after.calls]
        assert order == sorted(order, key=("before", "on_exit", "on_enter", "after").index)


def each_hook_runs_once(case: Case) -> None:
    """A move runs exactly the hooks of its trigger and its two states; a refusal runs none."""
    for tick in compiled_run(case):
        names = [name for _, name, _ in tick.after.calls]
        if not tick.accepted:
            assert tick.accepted is None or names == []
            continue
        points = [
            ("before", tick.trigger),
            ("on_exit", tick.source),
            ("on_enter", tick.after.state),
            ("after", tick.trigger),
        ]
        expected = [fate.name for point in points for fate in case.hooks.fates.get(point, ())]
        assert names == tick.after.added == expected


def refused_changes_nothing(case: Case) -> None:
    """What is not declared, or not from here, or guarded, leaves the cursor as it was."""
    for tick in compiled_run(case):
        if not candidates(case, tick):
            assert tick.accepted is False
            assert tick.after.refusals == []
        if tick.accepted is False:
            assert tick.after.state == tick.source
            assert (tick.after.calls, tick.after.added) == ([], [])


def an_error_leaves_old_or_new(case: Case) -> None:
    """An error in a guard, ``before`` or ``on_exit`` leaves the old state; later, the new one.

    The stock machine does the same; a decision that fails is thrown away either way.
    """
    for tick in compiled_run(case):
        if tick.accepted is None:
            point, name, _ = tick.after.calls[-1] if tick.after.calls else ("guard", "", "")
            moved = point in ("on_enter", "after")
            dests = {t.dest for t in candidates(case, tick)} if moved else {tick.source}
            assert tick.after.state in dests, (point, name)
            assert name not in tick.after.added


LAWS = [
    same_as_stock,
    every_reason_is_collected,
    the_first_silent_one_is_taken,
    old_before_new_after,
    each_hook_runs_once,
    refused_changes_nothing,
    an_error_leaves_old_or_new,
]


@pytest.mark.parametrize("law", LAWS)
@given(case=cases())
def test_law(law: Callable[[Case], None], case: Case) -> None:
    law(case)


def test_the_cases_meet_every_kind_of_trouble() -> None:
    """The laws are not empty: moves, refusals and errors at every point turn up."""
    seen: set[str] = set()

    @settings(max_examples=250, database=None, derandomize=True, phases=[Phase.generate])
    @given(case=cases())
    def census(case: Case) -> None:
        for tick in compiled_run(case):
            seen.add(f"accepted {tick.accepted}")
            seen.add(f"{min(len(tick.after.refusals), 2)} reasons")
            if tick.accepted is None:
                seen.add(f"error in {tick.after.calls[-1][0] if tick.after.calls else 'guard'}")
            if tick.accepted and tick.after.refusals:
                seen.add("a later candidate")

    census()
    errors = {f"error in {point}" for point in ("guard", "before", "on_exit", "on_enter", "after")}
    kinds = {"accepted True", "accepted False", "accepted None", "a later candidate"}
    assert seen >= errors | kinds | {"0 reasons", "1 reasons", "2 reasons"}


def two_states(*guards: Callable[[Look], Refusal | None]) -> Workflow[Look]:
    return Workflow(
        "lamp",
        1,
        "off",
        [
            State("off", OrderPhase.PLACED, StepWork("confirm")),
            State("on", OrderPhase.CONFIRMED, StepWork("confirm")),
            State("broken", OrderPhase.CANCELLED),
        ],
        [
            Transition("switch", "off", "on", guards=guards),
            Transition("switch", "on", "off"),
            Transition("drop", "on", "broken"),
        ],
    )


def no_trace_is_left(workflow: Workflow[Look]) -> None:
    """However many cursors were moved, nobody holds one."""
    compiled = CompiledWorkflow(workflow)
    cursors = []
    for _ in range(50):
        walker = Walker("off")
        assert compiled.fire(walker, "switch")
        assert not compiled.fire(walker, UNDECLARED)
        cursors.append(weakref.ref(walker))
        del walker
    gc.collect()
    assert [cursor for cursor in cursors if cursor() is not None] == []


def test_memory_per_order_is_zero() -> None:
    no_trace_is_left(two_states())


def test_one_machine_serves_cursors_that_take_turns() -> None:
    compiled = CompiledWorkflow(two_states())
    one, other = Walker("off"), Walker("off")
    assert compiled.fire(one, "switch")
    assert (one.state, other.state) == ("on", "off")
    assert not compiled.fire(other, "drop")
    assert compiled.fire(one, "drop")
    assert (one.state, other.state) == ("broken", "off")


def test_a_guard_that_returns_a_bool_is_named() -> None:
    def yes(_look: Look) -> Any:
        return True

    with pytest.raises(TypeError, match=r"yes must return a Refusal or None, got True"):
        CompiledWorkflow(two_states(yes)).fire(Walker("off"), "switch")


def test_reasons_keep_the_order_of_the_guards() -> None:
    always = frozenset({0})
    own = [guard_of(Fate("first", always)), guard_of(Fate("second")), guard_of(Fate("3rd", always))]
    asked = DrawnHooks({("guard", "switch"): (Fate("hooked", always),)})
    walker = Walker("off")
    assert not CompiledWorkflow(two_states(*own), asked).fire(walker, "switch")
    assert [refusal.code for refusal in walker.refusals] == ["no.first", "no.3rd", "no.hooked"]


def test_the_stock_machine_draws_the_same_graph() -> None:
    stock = as_machine(two_states())
    drawn = {
        (t.source, name, t.dest)
        for name, event in stock.events.items()
        for found in event.transitions.values()
        for t in found
    }
    assert drawn == {("off", "switch", "on"), ("on", "switch", "off"), ("on", "drop", "broken")}
    assert stock.models == []


# --- wrong on purpose ------------------------------------------------------------------------

Trigger = Callable[..., bool]


def in_any_case(check: Callable[[Case], None]) -> Law:
    return Law(check.__name__, HUNT(given(case=cases())(check)))


@attrs.frozen
class Move:
    """A transition of a compiled workflow, as the wrong ones below take it."""

    guards: Sequence[Any]
    leaving: Sequence[Any]
    dest: str
    arriving: Sequence[Any]


def _moves(compiled: Any, trigger: str) -> dict[str, Any]:
    """The first move of a trigger from each state."""
    found: dict[str, Any] = compiled._moves.get(trigger, {})
    return found


def moves(compiled: Any, model: Any, trigger: str) -> list[Move]:
    """The transitions that are asked, in their order."""
    found, move = [], _moves(compiled, trigger).get(model.state)
    while move:
        *parts, move = move
        found.append(Move(*parts))
    return found


def asks(guard: Any, model: Any) -> bool:
    refusal = guard(model.step)
    return refusal is None or not machine._refuse(model, guard, refusal)


def silent(move: Move, model: Any) -> bool:
    return [guard for guard in move.guards if not asks(guard, model)] == []


def run(hooks: Sequence[Any], model: Any) -> None:
    for hook in hooks:
        model.add(hook(model.step))


def take(model: Any, move: Move) -> bool:
    run(move.leaving, model)
    model.state = move.dest
    run(move.arriving, model)
    return True


def stops_at_the_first_refusal(flow: Any, model: Any, trigger: str) -> bool:
    """One reason is given, where there are several."""
    for move in moves(flow, model, trigger):
        if all(asks(guard, model) for guard in move.guards):
            return take(model, move)
    return False


def forgets_the_reasons_of_the_candidate_before(flow: Any, model: Any, trigger: str) -> bool:
    """Only the last transition's reasons are given."""
    for move in moves(flow, model, trigger):
        model.refusals.clear()
        if silent(move, model):
            return take(model, move)
    return False


def takes_the_last_instead_of_the_first(flow: Any, model: Any, trigger: str) -> bool:
    """Of several transitions the last declared one is taken."""
    for move in reversed(moves(flow, model, trigger)):
        if silent(move, model):
            return take(model, move)
    return False


def one_silent_guard_is_enough(flow: Any, model: Any, trigger: str) -> bool:
    """A transition is taken though one of its guards refuses."""
    for move in moves(flow, model, trigger):
        if not move.guards or any(asks(guard, model) for guard in move.guards):
            return take(model, move)
    return False


def enters_before_the_state_changes(flow: Any, model: Any, trigger: str) -> bool:
    """What runs on the way in sees the old state."""
    for move in moves(flow, model, trigger):
        if silent(move, model):
            run((*move.leaving, *move.arriving), model)
            model.state = move.dest
            return True
    return False


def moves_before_it_leaves(flow: Any, model: Any, trigger: str) -> bool:
    """What runs on the way out sees the new state, and an error there leaves it."""
    for move in moves(flow, model, trigger):
        if silent(move, model):
            model.state = move.dest
            run((*move.leaving, *move.arriving), model)
            return True
    return False


def skips_what_runs_on_the_way_out(flow: Any, model: Any, trigger: str) -> bool:
    """The last hook on the way out is left out."""
    for move in moves(flow, model, trigger):
        if silent(move, model):
            return take(model, attrs.evolve(move, leaving=move.leaving[:-1]))
    return False


def runs_hooks_backwards(flow: Any, model: Any, trigger: str) -> bool:
    """Hooks run in the reverse of their order."""
    for move in moves(flow, model, trigger):
        if silent(move, model):
            leaving, arriving = move.leaving[::-1], move.arriving[::-1]
            return take(model, attrs.evolve(move, leaving=leaving, arriving=arriving))
    return False


def refused_is_accepted(flow: Any, model: Any, trigger: str) -> bool:
    """What every guard refuses counts as done."""
    for move in moves(flow, model, trigger):
        if silent(move, model):
            return take(model, move)
    return bool(moves(flow, model, trigger))


def refused_hooks_have_run(flow: Any, model: Any, trigger: str) -> bool:
    """The hooks on the way out run before the guards are asked."""
    for move in moves(flow, model, trigger):
        run(move.leaving, model)
        if silent(move, model):
            return take(model, attrs.evolve(move, leaving=()))
    return False


def goes_on_from_anywhere(flow: Any, model: Any, _trigger: str) -> bool:
    """A trigger takes transitions of other triggers, from other states."""
    declared = [found for trigger in flow._moves for found in _moves(flow, trigger).values()]
    for move in (Move(*found[:-1]) for found in declared):
        if silent(move, model):
            return take(model, move)
    return False


def keeps_its_cursors(flow: Any, model: Any, trigger: str) -> bool:
    """Whatever was moved is held for ever."""
    KEPT.append(model)
    return any(take(model, move) for move in moves(flow, model, trigger))


KEPT: list[object] = []
CHECKS: dict[Trigger, Law] = {
    stops_at_the_first_refusal: in_any_case(every_reason_is_collected),
    forgets_the_reasons_of_the_candidate_before: in_any_case(every_reason_is_collected),
    takes_the_last_instead_of_the_first: in_any_case(the_first_silent_one_is_taken),
    one_silent_guard_is_enough: in_any_case(the_first_silent_one_is_taken),
    enters_before_the_state_changes: in_any_case(old_before_new_after),
    moves_before_it_leaves: in_any_case(an_error_leaves_old_or_new),
    skips_what_runs_on_the_way_out: in_any_case(each_hook_runs_once),
    runs_hooks_backwards: in_any_case(same_as_stock),
    refused_is_accepted: in_any_case(same_as_stock),
    refused_hooks_have_run: in_any_case(refused_changes_nothing),
    goes_on_from_anywhere: in_any_case(refused_changes_nothing),
    keeps_its_cursors: law(test_memory_per_order_is_zero),
}
MUTANTS = Mutants("firing", CHECKS)


@MUTANTS.each
def test_mutant_is_caught(mutant: Mutant[Trigger], monkeypatch: Patch) -> None:
    """Each wrong way to fire breaks the law that is named for it."""
    monkeypatch.setattr(CompiledWorkflow, "fire", mutant.how)
    mutant.breaks(CHECKS[mutant.how])
