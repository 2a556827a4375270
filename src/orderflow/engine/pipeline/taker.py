"""Recording observations: each goes to its subject, to the unmatched ones, or to a person."""

from __future__ import annotations

from datetime import datetime, timedelta

import attrs

from orderflow.engine.pipeline.envelope import Envelope, digest
from orderflow.engine.pipeline.handle import Handler
from orderflow.engine.pipeline.submit import Submitter
from orderflow.engine.pipeline.unmatched import message_of, subject_of, unreadable
from orderflow.errors import Refused, RuleFailed
from orderflow.model.observations import Observation, UnreadableEvent
from orderflow.model.reading import storable
from orderflow.model.work import LeasedRow, Message
from orderflow.ports import Commit, OutboxRow
from orderflow.text import legible_log

__all__ = ["Taker"]

_LOG = legible_log()
_PATIENCE = timedelta(days=7)
_SOON = timedelta(seconds=5)
"""How long an observation waits at least for an earlier one."""
_AGAIN = ":again"
"""The end of the row's key of an observation that was put off at its arrival."""


class Taker:
    """Records observations, also those parked until their subject became known."""

    def __init__(self, handler: Handler) -> None:
        self._handler, self._store = handler, handler.store

    def take(self, observation: Observation, answers: str = "") -> None:
        """Record an observation, alone or as the answer of a task.

        It is applied, parked until its subject is known, or kept for a person. Where a rule fails,
        the worker retries it, and later observations about the same subject wait.
        """
        if isinstance(observation.body, UnreadableEvent):
            self.keep_unreadable(observation.body.payload, observation.body.error)
            return
        subject, reference = subject_of(observation, self._store)
        if subject is None:
            kept = observation.model_copy(update={"id": message_of(observation)})
            self._store.park(reference, kept, self._handler.clock.now(), _PATIENCE)
        elif envelope := self._envelope(observation, subject):
            if before := self._put_off_rows(envelope.subject):
                self._put_off(envelope, observation, before[-1].due)
                return
            try:
                answer = self._handler.handle(attrs.evolve(envelope, answers=answers))
            except RuleFailed as error:
                _LOG.error("an observation about %s is tried again: %s", envelope.subject, error)
                self._put_off(envelope, observation, self._handler.clock.now())
                return
            if isinstance(answer, tuple):
                self._keep(observation, "; ".join(map(str, answer)))

    def _put_off(self, envelope: Envelope, observation: Observation, due: datetime) -> None:
        """Have the worker deliver an observation until it is recorded."""
        later = Message(_put_off_key(envelope, observation), envelope.subject, observation)
        self._store.commit(Commit(envelope.subject, due, messages=(later,)))

    def _put_off_rows(self, subject: str) -> list[OutboxRow]:
        """Rows of a subject's put-off observations, in order of arrival: none overtakes another."""
        rows = (row for row in self._store.open_rows(subject) if _is_put_off(row))
        return sorted(rows, key=lambda row: row.number)

    def _is_behind(self, row: LeasedRow) -> bool:
        """Postpone an observation behind an earlier one that is put off; counts no attempt.

        Rows that wait for each other are due at once: the first is tried first.
        """
        first = next(iter(self._put_off_rows(row.owner)), None)
        if first is None or first.key == row.key or self._number(row) < first.number:
            return False
        why = f"it waits for {first.key}, which came before and is tried again"
        until = max(first.due, self._handler.clock.now() + _SOON)
        self._store.postpone(row, why, until)
        return True

    def _number(self, row: LeasedRow) -> int:
        numbers = {each.key: each.number for each in self._store.open_rows(row.owner)}
        return numbers.get(row.key, 0)

    def delivery(
        self, row: LeasedRow, observation: Observation, closes: tuple[str, ...]
    ) -> Envelope | Commit | None:
        """The envelope or commit of an observation that an outbox row brings.

        None where it waits for another.
        """
        if self._is_behind(row):
            return None
        subject, _ = subject_of(observation, self._store)
        envelope = self._envelope(observation, subject or row.owner, "system", row.key)
        if envelope is not None:
            return attrs.evolve(envelope, closes=closes)
        return Commit(row.owner, self._handler.clock.now(), withdrawn=closes, acknowledges=row.key)

    def doubted(self, row: LeasedRow, why: str) -> None:
        """Keep a doubted observation for a person, and acknowledge its row."""
        self._keep(row.data["body"], why)
        self._store.commit(Commit(row.owner, self._handler.clock.now(), acknowledges=row.key))

    def keep_unreadable(self, payload: str, error: str) -> None:
        """Keep an unreadable or meaningless payload, with a task."""
        text, why = storable(payload), storable(error)
        task = unreadable(digest({"payload": text}), why)
        self._store.park_unreadable(text, why, self._handler.clock.now(), task)

    def _envelope(
        self, observation: Observation, subject: str, actor: str = "outside", row: str | None = None
    ) -> Envelope | None:
        """The envelope of an observation; None if it is a repetition or kept for a person."""
        content, message = digest(observation.content()), message_of(observation)
        try:
            if Submitter(self._handler).is_processed(subject, message, content):
                return None
        except Refused as refused:  # it differs from what arrived under its id: a person decides
            self.keep_unreadable(observation.model_dump_json(), str(refused))
            return None
        body, at, cause = observation.body, observation.occurred_at, f"{subject}/{message}"
        receipt = subject, message, content
        return Envelope(subject, body, row or cause, actor, at, receipt, done=row)

    def _keep(self, observation: Observation, why: str) -> None:
        """Keep an observation for a person, once whatever its id."""
        nameless = observation.model_copy(update={"id": None})
        self.keep_unreadable(nameless.model_dump_json(), why)


def _put_off_key(envelope: Envelope, observation: Observation) -> str:
    """The row's key of a put-off observation; another may have come under the same id."""
    return f"{envelope.cause}:{digest(observation.content())}{_AGAIN}"


def _is_put_off(row: OutboxRow) -> bool:
    """Whether a row brings an observation put off at its arrival or after a failure."""
    return row.name == Observation.__name__ and (row.key.endswith(_AGAIN) or bool(row.error))
