"""The desk: people claim, reassign and complete tasks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from orderflow.engine.pipeline.fault import rule_errors_of
from orderflow.errors import NotFound, Refusal, Refused
from orderflow.kernel.decision.hooks import SYSTEM_ACTOR
from orderflow.kernel.decision.roles import missing_role
from orderflow.kernel.decision.rules import Rules
from orderflow.kernel.pending.forms import read_form
from orderflow.kernel.pending.order import pending_work
from orderflow.kernel.pending.parcel import parcel_pending_work
from orderflow.kernel.pending.tasks import completion, parcel_completion
from orderflow.model.commands import CommandBody
from orderflow.model.observations import ObservationBody
from orderflow.model.order import Order
from orderflow.model.reading import reading
from orderflow.model.work import Task
from orderflow.ports import Store

__all__ = ["Desk"]


class Desk:
    """Checks who may do a task, and turns its completion into a command or observation."""

    def __init__(self, store: Store, rules: Rules) -> None:
        self._store, self._rules = store, rules

    def claim(self, key: str, by: str) -> Task:
        """Assign a task to *by*."""
        _, task = self._open(key)
        self._check(task, by)
        return self._assign(task, by)

    def reassign(self, key: str, to: str, by: str) -> Task:
        """Assign a task to *to*; both actors must have its role."""
        _, task = self._open(key)
        for actor in filter(None, (by, to)):
            self._check_role(task, actor)
        return self._assign(task, to)

    def _assign(self, task: Task, to: str) -> Task:
        if not self._store.assign(task.key, to, task.assignee):
            _, task = self._open(task.key)
            raise Refused([_claimed(task)])
        return self._open(task.key)[1]

    def completion_of(
        self, key: str, by: str, data: Mapping[str, str | int | date]
    ) -> tuple[str, CommandBody | ObservationBody, str]:
        """The order's id, the command or observation of a completed task, and its subject."""
        owner, task = self._open(key)
        self._check(task, by)
        kind, _, subject = owner.partition(":")
        order_id = subject
        said: CommandBody | ObservationBody | None = None
        if kind == "order" and (order := self._store.order(subject)) is not None:
            with rule_errors_of(owner):
                task = self._as_asked(task, pending_work(order, self._rules).get(key))
            filled = read_form(task, data)
            with reading(f"the form of {task.key}"), rule_errors_of(owner):
                said = completion(task, order, self._rules, filled)
        elif kind == "parcel" and (parcel := self._store.parcel(subject)) is not None:
            with rule_errors_of(owner):
                task = self._as_asked(task, parcel_pending_work(parcel, self._rules).get(key))
            filled, order_id = read_form(task, data), parcel.lead
            with reading(f"the form of {task.key}"):
                said = parcel_completion(task, parcel, filled)
        if said is None:
            what = f"it cannot be completed, it closes by itself: {task.instructions}"
            raise Refused([Refusal("task.not_a_step", what)])
        return order_id, said, subject

    def order_of(self, key: str) -> Order:
        """The order of an open task. Raises NotFound."""
        owner, _ = self._open(key)
        order = self._store.order(owner.removeprefix("order:"))
        if order is None:
            raise NotFound(f"{key} is no task of an order")
        return order

    def _as_asked(self, task: Task, wanted: object) -> Task:
        """The task with the form that the order requires now."""
        return wanted if isinstance(wanted, Task) else task

    def _open(self, key: str) -> tuple[str, Task]:
        found = self._store.task(key)
        if found is None:
            raise NotFound(f"there is no open task {key}")
        return found

    def _check(self, task: Task, by: str) -> None:
        self._check_role(task, by)
        if task.assignee not in ("", by):
            raise Refused([_claimed(task)])

    def _check_role(self, task: Task, actor: str) -> None:
        with rule_errors_of(task.key):
            refused = missing_role(self._rules, actor, frozenset({task.role}), f"for {task.key}")
        if refused is not None and actor != SYSTEM_ACTOR:
            raise Refused([refused])


def _claimed(task: Task) -> Refusal:
    return Refusal(
        "task.claimed", f"{task.key} is claimed by {task.assignee}; have it reassigned first"
    )
