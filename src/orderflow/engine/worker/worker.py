"""The local worker: takes due rows from the outbox, and does them."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Sequence
from concurrent.futures import wait
from datetime import datetime, timedelta

import attrs
from tenacity import RetryCallState, Retrying, wait_exponential

from orderflow.engine.erasure import PERSONAL, Eraser
from orderflow.engine.pipeline.envelope import Envelope, LoadedSubjects
from orderflow.engine.pipeline.handle import Handler
from orderflow.engine.pipeline.taker import Taker
from orderflow.engine.pipeline.unmatched import unmatched
from orderflow.engine.worker.batch import FinishedRows, NextRows
from orderflow.engine.worker.performers import Performers
from orderflow.engine.worker.stuck_task import stuck_task
from orderflow.engine.worker.subject_cache import SubjectCache
from orderflow.engine.worker.thread import detached
from orderflow.errors import NeedsPerson, NotRegistered, PortFailed, UnknownWorkflow, raised
from orderflow.kernel.decision.step import Committed
from orderflow.kernel.pending.answers import as_rejection, why_unfit
from orderflow.model.commands import CommandBody
from orderflow.model.messages import AnswerDeferred, EffectFailed, TimerFired
from orderflow.model.observations import LabelBought, LabelVoided, Observation
from orderflow.model.reading import storable
from orderflow.model.work import LeasedRow, Message, RowKind, Task, stuck_key
from orderflow.ports import Commit, EffectAnswer, EffectAttempt, Outcome
from orderflow.text import legible_log

__all__ = ["FailedRow", "Worker"]

_IS_TRUE = (RowKind.MESSAGE, RowKind.TIMER)
"""Row kinds that must succeed: retried without limit."""
_OF_ANOTHER = (UnknownWorkflow, NotRegistered)
"""Errors that only another release of the application can avoid."""
_LEFT_FOR = timedelta(minutes=1)
"""How long a worker postpones rows that only another release can do."""
_LOG = legible_log()


@attrs.frozen
class FailedRow:
    """A failed row, and when it is retried; None where it was given up."""

    row: LeasedRow
    error: BaseException
    retry_at: datetime | None


class Worker:
    """Performs effects, fires timers, delivers messages, calls watchers.

    Any number of workers may run on one store: each row is leased to one at a time. A failed
    row is retried with growing pauses. After *attempts* a task opens: an effect is given up, a
    message or a timer is retried on. What only another release of the application knows (a
    workflow, a strategy, a watcher) is left to its workers, and counts no attempt.

    Attributes:
        attempts: Attempts at one row before a task opens.
        lease: How long a row is leased; longer than *timeout*.
        timeout: Seconds (real time) that one call to a port may take; None does not limit it.
        performers: The performers of effects.
    """

    attempts = 8
    lease = timedelta(minutes=5)
    batch = 100
    timeout: float | None = 60.0

    def __init__(self, handler: Handler, performers: Performers, forgetter: Eraser) -> None:
        self._handler, self.performers, self._forgetter = handler, performers, forgetter
        self._store, self._clock, self._taker = handler.store, handler.clock, Taker(handler)
        self._pause = wait_exponential(multiplier=5, max=3600)

    def run_until_idle(self) -> int:
        """Do all due rows, and those that follow at once; returns the number of rows."""
        done, rows, known = 0, self._claim(), LoadedSubjects()
        while rows:
            done += len(rows)
            rows, known = self._go_on(rows, known, self._next())
        return done

    def run_forever(self, stop: threading.Event, poll: float = 1.0) -> None:
        """Work until *stop* is set; a row in progress is finished. *poll* in seconds.

        An error, such as a lost database, is logged; it continues after *poll*.
        """
        rows: Sequence[LeasedRow] = ()
        known = LoadedSubjects()
        while not stop.is_set():
            after = self._next()
            try:  # the lease of rows left at the end expires, then others take them
                if not rows:
                    rows, known = self._claim(), LoadedSubjects()
                rows, known = self._go_on(rows, known, after, stop)
            except Exception:
                _LOG.exception("the worker goes on in %s s", poll)
                rows, known = after.rows or (), LoadedSubjects()
            if not rows:
                stop.wait(poll)

    def _go_on(
        self,
        rows: Sequence[LeasedRow],
        known: LoadedSubjects,
        after: NextRows,
        stop: threading.Event | None = None,
    ) -> tuple[Sequence[LeasedRow], LoadedSubjects]:
        """Do rows; returns the rows due next, and their loaded subjects."""
        with self._store.read_session():
            self._do(rows, known, after, stop)
        if after.rows is not None:
            return after.rows, after.reading
        return () if _is_set(stop) else self._claim(), LoadedSubjects()

    def next_due(self) -> datetime | None:
        """When the next row is due."""
        return self._store.next_due()

    def _claim(self) -> Sequence[LeasedRow]:
        return self._store.lease(self._clock.now(), self.lease, self._token(), self.batch)

    def _next(self) -> NextRows:
        """The rows due after a batch, not leased yet."""

        def commit(commits: Sequence[Commit]) -> tuple[Sequence[Outcome], Sequence[LeasedRow]]:
            now, token = self._clock.now(), self._token()
            return self._store.commit_and_lease(commits, now, self.lease, token, self.batch)

        return NextRows(commit)

    def _token(self) -> str:
        return self._handler.ids.new("lease")

    def do(self, rows: Sequence[LeasedRow]) -> list[FailedRow]:
        """Do leased rows, and store their results together in one transaction.

        Returns the failed rows; each is recorded.
        """
        with self._store.read_session():
            return self._do(rows, LoadedSubjects(), None)

    def _do(
        self,
        rows: Sequence[LeasedRow],
        known: LoadedSubjects,
        after: NextRows | None,
        stop: threading.Event | None = None,
    ) -> list[FailedRow]:
        done, about = FinishedRows(), SubjectCache(self._store, rows, known)
        failed: list[FailedRow] = []
        for row in rows:
            if _is_set(stop):
                break
            if row.owner in done.owners or done.over():
                failed += self._store_done(done, about.reading)
                about.drop()
                done = FinishedRows()
            try:
                result = self._result(row, about)
            except raised() as error:  # every failure is recorded and retried
                failed.append(self.failed(row, error))
                continue
            if result is not None:
                done.add(row, result)
        return failed + self._store_done(done, about.reading, None if _is_set(stop) else after)

    def _store_done(
        self, done: FinishedRows, reading: LoadedSubjects, after: NextRows | None = None
    ) -> list[FailedRow]:
        """Store results; a mere acknowledgement cannot be refused."""
        self._store.commit_all(done.commits)
        commit = after.commit_all if after else None
        answers = self._handler.handle_all([sent for _, sent in done.messages], reading, commit)
        failed = []
        for (row, _), answer in zip(done.messages, answers, strict=True):
            reasons = "; ".join(map(str, answer)) if isinstance(answer, tuple) else ""
            if isinstance(answer, Exception):
                failed.append(self.failed(row, answer))
            elif reasons and row.kind is RowKind.EFFECT:
                failed.append(self.failed(row, PortFailed(f"refused: {reasons}")))
            elif reasons and isinstance(row.data.get("body"), Observation):
                self._taker.doubted(row, reasons)
        return failed

    def _result(self, row: LeasedRow, about: SubjectCache) -> Envelope | Commit | None:
        """Do a row; returns what to store, or None where the lease is lost."""
        match row.kind:
            case RowKind.MESSAGE:
                return self._delivery(row)
            case RowKind.TIMER:
                return self._fired(row)
            case RowKind.EFFECT:
                return self._perform(row, about) if self._store.lease_valid(row) else None
            case RowKind.WATCH:
                return self._watch(row, about)

    def _delivery(self, row: LeasedRow) -> Envelope | Commit | None:
        body = row.data["body"]
        closes = (stuck_key(row.key),) if row.attempts > 1 else ()
        if isinstance(body, Observation):
            return self._taker.delivery(row, body, closes)
        return Envelope(row.owner, body, row.key, done=row.key, closes=closes)

    def _fired(self, row: LeasedRow) -> Envelope | Commit | None:
        closes = (stuck_key(row.key),) if row.attempts > 1 else ()
        if row.owner.startswith("inbox:"):
            return unmatched(self._store, row, self._clock.now())
        if row.owner.startswith(PERSONAL):
            self._forgetter.fired(row)
            return None
        fired = TimerFired(row.key, row.name, row.subject)
        return Envelope(row.owner, fired, row.key, done=row.key, closes=closes)

    def _perform(self, row: LeasedRow, about: SubjectCache) -> Envelope | Commit:
        order, parcel = about(row)
        rules = self._handler.rules
        rules.check_known(order)
        effect = EffectAttempt(
            row.key, row.name, row.subject, row.attempts, order, parcel, row.data
        )
        reply = self._limited(effect)
        if fault := why_unfit(row.name, row.subject, order, parcel, reply, rules):
            raise PortFailed(fault)
        reply = as_rejection(row.name, reply)
        if reply is None and parcel is None:
            taken = AnswerDeferred(row.key, row.name, row.subject)
            return Envelope(row.owner, taken, row.key, done=row.key)
        if reply is None:
            return Commit(row.owner, self._clock.now(), acknowledges=row.key)
        owner = row.owner
        if isinstance(reply, LabelBought | LabelVoided):
            owner = f"parcel:{reply.parcel}"
        elif isinstance(reply, CommandBody):
            owner = f"order:{order.id}"
        return Envelope(owner, reply, row.key, done=row.key)

    def _limited(self, effect: EffectAttempt) -> EffectAnswer:
        """Perform an effect within the time limit; beyond it the outcome is unknown."""
        if self.timeout is None:
            return self.performers.perform(effect)
        call = detached(lambda: self.performers.perform(effect))
        if not wait([call], self.timeout).done:
            raise PortFailed(f"no answer within {self.timeout} s; the outcome is unknown")
        return call.result()

    def _watch(self, row: LeasedRow, about: SubjectCache) -> Commit:
        point, name = str(row.data["point"]), str(row.data["name"])
        order, _ = about(row)
        hook = str(row.data["hook"])
        watcher = self._handler.rules.hooks.watcher(hook)
        if watcher is None:
            raise NotRegistered(
                f"no watcher {hook!r} is registered in this process; one of another release "
                "may have it"
            )
        watcher(Committed(row.key, order, point, name, row.subject))
        return Commit(row.owner, self._clock.now(), acknowledges=row.key)

    def failed(self, row: LeasedRow, error: BaseException) -> FailedRow:
        """Record a failed row: it is retried, or given up with a task.

        Messages and timers are never given up: they must succeed. A task reports a stuck one. What
        only another release knows is left to it, and counts no attempt.
        """
        now = self._clock.now()
        told = storable("".join(traceback.format_exception_only(error)).strip())
        if isinstance(error, _OF_ANOTHER):
            _LOG.warning("%s is left to another release: %s", row.key, told)
            self._store.postpone(row, told, now + _LEFT_FOR)
            return FailedRow(row, error, now + _LEFT_FOR)
        retry_at: datetime | None = now + self._pause_after(row)
        tell: Message | Task | None = None
        if row.attempts >= self.attempts or isinstance(error, NeedsPerson):
            if row.kind in _IS_TRUE:
                ours = row.kind is RowKind.MESSAGE or row.owner.startswith(("order:", "parcel:"))
                tell = stuck_task(row, told) if ours else None
            else:
                retry_at = None
                failed = EffectFailed(row.key, row.name, row.subject)
                tell = Message(f"{row.key}:gave_up", self._who_is_told(row), failed)
        self._store.record_failure(row, told, now, retry_at, tell)
        return FailedRow(row, error, retry_at)

    def _who_is_told(self, row: LeasedRow) -> str:
        """The owner of the task about a given-up row; for a parcel's watcher, its order."""
        if row.kind is not RowKind.WATCH or not row.owner.startswith("parcel:"):
            return row.owner
        parcel = self._store.parcel(row.owner.removeprefix("parcel:"))
        return f"order:{parcel.orders[0]}" if parcel else row.owner

    def _pause_after(self, row: LeasedRow) -> timedelta:
        state = RetryCallState(Retrying(), None, (), {})
        state.attempt_number = row.attempts
        return timedelta(seconds=self._pause(state))


def _is_set(stop: threading.Event | None) -> bool:
    return stop is not None and stop.is_set()
