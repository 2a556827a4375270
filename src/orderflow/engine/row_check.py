"""Pending work compared with its rows and open tasks (promise 5).

Explanations, the doctor's findings and repairs, and the testing kit's check after each step all use
this one comparison.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

import attrs

from orderflow.engine.pipeline.fault import rule_errors_of
from orderflow.kernel.decision.rules import Rules
from orderflow.kernel.pending.order import pending_work
from orderflow.kernel.pending.parcel import parcel_pending_work
from orderflow.model.events import EffectRequested
from orderflow.model.order import Order
from orderflow.model.parcel import Parcel
from orderflow.model.work import Effect, PendingWork, RowKind, Task, Timer, stuck_key
from orderflow.ports import OutboxRow, Store, TaskQuery

__all__ = ["pending_work_without_row", "row_mismatches", "row_mismatches_of"]

_ALL = 10_000
_LATE = timedelta(days=2)
"""A timer may be postponed, but no longer than this, unless it failed. It is never due early."""

RowMismatches = tuple[tuple[PendingWork, ...], tuple[str, ...]]
"""Pending work without rows, and the keys of rows and tasks without pending work."""


def row_mismatches_of(
    store: Store, rules: Rules, order: Order
) -> Iterator[tuple[str, RowMismatches]]:
    """Mismatches of an order and of each of its parcels, by owner."""
    yield f"order:{order.id}", row_mismatches(store, rules, order)
    for view in order.state.parcels:
        if parcel := store.parcel(view):
            yield f"parcel:{view}", row_mismatches(store, rules, parcel)


def pending_work_without_row(store: Store, rules: Rules, order: Order) -> Iterator[str]:
    """A sentence for each pending work of an order and its parcels without a row.

    Raises RuleFailed.
    """
    with rule_errors_of(f"order:{order.id}"):
        found = list(row_mismatches_of(store, rules, order))
    for owner, (missing, _) in found:
        for wait in missing:
            yield f"{owner} waits for {wait.key}, but no such row exists"


def row_mismatches(store: Store, rules: Rules, found: Order | Parcel) -> RowMismatches:
    """Pending work of an order or a parcel without rows, and keys of superfluous rows.

    The message of an effect just given up counts as its row. Messages and calls of watchers need no
    pending work: they were decided, and their tasks belong to them.
    """
    owner = f"{'order' if isinstance(found, Order) else 'parcel'}:{found.id}"
    wanted = (
        pending_work(found, rules)
        if isinstance(found, Order)
        else parcel_pending_work(found, rules)
    )
    pending = {row.key: row for row in store.open_rows(owner)}
    tasks = dict(_tasks_of(store, owner))
    missing = tuple(wait for wait in wanted.values() if not _is_there(wait, pending, tasks))
    rows = {key for key, row in pending.items() if row.kind in (RowKind.EFFECT, RowKind.TIMER)}
    over = rows - set(wanted)
    if over:
        over -= _from_earlier(store, owner)
    stuck = {stuck_key(key) for key in pending}
    tasks_over = {
        key for key, task in tasks.items() if key not in (stuck if _is_stuck(task) else wanted)
    }
    return missing, tuple(sorted(over | tasks_over))


def _is_there(
    wait: PendingWork, pending: Mapping[str, OutboxRow], tasks: Mapping[str, Task]
) -> bool:
    """Whether pending work has its row or its open task."""
    if f"{wait.key}:gave_up" in pending:
        return True
    if isinstance(wait, Task):
        return tasks.get(wait.key) == wait
    return wait.key in pending and _stands_for(pending[wait.key], wait)


def _from_earlier(store: Store, owner: str) -> set[str]:
    """Effects requested by an earlier release, which did not record their subject."""
    events = (event for entry in store.journal(owner) for event in entry.events)
    return {
        event.key for event in events if isinstance(event, EffectRequested) and not event.subject
    }


def _stands_for(row: OutboxRow, wait: Effect | Timer) -> bool:
    kind = RowKind.TIMER if isinstance(wait, Timer) else RowKind.EFFECT
    if (row.kind, row.name, row.subject) != (kind, wait.name, wait.subject):
        return False
    if isinstance(wait, Effect):
        return True
    return wait.due <= row.due and (bool(row.error) or row.due <= wait.due + _LATE)


def _tasks_of(store: Store, owner: str) -> Iterator[tuple[str, Task]]:
    """The open tasks of an owner, without their assignees."""
    for _, task in store.tasks(TaskQuery(owner=owner, limit=_ALL)):
        yield task.key, attrs.evolve(task, assignee="")


def _is_stuck(task: Task) -> bool:
    """Whether a task is about a message or a timer that keeps failing."""
    return task.name in ("exception.message", "exception.timer")
