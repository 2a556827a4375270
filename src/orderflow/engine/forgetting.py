"""Forgetting a person: what is theirs is erased, and what must add up still does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import attrs

from orderflow.engine.handling import Handler
from orderflow.errors import InvalidInput, Problem
from orderflow.kernel.evolve import fold
from orderflow.model.document import PERSONAL_FIELDS, Customer, NewOrder
from orderflow.model.events import Entry, Event
from orderflow.model.ledger import SETTLED
from orderflow.model.order import Order
from orderflow.model.work import Timer
from orderflow.ports import Commit, DocumentStore, OrderQuery, TaskQuery

__all__ = ["Forgetter", "Forgotten"]

ERASED = "erased"
_CODE = re.compile(r"[a-z][a-z0-9_.:-]*")
_AGAIN = timedelta(days=1)


@attrs.frozen
class Forgotten:
    """What became of the wish to be forgotten: orders erased, and orders that are still open."""

    erased: tuple[str, ...]
    waiting: tuple[str, ...]


class Forgetter:
    """Erases a person's orders and their documents, those that are open as soon as they are not."""

    def __init__(self, handler: Handler, documents: DocumentStore | None) -> None:
        self._handler, self._store, self._documents = handler, handler.store, documents

    def forget(self, customer: str) -> Forgotten:
        """Erase what is over; while something is open a timer stands for the rest.

        The timer's owner is ``forget:`` and the customer; a worker tries again each day.
        """
        if not customer:
            what = "the id of a customer is expected; orders without one are nobody's"
            raise InvalidInput("forget", [Problem("customer", customer, what)])
        alias = f"forgotten-{self._handler.ids.new('person')}"
        erased, waiting = [], []
        for order in list(self._orders(customer)):
            over = not self._open(order)
            if over and self._documents is not None:
                self._documents.erase(order.id)  # first: after the other nobody knows whose it was
            if over and self._store.rewrite(*self._without(order, alias), order.version):
                erased.append(order.id)
            else:
                waiting.append(order.id)
        owner, now = f"forget:{customer}", self._handler.clock.now()
        again = Timer(owner, "forget", owner, now + _AGAIN)
        self._store.strike(owner)
        if waiting:
            self._store.commit(Commit(owner, now, wanted=(again,)))
        return Forgotten(tuple(erased), tuple(waiting))

    def _orders(self, customer: str) -> Iterator[Order]:
        query = OrderQuery(customer=customer)
        while page := self._store.orders(query):
            found = self._store.load(page)
            yield from (found[order] for order in page)
            query = attrs.evolve(query, after=page[-1])

    def _open(self, order: Order) -> bool:
        """Whether anything is still to be done for an order, or in a parcel of its."""
        owners = [f"order:{order.id}", *(f"parcel:{view}" for view in order.state.parcels)]
        return (
            not order.state.phase.final
            or not SETTLED.issuperset(order.ledger.totals())
            or any(self._store.pending(owner) for owner in owners)
            or any(self._store.tasks(TaskQuery(owner=owner, limit=1)) for owner in owners)
        )

    def _without(self, order: Order, alias: str) -> tuple[Order, list[Entry]]:
        """The order and its journal without the person."""
        customer = order.state.customer
        entries = [
            attrs.evolve(
                entry,
                actor=alias if entry.actor == customer else entry.actor,
                facts={},
                events=tuple(_blank(event, alias) for event in entry.events),
            )
            for entry in self._store.journal(f"order:{order.id}")
        ]
        return Order(_anonymous(order.document, alias), fold(entries, order.id)), entries


def _anonymous(document: NewOrder, alias: str) -> NewOrder:
    """What was ordered, without who ordered it and what the application or a person wrote."""
    blank: dict[str, Any] = {
        name: NewOrder.model_fields[name].get_default(call_default_factory=True)
        for name in PERSONAL_FIELDS
    }
    lines = [
        line.model_copy(update={"attributes": _texts_erased(line.attributes)})
        for line in document.lines
    ]
    blank |= {"lines": tuple(lines), "attributes": _texts_erased(document.attributes)}
    return document.model_copy(update=blank | {"customer": Customer(id=alias)})


def _blank(event: Event, alias: str) -> Event:
    """The event without free text; codes stay."""
    change: dict[str, Any] = {}
    for field in attrs.fields(type(event)):  # type: ignore[arg-type]  # each kind is attrs'
        value = getattr(event, field.name)
        if field.name == "customer":
            change["customer"] = alias
        elif field.name in ("reason", "text") and value and not _CODE.fullmatch(value):
            change[field.name] = ERASED
    return attrs.evolve(event, **change) if change else event  # type: ignore[misc]


def _texts_erased(data: Any) -> Any:
    """The same shape, each text replaced."""
    if isinstance(data, str):
        return ERASED
    if isinstance(data, Mapping):
        return {key: _texts_erased(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_texts_erased(value) for value in data]
    return data
