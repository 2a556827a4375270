"""Random workflows, valid by construction: the lint accepts each of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Any

import attrs
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from orderflow.errors import Refusal
from orderflow.model.ledger import Bucket
from orderflow.model.phases import OrderPhase, Phase, ReturnPhase
from orderflow.workflow import (
    EffectOf,
    Guard,
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

__all__ = ["GuardOf", "workflows"]

GuardOf = Callable[[str], SearchStrategy[Guard[Any]]]
"""Draws a guard with a name, which is unique in a workflow."""

_TRIGGERS = ("go", "back", "jump", "cancel")
"""Few, so that several transitions share a trigger and a source."""
_LEVELS = (Bucket.ALLOCATED, Bucket.PICKED, Bucket.PACKED, Bucket.SHIPPED)
_PACKED = 2


@attrs.frozen
class _Kind:
    """The phases of one kind of workflow."""

    waiting: tuple[Any, ...]
    final: tuple[Any, ...]


_KINDS = [
    _Kind(
        tuple(phase for phase in kind if not phase.final),
        tuple(phase for phase in kind if phase.final),
    )
    for kind in (OrderPhase, Phase, ReturnPhase)
]


@attrs.frozen
class _Spot:
    """A future state: *level* is the least progress of units that enter it."""

    name: str
    phase: Any
    level: int = 0


def _silent_or_not(name: str) -> SearchStrategy[Guard[Any]]:
    """A guard that always accepts, or always refuses."""

    def of(refusal: Refusal | None) -> Guard[Any]:
        def guard(_step: Any) -> Refusal | None:
            return refusal

        guard.__name__ = guard.__qualname__ = name
        return guard

    return st.sampled_from([None, Refusal(f"no.{name}", f"{name} says no")]).map(of)


@st.composite
def workflows(draw: st.DrawFn, guard: GuardOf = _silent_or_not) -> Workflow[Any]:
    """Workflows: a main path to an end, other ends, and further transitions.

    Args:
        draw: From Hypothesis.
        guard: Draws each guard; by default one with a constant answer.
    """
    kind = draw(st.sampled_from(_KINDS))
    spine = [
        _Spot(f"s{i}", draw(st.sampled_from(kind.waiting)), level)
        for i, level in enumerate(_rising(draw, draw(st.integers(1, 5))))
    ]
    ends = [
        _Spot(f"end{i}", phase, 3 if phase is Phase.DONE else 0)
        for i, phase in enumerate(draw(st.lists(st.sampled_from(kind.final), max_size=2)))
        if phase is not Phase.DONE or spine[-1].level == _PACKED
    ]
    ends.append(_Spot("over", kind.final[-1]))  # in every kind the last one is not DONE
    trigger = st.sampled_from(_TRIGGERS)
    edges = [_edge(draw(trigger), *pair) for pair in pairwise(spine)]
    edges += [_edge(draw(trigger), spine[-1], end) for end in ends]
    every = [*spine, *ends]
    for source, dest in draw(st.lists(st.tuples(*[st.sampled_from(every)] * 2), max_size=6)):
        if _may_lead(source, dest):
            edges.append(_edge(draw(trigger), source, dest))
    edges = _guarded(draw, draw(st.permutations(edges)), guard)
    facts = draw(st.frozensets(st.sampled_from([*_TRIGGERS, "seen"]), max_size=3))
    states = [_state(draw, spot, edges, facts) for spot in draw(st.permutations(every))]
    return Workflow("drawn", 1, "s0", states, edges, facts)


def _rising(draw: st.DrawFn, length: int) -> list[int]:
    """Levels that never fall, and rise by at most one."""
    level, found = 0, [0]
    for _ in range(length - 1):
        level = min(_PACKED, level + draw(st.integers(0, 1)))
        found.append(level)
    return found


def _edge(trigger: str, source: _Spot, dest: _Spot) -> Transition[Any]:
    moves: tuple[Bucket, Bucket] | tuple[()] = ()
    if dest.level == source.level + 1:
        moves = _LEVELS[source.level], _LEVELS[dest.level]
    return Transition(trigger, source.name, dest.name, moves=moves)


def _may_lead(source: _Spot, dest: _Spot) -> bool:
    """Units move on by one level, or back; an end can only lead to the beginning."""
    if dest.phase.final:
        return dest.phase is not Phase.DONE or source.level == dest.level - 1
    return dest.level <= (0 if source.phase.final else source.level + 1)


def _guarded(
    draw: st.DrawFn, edges: Sequence[Transition[Any]], guard: GuardOf
) -> list[Transition[Any]]:
    """Add guards: all but the last transition of the same trigger and source need one."""
    found = []
    for position, edge in enumerate(edges):
        same = ((e.trigger, e.source) for e in edges[position + 1 :])
        least = 1 if (edge.trigger, edge.source) in same else 0
        count = draw(st.integers(least, 3))
        guards = [draw(guard(f"guard{position}_{i}")) for i in range(count)]
        found.append(attrs.evolve(edge, guards=guards))
    return found


def _state(
    draw: st.DrawFn, spot: _Spot, edges: list[Transition[Any]], facts: frozenset[str]
) -> State:
    fires = sorted({edge.trigger for edge in edges if edge.source == spot.name})
    waits: list[Any] = [None]
    if not spot.phase.final:
        within = timedelta(days=1)
        waits = [StepWork("pick"), EffectOf("ask"), PartnerAnswer("supplier", within)]
        waits += [WorkRelease(), UnitsPending()]
        waits += [TaskFor("clerk", trigger) for trigger in fires]
        waits += [TimerFor(within, trigger) for trigger in fires]
        if len(set(fires) - {"cancel"}) == 1:
            waits.append(TaskFor("clerk"))
    keeps = facts - set(fires)
    return State(spot.name, spot.phase, draw(st.sampled_from(waits)), keeps)
