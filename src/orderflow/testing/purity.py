"""Watches guards and hooks: calls them twice, and records the results."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from copy import deepcopy
from typing import Any
from weakref import WeakKeyDictionary

import attrs

from orderflow.engine import Engine
from orderflow.kernel.decision.hooks import Hooks
from orderflow.kernel.decision.step import Step
from orderflow.workflow import Workflow

__all__ = ["GuardCall", "note_for", "noted", "watched_hooks", "watched_workflow"]


@attrs.frozen
class GuardCall:
    """Two results of a guard or hook for one step, and whether it changed the step."""

    name: str
    first: object
    again: object
    changed: bool = False

    @property
    def what(self) -> str:
        """Its name, without the module."""
        return self.name.rpartition(".")[2]


_NOTED: WeakKeyDictionary[Engine, list[GuardCall]] = WeakKeyDictionary()


def note_for(engine: Engine, asked: list[GuardCall]) -> Engine:
    """Keep an engine's recorded calls."""
    _NOTED[engine] = asked
    return engine


def noted(engine: Engine) -> list[GuardCall]:
    """The recorded calls of an engine's guards and hooks, oldest first."""
    return _NOTED[engine]


Recorder = Callable[[GuardCall], None]


def _watch(call: Callable[..., Any], name: str, tell: Recorder) -> Callable[..., Any]:
    """The same guard or hook, called twice each time; *tell* gets the results."""

    @functools.wraps(call)
    def watched(step: Step) -> Any:
        before = deepcopy(step.order.state), dict(step.order.attributes)
        try:
            given = [_as_values(call(step)) for _ in range(2)]
        except Exception as error:
            tell(GuardCall(name, error, error))
            raise
        after = step.order.state, dict(step.order.attributes)
        tell(GuardCall(name, given[0], given[1], before != after))
        return given[0]

    return watched


def _as_values(given: Any) -> Any:
    """A generator's items as a list; any other value unchanged."""
    listed = isinstance(given, Iterable) and not isinstance(given, str | list | tuple)
    return list(given) if listed else given


def watched_workflow(workflow: Workflow[Step], tell: Recorder) -> Workflow[Step]:
    """The same workflow, name and fingerprint, with watched guards."""
    transitions = [
        attrs.evolve(t, guards=[_watch(guard, _name(guard), tell) for guard in t.guards])
        for t in workflow.transitions
    ]
    return attrs.evolve(workflow, transitions=transitions)


def watched_hooks(hooks: Hooks, tell: Recorder) -> Hooks:
    """The same hooks, with watched guards and inside hooks."""
    found = Hooks()
    found._hooks = [
        attrs.evolve(hook, call=_watch(hook.call, hook.key, tell))
        if hook.point in ("guard", "before", "on_exit", "on_enter", "after")
        else hook
        for hook in hooks._hooks
    ]
    return found


def _name(guard: Callable[..., Any]) -> str:
    return str(getattr(guard, "__qualname__", guard))
