"""Random workflows, valid by construction: whatever is drawn here the lint must accept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Any

import attrs
from hypothesis import strategies as st

from orderflow.errors import Refusal
from orderflow.model.ledger import Bucket
from orderflow.model.phases import OrderPhase, Phase, ReturnPhase
from orderflow.workflow import (
    EffectOf,
    Guard,
    Inside,
    OfUnits,
    PartyAnswer,
    Release,
    State,
    StepWork,
    TaskFor,
    TimerFor,
    Transition,
    Workflow,
)

TRIGGERS = ("go", "back", "jump", "cancel")
"""Few, so that several transitions share a trigger and a source."""
LEVELS = (Bucket.ALLOCATED, Bucket.PICKED, Bucket.PACKED, Bucket.SHIPPED)
POINTS = ("before", "on_exit", "on_enter", "after")


class Oops(Exception):
    """What a drawn guard or hook raises."""


@attrs.define
class Look:
    """What the drawn guards and hooks see; *calls* takes down which hook saw which state."""

    state: str
    tick: int
    calls: list[tuple[str, str, str]]


@attrs.frozen
class Fate:
    """When a drawn guard or hook says no or fails: at these ticks."""

    name: str
    refuses: frozenset[int] = frozenset()
    raises: frozenset[int] = frozenset()

    def meet(self, look: Look) -> None:
        if look.tick in self.raises:
            raise Oops(self.name)


def guard_of(fate: Fate) -> Guard[Look]:
    """A pure guard: silent, or refuses, or fails, by the table alone."""

    def guard(look: Look) -> Refusal | None:
        fate.meet(look)
        refusal = Refusal(f"no.{fate.name}", f"at {look.tick} in {look.state}")
        return refusal if look.tick in fate.refuses else None

    guard.__name__ = guard.__qualname__ = fate.name
    return guard


def hook_of(point: str, fate: Fate) -> Inside[Look]:
    """A hook that takes itself down and adds its name."""

    def hook(look: Look) -> list[str]:
        look.calls.append((point, fate.name, look.state))
        fate.meet(look)
        return [fate.name]

    return hook


@attrs.frozen
class DrawnHooks:
    """Hooks at each point and name, and guards on each trigger."""

    fates: Mapping[tuple[str, str], tuple[Fate, ...]]

    def guards(self, transition: Transition[Look]) -> Sequence[Guard[Look]]:
        return [guard_of(fate) for fate in self.fates.get(("guard", transition.trigger), ())]

    def before(self, trigger: str) -> Sequence[Inside[Look]]:
        return self._at("before", trigger)

    def on_exit(self, state: str) -> Sequence[Inside[Look]]:
        return self._at("on_exit", state)

    def on_enter(self, state: str) -> Sequence[Inside[Look]]:
        return self._at("on_enter", state)

    def after(self, trigger: str) -> Sequence[Inside[Look]]:
        return self._at("after", trigger)

    def _at(self, point: str, name: str) -> list[Inside[Look]]:
        return [hook_of(point, fate) for fate in self.fates.get((point, name), ())]


_MASKS = (0x000, 0xFFF, 0x555, 0xAAA, 0x333, 0xCCC, 0x924, 0x249)
"""Twelve ticks each, as bits."""


def _ticks(mask: int) -> frozenset[int]:
    return frozenset(tick for tick in range(12) if mask >> tick & 1)


_GUARDS = [*((_ticks(mask), _ticks(0)) for mask in _MASKS), (_ticks(0), _ticks(0x444))]
_HOOKS = [(_ticks(0), _ticks(mask)) for mask in (0, 0, 0, 0x222, 0x888)]


def _fate(draw: st.DrawFn, name: str, times: list[tuple[frozenset[int], frozenset[int]]]) -> Fate:
    return Fate(name, *draw(st.sampled_from(times)))


@attrs.frozen
class _Kind:
    """Phases of one kind of workflow."""

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
    """A state to be: *level* is how far the units are that come into it, at least."""

    name: str
    phase: Any
    level: int = 0


def _levels(draw: st.DrawFn, length: int) -> list[int]:
    """Never falling, one step at a time."""
    level, found = 0, [0]
    for _ in range(length - 1):
        level = min(2, level + draw(st.integers(0, 1)))
        found.append(level)
    return found


def _edge(trigger: str, source: _Spot, dest: _Spot) -> Transition[Look]:
    moves: tuple[Bucket, Bucket] | tuple[()] = ()
    if dest.level == source.level + 1:
        moves = LEVELS[source.level], LEVELS[dest.level]
    return Transition(trigger, source.name, dest.name, moves=moves)


def _may_lead(source: _Spot, dest: _Spot) -> bool:
    """Units go on by one step, or back; what is over may start again from the beginning."""
    if dest.phase.final:
        return dest.phase is not Phase.DONE or source.level == dest.level - 1
    return dest.level <= (0 if source.phase.final else source.level + 1)


@st.composite
def workflows(draw: st.DrawFn) -> Workflow[Look]:
    """A spine that leads to an end, other ends, and any further ways that units could go."""
    kind = draw(st.sampled_from(_KINDS))
    spine = [
        _Spot(f"s{i}", draw(st.sampled_from(kind.waiting)), level)
        for i, level in enumerate(_levels(draw, draw(st.integers(1, 5))))
    ]
    ends = [
        _Spot(f"end{i}", phase, 3 if phase is Phase.DONE else 0)
        for i, phase in enumerate(draw(st.lists(st.sampled_from(kind.final), max_size=2)))
        if phase is not Phase.DONE or spine[-1].level == 2
    ]
    ends.append(_Spot("over", kind.final[-1]))  # the last one is no DONE in any kind
    trigger = st.sampled_from(TRIGGERS)
    edges = [_edge(draw(trigger), *pair) for pair in pairwise(spine)]
    edges += [_edge(draw(trigger), spine[-1], end) for end in ends]
    every = [*spine, *ends]
    for source, dest in draw(st.lists(st.tuples(*[st.sampled_from(every)] * 2), max_size=6)):
        if _may_lead(source, dest):
            edges.append(_edge(draw(trigger), source, dest))
    edges = _guarded(draw, draw(st.permutations(edges)))
    facts = draw(st.frozensets(st.sampled_from([*TRIGGERS, "seen"]), max_size=3))
    states = [_state(draw, spot, edges, facts) for spot in draw(st.permutations(every))]
    return Workflow("drawn", 1, "s0", states, edges, facts)


def _guarded(draw: st.DrawFn, edges: list[Transition[Look]]) -> list[Transition[Look]]:
    """All but the last transition with the same trigger and source need a guard."""
    found = []
    for position, edge in enumerate(edges):
        same = ((e.trigger, e.source) for e in edges[position + 1 :])
        least = 1 if (edge.trigger, edge.source) in same else 0
        count = draw(st.integers(least, 3))
        guards = [guard_of(_fate(draw, f"guard{position}_{i}", _GUARDS)) for i in range(count)]
        found.append(attrs.evolve(edge, guards=guards))
    return found


def _state(
    draw: st.DrawFn, spot: _Spot, edges: list[Transition[Look]], facts: frozenset[str]
) -> State:
    fires = sorted({edge.trigger for edge in edges if edge.source == spot.name})
    waits: list[Any] = [None]
    if not spot.phase.final:
        within = timedelta(days=1)
        waits = [StepWork("pick"), EffectOf("ask"), PartyAnswer("supplier", within)]
        waits += [Release(), OfUnits()]
        waits += [TaskFor("clerk", trigger) for trigger in fires]
        waits += [TimerFor(within, trigger) for trigger in fires]
        if len(set(fires) - {"cancel"}) == 1:
            waits.append(TaskFor("clerk"))
    keeps = facts - set(fires)
    return State(spot.name, spot.phase, draw(st.sampled_from(waits)), keeps)


@st.composite
def hooks(draw: st.DrawFn, workflow: Workflow[Look]) -> DrawnHooks:
    """Up to two hooks at each point of each name."""
    found = {}
    for point in ("guard", *POINTS):
        for name in sorted(workflow.by_name if point.startswith("on_") else workflow.triggers):
            count = draw(st.sampled_from([0, 0, 0, 1] if point == "guard" else [0, 0, 1, 2]))
            names = [f"{point}_{name}_{i}" for i in range(count)]
            found[point, name] = tuple(
                _fate(draw, each, _GUARDS if point == "guard" else _HOOKS) for each in names
            )
    return DrawnHooks(found)
