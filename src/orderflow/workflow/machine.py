"""Workflows compiled onto one shared ``transitions.Machine`` each.

No model is added: the model of a trigger is a cursor that carries the draft. The guards and hooks
of each transition are read from the machine once; its own way to fire resolves and logs every
callback on every trigger, and serves the tests as a reference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, Protocol, TypeVar

import attrs
import transitions

from orderflow.errors import Refusal, raised
from orderflow.workflow.definition import Workflow
from orderflow.workflow.graph import Guard, Transition

__all__ = ["CompiledWorkflow", "Cursor", "Inside", "NoHooks", "PointHooks", "as_machine"]

S = TypeVar("S")
Seen_co = TypeVar("Seen_co", covariant=True)
Inside = Callable[[S], Iterable[Any]]
"""A hook inside the decision: reads a step and adds effects, tasks or notes. Pure."""


class Cursor(Protocol[Seen_co]):
    """The model that a trigger moves: it carries the draft."""

    state: str

    @property
    def step(self) -> Seen_co:
        """The step as guards and hooks see it: the order at this point."""

    def refuse(self, refusal: Refusal) -> bool:
        """Record a guard's refusal; True if it counts."""

    def add(self, outputs: Iterable[Any]) -> None:
        """Add what a hook returned."""


class PointHooks(Protocol[S]):
    """The hooks of one workflow, by point, in the order in which they run."""

    def guards(self, transition: Transition[S]) -> Sequence[Guard[S]]:
        """Further guards of the transition."""

    def before(self, trigger: str) -> Sequence[Inside[S]]:
        """Hooks before the move; they see the old order."""

    def on_exit(self, state: str) -> Sequence[Inside[S]]:
        """Hooks when the state is left; they see the old order."""

    def on_enter(self, state: str) -> Sequence[Inside[S]]:
        """Hooks when the state is entered; they see the new order."""

    def after(self, trigger: str) -> Sequence[Inside[S]]:
        """Hooks after the move; they see the new order."""


class NoHooks(Generic[S]):
    """No hook at any point."""

    def guards(self, transition: Transition[S]) -> Sequence[Guard[S]]:  # noqa: ARG002 (protocol)
        """None."""
        return ()

    def before(self, name: str) -> Sequence[Inside[S]]:  # noqa: ARG002 (protocol)
        """None."""
        return ()

    on_exit = on_enter = after = before


@attrs.frozen
class _Condition(Generic[S]):
    """A guard in the form that ``transitions`` calls."""

    guard: Guard[S]

    def __call__(self, cursor: Cursor[S]) -> bool:
        refusal = self.guard(cursor.step)
        return refusal is None or not _refuse(cursor, self.guard, refusal)


def _refuse(cursor: Cursor[S], guard: Guard[S], refusal: object) -> bool:
    """Record a refusal; True if it counts."""
    if not isinstance(refusal, Refusal):
        raise TypeError(f"guard {_name(guard)} must return a Refusal or None, got {refusal!r}")
    return cursor.refuse(refusal)


def _name(call: Callable[..., Any]) -> object:
    return getattr(call, "__qualname__", call)


def _blame(error: BaseException, what: str, call: Callable[..., Any], trigger: str) -> None:
    """Note on an error which guard or hook raised it; once, even if it is raised again."""
    note = f"in the {what} {_name(call)} of {trigger}"
    if note not in getattr(error, "__notes__", ()):
        error.add_note(note)


@attrs.frozen
class _Callback(Generic[S]):
    """A hook in the form that ``transitions`` calls."""

    hook: Inside[S]

    def __call__(self, cursor: Cursor[S]) -> None:
        cursor.add(self.hook(cursor.step))


