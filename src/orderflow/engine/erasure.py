"""Erases a person's data, so that journals still fold and figures still add up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

import attrs

from orderflow.engine.anonymization import BLANK, ERASED, anonymous, is_blank, is_forgotten
from orderflow.engine.kept_facts import erase_kept_facts, kept_facts
from orderflow.engine.person_names import naming
from orderflow.engine.pipeline.handle import Handler
from orderflow.engine.retention import Retainer, person_of
from orderflow.errors import InvalidInput, NotFound, Problem, raised
from orderflow.kernel.decision.hooks import SYSTEM_ACTOR
from orderflow.model.document import NewOrder
from orderflow.model.events import Entry, Event, PartnerReferenceSet
from orderflow.model.folds.fold import fold
from orderflow.model.folds.parcel import fold_parcel
from orderflow.model.ledger import SETTLED
from orderflow.model.order import Order
from orderflow.model.parcel import Parcel, Scan
from orderflow.model.pseudonym import ALIAS, pseudonym, without_hold_ids
from orderflow.model.work import LeasedRow, Timer
from orderflow.ports import Commit, DocumentStore, Kept, OrderQuery, TaskQuery
from orderflow.text import legible_log

__all__ = ["PERSONAL", "Eraser", "Erasure"]

_LOG = legible_log()
_CODE = re.compile(r"[a-z][a-z0-9_.:-]*")
_AGAIN, _QUIET = timedelta(days=1), timedelta(days=7)
"""Until a worker looks again: after it erased something, and after it found nothing."""
_OF_CUSTOMER, _OF_ORDER, _OF_LAW = "forget:", "forget-order:", "restricted:"
_STANDS = "forgotten:"
PERSONAL = (_OF_CUSTOMER, _OF_ORDER, _OF_LAW, _STANDS)
"""Prefixes of the owners of erasure timers; such an owner may name a person."""
_THEIRS = frozenset({"reference", "lot", "serial"})
"""Event fields with references chosen by others, which may contain a person's name."""
_OWN = (SYSTEM_ACTOR, "outside")
"""Actors that are no persons: the program, and the sender of observations."""
_PARTIES = (PartnerReferenceSet,)
"""Partners' own references stay: later messages need them."""


@attrs.frozen
class Erasure:
    """The result of an erasure.

    Attributes:
        erased: Orders without personal data; their person is unknown now.
        waiting: Orders that are still open.
        kept: Retained data of the others, and until when; only auditors can read it.
    """

    erased: tuple[str, ...]
    waiting: tuple[str, ...]
    kept: tuple[Kept, ...] = ()


