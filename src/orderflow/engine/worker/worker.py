"""The local worker: takes what is due from the outbox and does it."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Sequence
from concurrent.futures import wait
from datetime import datetime, timedelta

import attrs
from tenacity import RetryCallState, Retrying, wait_exponential

from orderflow.engine.erasure import PERSONAL, Forgetter
from orderflow.engine.pipeline.envelope import Envelope, Reading
from orderflow.engine.pipeline.handle import Handler
from orderflow.engine.pipeline.taking import Taker
from orderflow.engine.pipeline.unmatched import unmatched
from orderflow.engine.worker.batch import Done, Next
from orderflow.engine.worker.detached import detached
from orderflow.engine.worker.performers import Performers
from orderflow.engine.worker.stuck import stuck_task
from orderflow.engine.worker.subjects import About
from orderflow.errors import RAISED, ByHand, PortFailed, UnknownHere, UnknownWorkflow
from orderflow.kernel.decision.step import Committed
from orderflow.kernel.pending.answers import as_said, misfit
from orderflow.legible import legible_log
from orderflow.model.commands import Body
from orderflow.model.messages import EffectFailed, EffectTaken, TimerFired
from orderflow.model.observations import LabelBought, LabelVoided, Observation
from orderflow.model.reading import storable
from orderflow.model.work import Due, Kind, Message, Task, stuck_key
from orderflow.ports import Commit, Deed, Outcome, Reply

__all__ = ["Failed", "Worker"]

_IS_TRUE = (Kind.MESSAGE, Kind.TIMER)
"""What tells of something that has come true: it is tried until it is done."""
_OF_ANOTHER = (UnknownWorkflow, UnknownHere)
"""Errors of what only another release of the application knows."""
_LEFT_FOR = timedelta(minutes=1)
"""How long a worker leaves alone what only another release knows."""
_LOG = legible_log()


@attrs.frozen
class Failed:
    """A row that was not done, and when it is tried again; None where it was given up."""

    row: Due
    error: BaseException
    retry_at: datetime | None


class Worker:
    """Performs effects, fires timers, delivers messages, tells watchers.

    Any number of workers may run on one store: each row is leased to one of them at a time. A row
    that fails is tried again with growing pauses. After *attempts* there is a task: an effect is
    given up, a message or a timer is tried on. What only another release of the application knows
    (a workflow, a strategy, a watcher) is left to its workers, and counts no attempt.

    Attributes:
        attempts: Tries of one row before it is a person's task.
        lease: How long a claimed row is left alone by others; longer than *timeout*.
        timeout: Seconds (real time) that one call to a port may take; None does not limit it.
        performers: Who performs the effects.
    """

    attempts = 8
    lease = timedelta(minutes=5)
    batch = 100
    timeout: float | None = 60.0

    def __init__(self, handler: Handler, performers: Performers, forgetter: Forgetter) -> None:
        self._handler, self.performers, self._forgetter = handler, performers, forgetter
        self._store, self._clock, self._taker = handler.store, handler.clock, Taker(handler)
        self._pause = wait_exponential(multiplier=5, max=3600)

    def run_until_idle(self) -> int:
        """Do all that is due now, and what follows from it at once; give the number of rows."""
        done, rows, known = 0, self._claim(), Reading()
        while rows:
            done += len(rows)
            rows, known = self._go_on(rows, known, self._next())
        return done

    def run_forever(self, stop: threading.Event, poll: float = 1.0) -> None:
        """Work until *stop* is set; a row that was begun is finished. *poll* in seconds.

        An error, as while the database is away, is logged; after *poll* it goes on.
        """
        rows: Sequence[Due] = ()
        known = Reading()
        while not stop.is_set():
            after = self._next()
            try:  # rows that are left when it stops are taken over when their lease ends
                if not rows:
                    rows, known = self._claim(), Reading()
                rows, known = self._go_on(rows, known, after, stop)
            except Exception:
                _LOG.exception("the worker goes on in %s s", poll)
                rows, known = after.rows or (), Reading()
            if not rows:
                stop.wait(poll)

    def _go_on(
        self, rows: Sequence[Due], known: Reading, after: Next, stop: threading.Event | None = None
    ) -> tuple[Sequence[Due], Reading]:
        """Do rows; give what is due after them, and what is known of it."""
        with self._store.reading():
            self._do(rows, known, after, stop)
        if after.rows is not None:
            return after.rows, after.reading
        return () if _is_set(stop) else self._claim(), Reading()

    def next_due(self) -> datetime | None:
        """When there will be something to do."""
        return self._store.next_due()

    def _claim(self) -> Sequence[Due]:
        return self._store.claim(self._clock.now(), self.lease, self._token(), self.batch)

    def _next(self) -> Next:
        """What will be due after a batch."""

        def commit(commits: Sequence[Commit]) -> tuple[Sequence[Outcome], Sequence[Due]]:
            now, token = self._clock.now(), self._token()
            return self._store.commit_and_claim(commits, now, self.lease, token, self.batch)

        return Next(commit)

    def _token(self) -> str:
        return self._handler.ids.new("lease")

    def do(self, rows: Sequence[Due]) -> list[Failed]:
        """Do claimed rows, and store in one transaction what came of those done together.

        Gives the rows that failed; each is recorded.
        """
        with self._store.reading():
            return self._do(rows, Reading(), None)

    def _do(
        self,
        rows: Sequence[Due],
        known: Reading,
        after: Next | None,
        stop: threading.Event | None = None,
    ) -> list[Failed]:
        done, about = Done(), About(self._store, rows, known)
        failed: list[Failed] = []
        for row in rows:
            if _is_set(stop):
                break
            if row.owner in done.owners or done.over():
                failed += self._store_done(done, about.reading)
                about.forget()
                done = Done()
            try:
                result = self._result(row, about)
            except RAISED as error:  # whatever fails is recorded and tried again
                failed.append(self.failed(row, error))
                continue
            if result is not None:
                done.add(row, result)
        return failed + self._store_done(done, about.reading, None if _is_set(stop) else after)

    def _store_done(self, done: Done, reading: Reading, after: Next | None = None) -> list[Failed]:
        """Store results; an acknowledgement alone cannot be refused."""
        self._store.commit_all(done.commits)
        commit = after.commit_all if after else None
        answers = self._handler.handle_all([sent for _, sent in done.messages], reading, commit)
        failed = []
        for (row, _), answer in zip(done.messages, answers, strict=True):
            reasons = "; ".join(map(str, answer)) if isinstance(answer, tuple) else ""
            if isinstance(answer, Exception):
                failed.append(self.failed(row, answer))
            elif reasons and row.kind is Kind.EFFECT:
                failed.append(self.failed(row, PortFailed(f"refused: {reasons}")))
            elif reasons and isinstance(row.data.get("body"), Observation):
                self._taker.doubted(row, reasons)
        return failed

    def _result(self, row: Due, about: About) -> Envelope | Commit | None:
        """Do a row, and give what is to be stored; None where it is no longer ours to do."""
        match row.kind:
            case Kind.MESSAGE:
                return self._delivery(row)
            case Kind.TIMER:
                return self._fired(row)
            case Kind.EFFECT:
                return self._perform(row, about) if self._store.still_mine(row) else None
            case Kind.WATCH:
                return self._watch(row, about)

    def _delivery(self, row: Due) -> Envelope | Commit:
        body = row.data["body"]
        closes = (stuck_key(row.key),) if row.attempts > 1 else ()
        if isinstance(body, Observation):
            return self._taker.delivery(row, body, closes)
        return Envelope(row.owner, body, row.key, done=row.key, closes=closes)

    def _fired(self, row: Due) -> Envelope | Commit | None:
        closes = (stuck_key(row.key),) if row.attempts > 1 else ()
        if row.owner.startswith("inbox:"):
            return unmatched(self._store, row, self._clock.now())
        if row.owner.startswith(PERSONAL):
            self._forgetter.fired(row)
            return None
        fired = TimerFired(row.key, row.name, row.subject)
        return Envelope(row.owner, fired, row.key, done=row.key, closes=closes)

    def _perform(self, row: Due, about: About) -> Envelope | Commit:
        order, parcel = about(row)
        rules = self._handler.rules
        rules.check_known(order)
        deed = Deed(row.key, row.name, row.subject, row.attempts, order, parcel, row.data)
        reply = self._limited(deed)
        if fault := misfit(row.name, row.subject, order, parcel, reply, rules):
            raise PortFailed(fault)
        reply = as_said(row.name, reply)
        if reply is None and parcel is None:
            taken = EffectTaken(row.key, row.name, row.subject)
            return Envelope(row.owner, taken, row.key, done=row.key)
        if reply is None:
            return Commit(row.owner, self._clock.now(), done=row.key)
        owner = row.owner
        if isinstance(reply, LabelBought | LabelVoided):
            owner = f"parcel:{reply.parcel}"
        elif isinstance(reply, Body):
            owner = f"order:{order.id}"
        return Envelope(owner, reply, row.key, done=row.key)

    def _limited(self, deed: Deed) -> Reply:
        """Do the deed within the time limit; past it the outcome is unknown."""
        if self.timeout is None:
            return self.performers.perform(deed)
        call = detached(lambda: self.performers.perform(deed))
        if not wait([call], self.timeout).done:
            raise PortFailed(f"no answer within {self.timeout} s; the outcome is unknown")
        return call.result()

    def _watch(self, row: Due, about: About) -> Commit:
        point, name = str(row.data["point"]), str(row.data["name"])
        order, _ = about(row)
        hook = str(row.data["hook"])
        watcher = self._handler.rules.hooks.watcher(hook)
        if watcher is None:
            raise UnknownHere(f"no watcher {hook!r} is registered here; another release has it")
        watcher(Committed(row.key, order, point, name, row.subject))
        return Commit(row.owner, self._clock.now(), done=row.key)

    def failed(self, row: Due, error: BaseException) -> Failed:
        """Record that a claimed row failed: it is tried again, or given up with a task.

        A message is never given up, nor is a timer: what it tells has come true. A task says that
        it is stuck. What only another release knows is left to it, and counts no attempt.
        """
        now = self._clock.now()
        told = storable("".join(traceback.format_exception_only(error)).strip())
        if isinstance(error, _OF_ANOTHER):
            _LOG.warning("%s is left to another release: %s", row.key, told)
            self._store.put_off(row, told, now + _LEFT_FOR)
            return Failed(row, error, now + _LEFT_FOR)
        retry_at: datetime | None = now + self._pause_after(row)
        tell: Message | Task | None = None
        if row.attempts >= self.attempts or isinstance(error, ByHand):
            if row.kind in _IS_TRUE:
                ours = row.kind is Kind.MESSAGE or row.owner.startswith(("order:", "parcel:"))
                tell = stuck_task(row, told) if ours else None
            else:
                retry_at = None
                failed = EffectFailed(row.key, row.name, row.subject)
                tell = Message(f"{row.key}:gave_up", self._who_is_told(row), failed)
        self._store.fail(row, told, now, retry_at, tell)
        return Failed(row, error, retry_at)

    def _who_is_told(self, row: Due) -> str:
        """Whose task it is that a row is given up: of a parcel's watcher, the order's in it."""
        if row.kind is not Kind.WATCH or not row.owner.startswith("parcel:"):
            return row.owner
        parcel = self._store.parcel(row.owner.removeprefix("parcel:"))
        return f"order:{parcel.orders[0]}" if parcel else row.owner

    def _pause_after(self, row: Due) -> timedelta:
        state = RetryCallState(Retrying(), None, (), {})
        state.attempt_number = row.attempts
        return timedelta(seconds=self._pause(state))


def _is_set(stop: threading.Event | None) -> bool:
    return stop is not None and stop.is_set()
