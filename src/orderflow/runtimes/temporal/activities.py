"""The activities: the engine's worker does outbox rows, by their owner or their key."""

from __future__ import annotations

import asyncio
import contextvars
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from datetime import timedelta
from typing import TypeVar

import attrs
from temporalio import activity
from temporalio.exceptions import ApplicationError

from orderflow.engine import Engine
from orderflow.engine.worker.subject_cache import SubjectCache
from orderflow.engine.worker.thread import detached
from orderflow.engine.worker.worker import FailedRow
from orderflow.errors import NotFound, PortFailed
from orderflow.model.work import LeasedRow
from orderflow.ports import LeasedRows, ScheduledStore
from orderflow.runtimes.temporal.driver import ADVANCE, PERFORM, EffectCall, Plan
from orderflow.text import legible_log

__all__ = ["Activities", "Lane"]

_T = TypeVar("_T")
_LOG = legible_log()
_AT_MOST = 2.0
"""Seconds after which an activity returns its plan, even if more rows are due."""


@attrs.frozen
class Lane:
    """A separate task queue for the effects of one partner, and its limits.

    Attributes:
        concurrency: Concurrent calls of one worker process.
        per_second: Calls per second of all worker processes together; None is no limit.
        timeout: The longest time of one call; then its outcome is unknown, and it is retried.
    """

    concurrency: int = 50
    per_second: float | None = None
    timeout: timedelta = timedelta(minutes=1)


class Activities:
    """The shared state of one process's activities.

    Only ids pass through Temporal: an owner, a key, and the name of an error's class.
    """

    def __init__(
        self,
        engine: Engine,
        store: ScheduledStore,
        threads: Executor,
        queue: str,
        lanes: Mapping[str, Lane],
        silence: timedelta,
        stir: Callable[[], None],
        *,
        marks: bool,
    ) -> None:
        self._engine, self._store, self._threads, self._stir = engine, store, threads, stir
        self._queue, self._lanes, self._own = queue, lanes, Lane()
        self._silence, self._marks = silence.total_seconds(), marks

    @activity.defn(name=ADVANCE)
    async def advance(self, owner: str) -> Plan:
        """Do the due messages, timers and watchers of an owner; returns the rest as a plan."""
        return await self._in_thread(lambda: self.work(owner))

    @activity.defn(name=PERFORM)
    async def perform(self, key: str) -> None:
        """Perform an effect and store its result. Raises ApplicationError to be retried."""
        row = await self._in_thread(lambda: self._take(key))
        if row is None:
            return
        context = contextvars.copy_context()
        call = detached(lambda: context.run(self._engine.worker.do, [row]))
        doing = asyncio.ensure_future(_told(asyncio.wrap_future(call)))
        limit = self._limit(activity.info().task_queue)
        failed = await self._await(doing, time.monotonic() + limit)
        if failed is None:  # the call goes on; a late result is still stored
            late = PortFailed(f"no answer within {limit} s; the outcome is unknown")
            failed = await self._in_thread(lambda: [self._engine.worker.failed(row, late)])
        self._stir()
        for each in failed:
            self._ask_again(each)

    async def _await(
        self, doing: asyncio.Future[list[FailedRow]], until: float
    ) -> list[FailedRow] | None:
        """The failed rows; None at a timeout. Sends heartbeats meanwhile."""
        while (left := until - time.monotonic()) > 0:
            done, _ = await asyncio.wait([doing], timeout=min(left, self._silence / 3))
            if done:
                return doing.result()
            activity.heartbeat()
        return None

    def work(self, owner: str) -> Plan:
        """The body of :meth:`advance`, in this thread."""
        began = time.monotonic()
        while (taken := self._taken(owner)).rows:
            self._engine.worker.do(taken.rows)
            if time.monotonic() - began > _AT_MOST:
                return Plan([], 0.0, "", [])
        return self._plan(owner, taken)

    def _taken(self, owner: str) -> LeasedRows:
        engine = self._engine
        token = engine.ids.new("lease")
        return self._store.lease_all(owner, engine.clock.now(), engine.worker.lease, token)

    def _take(self, key: str) -> LeasedRow | None:
        engine = self._engine
        token = engine.ids.new("lease")
        return self._store.lease_one(key, engine.clock.now(), engine.worker.lease, token)

    def _plan(self, owner: str, taken: LeasedRows) -> Plan:
        self._stir()  # there may be rows of other owners
        seconds = None
        if taken.next_due is not None:
            wait = taken.next_due - self._engine.clock.now()
            seconds = max(wait.total_seconds(), 0.0)
        try:
            order, parcel = SubjectCache(self._store, ()).of(owner)
        except NotFound:  # stock, or unmatched items
            return Plan([], seconds, "", [])
        whose = self._engine.worker.performers.whose
        errands = [
            self._errand(row.key, whose(row.name, row.subject, order, parcel))
            for row in taken.effects
        ]
        if not self._marks:
            return Plan(errands, seconds, "", [])
        numbers = list(parcel.orders) if parcel else [order.id]
        return Plan(errands, seconds, "" if parcel else order.status, numbers)

    def _errand(self, key: str, performer: str) -> EffectCall:
        lane = self._lanes.get(performer)
        queue = f"{self._queue}-{performer}" if lane else self._queue
        return EffectCall(key, queue, (lane or self._own).timeout.total_seconds(), self._silence)

    def _limit(self, queue: str) -> float:
        lane = self._lanes.get(queue.removeprefix(f"{self._queue}-"), self._own)
        return lane.timeout.total_seconds()

    def _ask_again(self, failed: FailedRow) -> None:
        """Have Temporal retry when the row is due again. The error's text stays in our database."""
        if failed.retry_at is None:
            return
        pause = failed.retry_at - self._engine.clock.now()
        what = f"{failed.row.key} failed: its attempts are in the database"
        kind = type(failed.error).__name__
        raise ApplicationError(what, type=kind, next_retry_delay=max(pause, timedelta(0)))

    async def _in_thread(self, do: Callable[[], _T]) -> _T:
        """Run it in one of the shared decision threads."""
        context, loop = contextvars.copy_context(), asyncio.get_running_loop()
        return await _told(loop.run_in_executor(self._threads, context.run, do))


async def _told(answer: asyncio.Future[_T]) -> _T:
    """The result; an error is raised without its text, which may be personal data."""
    try:
        return await answer
    except Exception as error:
        _LOG.warning("an activity failed", exc_info=error)
        kind = type(error).__name__
        raise ApplicationError(f"{kind}: see the worker's log", type=kind) from None
