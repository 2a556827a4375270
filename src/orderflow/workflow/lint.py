"""The checks of a workflow when it is built; each finding says how to repair it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from orderflow.calendars import is_span
from orderflow.errors import Problem
from orderflow.model.ledger import LEGAL_MOVES, WORK_ORDER, Bucket
from orderflow.model.phases import Phase
from orderflow.workflow.graph import (
    EffectOf,
    Graph,
    PendingItem,
    State,
    StepWork,
    TaskFor,
    Transition,
)

__all__ = ["findings"]


def findings(workflow: Graph[Any]) -> list[Problem]:
    """All findings. Paths through the graph are checked only once its names are right."""
    return list(_names(workflow)) or [
        *_reach(workflow),
        *_waits(workflow),
        *_ambiguous(workflow),
        *_observed(workflow),
        *_remote(workflow),
        *_ledger(workflow),
    ]


def _names(workflow: Graph[Any]) -> Iterator[Problem]:
    if not workflow.name or not isinstance(workflow.name, str):
        yield Problem("name", workflow.name, f"is {workflow.name!r}; give it a name of its own")
    if type(workflow.version) is not int or workflow.version < 1:
        fix = f"is {workflow.version!r}; versions are whole numbers: 1, 2, …"
        yield Problem("version", workflow.version, fix)
    names = Counter(state.name for state in workflow.states)
    for name, times in names.items():
        if times > 1:
            yield Problem(f"state {name}", name, f"is declared {times} times; declare it once")
    if workflow.initial not in names:
        yield Problem("initial", workflow.initial, f"{_unknown(workflow.initial, names)}")
    for t in workflow.transitions:
        for end in (t.source, t.dest):
            if end not in names:
                yield Problem(_of(t), end, _unknown(end, names))
    kinds = {type(state.phase).__name__ for state in workflow.states}
    if len(kinds) > 1:
        yield Problem("phases", kinds, f"are of {sorted(kinds)}; take all from one of them")


def _unknown(name: str, names: Iterable[str]) -> str:
    import difflib  # noqa: PLC0415 (only a faulty workflow pays for it)

    near = difflib.get_close_matches(name, names, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"declare State({name!r}, …)"
    return f"names the unknown state {name!r}; {hint}"


def _reach(workflow: Graph[Any]) -> Iterator[Problem]:
    onward: dict[str, set[str]] = {state.name: set() for state in workflow.states}
    back: dict[str, set[str]] = {state.name: set() for state in workflow.states}
    for t in workflow.transitions:
        onward[t.source].add(t.dest)
        back[t.dest].add(t.source)
    reached = _closure({workflow.initial}, onward)
    ending = _closure({s.name for s in workflow.states if s.phase.final}, back)
    for state in workflow.states:
        where = f"state {state.name}"
        if state.name not in reached:
            fix = f"is never reached; add a Transition to it, or without=[{state.name!r}]"
            yield Problem(where, state.name, fix)
        if not state.phase.final and not onward[state.name]:
            fix = "is a dead end; add a Transition from it, or give it a final phase"
            yield Problem(where, state.name, fix)
        elif state.name not in ending:
            fix = "cannot reach a final state; add a Transition towards one"
            yield Problem(where, state.name, fix)


def _closure(start: set[str], edges: dict[str, set[str]]) -> set[str]:
    found, queue = set(start), list(start)
    while queue:
        fresh = edges[queue.pop()] - found
        found |= fresh
        queue += fresh
    return found


def _waits(workflow: Graph[Any]) -> Iterator[Problem]:
    for state in workflow.states:
        wait, where = state.waits_for, f"state {state.name}"
        if state.phase.final:
            continue
        if wait is None:
            fix = "waits for nothing; give waits_for=TaskFor(role), StepWork(step), …"
            yield Problem(where, None, fix)
        yield from _spans(where, wait)
        trigger = getattr(wait, "trigger", None)
        fires = {t.trigger for t in workflow.transitions if t.source == state.name}
        if trigger is not None and trigger not in fires:
            fix = (
                f"waits to fire {trigger!r}, which leads nowhere from here; one of {sorted(fires)}"
            )
            yield Problem(where, trigger, fix)
        elif isinstance(wait, TaskFor) and trigger is None and len(fires - {"cancel"}) != 1:
            fix = f"has no one trigger for its task; give TaskFor a trigger= of {sorted(fires)}"
            yield Problem(where, wait, fix)


def _spans(where: str, wait: PendingItem | None) -> Iterator[Problem]:
    """Durations must not be negative."""
    optional = isinstance(wait, StepWork | TaskFor)
    for name in ("delay", "within"):
        span = getattr(wait, name, timedelta())
        if not (optional and span is None) and not is_span(span):
            fix = f"waits {name}={span!r}; write a timedelta of 0 or more"
            yield Problem(where, span, fix)


def _ambiguous(workflow: Graph[Any]) -> Iterator[Problem]:
    unguarded: dict[tuple[str, str], Transition[Any]] = {}
    for t in workflow.transitions:
        before = unguarded.get((t.trigger, t.source))
        if before is not None:
            fix = f"is never tried: the one to {before.dest} has no guard; guard it or drop one"
            yield Problem(f"{_of(t)} to {t.dest}", t.dest, fix)
        elif not t.guards:
            unguarded[t.trigger, t.source] = t


def _observed(workflow: Graph[Any]) -> Iterator[Problem]:
    for fact in sorted(workflow.facts):
        answered = {t.source for t in workflow.transitions if t.trigger == fact}
        for state in workflow.states:
            if state.phase.final or state.name in answered or fact in state.keeps:
                continue
            fix = f"has no answer to the fact {fact!r}; add a Transition, or keeps={{{fact!r}}}"
            yield Problem(f"state {state.name}", fact, fix)


def _remote(workflow: Graph[Any]) -> Iterator[Problem]:
    """A partner may cancel or ship requested units at any time, in every state of the workflow.

    Its first state answers the request; each later one must end when all units are cancelled, when
    the partner releases them, and when they have left.
    """
    onward: dict[str, set[str]] = {state.name: set() for state in workflow.states}
    for t in workflow.transitions:
        onward[t.source].add(t.dest)
    for state in workflow.states:
        if state.phase is Phase.REQUESTED and _asks(state):
            for name in sorted(_closure({state.name}, onward) - {state.name}):
                yield from _leaves(workflow, workflow.by_name[name])


def _asks(state: State) -> bool:
    return isinstance(state.waits_for, EffectOf) and state.waits_for.name == "submit"


_LEFT_BY = {
    "cancel": "when all units are cancelled",
    "close": "when the partner gives the units up",
    "despatched": "when the units have left",
}


def _leaves(workflow: Graph[Any], state: State) -> Iterator[Problem]:
    if state.phase.final or state.phase is Phase.REQUESTED:
        return
    ways = workflow.leaving[state.name]
    there = {t.trigger for t in ways if t.trigger != "despatched"}
    if any(t.moves and t.moves[1] is Bucket.SHIPPED for t in ways):
        there.add("despatched")
    for trigger, when in _LEFT_BY.items():
        if trigger not in there:
            fix = f"is a partner's, and is not left {when}; add a Transition {trigger!r} from it"
            yield Problem(f"state {state.name}", trigger, fix)


def _ledger(workflow: Graph[Any]) -> Iterator[Problem]:
    """Every path to done must be a legal path of the units: each completion from their bucket."""
    if not all(isinstance(state.phase, Phase) for state in workflow.states):
        return
    for t in workflow.transitions:
        if t.moves and t.moves[1] not in LEGAL_MOVES[t.moves[0]]:
            legal = ", ".join(LEGAL_MOVES[t.moves[0]])
            yield Problem(_of(t), t.moves, f"moves {t.moves[0]} to {t.moves[1]}; legal: {legal}")
    done = {state.name for state in workflow.states if state.phase is Phase.DONE}
    queue = [(workflow.initial, Bucket.ALLOCATED)]
    seen, told = set(queue), set()
    while queue:
        name, bucket = queue.pop()
        for t in workflow.transitions:
            if t.source != name:
                continue
            after = bucket
            if t.moves and WORK_ORDER[bucket] < WORK_ORDER.get(t.moves[1], 0):
                after = t.moves[1]
                if bucket is not t.moves[0] and t not in told:
                    told.add(t)
                    fix = f"moves units from {t.moves[0]}, but they may come here still {bucket}"
                    yield Problem(_of(t), t.moves, f"{fix}; add a Transition with that move before")
            if t.dest in done and after is not Bucket.SHIPPED and t not in told:
                told.add(t)
                fix = f"is done with units still {after}; give it moves=({after}, SHIPPED)"
                yield Problem(_of(t), t.dest, fix)
            if (t.dest, after) not in seen:
                seen.add((t.dest, after))
                queue.append((t.dest, after))


def _of(t: Transition[Any]) -> str:
    return f"transition {t.trigger} from {t.source}"
