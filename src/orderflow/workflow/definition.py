"""Workflows: graphs as immutable values, checked when built, and extended as values."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TypeVar

import attrs

from orderflow.errors import InvalidWorkflow, Problem
from orderflow.model.state import Stamp
from orderflow.workflow.diagram import mermaid, table
from orderflow.workflow.fingerprint import fingerprint
from orderflow.workflow.graph import Graph, State, Transition
from orderflow.workflow.lint import findings

__all__ = ["Workflow"]

S = TypeVar("S")


@attrs.frozen(slots=False, cache_hash=True)
class Workflow(Graph[S]):
    """A graph that was checked when it was built.

    Raises:
        InvalidWorkflow: With every finding, and what to write instead.
    """

    def __attrs_post_init__(self) -> None:
        if found := findings(self):
            raise InvalidWorkflow(self.name, found)

    @cached_property
    def stamp(self) -> Stamp:
        """Name, version and fingerprint, as orders carry them."""
        return Stamp(self.name, self.version, self.fingerprint)

    @cached_property
    def fingerprint(self) -> str:
        """A digest of all that is declared; guards count by name, in whichever module."""
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
            version: Its version; an order keeps the one that it started with.
            states: Added; they replace those with the same name.
            transitions: Added. With ``moves`` None, one takes the moves that this workflow declares
                for its trigger.
            without: Transitions to leave out, as (trigger, source), and states, by name.

        Raises:
            InvalidWorkflow: Also when *without* names an unknown state or transition.
        """
        gone = self._there(name, list(without))
        kept_states = {s.name: s for s in self.states if s.name not in gone}
        kept_states.update({s.name: s for s in states})
        moves = {t.trigger: t.moves for t in self.transitions if t.moves}
        kept = [t for t in self.transitions if not gone & {(t.trigger, t.source), t.source, t.dest}]
        added = [
            t if t.moves is not None else attrs.evolve(t, moves=moves.get(t.trigger))
            for t in transitions
        ]
        return Workflow(name, version, self.initial, kept_states.values(), kept + added, self.facts)

    def _there(self, name: str, without: list[tuple[str, str] | str]) -> set[object]:
        """The transitions and states of this workflow that *name* leaves out."""
        gone: set[object] = set(without)
        there = {*self.by_name, *((t.trigger, t.source) for t in self.transitions)}
        if unknown := gone - there:
            fix = "is not declared; write what is, or leave it out"
            raise InvalidWorkflow(
                name, [Problem("without", x, f"{x!r} {fix}") for x in without if x in unknown]
            )
        return gone

    def mermaid(self) -> str:
        """The diagram of the workflow, as Mermaid text."""
        return mermaid(self)

    def table(self) -> tuple[tuple[str, str, str, str], ...]:
        """The transitions as rows: source, trigger, dest, and what they require."""
        return table(self)
