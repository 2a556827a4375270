"""Workflows compiled onto one shared ``transitions.Machine`` each.

No model is ever added: the model of a trigger is a cursor that carries the decision being made.
:class:`_Event` is the package's own extension point; it resolves the callbacks once, where the
stock class resolves and logs them on every trigger.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, Protocol, TypeVar

import attrs
import transitions

from orderflow.errors import Refusal
from orderflow.workflow.definition import Guard, Transition, Workflow

__all__ = ["CompiledWorkflow", "Cursor", "Inside", "NoHooks", "PointHooks", "as_machine"]

S = TypeVar("S")
Seen_co = TypeVar("Seen_co", covariant=True)
Inside = Callable[[S], Iterable[Any]]
"""A hook inside the decision: looks at a step and adds effects, tasks or notes. Pure."""


class Cursor(Protocol[Seen_co]):
    """What a trigger moves: it carries the decision being made."""

    state: str

    @property
    def step(self) -> Seen_co:
        """What guards and hooks see: the order as it is at this point."""

    def refuse(self, refusal: Refusal) -> bool:
        """Take down a reason to refuse; whether it stands."""

    def add(self, outputs: Iterable[Any]) -> None:
        """Take what a hook adds."""


class PointHooks(Protocol[S]):
    """The hooks of one workflow, by point, in the order in which they run."""

    def guards(self, transition: Transition[S]) -> Sequence[Guard[S]]:
        """Guards besides the transition's own."""

    def before(self, trigger: str) -> Sequence[Inside[S]]:
        """Hooks that see the old order."""

    def on_exit(self, state: str) -> Sequence[Inside[S]]:
        """Hooks that see the old order."""

    def on_enter(self, state: str) -> Sequence[Inside[S]]:
        """Hooks that see the new order."""

    def after(self, trigger: str) -> Sequence[Inside[S]]:
        """Hooks that see the new order."""


class NoHooks(Generic[S]):
    """No hook at any point."""

    def guards(self, transition: Transition[S]) -> Sequence[Guard[S]]:  # noqa: ARG002 (protocol)
        """None."""
        return ()

    def before(self, name: str) -> Sequence[Inside[S]]:  # noqa: ARG002 (protocol)
        """None."""
        return ()

    on_exit = on_enter = after = before


Call = Callable[[Any], Any]


def _condition(guard: Callable[[S], object]) -> Call:
    def check(cursor: Cursor[S]) -> bool:
        refusal = guard(cursor.step)
        if refusal is None:
            return True
        if not isinstance(refusal, Refusal):
            name = getattr(guard, "__qualname__", guard)
            raise TypeError(f"guard {name} must return a Refusal or None, got {refusal!r}")
        return not cursor.refuse(refusal)

    return check


def _callback(hook: Inside[S]) -> Call:
    def run(cursor: Cursor[S]) -> None:
        cursor.add(hook(cursor.step))

    return run


@attrs.frozen
class _Resolved:
    """A transition with its callbacks as plain tuples."""

    dest: str
    conditions: tuple[Call, ...]
    leaving: tuple[Call, ...]
    arriving: tuple[Call, ...]


class _Event(transitions.Event):
    """An event whose callbacks are resolved once, and which collects every refusal."""

    resolved: dict[str, tuple[_Resolved, ...]]

    def resolve(self) -> None:
        """Turn the callbacks of every transition into plain tuples."""
        state: Callable[[Any], Any] = self.machine.get_state
        self.resolved = {}
        for source, found in self.transitions.items():
            given: list[Any] = list(found)
            self.resolved[source] = tuple(
                _Resolved(
                    t.dest,
                    tuple(condition.func for condition in t.conditions),
                    (*t.before, *state(source).on_exit),
                    (*state(t.dest).on_enter, *t.after),
                )
                for t in given
            )

    def trigger(self, model: Any, *_args: Any, **_kwargs: Any) -> bool:
        for transition in self.resolved.get(model.state, ()):
            passed = True
            for condition in transition.conditions:
                passed = condition(model) and passed
            if passed:
                for call in transition.leaving:
                    call(model)
                model.state = transition.dest
                for call in transition.arriving:
                    call(model)
                return True
        return False


class _Machine(transitions.Machine):
    event_cls = _Event


def _parts(workflow: Workflow[S], hooks: PointHooks[S]) -> dict[str, Any]:
    """The arguments that build a ``transitions.Machine`` from a workflow."""
    return {
        "states": [
            transitions.State(
                state.name,
                on_enter=[_callback(hook) for hook in hooks.on_enter(state.name)],
                on_exit=[_callback(hook) for hook in hooks.on_exit(state.name)],
                final=state.phase.final,
            )
            for state in workflow.states
        ],
        "transitions": [
            {
                "trigger": t.trigger,
                "source": t.source,
                "dest": t.dest,
                "conditions": [_condition(guard) for guard in (*t.guards, *hooks.guards(t))],
                "before": [_callback(hook) for hook in hooks.before(t.trigger)],
                "after": [_callback(hook) for hook in hooks.after(t.trigger)],
            }
            for t in workflow.transitions
        ],
        "initial": workflow.initial,
        "auto_transitions": False,
    }


class CompiledWorkflow(Generic[S]):
    """A workflow and its hooks, ready to run. Built once, shared by every order."""

    def __init__(self, workflow: Workflow[S], hooks: PointHooks[S] | None = None) -> None:
        self.workflow = workflow
        machine = _Machine(model=None, **_parts(workflow, hooks or NoHooks()))
        self._events: dict[str, _Event] = machine.events  # type: ignore[assignment]  # event_cls
        for event in self._events.values():
            event.resolve()

    def fire(self, cursor: Cursor[S], trigger: str) -> bool:
        """Take the first transition whose guards are all silent; False where there is none.

        The cursor then holds every reason of every guard. Order of calls: guards, before,
        on_exit, the change of state, on_enter, after.
        """
        event = self._events.get(trigger)
        return event is not None and event.trigger(cursor)


def as_machine(
    workflow: Workflow[S], hooks: PointHooks[S] | None = None, model: Any = None
) -> transitions.Machine:
    """The workflow as a stock ``transitions.Machine``, for diagrams and for people who know it.

    Guards and hooks expect a :class:`Cursor` as the trigger's only argument.
    """
    return transitions.Machine(model=model, **_parts(workflow, hooks or NoHooks()))
