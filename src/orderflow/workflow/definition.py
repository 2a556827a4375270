"""States, transitions and workflows as immutable values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from functools import cached_property
from typing import Any, Generic, TypeVar

import attrs

from orderflow.errors import InvalidWorkflow, Problem, Refusal
from orderflow.model.ledger import Bucket
from orderflow.model.phases import OrderPhase, Phase, ReturnPhase
from orderflow.model.state import Stamp
from orderflow.workflow.given import names, plain_call
from orderflow.workflow.lint import findings

__all__ = [
    "AnyPhase",
    "EffectOf",
    "Guard",
    "OfUnits",
    "PartyAnswer",
    "Release",
    "State",
    "StepWork",
    "TaskFor",
    "TimerFor",
    "Transition",
    "WaitsFor",
    "Workflow",
]

S = TypeVar("S")
Guard = Callable[[S], Refusal | None]
"""A guard looks at a step and is silent, or gives a reason to refuse. Pure."""
AnyPhase = OrderPhase | Phase | ReturnPhase


@attrs.frozen
class StepWork:
    """Waits for a working step (``pick``, ``pack``, …): an effect or a task, as the policy says.

    Where it is not done *within* that time, *trigger* fires.
    """

    step: str
    within: timedelta | None = None
    trigger: str | None = None


@attrs.frozen
class TaskFor:
    """Waits for a person with this role. Completing the task fires *trigger*.

    Without *trigger* it is the only trigger that leads on from the state.
    """

    role: str
    trigger: str | None = None
    within: timedelta | None = None


@attrs.frozen
class EffectOf:
    """Waits for the answer to an effect with this name.

    A *party* that took it and answers later has *within* to do so; then it is asked about.
    """

    name: str
    party: str = "party"
    within: timedelta = timedelta(days=2)


@attrs.frozen
class PartyAnswer:
    """Waits for another party; after *within* a task for *role* asks about it."""

    party: str
    within: timedelta
    role: str = "support"


@attrs.frozen
class TimerFor:
    """Waits for time to pass, then fires *trigger*."""

    delay: timedelta
    trigger: str


@attrs.frozen
class Release:
    """Waits for the order to release its work."""


@attrs.frozen
class OfUnits:
    """Waits for what the order's units wait for."""


def _guards(given: Iterable[Guard[Any]]) -> tuple[Guard[Any], ...]:
    return tuple(plain_call(guard, "guards") for guard in given)


def _states(given: Iterable[State]) -> tuple[State, ...]:
    return tuple(given)


def _transitions(given: Iterable[Transition[Any]]) -> tuple[Transition[Any], ...]:
    return tuple(given)


WaitsFor = StepWork | TaskFor | EffectOf | PartyAnswer | TimerFor | Release | OfUnits


@attrs.frozen
class State:
    """A state: its name, its phase, and what it waits for if it is not final.

    *keeps* names facts that have no move here: they are kept, and open a task.
    """

    name: str
    phase: AnyPhase
    waits_for: WaitsFor | None = None
    keeps: frozenset[str] = attrs.field(default=frozenset(), converter=names)


@attrs.frozen
class Transition(Generic[S]):
    """One declared move.

    Attributes:
        trigger: What fires it.
        source: The state it leads from.
        dest: The state it leads to.
        guards: All must be silent.
        roles: Who may fire it; empty is anybody.
        moves: The ledger move that units make on the way: it is a *completion* and fires by
            itself when no unit is left to make it. None takes what the extended workflow declares
            for this trigger; ``()`` is none.
    """

    trigger: str
    source: str
    dest: str
    guards: tuple[Guard[S], ...] = attrs.field(default=(), converter=_guards)
    roles: frozenset[str] = attrs.field(default=frozenset(), converter=names)
    moves: tuple[Bucket, Bucket] | tuple[()] | None = None

    @property
    def completes(self) -> bool:
        """Whether it fires by itself when its units are through."""
        return bool(self.moves)


@attrs.frozen(slots=False, cache_hash=True)
class Workflow(Generic[S]):
    """States and transitions, checked when built.

    *facts* are the triggers that observations fire: each waiting state must answer or keep them.

    Raises:
        InvalidWorkflow: With every finding, and what to write instead.
    """

    name: str
    version: int
    initial: str
    states: tuple[State, ...] = attrs.field(converter=_states)
    transitions: tuple[Transition[S], ...] = attrs.field(converter=_transitions)
    facts: frozenset[str] = attrs.field(default=frozenset(), converter=names)

    def __attrs_post_init__(self) -> None:
        if found := findings(self):
            raise InvalidWorkflow(self.name, found)

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
    def onward(self) -> Mapping[str, str]:
        """The triggers that lead on from each state, as a refusal names them."""
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

    @cached_property
    def stamp(self) -> Stamp:
        """Name, version and fingerprint, as orders carry them."""
        return Stamp(self.name, self.version, self.fingerprint)

    @cached_property
    def fingerprint(self) -> str:
        """A digest of all that is declared; guards count by name, whatever module they are in."""
        from orderflow.workflow.fingerprint import fingerprint  # noqa: PLC0415 (it needs the values)

        return fingerprint(self)

    def extend(
        self,
        *,
        name: str,
        version: int = 1,
        states: Iterable[State] = (),
        transitions: Iterable[Transition[S]] = (),
        without: Iterable[tuple[str, str] | str] = (),
    ) -> Workflow[S]:
        """A new, re-checked workflow.

        Args:
            name: The new workflow's name.
            version: Its version; an order keeps the one it started with.
            states: Added, or in place of those with the same name.
            transitions: Added. One that leaves ``moves`` open takes the moves that this workflow
                declares for its trigger.
            without: Transitions to leave out, as (trigger, source), and states, by name.

        Raises:
            InvalidWorkflow: Also when *without* names what is not there.
        """
        gone = list(without)
        unknown = [
            item
            for item in gone
            if item not in self.by_name
            and item not in {(t.trigger, t.source) for t in self.transitions}
        ]
        if unknown:
            raise InvalidWorkflow(name, _not_there(unknown))
        kept_states = {s.name: s for s in self.states if s.name not in gone}
        kept_states.update({s.name: s for s in states})
        moves = {t.trigger: t.moves for t in self.transitions if t.moves}
        kept = [
            t
            for t in self.transitions
            if (t.trigger, t.source) not in gone and t.source not in gone and t.dest not in gone
        ]
        added = [
            t if t.moves is not None else attrs.evolve(t, moves=moves.get(t.trigger))
            for t in transitions
        ]
        return Workflow(name, version, self.initial, kept_states.values(), kept + added, self.facts)

    def mermaid(self) -> str:
        """The picture of the workflow, as Mermaid text."""
        from orderflow.workflow.diagram import mermaid  # noqa: PLC0415 (drawing needs the values)

        return mermaid(self)

    def table(self) -> tuple[tuple[str, str, str, str], ...]:
        """The transitions as rows: source, trigger, dest, what the move asks for."""
        from orderflow.workflow.diagram import table  # noqa: PLC0415 (drawing needs the values)

        return table(self)


def _not_there(unknown: Iterable[object]) -> list[Problem]:
    return [
        Problem("without", item, f"{item!r} is not declared; write what is, or leave it out")
        for item in unknown
    ]
