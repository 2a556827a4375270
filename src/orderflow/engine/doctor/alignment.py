"""Bringing what is stored as waiting in line with the rules of today."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

import attrs
from tenacity import RetryError, Retrying, retry_if_result, stop_after_attempt

from orderflow.engine.pipeline.handle import Handler
from orderflow.errors import Conflict, OrderflowError, StoreUnavailable, UnknownWorkflow
from orderflow.kernel.decision.rules import Rules
from orderflow.kernel.pending.parcel import parcel_waits
from orderflow.kernel.pending.waits import waits
from orderflow.model.events import EffectAdded
from orderflow.model.order import Order
from orderflow.model.parcel import Parcel
from orderflow.model.work import Effect, Kind, Task, Timer, Wanted
from orderflow.ports import Commit, Committed, Pending, Store, TaskQuery

__all__ = ["Aligner", "out_of_line"]

_TRIES = 25
_ALL = 10_000
_LATE = timedelta(days=2)
"""A timer that failed is put off, but not for as long as this."""


class Aligner:
    """Compares what orders and parcels wait for with the rows that stand for it."""

    def __init__(self, handler: Handler) -> None:
        self._store, self._rules, self._clock = handler.store, handler.rules, handler.clock

    def apply_all(self, order_ids: Iterable[str]) -> int:
        """Apply the rules to each order: how many changed; one that cannot be decided sinks none.

        Raises:
            UnknownWorkflow: Some orders are on workflows that the rules do not know; names them.
            OrderflowError: Some could not be read or decided; names them.
        """
        changed, left = 0, dict[str, Exception]()
        for order_id in order_ids:
            try:
                changed += self.apply(order_id)
            except StoreUnavailable:
                raise
            except Exception as error:  # whatever stands in its rows, or a guard of its raises
                left[order_id] = error
        if left:
            known = all(isinstance(error, UnknownWorkflow) for error in left.values())
            told = "; ".join(f"{order_id}: {error}" for order_id, error in left.items())
            kind = UnknownWorkflow if known else OrderflowError
            raise kind(f"{len(left)} orders are as they were, {changed} were changed: {told}")
        return changed

    def apply(self, order_id: str) -> bool:
        """Have the store hold what the order waits for by today's rules; whether that was news."""
        order = self._store.order(order_id)
        assert order is not None  # orders are never removed
        parcels = (f"parcel:{view}" for view in order.state.parcels)
        return sum(self._apply(owner) for owner in (f"order:{order_id}", *parcels)) > 0

    def _apply(self, owner: str) -> bool:
        tries = Retrying(
            stop=stop_after_attempt(_TRIES), retry=retry_if_result(lambda found: found is None)
        )
        try:
            return bool(tries(self._align, owner))
        except RetryError:
            raise Conflict(f"{owner} kept changing meanwhile; do it again") from None

    def _align(self, owner: str) -> bool | None:
        """Add the rows that are missing, withdraw those too many; None: it changed meanwhile."""
        kind, _, name = owner.partition(":")
        found = self._store.order(name) if kind == "order" else self._store.parcel(name)
        if found is None:
            return False  # a parcel that is about to be opened
        wanted, withdrawn = out_of_line(self._store, self._rules, found)
        if not wanted and not withdrawn:
            return False
        now = self._clock.now()
        commit = Commit(owner, now, found.version, wanted=wanted, withdrawn=withdrawn, mends=True)
        return isinstance(self._store.commit(commit), Committed) or None


def out_of_line(
    store: Store, rules: Rules, found: Order | Parcel
) -> tuple[tuple[Wanted, ...], tuple[str, ...]]:
    """What an order or a parcel waits for without such a row, and the keys of rows too many.

    An effect that has just given up is there as the message that says so.
    """
    if isinstance(found, Order):
        owner, wanted, asked = f"order:{found.id}", waits(found, rules), found.state.asked_for
    else:
        owner, wanted, asked = f"parcel:{found.id}", parcel_waits(found, rules), {}
    pending = {row.key: row for row in store.pending(owner)}
    tasks = dict(_tasks_of(store, owner))
    told = {f"{key}:gave_up" for key in wanted} & set(pending)
    missing = tuple(
        wait
        for key, wait in wanted.items()
        if f"{key}:gave_up" not in told
        and not (
            tasks.get(key) == wait
            if isinstance(wait, Task)
            else key in pending and _stands_for(pending[key], wait)
        )
    )
    entries = store.journal(owner)
    added = {e.key for entry in entries for e in entry.events if isinstance(e, EffectAdded)}
    rows = {
        key
        for key, row in pending.items()
        if row.kind in (Kind.EFFECT, Kind.TIMER) and (key not in added or key in asked)
    }
    return missing, tuple(sorted((rows | set(tasks)) - set(wanted)))


def _stands_for(row: Pending, wait: Effect | Timer) -> bool:
    kind = Kind.TIMER if isinstance(wait, Timer) else Kind.EFFECT
    late = isinstance(wait, Timer) and not row.error and row.due > wait.due + _LATE
    return (row.kind, row.name, row.subject) == (kind, wait.name, wait.subject) and not late


def _tasks_of(store: Store, owner: str) -> Iterator[tuple[str, Task]]:
    """The tasks that the waits of an owner account for, as if nobody had claimed them."""
    for _, task in store.tasks(TaskQuery(owner=owner, limit=_ALL)):
        if task.name not in ("exception.message", "exception.timer"):
            yield task.key, attrs.evolve(task, assignee="")
