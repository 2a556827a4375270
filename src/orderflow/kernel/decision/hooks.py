"""Hooks of the application. Guards refuse, inside hooks add, watchers watch."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TypeVar

import attrs

from orderflow.errors import InvalidWorkflow, Problem, Refusal, raised
from orderflow.kernel.decision.step import Committed, Step
from orderflow.model.parcel import ParcelStatus
from orderflow.model.work import Effect, NewTask, Note
from orderflow.text import legible_log
from orderflow.workflow import Guard, Transition, Workflow
from orderflow.workflow.arguments import name_of, plain_call

__all__ = ["SYSTEM_ACTOR", "Hooks", "InsideHook", "Watcher", "WorkflowHooks", "roles_held"]

SYSTEM_ACTOR = "system"
"""The program and its performers: exempt from required roles, but not for an override."""

InsideHook = Callable[[Step], Iterable[Effect | NewTask | Note]]
"""Runs inside the decision: pure. What it returns is committed with the decision."""
Watcher = Callable[[Committed], None]
"""Runs after the commit, by the worker, at least once."""
StepGuard = Guard[Step]

_LOG = legible_log(__name__)

F = TypeVar("F", bound=Callable[..., object])


@attrs.frozen
class _Hook:
    point: str
    name: str
    workflow: str | None
    call: Callable[..., object]
    key: str


class Hooks:
    """A registry of hooks. Hooks on one point run in the order of registration.

    With ``workflow=`` a misspelt state or trigger is an error on the line that registers it;
    without, the hook is for every workflow that has the name. The names of effects and timers are
    open: they are not looked up. Building the first engine closes the registry.
    """

    def __init__(self) -> None:
        self._hooks: list[_Hook] = []
        self._fixed = False

    def guard(
        self, trigger: str, *, workflow: Workflow[Step] | None = None
    ) -> Callable[[StepGuard], StepGuard]:
        """Register a guard on every transition with this trigger."""
        return self._register("guard", trigger, workflow)

    def before(
        self, trigger: str, *, workflow: Workflow[Step] | None = None
    ) -> Callable[[InsideHook], InsideHook]:
        """Register a hook that runs before the move; it sees the old order."""
        return self._register("before", trigger, workflow)

    def on_exit(
        self, state: str, *, workflow: Workflow[Step] | None = None
    ) -> Callable[[InsideHook], InsideHook]:
        """Register a hook that runs when the state is left; it sees the old order."""
        return self._register("on_exit", state, workflow)

    def on_enter(
        self, state: str, *, workflow: Workflow[Step] | None = None
    ) -> Callable[[InsideHook], InsideHook]:
        """Register a hook that runs when the state is entered; it sees the new order."""
        return self._register("on_enter", state, workflow)

    def after(
        self, trigger: str, *, workflow: Workflow[Step] | None = None
    ) -> Callable[[InsideHook], InsideHook]:
        """Register a hook that runs after the move; it sees the new order."""
        return self._register("after", trigger, workflow)

    def on_parcel(self, status: ParcelStatus) -> Callable[[InsideHook], InsideHook]:
        """Register a hook for parcels of the order that get this status; it sees the new order.

        The status is the trigger, and ``step.data["parcel"]`` is the parcel's id.
        """
        if status not in tuple(ParcelStatus):
            fix = f"on_parcel({status!r}) is no status of a parcel; one of {[*ParcelStatus]}"
            raise InvalidWorkflow("parcel", [Problem("on_parcel", status, fix)])
        return self._register("on_parcel", status, None)

    def committed(
        self, trigger: str, *, workflow: Workflow[Step] | None = None, name: str | None = None
    ) -> Callable[[Watcher], Watcher]:
        """Register a watcher of moves with this trigger; it runs after the commit.

        Rows that wait for a watcher carry its *name*, by default the function's name; it must stay
        while such rows exist.
        """
        return self._register("committed", trigger, workflow, name)

    def failed(self, effect: str, *, name: str | None = None) -> Callable[[Watcher], Watcher]:
        """Register a watcher of given-up effects of this name. *name*: see :meth:`committed`."""
        return self._register("failed", effect, None, name)

    def timed_out(self, timer: str, *, name: str | None = None) -> Callable[[Watcher], Watcher]:
        """Register a watcher of timers of this name that fired. *name*: see :meth:`committed`."""
        return self._register("timed_out", timer, None, name)

    def refused(self, call: Callable[[str, Sequence[Refusal]], None]) -> None:
        """Register a call for each refused command, best effort: the order's id and the reasons."""
        self._add(_Hook("refused", "", None, call, name_of(call)))

    def _register(
        self, point: str, name: str, workflow: Workflow[Step] | None, key: str | None = None
    ) -> Callable[[F], F]:
        if not isinstance(name, str):
            raise TypeError(f"write @hooks.{point}(NAME): it takes a name, got {name!r}")
        if workflow is not None:
            known = workflow.by_name if point.startswith("on_") else workflow.triggers
            if name not in known:
                fix = f"{point}({name!r}) names nothing here; one of {sorted(known)}"
                raise InvalidWorkflow(workflow.name, [Problem(point, name, fix)])

        if key is not None and (not key or type(key) is not str):
            raise TypeError(f"hooks.{point} takes a text as name=, got {key!r}")

        def register(call: F) -> F:
            called = name_of(call) if key is None else key
            only = workflow.name if workflow else None
            self._add(_Hook(point, name, only, call, f"{point}:{name}:{called}"))
            return call

        return register

    def _add(self, hook: _Hook) -> None:
        plain_call(hook.call, f"hooks.{hook.point}")
        fix = ""
        if self._fixed:
            fix = f"{hook.key} comes too late: hooks are fixed when the engine is built"
        elif hook.name and any(known.key == hook.key for known in self._hooks):
            fix = f"{hook.key} is registered twice; give one of them another name"
        if fix:
            raise InvalidWorkflow(hook.workflow or "*", [Problem(hook.point, hook.name, fix)])
        self._hooks.append(hook)

    def fixed(self) -> Hooks:
        """These hooks, closed: no more can be registered."""
        self._fixed = True
        return self

    def check(self, workflows: Iterable[Workflow[Step]]) -> None:
        """Raise for a hook that no place in any of *workflows* would call."""
        flows = list(workflows)
        for hook in self._hooks:
            if hook.point in ("failed", "timed_out", "refused", "on_parcel"):
                continue
            what = "state" if hook.point.startswith("on_") else "trigger"
            mine = [flow for flow in flows if hook.workflow in (None, flow.name)]
            names = {
                n for flow in mine for n in (flow.by_name if what == "state" else flow.triggers)
            }
            if hook.name not in names:
                where = f"the workflow {hook.workflow}" if hook.workflow else "any workflow"
                fix = f"{hook.key} names no {what} of {where} that the engine runs"
                raise InvalidWorkflow(hook.workflow or "*", [Problem(hook.point, hook.name, fix)])

    def watchers(
        self, point: str, name: str, workflow: str | None = None
    ) -> list[tuple[str, Watcher]]:
        """The watchers of a point, with their stable keys."""
        return [
            (hook.key, hook.call)  # type: ignore[misc]  # registered as Watcher under this point
            for hook in self._hooks
            if (hook.point, hook.name) == (point, name) and hook.workflow in (None, workflow)
        ]

    def watcher(self, key: str) -> Watcher | None:
        """The watcher with a stable key; None if it is no longer registered."""
        found = (hook.call for hook in self._hooks if hook.key == key)
        return next(found, None)  # type: ignore[return-value]  # only watchers have such keys

    def tell_refused(self, order: str, refusals: Sequence[Refusal]) -> None:
        """Call the ``refused`` hooks, best effort: errors are logged, the command stays refused."""
        for hook in self._hooks:
            if hook.point == "refused":
                try:
                    hook.call(order, refusals)
                except raised():
                    _LOG.exception("the refused hook %s failed", hook.key)

    def guards(self) -> list[tuple[str, str | None, str]]:
        """The registered guards: trigger, the workflow that they are limited to, name."""
        return [
            (hook.name, hook.workflow, name_of(hook.call))
            for hook in self._hooks
            if hook.point == "guard"
        ]

    def inside(self, point: str, name: str, workflow: str) -> list[Callable[..., object]]:
        """The guards or inside hooks of a point in one workflow."""
        return [
            hook.call
            for hook in self._hooks
            if (hook.point, hook.name) == (point, name) and hook.workflow in (None, workflow)
        ]