class Eraser:
    """Erases a person's orders and their documents; open orders when they end."""

    def __init__(self, handler: Handler, documents: DocumentStore | None) -> None:
        self._handler, self._store, self._documents = handler, handler.store, documents
        self.retainer = Retainer(handler, documents)

    def erase(self, customer: str) -> Erasure:
        """Erase orders that ended; a timer is set for the open ones.

        The timer's owner is ``forget:`` and the customer; a worker retries each day, without limit.
        A failed order stops no other; the first error is raised at the end.
        """
        if not customer:
            what = "the id of a customer is expected; orders without one are forgotten one by one"
            raise InvalidInput("forget", [Problem("customer", customer, what)])
        names = list(self._orders(customer))
        return self._forget(f"{_OF_CUSTOMER}{customer}", names, pseudonym(customer))

    def erase_order(self, name: str) -> Erasure:
        """Erase the person of one order; the owner of its timer is ``forget-order:`` and its id."""
        order = self._store.order(name)
        if order is None:
            raise NotFound(f"there is no order {name}")
        return self._forget(f"{_OF_ORDER}{name}", [name], person_of(order), only=name)

    def fired(self, row: LeasedRow) -> None:
        """Continue an erasure: a timer of an owner in :data:`PERSONAL` fired."""
        if row.owner.startswith(_OF_CUSTOMER):
            self.erase(row.owner.removeprefix(_OF_CUSTOMER))
        elif row.owner.startswith(_OF_ORDER):
            self.erase_order(row.owner.removeprefix(_OF_ORDER))
        elif row.owner.startswith(_STANDS):
            self._erase(row.owner.removeprefix(_STANDS), self._alias())
        else:
            self._store.lift(row.key)

    def _alias(self) -> str:
        return f"{ALIAS}{self._handler.ids.new('person')}"

    def _forget(self, owner: str, names: list[str], person: str, only: str = "") -> Erasure:
        alias = self._alias()
        found: dict[str, bool] = {}
        errors: list[BaseException] = []
        for name in names:
            try:
                found[name] = self._erase(name, alias)
            except raised() as error:  # such as a document store that is unreachable today
                found[name] = False
                errors.append(error)
                _LOG.warning("%s is not erased today: %s", name, type(error).__name__)
        whose = {"order": only} if only else {"person": person}
        kept = tuple(each.kept for each in self._store.restricted(**whose))
        forgotten = Erasure(
            tuple(n for n, erased in found.items() if erased and n not in {k.order for k in kept}),
            tuple(name for name, erased in found.items() if not erased),
            kept,
        )
        self._wait(owner, forgotten)
        if errors:
            raise errors[0]
        return forgotten

    def _erase(self, name: str, alias: str) -> bool:
        """Erase an order with its documents; False where something of it is open.

        Retained data is put aside first, complete: a process that dies in between starts again. A
        timer then looks for later arrivals, such as a scan; its owner is ``forgotten:`` and the
        order's id, and names no person.
        """
        order = self._store.orders_by_id([name])[name]
        if self._open(order):
            if is_forgotten(order):
                self._look_again(name, _AGAIN)
            return False
        entries = self._journals(order)
        if is_forgotten(order) and not self._came(order, entries):
            self._look_again(name, _QUIET)
            return True
        self._look_again(name, _AGAIN)
        self.retainer.restrict(order, entries)
        if self._documents is not None:
            self._documents.erase(name)  # first: afterwards nobody knows whose they were
        if not self._store.rewrite_history(*_without(order, entries, alias)):
            return False
        erase_kept_facts(self._store, order, self._handler.clock.now())
        return True

    def _came(self, order: Order, entries: Iterable[Entry]) -> bool:
        """Whether anything arrived for an order since its person was erased."""
        return (
            not all(map(is_blank, entries))
            or order.document != anonymous(order.document, order.state.customer)
            or (self._documents is not None and bool(self._documents.filed(order.id)))
            or bool(kept_facts(self._store, order))
        )

    def _journals(self, order: Order) -> list[Entry]:
        """The journal entries of an order and of its parcels."""
        owners = (f"order:{order.id}", *(f"parcel:{view}" for view in order.state.parcels))
        return [entry for owner in owners for entry in self._store.journal(owner)]

    def _wait(self, owner: str, forgotten: Erasure) -> None:
        """Replace the erasure's timer by a new one; by none where nothing is pending."""
        if not forgotten.waiting:
            self._store.purge(owner)
            return
        now, before = self._handler.clock.now(), self._store.open_rows(owner)
        # A new key, so that attempts are not counted from one day to the next.
        again = Timer(f"{owner}:{now.isoformat()}", "forget", owner, now + _AGAIN)
        old = tuple(row.key for row in before)
        self._store.commit(Commit(owner, now, pending_work=(again,), withdrawn=old))

    def _look_again(self, name: str, after: timedelta) -> None:
        """Replace the timer that looks for later arrivals; an erased order always has one."""
        owner, due = f"{_STANDS}{name}", self._handler.clock.now() + after
        before = self._store.open_rows(owner)
        again = Timer(f"{owner}:{due.isoformat()}", "forget", owner, due)
        self._store.commit(Commit(owner, self._handler.clock.now(), pending_work=(again,)))
        for row in before:
            if row.key != again.key:
                self._store.lift(row.key)

    def _orders(self, customer: str) -> Iterator[str]:
        query = OrderQuery(customer=customer)
        while page := self._store.order_ids(query):
            yield from page
            query = attrs.evolve(query, after=page[-1])

    def _open(self, order: Order) -> bool:
        """Whether anything of an order, or of one of its parcels, is still pending."""
        owners = [f"order:{order.id}", *(f"parcel:{view}" for view in order.state.parcels)]
        return (
            not order.state.phase.final
            or not SETTLED.issuperset(order.ledger.totals())
            or any(self._store.open_rows(owner) for owner in owners)
            or any(self._store.tasks(TaskQuery(owner=owner, limit=1)) for owner in owners)
        )


