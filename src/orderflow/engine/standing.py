"""What is waited for, and the rows and open tasks that stand for it (promise 5).

The one look at the rows: what is silent, what the doctor finds and mends, and what the testing kit
asks after each step are read off it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

import attrs

from orderflow.engine.pipeline.fault import blaming
from orderflow.kernel.decision.rules import Rules
from orderflow.kernel.pending.parcel import parcel_waits
from orderflow.kernel.pending.waits import waits
from orderflow.model.events import EffectAdded
from orderflow.model.order import Order
from orderflow.model.parcel import Parcel
from orderflow.model.work import Effect, Kind, Task, Timer, Wanted, stuck_key
from orderflow.ports import Pending, Store, TaskQuery

__all__ = ["out_of_line", "standing", "without_row"]

_ALL = 10_000
_LATE = timedelta(days=2)
"""A timer is put off, but not for as long as this, unless it failed. It is never due early."""

OutOfLine = tuple[tuple[Wanted, ...], tuple[str, ...]]
"""Waits that nothing stands for, and the keys of rows and tasks that stand for nothing."""


def standing(store: Store, rules: Rules, order: Order) -> Iterator[tuple[str, OutOfLine]]:
    """What is out of line with an order and with each parcel of it, by owner."""
    yield f"order:{order.id}", out_of_line(store, rules, order)
    for view in order.state.parcels:
        if parcel := store.parcel(view):
            yield f"parcel:{view}", out_of_line(store, rules, parcel)


def without_row(store: Store, rules: Rules, order: Order) -> Iterator[str]:
    """A sentence for each wait of an order and its parcels that nothing stands for.

    Raises RuleFailed.
    """
    with blaming(f"order:{order.id}"):
        for owner, (missing, _) in standing(store, rules, order):
            for wait in missing:
                yield f"{owner} waits for {wait.key}, and nothing of the kind is there"


def out_of_line(store: Store, rules: Rules, found: Order | Parcel) -> OutOfLine:
    """What an order or a parcel waits for without such a row, and the keys of rows too many.

    An effect that has just given up is there as the message that says so. Messages and calls of
    watchers are deeds that were decided: each stands for itself, and its task stands for it.
    """
    owner = f"{'order' if isinstance(found, Order) else 'parcel'}:{found.id}"
    wanted = waits(found, rules) if isinstance(found, Order) else parcel_waits(found, rules)
    pending = {row.key: row for row in store.pending(owner)}
    tasks = dict(_tasks_of(store, owner))
    missing = tuple(wait for wait in wanted.values() if not _is_there(wait, pending, tasks))
    rows = {key for key, row in pending.items() if row.kind in (Kind.EFFECT, Kind.TIMER)}
    over = rows - set(wanted)
    if over:
        over -= _from_earlier(store, owner)
    stuck = {stuck_key(key) for key in pending}
    tasks_over = {
        key for key, task in tasks.items() if key not in (stuck if _is_stuck(task) else wanted)
    }
    return missing, tuple(sorted(over | tasks_over))


def _is_there(wait: Wanted, pending: Mapping[str, Pending], tasks: Mapping[str, Task]) -> bool:
    """Whether its row or its open task stands for a wait."""
    if f"{wait.key}:gave_up" in pending:
        return True
    if isinstance(wait, Task):
        return tasks.get(wait.key) == wait
    return wait.key in pending and _stands_for(pending[wait.key], wait)


def _from_earlier(store: Store, owner: str) -> set[str]:
    """The effects that an earlier release asked for, without saying that they are awaited."""
    events = (event for entry in store.journal(owner) for event in entry.events)
    return {event.key for event in events if isinstance(event, EffectAdded) and not event.subject}


def _stands_for(row: Pending, wait: Effect | Timer) -> bool:
    kind = Kind.TIMER if isinstance(wait, Timer) else Kind.EFFECT
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
