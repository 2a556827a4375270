"""An order's document and references, compared with its state and journal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import attrs

from orderflow.engine.pipeline.envelope import digest
from orderflow.kernel.decide import references
from orderflow.model.commands import PlaceOrder, SaveDraft
from orderflow.model.events import (
    AddressChanged,
    LineAdded,
    OrderCreated,
    ParcelLabeled,
    PlacedLine,
    PromiseChanged,
    QuantityRaised,
)
from orderflow.model.order import Order
from orderflow.model.pseudonym import pseudonym
from orderflow.ports import Store

__all__ = ["document_matches_journal", "is_as_given", "names_of", "wrong_references"]


def document_matches_journal(store: Store, order: Order) -> bool:
    """Whether document and journal agree on lines, terms and total.

    The total is compared unless units were added later.
    """
    document, state = order.document, order.state
    placed: dict[str, PlacedLine] = {}
    raised: Counter[str] = Counter()
    totals: set[int] = set()
    grown = False
    for event in (event for e in store.journal(f"order:{order.id}") for event in e.events):
        match event:
            case OrderCreated(total=total, lines=lines):
                totals.add(total)
                placed |= {line.id: line for line in lines}
            case LineAdded(line=line):
                placed[line.id], grown = line, True
            case QuantityRaised(line=name, quantity=units):
                raised[name] += units  # a substitute's units are raised on it, too
                grown = True
    told = {
        name: attrs.evolve(line, quantity=line.quantity + raised[name])
        for name, line in placed.items()
    }
    customer = document.customer.id if document.customer else ""
    return (
        {line.id: PlacedLine.of(line) for line in document.lines} == told
        and (document.channel, customer, document.currency, document.terms)
        == (state.channel, state.customer, state.currency, state.terms)
        and (grown or totals == {document.total.minor})
    )


def is_as_given(store: Store, order: Order) -> bool:
    """Whether the document is the one that was placed, by its processed message.

    True also where that is unknown: placed without an id, edited, or erased.
    """
    told = list(store.journal(f"order:{order.id}"))
    if not told or any(isinstance(e, _REVISING) for entry in told for e in entry.events):
        return True
    scope, message = f"{order.id}/", told[0].cause
    receipt = store.processed(f"channel:{order.state.channel}", message.removeprefix(scope))
    if receipt is None or pseudonym(receipt.id) == receipt.id:
        return True
    return any(
        digest(kind(order=document).to(by=told[0].actor).content()) == receipt.digest
        for document in (order.document, order.document.model_copy(update={"number": None}))
        for kind in (PlaceOrder, SaveDraft)
    )


_REVISING = (LineAdded, QuantityRaised, AddressChanged, PromiseChanged)


def wrong_references(store: Store, order: Order) -> Iterator[tuple[str, str, str | None]]:
    """References that resolve to the wrong subject: (subject, reference, found)."""
    for subject in (f"order:{order.id}", *(f"parcel:{view}" for view in order.state.parcels)):
        for name in sorted(names_of(store, subject)):
            found = store.resolve(name)
            if found != subject and (found is None or name not in names_of(store, found)):
                yield subject, name, found


def names_of(store: Store, subject: str) -> set[str]:
    """The references of an order or parcel, by its journal."""
    name = subject.partition(":")[2]
    events = [event for entry in store.journal(subject) for event in entry.events]
    numbers = {event.tracking_number for event in events if isinstance(event, ParcelLabeled)}
    return {*references(name, events), *(f"tracking:{number}" for number in numbers)}
