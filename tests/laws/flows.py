"""Random workflows with guards and hooks that say no, or fail, at drawn moments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from orderflow.errors import Refusal
from orderflow.testing import workflows as drawn_workflows
from orderflow.workflow import Guard, Inside, Transition, Workflow

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


def workflows() -> SearchStrategy[Workflow[Look]]:
    """The kit's workflows, with guards whose fate is drawn."""
    return drawn_workflows(
        lambda name: st.sampled_from(_GUARDS).map(lambda times: guard_of(Fate(name, *times)))
    )


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