def _parts(workflow: Workflow[S], hooks: PointHooks[S]) -> dict[str, Any]:
    """The arguments that build a ``transitions.Machine`` from a workflow."""
    return {
        "states": [
            transitions.State(
                state.name,
                on_enter=[_Callback(hook) for hook in hooks.on_enter(state.name)],
                on_exit=[_Callback(hook) for hook in hooks.on_exit(state.name)],
                final=state.phase.final,
            )
            for state in workflow.states
        ],
        "transitions": [
            {
                "trigger": t.trigger,
                "source": t.source,
                "dest": t.dest,
                "conditions": [_Condition(guard) for guard in (*t.guards, *hooks.guards(t))],
                "before": [_Callback(hook) for hook in hooks.before(t.trigger)],
                "after": [_Callback(hook) for hook in hooks.after(t.trigger)],
            }
            for t in workflow.transitions
        ],
        "initial": workflow.initial,
        "auto_transitions": False,
    }


_Move = tuple[Sequence[Guard[S]], Sequence[Inside[S]], str, Sequence[Inside[S]], Any]
"""A transition: its guards, the hooks that see the old order, the new state, the hooks that see
the new order, and the next transition to try. A plain tuple is unpacked fastest.
"""


def _moves(machine: transitions.Machine, event: transitions.Event) -> dict[str, _Move[Any]]:
    """An event's transitions by their source, with their guards and hooks."""
    state: Callable[[Any], Any] = machine.get_state
    moves: dict[str, _Move[Any]] = {}
    for source, found in event.transitions.items():
        declared: list[Any] = list(found)
        for t in reversed(declared):
            moves[source] = (
                tuple(condition.func.guard for condition in t.conditions),
                tuple(call.hook for call in (*t.before, *state(source).on_exit)),
                t.dest,
                tuple(call.hook for call in (*state(t.dest).on_enter, *t.after)),
                moves.get(source),
            )
    return moves


def _run(hooks: Sequence[Inside[S]], cursor: Cursor[S], trigger: str) -> None:
    """Run hooks and add what they return to the decision."""
    for hook in hooks:
        try:
            if outputs := hook(cursor.step):
                cursor.add(outputs)
        except raised() as error:
            _blame(error, "hook", hook, trigger)
            raise


class CompiledWorkflow(Generic[S]):
    """A workflow and its hooks, ready to run. Built once, shared by every order."""

    def __init__(self, workflow: Workflow[S], hooks: PointHooks[S] | None = None) -> None:
        self.workflow = workflow
        machine = as_machine(workflow, hooks)
        self._moves = {name: _moves(machine, event) for name, event in machine.events.items()}

    def leads_on(self, trigger: str, state: str) -> bool:
        """Whether the workflow declares that a trigger leads on from a state."""
        return state in self._moves.get(trigger, ())

    def fire(self, cursor: Cursor[S], trigger: str) -> bool:
        """Take the first transition without a guard's refusal; False if there is none.

        The cursor then holds the reasons of all guards. Order of calls: guards, before, on_exit,
        the change of state, on_enter, after.
        """
        try:
            moves = self._moves[trigger]
        except KeyError:
            return False
        move = moves.get(cursor.state)
        while move:
            guards, leaving, dest, arriving, move = move
            refused = False
            for guard in guards:
                try:
                    refusal = guard(cursor.step)
                except raised() as error:
                    _blame(error, "guard", guard, trigger)
                    raise
                if refusal is not None:
                    refused = _refuse(cursor, guard, refusal) or refused
            if not refused:
                if leaving:  # few have any, and an empty loop costs more than this check
                    _run(leaving, cursor, trigger)
                cursor.state = dest
                if arriving:
                    _run(arriving, cursor, trigger)
                return True
        return False


def as_machine(
    workflow: Workflow[S], hooks: PointHooks[S] | None = None, model: Any = None
) -> transitions.Machine:
    """The workflow as a stock ``transitions.Machine``, for diagrams and for people who know it.

    Guards and hooks expect a :class:`Cursor` as the trigger's only argument.
    """
    return transitions.Machine(model=model, **_parts(workflow, hooks or NoHooks()))
