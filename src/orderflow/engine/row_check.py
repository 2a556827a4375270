"""What is waited for, and the rows and open tasks that stand for it (promise 5).

The one look at the rows: what is silent, what the doctor finds and mends, and what the testing kit
asks after each step are read off it.
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
"""A timer is put off, but not for as long as this, unless it failed. It is never due early."""

RowMismatches = tuple[tuple[PendingWork, ...], tuple[str, ...]]
"""Waits that nothing stands for, and the keys of rows and tasks that stand for nothing."""


def row_mismatches_of(
    store: Store, rules: Rules, order: Order
) -> Iterator[tuple[str, RowMismatches]]:
    """What is out of line with an order and with each parcel of it, by owner."""
    yield f"order:{order.id}", row_mismatches(store, rules, order)
    for view in order.state.parcels:
        if parcel := store.parcel(view):
            yield f"parcel:{view}", row_mismatches(store, rules, parcel)


def pending_work_without_row(store: Store, rules: Rules, order: Order) -> Iterator[str]:
    """A sentence for each wait of an order and its parcels that nothing stands for.

    Raises RuleFailed.
    """
    with rule_errors_of(f"order:{order.id}"):
        found = list(row_mismatches_of(store, rules, order))
    for owner, (missing, _) in found:
        for wait in missing:
            yield f"{owner} waits for {wait.key}, but no such row exists"


def row_mismatches(store: Store, rules: Rules, found: Order | Parcel) -> RowMismatches:
    """What an order or a parcel waits for without such a row, and the keys of rows too many.

    An effect that has just given up is there as the message that says so. Messages and calls of
    watchers are deeds that were decided: each stands for itself, and its task stands for it.
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
    """Whether its row or its open task stands for a wait."""
    if f"{wait.key}:gave_up" in pending:
        return True
    if isinstance(wait, Task):
        return tasks.get(wait.key) == wait
    return wait.key in pending and _stands_for(pending[wait.key], wait)


def _from_earlier(store: Store, owner: str) -> set[str]:
    """The effects that an earlier release asked for, without saying that they are awaited."""
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
    """The open tasks of an owner, as if nobody had claimed them."""
    for _, task in store.tasks(TaskQuery(owner=owner, limit=_ALL)):
        yield task.key, attrs.evolve(task, assignee="")


def _is_stuck(task: Task) -> bool:
    """Whether a task says that a message or a timer is tried again and again."""
    return task.name in ("exception.message", "exception.timer")
