"""Taking facts: each goes to whom it is about, into the inbox, or before a person; none is lost."""

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
"""How long a fact waits at least for one before it."""
_AGAIN = ":again"
"""How the key of a row ends whose fact was put off when it came."""


class Taker:
    """Takes what was observed, and what was kept of it until its subject became known."""

    def __init__(self, handler: Handler) -> None:
        self._handler, self._store = handler, handler.store

    def take(self, observation: Observation, answers: str = "") -> None:
        """Take a fact, told by itself or as the answer of a task.

        It is applied, kept until its subject is known, or kept for a person. Where a rule fails at
        it the worker tries it again, and those that come after it about the same subject wait.
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
                _LOG.error("a fact about %s is tried again: %s", envelope.subject, error)
                self._put_off(envelope, observation, self._handler.clock.now())
                return
            if isinstance(answer, tuple):
                self._keep(observation, "; ".join(map(str, answer)))

    def _put_off(self, envelope: Envelope, observation: Observation, due: datetime) -> None:
        """Have the worker deliver a fact, until it is taken."""
        later = Message(_put_off_key(envelope, observation), envelope.subject, observation)
        self._store.commit(Commit(envelope.subject, due, messages=(later,)))

    def _put_off_rows(self, subject: str) -> list[OutboxRow]:
        """The facts about a subject that are put off, as they came: none may overtake another."""
        rows = (row for row in self._store.open_rows(subject) if _is_put_off(row))
        return sorted(rows, key=lambda row: row.number)

    def _is_behind(self, row: LeasedRow) -> bool:
        """Whether a fact that came before is put off; then this one waits, and no attempt counts.

        Those that wait for one another are due at once: the first is tried first.
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
        """What becomes of a fact from the inbox, as a row of the outbox brings it.

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
        """A fact from the inbox is not applied: a person decides, and its row is done."""
        self._keep(row.data["body"], why)
        self._store.commit(Commit(row.owner, self._handler.clock.now(), acknowledges=row.key))

    def keep_unreadable(self, payload: str, error: str) -> None:
        """Keep what cannot be read, or means nothing, with a task."""
        text, why = storable(payload), storable(error)
        task = unreadable(digest({"payload": text}), why)
        self._store.park_unreadable(text, why, self._handler.clock.now(), task)

    def _envelope(
        self, observation: Observation, subject: str, actor: str = "outside", row: str | None = None
    ) -> Envelope | None:
        """A fact on its way; None where it came before, or goes before a person."""
        content, message = digest(observation.content()), message_of(observation)
        try:
            if Submitter(self._handler).is_processed(subject, message, content):
                return None
        except Refused as refused:  # it differs from what came under its id: a person decides
            self.keep_unreadable(observation.model_dump_json(), str(refused))
            return None
        body, at, cause = observation.body, observation.occurred_at, f"{subject}/{message}"
        receipt = subject, message, content
        return Envelope(subject, body, row or cause, actor, at, receipt, done=row)

    def _keep(self, observation: Observation, why: str) -> None:
        """Keep a fact for a person, once under whatever id it comes."""
        nameless = observation.model_copy(update={"id": None})
        self.keep_unreadable(nameless.model_dump_json(), why)


def _put_off_key(envelope: Envelope, observation: Observation) -> str:
    """The key of the row of a fact that is put off: another may have come under the same id."""
    return f"{envelope.cause}:{digest(observation.content())}{_AGAIN}"


def _is_put_off(row: OutboxRow) -> bool:
    """Whether a row brings a fact that was put off, when it came or by a worker that failed."""
    return row.name == Observation.__name__ and (row.key.endswith(_AGAIN) or bool(row.error))