RolesOf = Callable[[str], frozenset[str] | None]
"""The roles of an actor; None for an unknown actor, who has none."""


def roles_held(roles_of: RolesOf, actor: str) -> Collection[str]:
    """The roles of an actor. Raises TypeError if it is no set of names, such as a text."""
    found: object = roles_of(actor)  # the application may return anything
    if found is None:
        return frozenset()
    if isinstance(found, str) or not isinstance(found, Collection):
        raise TypeError(f"roles_of must give a set of roles, or None, for {actor}: got {found!r}")
    return found


class WorkflowHooks:
    """The hooks of one workflow, as its machine asks for them; required roles are guards, too."""

    def __init__(self, hooks: Hooks, workflow: Workflow[Step], roles_of: RolesOf) -> None:
        self._hooks, self._workflow, self._roles_of = hooks, workflow, roles_of

    def guards(self, transition: Transition[Step]) -> Sequence[StepGuard]:
        """Guards for the transition's roles, then the registered guards."""
        found = self._of("guard", transition.trigger)
        roles = [_role_guard(transition.roles, self._roles_of)] if transition.roles else []
        return [*roles, *found]  # type: ignore[list-item]  # registered as guards under this point

    def before(self, trigger: str) -> Sequence[InsideHook]:
        """Hooks before the trigger."""
        return self._of("before", trigger)  # type: ignore[return-value]  # registered as such

    def on_exit(self, state: str) -> Sequence[InsideHook]:
        """Hooks when the state is left."""
        return self._of("on_exit", state)  # type: ignore[return-value]  # registered as such

    def on_enter(self, state: str) -> Sequence[InsideHook]:
        """Hooks when the state is entered."""
        return self._of("on_enter", state)  # type: ignore[return-value]  # registered as such

    def after(self, trigger: str) -> Sequence[InsideHook]:
        """Hooks after the trigger."""
        return self._of("after", trigger)  # type: ignore[return-value]  # registered as such

    def _of(self, point: str, name: str) -> list[Callable[..., object]]:
        return self._hooks.inside(point, name, self._workflow.name)


def _role_guard(roles: frozenset[str], roles_of: RolesOf) -> StepGuard:
    def role(step: Step) -> Refusal | None:
        if step.actor == SYSTEM_ACTOR:  # a timer or a performer: roles are for people
            return None
        has = roles_held(roles_of, step.actor)
        if any(role in has for role in roles):
            return None
        needs = " or ".join(sorted(roles))
        return Refusal(
            "actor.role_missing", f"{step.actor} needs the role {needs} to {step.trigger}"
        )

    return role
