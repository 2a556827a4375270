"""Bringing what is stored as waiting in line with the rules of today."""

from __future__ import annotations

from collections.abc import Container, Iterator

from tenacity import RetryError, Retrying, retry_if_result, stop_after_attempt

from orderflow.engine.handling import Handler
from orderflow.errors import Conflict
from orderflow.kernel.parcels import parcel_waits
from orderflow.kernel.waits import waits
from orderflow.model.events import EffectAdded
from orderflow.model.order import Order
from orderflow.model.work import Kind
from orderflow.ports import Commit, Committed, TaskQuery

__all__ = ["Aligner"]

_TRIES = 25
_ALL = 10_000


class Aligner:
    """Compares what orders and parcels wait for with the rows that stand for it."""

    def __init__(self, handler: Handler) -> None:
        self._store, self._rules, self._clock = handler.store, handler.rules, handler.clock

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
        by_rules = waits if isinstance(found, Order) else parcel_waits
        wanted = by_rules(found, self._rules)  # type: ignore[arg-type]  # each takes its own
        asked_for = found.state.asked_for if isinstance(found, Order) else {}
        there = set(self._rows_of(owner, asked_for))
        commit = Commit(
            owner,
            self._clock.now(),
            found.version,
            wanted=tuple(wanted[key] for key in wanted if key not in there),
            withdrawn=tuple(there - set(wanted)),
        )
        if not commit.wanted and not commit.withdrawn:
            return False
        return isinstance(self._store.commit(commit), Committed) or None

    def _rows_of(self, owner: str, asked_for: Container[str]) -> Iterator[str]:
        """The keys of the rows that the waits of an order or a parcel account for."""
        entries = self._store.journal(owner)
        added = {e.key for entry in entries for e in entry.events if isinstance(e, EffectAdded)}
        for row in self._store.pending(owner):
            accounted = row.key not in added or row.key in asked_for
            if row.kind in (Kind.EFFECT, Kind.TIMER) and accounted:
                yield row.key
        for _, task in self._store.tasks(TaskQuery(owner=owner, limit=_ALL)):
            if task.name != "exception.message":
                yield task.key
