"""What stands beside an order, compared with what its state and its journal say must be there."""

from __future__ import annotations

from collections.abc import Iterator

from orderflow.kernel.decide import references
from orderflow.model.events import ParcelLabelled, PlacedLine
from orderflow.model.order import Order
from orderflow.ports import Store

__all__ = ["is_worked_as_ordered", "wrong_names"]


def is_worked_as_ordered(order: Order) -> bool:
    """Whether the document tells what the order is worked by: lines, who, and for how much."""
    document, state = order.document, order.state
    ordered = {line.id: PlacedLine.of(line) for line in document.lines}
    worked = {
        name: PlacedLine(
            name, line.sku, line.ordered, line.stocked, line.ships, line.not_before, line.asks
        )
        for name, line in state.lines.items()
        if not line.substitutes
    }
    customer = document.customer.id if document.customer else ""
    told = document.channel, customer, document.currency, document.total.minor, document.terms
    known = state.channel, state.customer, state.currency, state.payments.total, state.terms
    return (ordered, told) == (worked, known)


def wrong_names(store: Store, order: Order) -> Iterator[tuple[str, str, str | None]]:
    """Subject, name, and who is found by it: neither the subject nor another of that name."""
    for subject in (f"order:{order.id}", *(f"parcel:{view}" for view in order.state.parcels)):
        for name in sorted(_names(store, subject)):
            found = store.find(name)
            if found != subject and (found is None or name not in _names(store, found)):
                yield subject, name, found


def _names(store: Store, subject: str) -> set[str]:
    """The references that a journal gave its order or parcel."""
    name = subject.partition(":")[2]
    events = [event for entry in store.journal(subject) for event in entry.events]
    numbers = {event.tracking_number for event in events if isinstance(event, ParcelLabelled)}
    return {*references(name, events), *(f"tracking:{number}" for number in numbers)}
