"""Handling messages: load, decide, commit; decide again after a concurrent change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from orderflow.engine.pipeline.envelope import (
    DecisionOrRefusals,
    Envelope,
    ExternalDataProviders,
    LoadedSubjects,
    Prepared,
    Refusals,
)
from orderflow.engine.pipeline.fault import as_rule_failure, rule_errors_of
from orderflow.engine.pipeline.follow import follow
from orderflow.engine.pipeline.prepare import Preparer
from orderflow.errors import (
    Conflict,
    ConnectionLost,
    StaleTransaction,
    StoreFull,
    StoreLocked,
    StoreReadOnly,
    raised,
)
from orderflow.kernel.decide import Decision
from orderflow.kernel.decision.rules import Rules
from orderflow.model.order import Order
from orderflow.ports import Clock, Commit, Duplicate, Ids, Outcome, Store, Stored
from orderflow.text import legible_log

__all__ = ["Handler"]

_TRIES = 25
_OF_ALL = (ConnectionLost, StaleTransaction, StoreFull, StoreLocked, StoreReadOnly)
"""Errors of the database, not of the data to store."""
CommitAll = Callable[[Sequence[Commit]], Sequence[Outcome]]
_LOG = legible_log()


class Handler:
    """Applies messages to orders, parcels and stock: each completely, or not at all."""

    def __init__(
        self, store: Store, rules: Rules, clock: Clock, ids: Ids, providers: ExternalDataProviders
    ) -> None:
        self.store, self.rules, self.ids = store, rules, ids
        self.preparer = Preparer(store, rules, clock, providers)

    @property
    def clock(self) -> Clock:
        """The clock."""
        return self.preparer.clock

    def in_transaction(self, connection: Any) -> Handler:
        """The same handler, inside the application's transaction."""
        store = self.store.in_transaction(connection)
        return Handler(store, self.rules, self.clock, self.ids, self.preparer.providers)

    def ask(
        self, order: Order | None, body: object, actor: str, new_id: str, task: str = ""
    ) -> Decision | Refusals:
        """Decide without committing, alone or as the completion of a *task*. Raises RuleFailed."""
        with rule_errors_of(f"order:{order.id if order else new_id}"):
            return self.preparer.ask(order, body, actor, new_id, task)

    def handle(self, envelope: Envelope) -> Order | Refusals | None:
        """Apply a message; returns the order or the refusals where it is to an order.

        Raises:
            Conflict: Other processes kept changing the same subject.
            NotFound: There is no such order or parcel.
        """
        (answer,) = self.handle_all([envelope])
        if isinstance(answer, Exception):
            raise as_rule_failure(answer, envelope.subject)
        return answer

    def handle_all(
        self,
        envelopes: Sequence[Envelope],
        reading: LoadedSubjects | None = None,
        commit: CommitAll | None = None,
    ) -> list[DecisionOrRefusals]:
        """Apply messages in as few transactions as possible; returns an answer for each.

        An error that :meth:`handle` would raise is the answer. Messages to one subject keep their
        order.

        Args:
            envelopes: The messages.
            reading: Subjects loaded before; where they are outdated, it decides again.
            commit: Writes the first transaction, in place of the store.
        """
        answers: dict[int, DecisionOrRefusals] = {}
        tries: Counter[int] = Counter()
        while len(answers) < len(envelopes):
            turn: dict[str, int] = {}
            for number, envelope in enumerate(envelopes):
                if number not in answers:
                    turn.setdefault(envelope.subject, number)
            tries.update(turn.values())
            for subject, number in turn.items():
                if tries[number] > 1:
                    _LOG.info("%s changed meanwhile: decided again (%s)", subject, tries[number])
            for subject in [name for name, number in turn.items() if tries[number] > _TRIES]:
                what = f"other processes kept changing {subject}: send the command again"
                answers[turn.pop(subject)] = Conflict(what)
            # Follow-ups may have been the conflict: a retry leaves them to the outbox.
            first = all(tries[number] == 1 for number in turn.values())
            asked = {number: envelopes[number] for number in turn.values()}
            answers |= self._together(asked, reading, commit, follows=first)
            reading = commit = None
        return [answers[number] for number in range(len(envelopes))]

    def _together(
        self,
        turn: Mapping[int, Envelope],
        reading: LoadedSubjects | None = None,
        commit: CommitAll | None = None,
        *,
        follows: bool,
    ) -> Mapping[int, DecisionOrRefusals]:
        """Decide and commit together; on failure each alone, so that none stops another.

        Messages without an answer have to be tried again.
        """
        try:
            return self._at_once(turn, reading, commit, follows=follows)
        except Exception as error:
            if len(turn) == 1 or isinstance(error, _OF_ALL):
                return dict.fromkeys(turn, error)
        alone = [self._together({number: each}, follows=follows) for number, each in turn.items()]
        return {number: answer for each in alone for number, answer in each.items()}

    def _at_once(
        self,
        turn: Mapping[int, Envelope],
        before: LoadedSubjects | None,
        commit: CommitAll | None,
        *,
        follows: bool,
    ) -> Mapping[int, DecisionOrRefusals]:
        """Decide each message, and commit all in one transaction."""
        reading = before or LoadedSubjects()
        self.preparer.read(turn.values(), reading)
        answers: dict[int, DecisionOrRefusals] = {}
        ready: dict[int, Prepared] = {}
        for number, envelope in turn.items():
            prepared: Prepared | DecisionOrRefusals
            try:
                prepared = self.preparer.prepare(envelope, reading)
            except raised() as error:  # it stops no other message
                prepared = as_rule_failure(error, envelope.subject)
            if isinstance(prepared, Prepared):
                ready[number] = prepared.closing(envelope.closes)
                reading.apply(prepared.commit)
            elif before is None:  # else the loaded subjects may be outdated
                answers[number] = prepared
        commits = {number: each.commit for number, each in ready.items()}
        if follows:
            taken = [envelope.subject for envelope in turn.values()]
            commits = follow(self.preparer, commits, taken, reading)
        outcomes = (commit or self.store.commit_all)(list(commits.values()))
        for number, outcome in zip(commits, outcomes, strict=True):
            if isinstance(outcome, Stored):
                answers[number] = ready[number].answer
            elif isinstance(outcome, Duplicate):
                answers[number] = None
        return answers
