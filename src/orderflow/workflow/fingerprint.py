"""Fingerprints of workflows: a digest of all that is declared, by declared names alone.

The names are written out as text, so that renaming a class, field or module changes no stored
fingerprint. Empty values are left out, so that declarations of a later release do not change the
digest of workflows without them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from orderflow.workflow.arguments import name_of
from orderflow.workflow.graph import (
    EffectOf,
    Graph,
    PartnerAnswer,
    PendingItem,
    State,
    StepWork,
    TaskFor,
    TimerFor,
    Transition,
    UnitsPending,
    WorkRelease,
)

__all__ = ["declared", "fingerprint"]

Declared = dict[str, Any]


def fingerprint(workflow: Graph[Any]) -> str:
    """The digest. The order of the transitions counts, that of the states does not."""
    told = json.dumps(declared(workflow), sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:12]


def declared(workflow: Graph[Any]) -> Declared:
    """All that a workflow declares, as plain data: guards by name."""
    return _told(
        initial=workflow.initial,
        facts=sorted(workflow.facts),
        states=[_state(state) for state in sorted(workflow.states, key=lambda state: state.name)],
        transitions=[_transition(way) for way in workflow.transitions],
    )


def _state(state: State) -> Declared:
    return _told(
        name=state.name,
        phase=state.phase.value,
        waits_for=_wait(state.waits_for) if state.waits_for else None,
        keeps=sorted(state.keeps),
    )


def _transition(way: Transition[Any]) -> Declared:
    return _told(
        trigger=way.trigger,
        source=way.source,
        dest=way.dest,
        guards=[name_of(guard) for guard in way.guards],
        roles=sorted(way.roles),
        moves=[bucket.value for bucket in way.moves or ()],
    )


def _wait(waits_for: PendingItem) -> Declared:
    tell = next(tell for kind, tell in _WAITS.items() if isinstance(waits_for, kind))
    return tell(waits_for)


_WAITS: Mapping[type[Any], Callable[[Any], Declared]] = {
    StepWork: lambda wait: _told(
        kind="step", step=wait.step, within=_seconds(wait.within), trigger=wait.trigger
    ),
    TaskFor: lambda wait: _told(
        kind="task", role=wait.role, trigger=wait.trigger, within=_seconds(wait.within)
    ),
    EffectOf: lambda wait: _told(
        kind="effect", name=wait.name, party=wait.party, within=_seconds(wait.within)
    ),
    PartnerAnswer: lambda wait: _told(
        kind="party", party=wait.party, within=_seconds(wait.within), role=wait.role
    ),
    TimerFor: lambda wait: _told(kind="timer", delay=_seconds(wait.delay), trigger=wait.trigger),
    WorkRelease: lambda _wait: _told(kind="release"),
    UnitsPending: lambda _wait: _told(kind="units"),
}


def _seconds(span: timedelta | None) -> float | None:
    return None if span is None else span.total_seconds()


def _told(**given: Any) -> Declared:
    return {name: value for name, value in given.items() if value not in (None, [])}