def _without(
    order: Order, entries: list[Entry], alias: str
) -> tuple[Order, list[Parcel], list[Entry]]:
    """The order, its parcels and their journals without the person."""
    person = _Person(order, alias, entries)
    told: dict[str, list[Entry]] = {}
    for entry in map(person.blank, entries):
        told.setdefault(entry.subject, []).append(entry)
    own = told[f"order:{order.id}"]
    document = person.without_codes(anonymous(order.document, alias))
    after = Order(document, fold(own, order.id))
    parcels = [
        fold_parcel(of, subject.removeprefix("parcel:"))
        for subject, of in told.items()
        if of is not own
    ]
    return after, parcels, [entry for of in told.values() for entry in of]


class _Person:
    """The texts that identify a customer, and journal entries without them.

    A person who was erased before has no name any more: all that arrived since counts as theirs,
    except the program's own texts and the references that were known before.
    """

    def __init__(self, order: Order, alias: str, entries: Iterable[Entry]) -> None:
        owners = [f"order:{order.id}", *(f"parcel:{parcel}" for parcel in order.state.parcels)]
        self._senders = [f"{scope}/" for scope in (order.id, *owners)]
        self._alias, self._nameless = alias, is_forgotten(order)
        self._names = naming(order)
        before = (event for entry in entries if is_blank(entry) for event in entry.events)
        self._known = {getattr(event, "reference", "") for event in before}

    def _is_theirs(self, text: str, entry: Entry) -> bool:
        """Whether an entry's name is the person's, or may be."""
        if self._nameless and not is_blank(entry) and text not in {*_OWN, *self._known}:
            return True
        return self._names.search(text) is not None

    def _is_code(self, text: str, entry: Entry) -> bool:
        """Whether a text is a code without personal data; a person's id may look like one."""
        sent = entry.cause.startswith(tuple(self._senders))  # by anyone: the actor may be unknown
        own = entry.actor == SYSTEM_ACTOR and not sent and self._names.search(text) is None
        return _CODE.fullmatch(text) is not None and (own or not self._is_theirs(text, entry))

    def without_codes(self, document: NewOrder) -> NewOrder:
        """The document, with a pseudonym for each charge code that names the person."""
        charges = (
            charge.model_copy(update={"code": pseudonym(charge.code)})
            if self._names.search(charge.code)
            else charge
            for charge in document.charges
        )
        return document.model_copy(update={"charges": tuple(charges)})

    def blank(self, entry: Entry) -> Entry:
        """The entry without the person, free text and ids of commands."""
        of = next(filter(entry.cause.startswith, self._senders), "")
        sent = of + pseudonym(entry.cause.removeprefix(of))
        return attrs.evolve(
            entry,
            actor=self._alias if self._is_theirs(entry.actor, entry) else entry.actor,
            cause=sent if of else without_hold_ids(entry.cause),
            facts=BLANK,
            events=tuple(self._event(event, entry) for event in entry.events),
        )

    def _event(self, event: Event, entry: Entry) -> Event:
        """The event without free text; codes stay."""
        if isinstance(event, _PARTIES):
            return event
        fields = attrs.fields(type(event))  # type: ignore[arg-type]  # each kind is attrs'
        told = {field.name: getattr(event, field.name) for field in fields}
        return attrs.evolve(  # type: ignore[misc]
            event, **{name: self._value(name, value, entry) for name, value in told.items()}
        )

    def _value(self, name: str, value: Any, entry: Entry) -> Any:
        match name, value:
            case "customer", _:
                return self._alias
            case "reason" | "text", str() if value and not self._is_code(value, entry):
                return ERASED
            case "key" | "task" | "of", str():
                return without_hold_ids(value)
            case "by", str() if self._is_theirs(value, entry):
                return self._alias
            case _, str() if name in _THEIRS and value and self._is_theirs(value, entry):
                return pseudonym(value)
            case "hold" | "scan", str():
                return pseudonym(value)
            case _, Scan():
                return attrs.evolve(value, id=pseudonym(value.id), code="", place="")
        return value
