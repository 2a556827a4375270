"""Handling one message: load, decide, commit; decide again when others were faster."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

import attrs

from orderflow.engine.envelopes import Answer, Envelope, FactProviders, Reading, Ready, Refusals
from orderflow.engine.stocking import stock_commit
from orderflow.errors import (
    Conflict,
    ConnectionLost,
    NotFound,
    Refusal,
    StoreFull,
    StoreLocked,
    StoreReadOnly,
)
from orderflow.kernel.decide import Context, Decision, decide, stock_keys
from orderflow.kernel.parcels import decide_parcel, parcel_waits
from orderflow.kernel.rules import Rules
from orderflow.model.commands import (
    Cancel,
    Draft,
    Edit,
    Override,
    Pack,
    Place,
    Route,
    Substitute,
)
from orderflow.model.events import Entry
from orderflow.model.ledger import Bucket
from orderflow.model.messages import (
    Despatched,
    EffectFailed,
    OpenParcel,
    TimerFired,
)
from orderflow.model.order import Order
from orderflow.model.stock import StockKey, StockLevel
from orderflow.ports import Clock, Commit, Committed, Duplicate, Ids, Store, Watch

__all__ = ["Handler"]

_TRIES = 25
_CALLS_BACK = Cancel | Edit | Override | Route | Substitute | TimerFired
"""What may take units from waiting lists."""
_OF_ALL = (ConnectionLost, StoreFull, StoreLocked, StoreReadOnly)
"""What fails because of the database, and not because of what was to be stored."""
_LOG = logging.getLogger("orderflow")


class Handler:
    """Applies messages to orders, parcels and stock: each wholly, or not at all."""

    def __init__(
        self, store: Store, rules: Rules, clock: Clock, ids: Ids, facts: FactProviders
    ) -> None:
        self.store, self.rules, self.clock, self.ids, self.facts = store, rules, clock, ids, facts

    def within(self, connection: Any) -> Handler:
        """The same inside a transaction of the host's."""
        store = self.store.within(connection)
        return Handler(store, self.rules, self.clock, self.ids, self.facts)

    def handle(self, envelope: Envelope) -> Order | Refusals | None:
        """Apply a message. An order's message gives the order, or the reasons to refuse.

        Raises:
            Conflict: Others kept changing the same thing.
            NotFound: There is no such order or parcel.
        """
        (answer,) = self.handle_all([envelope])
        if isinstance(answer, Exception):
            raise answer
        return answer

    def handle_all(self, envelopes: Sequence[Envelope]) -> list[Answer]:
        """Apply messages, as many as may be in one transaction, with an answer for each.

        What :meth:`handle` would raise is the answer. Messages to one subject follow each other.
        """
        answers: dict[int, Answer] = {}
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
                what = f"{subject} kept changing meanwhile; send it again"
                answers[turn.pop(subject)] = Conflict(what)
            answers |= self._together({number: envelopes[number] for number in turn.values()})
        return [answers[number] for number in range(len(envelopes))]

    def _together(self, turn: Mapping[int, Envelope]) -> Mapping[int, Answer]:
        """Decide and commit once; where that fails, each by itself: none sinks another.

        Who is missing in the answers has to try again.
        """
        try:
            return self._at_once(turn)
        except Exception as error:
            if len(turn) == 1 or isinstance(error, _OF_ALL):
                return dict.fromkeys(turn, error)
        alone = [self._together({number: envelope}) for number, envelope in turn.items()]
        return {number: answer for each in alone for number, answer in each.items()}

    def _at_once(self, turn: Mapping[int, Envelope]) -> Mapping[int, Answer]:
        """Decide each, and commit all in one transaction."""
        reading = self._read(turn.values())
        answers: dict[int, Answer] = {}
        ready: dict[int, Ready] = {}
        for number, envelope in turn.items():
            try:
                prepared = self._prepare(envelope, reading)
            except Exception as error:  # it sinks no other
                answers[number] = error
                continue
            if isinstance(prepared, Ready):
                ready[number] = prepared.closing(envelope.closes)
                reading.foresee(prepared.commit.stock)
            else:
                answers[number] = prepared
        outcomes = self.store.commit_all([each.commit for each in ready.values()])
        for (number, each), outcome in zip(ready.items(), outcomes, strict=True):
            if isinstance(outcome, Committed):
                answers[number] = each.answer
            elif isinstance(outcome, Duplicate):
                answers[number] = None
        return answers

    def _read(self, envelopes: Collection[Envelope]) -> Reading:
        """The orders and parcels that messages are about, and the stock that they may need."""
        about = {e.subject.removeprefix("order:"): e for e in envelopes if _kind(e) == "order"}
        orders = self.store.load(about)
        parcels = self.store.parcels(
            e.subject.removeprefix("parcel:") for e in envelopes if _kind(e) == "parcel"
        )
        keys: set[StockKey] = set()
        for name, envelope in about.items():
            with suppress(Exception):  # whatever is wrong with it is found again, and told
                keys.update(stock_keys(self.rules, orders.get(name), envelope.body))
        return Reading(orders, parcels, dict(self.store.levels(keys)) if keys else {})

    def _prepare(self, envelope: Envelope, reading: Reading) -> Ready | Refusals:
        match _kind(envelope):
            case "order":
                return self._order(envelope, reading)
            case "parcel":
                return Ready(self._parcel(envelope, reading))
            case _:
                return Ready(stock_commit(self.store, self.rules, envelope, self.clock.now()))

    def ask(
        self, order: Order | None, body: object, actor: str, new_id: str
    ) -> Decision | Refusals:
        """Decide without committing."""
        levels = self.store.levels(stock_keys(self.rules, order, body))
        context = self._context(order, body, levels, actor, "ask", new_id)
        return decide(self.rules, order, body, context, new_id)

    def _context(
        self,
        order: Order | None,
        body: object,
        levels: Mapping[StockKey, StockLevel],
        actor: str,
        cause: str,
        new_id: str = "",
        at: datetime | None = None,
    ) -> Context:
        now, facts = self.clock.now(), {}
        if self.facts:
            about = order or self._drafted(body, actor, now, new_id)
            facts = {name: provide(about) for name, provide in self.facts.items()}
        into = body.into if isinstance(body, Pack) else None
        parcel = self.store.parcel(into) if into else None
        waiting = self._waiting(order) if order and isinstance(body, _CALLS_BACK) else {}
        return Context(now, actor, cause, at, facts, levels, parcel, waiting)

    def _waiting(self, order: Order) -> Mapping[tuple[str, StockKey], int]:
        """How many backordered units of which line are on which waiting list."""
        return {
            (line, key): waiting.quantity
            for line in order.units(Bucket.BACKORDERED)
            for place in self.rules.locations
            for key in [StockKey(order.state.lines[line].sku, place)]
            for waiting in self.store.waiting(key)
            if (waiting.order, waiting.line) == (order.id, line)
        }

    def _drafted(self, body: object, actor: str, now: datetime, new_id: str) -> Order:
        """The order that is about to be placed, for those who are asked about it."""
        assert isinstance(body, Place | Draft)  # every other body is about an order
        drafted = decide(self.rules, None, Draft(order=body.order), Context(now, actor), new_id)
        assert isinstance(drafted, Decision)  # a draft meets no guard
        return drafted.order

    def _order(self, envelope: Envelope, reading: Reading) -> Ready | Refusals:
        order_id = envelope.subject.removeprefix("order:")
        order = reading.orders.get(order_id)
        if envelope.creates and order is not None:
            return (Refusal("order.number_taken", f"there is an order {order_id} already"),)
        if not envelope.creates and order is None:
            raise NotFound(f"there is no order {order_id}")
        asked = envelope.body, reading.levels, envelope.actor, envelope.cause
        context = self._context(order, *asked, order_id, envelope.at)
        decision = decide(self.rules, order, envelope.body, context, order_id)
        if not isinstance(decision, Decision):
            return decision
        before = order.version if order else 0
        if not decision.events:
            commit = Commit(envelope.subject, context.now, done=envelope.done)
            commit = attrs.evolve(commit, receipt=envelope.stored(before))
            return Ready(commit, order)
        return Ready(self._commit(envelope, decision, context), decision.order)

    def _commit(self, envelope: Envelope, decision: Decision, context: Context) -> Commit:
        """All that a decision about an order writes."""
        version = decision.order.version
        what = envelope.subject, version, context.now, envelope.actor, envelope.cause
        return Commit(
            envelope.subject,
            context.now,
            version - 1,
            order=decision.order,
            entry=Entry(*what, decision.events, context.facts),
            stock=decision.stock,
            wanted=decision.wanted,
            withdrawn=decision.withdrawn,
            messages=decision.messages,
            watches=self._watches(decision, envelope),
            references=decision.references,
            receipt=envelope.stored(version),
            done=envelope.done,
            revised=decision.revised,
        )

    def _watches(self, decision: Decision, envelope: Envelope) -> tuple[Watch, ...]:
        order, found = decision.order, []
        for number, fired in enumerate(decision.fired):
            for hook, _ in self.rules.hooks.watchers("committed", fired.trigger, fired.workflow):
                key = f"{order.id}:{order.version}.{number}:{hook}"
                found.append(Watch(key, hook, "committed", fired.trigger, fired.subject))
        return (*found, *self._told_of(envelope))

    def _told_of(self, envelope: Envelope) -> Iterator[Watch]:
        """The watchers of a timer that fired, or of an effect that gave up."""
        body = envelope.body
        if isinstance(body, TimerFired | EffectFailed):
            point = "timed_out" if isinstance(body, TimerFired) else "failed"
            for hook, _ in self.rules.hooks.watchers(point, body.name):
                key = f"{envelope.cause}:{hook}"
                yield Watch(key, hook, point, body.name, body.subject)

    def _parcel(self, envelope: Envelope, reading: Reading) -> Commit:
        parcel_id = envelope.subject.removeprefix("parcel:")
        parcel = reading.parcels.get(parcel_id)
        now = self.clock.now()
        if parcel is None and not isinstance(envelope.body, OpenParcel | Despatched):
            raise NotFound(f"there is no parcel {parcel_id}")
        decision = decide_parcel(parcel, parcel_id, envelope.body, now, envelope.at or now)
        before = parcel.version if parcel else 0
        commit = Commit(envelope.subject, now, receipt=envelope.stored(before), done=envelope.done)
        if decision.events:
            old = parcel_waits(parcel, self.rules) if parcel else {}
            new = parcel_waits(decision.parcel, self.rules)
            commit = attrs.evolve(
                commit,
                expected=before,
                parcel=decision.parcel,
                entry=Entry(
                    envelope.subject,
                    before + 1,
                    now,
                    envelope.actor,
                    envelope.cause,
                    decision.events,
                ),
                wanted=tuple(new[key] for key in new if key not in old),
                withdrawn=tuple(key for key in old if key not in new),
                messages=decision.messages,
                references=decision.references,
                watches=tuple(self._told_of(envelope)),
            )
        return commit


def _kind(envelope: Envelope) -> str:
    return envelope.subject.partition(":")[0]
