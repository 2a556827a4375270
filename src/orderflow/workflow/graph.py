"""Graphs as data: states, their pending work, and transitions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from functools import cached_property
from typing import Any, Generic, TypeVar

import attrs

from orderflow.errors import Refusal
from orderflow.model.ledger import Bucket
from orderflow.model.phases import OrderPhase, Phase, ReturnPhase
from orderflow.workflow.arguments import names, plain_call

__all__ = [
    "AnyPhase",
    "EffectOf",
    "Graph",
    "Guard",
    "PartnerAnswer",
    "PendingItem",
    "State",
    "StepWork",
    "TaskFor",
    "TimerFor",
    "Transition",
    "UnitsPending",
    "WorkRelease",
]

S = TypeVar("S")
Guard = Callable[[S], Refusal | None]
"""A guard reads a step; it returns None, or a reason to refuse. Pure."""
AnyPhase = OrderPhase | Phase | ReturnPhase


@attrs.frozen
class StepWork:
    """Waits for a working step (``pick``, ``pack``, …): an effect or a task, by the step policy.

    If it is not done *within* that time, *trigger* fires.
    """

    step: str
    within: timedelta | None = None
    trigger: str | None = None


@attrs.frozen
class TaskFor:
    """Waits for a person with this role. Completing the task fires *trigger*.

    The default is the only trigger that leads on from the state.
    """

    role: str
    trigger: str | None = None
    within: timedelta | None = None


@attrs.frozen
class EffectOf:
    """Waits for the answer to an effect with this name.

    A *party* that accepted it must answer *within* that time; then it is chased.
    """

    name: str
    party: str = "party"
    within: timedelta = timedelta(days=2)


@attrs.frozen
class PartnerAnswer:
    """Waits for a partner's answer; after *within* a task for *role* opens."""

    party: str
    within: timedelta
    role: str = "support"


@attrs.frozen
class TimerFor:
    """Waits for time to pass, then fires *trigger*."""

    delay: timedelta
    trigger: str


@attrs.frozen
class WorkRelease:
    """Waits for the order to release its work."""


@attrs.frozen
class UnitsPending:
    """Waits for the steps that the order's units need."""


def _guards(given: Iterable[Guard[Any]]) -> tuple[Guard[Any], ...]:
    return tuple(plain_call(guard, "guards") for guard in given)


def _states(given: Iterable[State]) -> tuple[State, ...]:
    return tuple(given)


def _transitions(given: Iterable[Transition[Any]]) -> tuple[Transition[Any], ...]:
    return tuple(given)


PendingItem = StepWork | TaskFor | EffectOf | PartnerAnswer | TimerFor | WorkRelease | UnitsPending


@attrs.frozen
class State:
    """A state: its name, its phase, and what it waits for unless it is final.

    *keeps* names observations without a transition here: they are recorded, and open a task.
    """

    name: str
    phase: AnyPhase
    waits_for: PendingItem | None = None
    keeps: frozenset[str] = attrs.field(default=frozenset(), converter=names)


@attrs.frozen
class Transition(Generic[S]):
    """One declared transition.

    Attributes:
        trigger: The name that fires it.
        source: The state that it leaves.
        dest: The state that it enters.
        guards: All must return None.
        roles: The roles that may fire it; empty: anybody.
        moves: The ledger move of its units: it is a *completion* and fires by itself when no unit
            is left to make the move. None takes what the extended workflow declares for this
            trigger; ``()`` is none.
    """

    trigger: str
    source: str
    dest: str
    guards: tuple[Guard[S], ...] = attrs.field(default=(), converter=_guards)
    roles: frozenset[str] = attrs.field(default=frozenset(), converter=names)
    moves: tuple[Bucket, Bucket] | tuple[()] | None = None

    @property
    def completes(self) -> bool:
        """Whether it fires by itself when its units have moved."""
        return bool(self.moves)


@attrs.frozen(slots=False)
class Graph(Generic[S]):
    """States and transitions under a name and a version, and lookups in them.

    *facts* are the triggers that observations fire: each waiting state must answer or keep them.
    """

    name: str
    version: int
    initial: str
    states: tuple[State, ...] = attrs.field(converter=_states)
    transitions: tuple[Transition[S], ...] = attrs.field(converter=_transitions)
    facts: frozenset[str] = attrs.field(default=frozenset(), converter=names)

    @cached_property
    def by_name(self) -> Mapping[str, State]:
        """Each state by its name."""
        return {state.name: state for state in self.states}

    @cached_property
    def leaving(self) -> Mapping[str, tuple[Transition[S], ...]]:
        """The transitions that lead from each state."""
        return {
            state.name: tuple(t for t in self.transitions if t.source == state.name)
            for state in self.states
        }

    @cached_property
    def back(self) -> frozenset[tuple[str, str]]:
        """The moves that close a circle: without them no state is entered twice."""
        found: set[tuple[str, str]] = set()
        done: set[str] = set()
        path = [self.initial]
        while path:
            for way in self.leaving[path[-1]]:
                if way.dest in path:
                    found.add((way.source, way.dest))
                elif way.dest not in done:
                    path.append(way.dest)
                    break
            else:
                done.add(path.pop())
        return frozenset(found)

    @cached_property
    def onward(self) -> Mapping[str, str]:
        """The triggers that lead on from each state, as refusals name them."""
        return {
            name: ", ".join(sorted({t.trigger for t in leaving})) or "nothing"
            for name, leaving in self.leaving.items()
        }

    @cached_property
    def steps(self) -> frozenset[str]:
        """The working steps that states wait for."""
        found = (state.waits_for for state in self.states)
        return frozenset(waits.step for waits in found if isinstance(waits, StepWork))

    @cached_property
    def triggers(self) -> frozenset[str]:
        """Every trigger that some transition declares."""
        return frozenset(t.trigger for t in self.transitions)
