"""Preparing commits: load a message's subjects, and decide; nothing is stored."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

import attrs

from orderflow.engine.pipeline.envelope import (
    Envelope,
    ExternalDataProviders,
    LoadedSubjects,
    Prepared,
    Refusals,
)
from orderflow.engine.pipeline.stock import stock_commit
from orderflow.engine.pipeline.trips import came_otherwise
from orderflow.errors import NotFound, Refusal, raised
from orderflow.kernel.decide import Context, Decision, decide, stock_keys
from orderflow.kernel.decision.rules import Rules
from orderflow.kernel.parcels.parcel import decide_parcel
from orderflow.kernel.pending.effects import is_awaited
from orderflow.kernel.pending.ended_tasks import no_longer_pending
from orderflow.kernel.pending.order import pending_work
from orderflow.kernel.pending.parcel import parcel_pending_work
from orderflow.model.commands import (
    AcceptSubstitute,
    Cancel,
    CommandBody,
    Edit,
    Override,
    Pack,
    PlaceOrder,
    Route,
    SaveDraft,
)
from orderflow.model.events import Entry
from orderflow.model.ledger import Bucket
from orderflow.model.messages import (
    AnswerDeferred,
    Dispatched,
    EffectFailed,
    OpenParcel,
    TimerFired,
)
from orderflow.model.observations import GoodsShipped, LabelBought
from orderflow.model.order import Order
from orderflow.model.parcel import Parcel
from orderflow.model.stock import StockKey, StockLevel
from orderflow.model.work import Effect
from orderflow.ports import Clock, Commit, Store, WatcherCall

__all__ = ["Preparer"]

_CALLS_BACK = Cancel | Edit | Override | Route | AcceptSubstitute | TimerFired
"""Messages that may remove units from waiting lists."""


class Preparer:
    """Turns a message into the commit that it leads to."""

    def __init__(
        self, store: Store, rules: Rules, clock: Clock, providers: ExternalDataProviders
    ) -> None:
        self.store, self.rules, self.clock, self.providers = store, rules, clock, providers

    def read(self, envelopes: Collection[Envelope], reading: LoadedSubjects) -> None:
        """Load the orders and parcels of messages, and the stock levels that they may need."""
        orders, parcels = reading.missing(envelope.subject for envelope in envelopes)
        if orders:
            reading.orders.update(dict.fromkeys(orders) | dict(self.store.orders_by_id(orders)))
        if parcels:
            reading.parcels.update(dict.fromkeys(parcels) | dict(self.store.parcels_by_id(parcels)))
        keys: set[StockKey] = set()
        for envelope in envelopes:
            order = reading.order(envelope.subject)
            try:
                if envelope.subject.startswith("order:"):
                    keys |= stock_keys(self.rules, order, envelope.body)
            except raised():  # preparing it meets the same error, and reports it
                pass
        if keys := keys - reading.levels.keys():
            reading.levels.update(self.store.stock_levels(keys))

    def prepare(self, envelope: Envelope, reading: LoadedSubjects) -> Prepared | Refusals:
        """The commit of a message, or its refusals."""
        match envelope.subject.partition(":")[0]:
            case "order":
                return self._order(envelope, reading)
            case "parcel":
                parcel = reading.parcel(envelope.subject)
                odd = came_otherwise(parcel, envelope, self.store) if parcel else ()
                return odd or Prepared(self._parcel(envelope, reading))
            case _:
                return Prepared(stock_commit(self.store, self.rules, envelope, self.clock.now()))

    def ask(
        self, order: Order | None, body: object, actor: str, new_id: str, task: str = ""
    ) -> Decision | Refusals:
        """Decide without committing."""
        levels = self.store.stock_levels(stock_keys(self.rules, order, body))
        context = self._context(order, body, levels, actor, "ask", new_id, task=task)
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
        task: str = "",
    ) -> Context:
        now = self.clock.now()
        external: Mapping[str, Any] = {}
        if self.providers:
            about = order or self._drafted(body, now, new_id)
            external = self._provided(about)
        parcel = self._named(body)
        waiting = self._waiting(order) if order and isinstance(body, _CALLS_BACK) else {}
        return Context(now, actor, cause, at, external, levels, parcel, waiting, task)

    def _provided(self, about: Order) -> Mapping[str, Any]:
        """The external data about an order, by provider."""
        return {name: provide(about) for name, provide in self.providers.items()}

    def _named(self, body: object) -> Parcel | None:
        """The parcel to pack units into, or the one with a shipment notice's tracking number."""
        into = body.into if isinstance(body, Pack) else None
        if isinstance(body, GoodsShipped) and body.tracking_number:
            known = self.store.resolve(f"tracking:{body.tracking_number}") or ""
            into = known.removeprefix("parcel:")
        return self.store.parcel(into) if into else None

    def _waiting(self, order: Order) -> Mapping[tuple[str, StockKey], int]:
        """Backordered units by line and waiting list."""
        return {
            (line, key): waiting.quantity
            for line in order.units(Bucket.BACKORDERED)
            for place in self.rules.locations
            for key in [StockKey(order.state.lines[line].sku, place)]
            for waiting in self.store.waiting_list(key)
            if (waiting.order, waiting.line) == (order.id, line)
        }

    def _drafted(self, body: object, now: datetime, new_id: str) -> Order:
        """The order to be placed, for the providers of external data."""
        assert isinstance(body, PlaceOrder | SaveDraft)  # every other body has an order
        drafted = decide(self.rules, None, SaveDraft(order=body.order), Context(now), new_id)
        assert isinstance(drafted, Decision)  # no guard applies to a draft
        return drafted.order

    def _order(self, envelope: Envelope, reading: LoadedSubjects) -> Prepared | Refusals:
        order_id = envelope.subject.removeprefix("order:")
        order = reading.order(envelope.subject)
        if envelope.creates and order is not None:
            return (Refusal("order.number_taken", f"there is an order {order_id} already"),)
        if not envelope.creates and order is None:
            raise NotFound(f"there is no order {order_id}")
        asked = envelope.body, reading.levels, envelope.actor, envelope.cause
        context = self._context(order, *asked, order_id, envelope.at, envelope.task)
        if envelope.answers:
            context = attrs.evolve(context, answers=envelope.answers)
        decision = decide(self.rules, order, envelope.body, context, order_id)
        if not isinstance(decision, Decision):
            return decision
        left = self._left_waiting(envelope, order, decision.order)
        if left and isinstance(envelope.body, CommandBody):
            return left
        if self._is_unanswered(envelope, order, decision.order):
            envelope = attrs.evolve(envelope, done=None)  # its row is to be leased again
        before = order.version if order else 0
        if not decision.events:
            receipt, done = envelope.stored(before), envelope.done
            commit = Commit(
                envelope.subject, context.now, before, processed=receipt, acknowledges=done
            )
            return Prepared(commit, left or order)
        return Prepared(self._commit(envelope, decision, context), left or decision.order)

    def _left_waiting(self, envelope: Envelope, before: Order | None, after: Order) -> Refusals:
        """The refusal for an answer after which the order still waits for the effect."""
        key = envelope.done
        if key is None or before is None or isinstance(envelope.body, EffectFailed):
            return ()
        if not all(
            isinstance(pending_work(at, self.rules).get(key), Effect) for at in (before, after)
        ):
            return ()
        said = (
            "nothing" if isinstance(envelope.body, AnswerDeferred) else type(envelope.body).__name__
        )
        return (Refusal("answer.unfit", f"{key} was answered with {said}, and still waits"),)

    def _is_unanswered(self, envelope: Envelope, before: Order | None, after: Order) -> bool:
        """Whether an effect is pending as before, even behind a hold that its answer placed."""
        key = envelope.done
        return (
            key is not None
            and before is not None
            and all(is_awaited(at, key, self.rules) for at in (before, after))
        )

    def _commit(self, envelope: Envelope, decision: Decision, context: Context) -> Commit:
        """The commit of a decision about an order."""
        version = decision.order.version
        what = envelope.subject, version, context.now, envelope.actor, envelope.cause
        return Commit(
            envelope.subject,
            context.now,
            version - 1,
            order=decision.order,
            entry=Entry(*what, decision.events, context.external),
            stock=decision.stock,
            pending_work=decision.pending_work,
            withdrawn=decision.withdrawn,
            messages=decision.messages,
            watches=self._watches(decision, envelope),
            references=decision.references,
            processed=envelope.stored(version),
            acknowledges=envelope.done,
            revised=decision.revised,
        )

    def _watches(self, decision: Decision, envelope: Envelope) -> tuple[WatcherCall, ...]:
        order, found = decision.order, []
        for number, fired in enumerate(decision.fired):
            for hook, _ in self.rules.hooks.watchers("committed", fired.trigger, fired.workflow):
                key = f"{order.id}:{order.version}.{number}:{hook}"
                found.append(WatcherCall(key, hook, "committed", fired.trigger, fired.subject))
        return (*found, *self._told_of(envelope))

    def _told_of(self, envelope: Envelope) -> Iterator[WatcherCall]:
        """Watchers of a timer that fired, or of an effect that was given up."""
        body = envelope.body
        if isinstance(body, TimerFired | EffectFailed):
            point = "timed_out" if isinstance(body, TimerFired) else "failed"
            for hook, _ in self.rules.hooks.watchers(point, body.name):
                key = f"{envelope.cause}:{hook}"
                yield WatcherCall(key, hook, point, body.name, body.subject)

    def _bearer(self, envelope: Envelope, parcel: Parcel | None) -> str:
        """The other parcel with the tracking number that a message gives to this one, if any."""
        body = envelope.body
        if not isinstance(body, LabelBought | Dispatched):
            return ""
        number, had = body.tracking_number, parcel.tracking_number if parcel else ""
        if number in ("", had) or (isinstance(body, Dispatched) and parcel is not None):
            return ""
        found = self.store.resolve(f"tracking:{number}") or ""
        return found.removeprefix("parcel:") if found != envelope.subject else ""

    def _parcel(self, envelope: Envelope, reading: LoadedSubjects) -> Commit:
        parcel_id = envelope.subject.removeprefix("parcel:")
        parcel = reading.parcel(envelope.subject)
        now = self.clock.now()
        if parcel is None and not isinstance(envelope.body, OpenParcel | Dispatched):
            raise NotFound(f"there is no parcel {parcel_id}")
        at, bearer = envelope.at or now, self._bearer(envelope, parcel)
        decision = decide_parcel(parcel, parcel_id, envelope.body, now, at, bearer)
        before = parcel.version if parcel else 0
        receipt, done = envelope.stored(before), envelope.done
        if not decision.events:
            return Commit(envelope.subject, now, before, processed=receipt, acknowledges=done)
        old = parcel_pending_work(parcel, self.rules) if parcel else {}
        new = parcel_pending_work(decision.parcel, self.rules)
        what = envelope.subject, before + 1, now, envelope.actor, envelope.cause
        return Commit(
            envelope.subject,
            now,
            before,
            parcel=decision.parcel,
            entry=Entry(*what, decision.events),
            pending_work=tuple(new[key] for key in new if key not in old),
            withdrawn=tuple(no_longer_pending(old, new)),
            messages=decision.messages,
            references=decision.references,
            processed=receipt,
            acknowledges=done,
            watches=tuple(self._told_of(envelope)),
        )
