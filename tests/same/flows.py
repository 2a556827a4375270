"""Random workflows that are run by themselves: as data, with guards and hooks that say no, or fail.

A guard or hook is a name and the ticks at which it refuses, and at which it fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from enum import Enum
from typing import Any

import attrs

from orderflow import Refusal, workflow
from orderflow.model.ledger import Bucket
from orderflow.model.phases import OrderPhase, Phase, ReturnPhase
from orderflow.workflow import CompiledWorkflow, State, Transition, Workflow
from tests.same.replay import Told
from tests.same.wire import Json, text

POINTS = ("before", "on_exit", "on_enter", "after")
PHASES = {kind.__name__: kind for kind in (OrderPhase, Phase, ReturnPhase)}


class Oops(Exception):
    """What a guard or hook raises."""


@attrs.frozen
class Fate:
    """When a guard or hook says no or fails: at these ticks."""

    name: str
    refuses: tuple[int, ...] = ()
    raises: tuple[int, ...] = ()


@attrs.define
class Look:
    """What guards and hooks see; *calls* takes them down."""

    state: str
    tick: int
    calls: list[str]


def guard_of(fate: Fate) -> Callable[[Look], Refusal | None]:
    def guard(look: Look) -> Refusal | None:
        look.calls.append(f"{look.tick} guard {fate.name} in {look.state}")
        if look.tick in fate.raises:
            raise Oops(fate.name)
        refused = Refusal(f"no.{fate.name}", f"at {look.tick} in {look.state}")
        return refused if look.tick in fate.refuses else None

    guard.__name__ = guard.__qualname__ = fate.name
    return guard


def hook_of(point: str, fate: Fate) -> Callable[[Look], list[str]]:
    def hook(look: Look) -> list[str]:
        look.calls.append(f"{look.tick} {point} {fate.name} in {look.state}")
        if look.tick in fate.raises:
            raise Oops(fate.name)
        return [fate.name]

    return hook


class FatedHooks:
    """Hooks at each point and name, and guards on each trigger."""

    def __init__(self, fates: Mapping[tuple[str, str], Sequence[Fate]]) -> None:
        self._fates = fates

    def guards(self, transition: Transition[Look]) -> Sequence[Any]:
        return [guard_of(fate) for fate in self._fates.get(("guard", transition.trigger), ())]

    def _at(self, point: str, name: str) -> Sequence[Any]:
        return [hook_of(point, fate) for fate in self._fates.get((point, name), ())]

    def before(self, name: str) -> Sequence[Any]:
        return self._at("before", name)

    def on_exit(self, name: str) -> Sequence[Any]:
        return self._at("on_exit", name)

    def on_enter(self, name: str) -> Sequence[Any]:
        return self._at("on_enter", name)

    def after(self, name: str) -> Sequence[Any]:
        return self._at("after", name)


class Cursor:
    """One state, the tick of the run, and what guards and hooks gave it."""

    def __init__(self, state: str, tick: int, calls: list[str]) -> None:
        self.state, self.tick, self.calls = state, tick, calls
        self.refusals: list[Refusal] = []
        self.added: list[str] = []

    @property
    def step(self) -> Look:
        return Look(self.state, self.tick, self.calls)

    def refuse(self, refusal: Refusal) -> bool:
        self.refusals.append(refusal)
        return True

    def add(self, outputs: Iterable[Any]) -> None:
        self.added.extend(outputs)


# --- as data -------------------------------------------------------------------------------------


def flow_as_data(flow: Workflow[Any], fates: Mapping[str, Fate]) -> Json:
    """A workflow whose guards have these fates, by their names."""
    return {
        "initial": flow.initial,
        "facts": sorted(flow.facts),
        "states": [
            [s.name, [type(s.phase).__name__, s.phase.value], _waits(s.waits_for), sorted(s.keeps)]
            for s in flow.states
        ],
        "transitions": [
            [
                *(t.trigger, t.source, t.dest),
                [_fate(fates[guard.__name__]) for guard in t.guards],
                [bucket.value for bucket in t.moves or ()],
            ]
            for t in flow.transitions
        ],
    }


def _fate(fate: Fate) -> list[Any]:
    return [fate.name, list(fate.refuses), list(fate.raises)]


def _read_fate(given: list[Any]) -> Fate:
    name, refuses, raises = given
    return Fate(name, tuple(refuses), tuple(raises))


def _waits(waits_for: Any) -> list[Any] | None:
    if waits_for is None:
        return None
    names = [field.name for field in attrs.fields(type(waits_for))]
    values = {name: getattr(waits_for, name) for name in names}
    return [type(waits_for).__name__, {name: _plain(value) for name, value in values.items()}]


def _plain(value: Any) -> Any:
    if isinstance(value, timedelta):
        return {"seconds": int(value.total_seconds())}
    return value.value if isinstance(value, Enum) else value


def _read_waits(given: list[Any] | None) -> Any:
    if given is None:
        return None
    kind, values = given
    read = {
        name: timedelta(**value) if isinstance(value, dict) else value
        for name, value in values.items()
    }
    return getattr(workflow, kind)(**read)


def read_flow(given: Json) -> Workflow[Any]:
    states = [
        State(name, PHASES[kind](phase), _read_waits(waits), frozenset(keeps))
        for name, (kind, phase), waits, keeps in given["states"]
    ]
    transitions = [
        Transition[Any](
            *(trigger, source, dest),
            guards=tuple(guard_of(_read_fate(fate)) for fate in guards),
            moves=(Bucket(moves[0]), Bucket(moves[1])) if moves else (),
        )
        for trigger, source, dest, guards, moves in given["transitions"]
    ]
    return Workflow("drawn", 1, given["initial"], states, transitions, frozenset(given["facts"]))


def hooks_as_data(fates: Mapping[tuple[str, str], Sequence[Fate]]) -> list[Any]:
    return [[*at, [*map(_fate, found)]] for at, found in sorted(fates.items()) if found]


def _read_hooks(given: list[Any]) -> FatedHooks:
    found = {(point, name): [*map(_read_fate, fates)] for point, name, fates in given}
    return FatedHooks(found)


# --- run again -----------------------------------------------------------------------------------


def replay_flow(recorded: Json) -> Told:
    """Run a recorded workflow, and tell what each trigger did."""
    told, flow = Told(), read_flow(recorded["flow"])
    compiled = CompiledWorkflow(flow, _read_hooks(recorded["hooks"]))
    calls, state = told.lines["hooks"], flow.initial
    for tick, trigger in enumerate(recorded["triggers"]):
        cursor = Cursor(state, tick, calls)
        try:
            came = str(compiled.fire(cursor, trigger))
        except Oops as error:
            came = f"failed: {error}"
        told.tell("answers", f"{tick} {trigger} in {state}: {came}, {text(cursor.added)}")
        for refusal in cursor.refusals:
            told.tell("refusals", f"{tick} {trigger}: {refusal}")
        state = cursor.state
    told.lines["explanations"] = list(_explained(flow))
    told.lines["tables"] = [f"fingerprint {flow.fingerprint}"]
    told.counts.update({"lives": 1, "commands": len(recorded["triggers"])})
    return told


def _explained(flow: Workflow[Any]) -> Iterator[str]:
    for state, onward in flow.onward.items():
        yield f"{state} leads on by {onward}"
