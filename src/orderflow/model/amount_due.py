"""What a customer owes for what is kept, to the minor unit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping

from orderflow.model.document import Terms
from orderflow.model.ledger import Bucket, Slot
from orderflow.model.order import Order
from orderflow.model.phases import ReturnPhase
from orderflow.money import share

__all__ = ["amount_due", "cash_to_collect", "is_due_in_full", "worth_of"]

_GONE = (Bucket.CANCELLED, Bucket.SUBSTITUTED)
_ASTRAY = (Bucket.LOST, Bucket.RETURNING_UNDELIVERED, Bucket.RETURNED_UNDELIVERED)
_LESS = frozenset({*_GONE, Bucket.RETURNED})


def amount_due(order: Order) -> int:
    """What the customer owes for the units that are not cancelled or returned: minor units.

    A line's amount and tax, times the share of its units that are kept, rounded half up: what
    several refunds give back adds up to the line exactly. Charges are owed as long as any unit is.
    """
    if is_due_in_full(order):
        return order.document.total.minor
    kept = _by_line(order, _kept(order))
    if order.lines and not kept:
        return 0
    return _price(order, kept)


def worth_of(order: Order, units: Mapping[str, int]) -> int:
    """What would be owed less without these units of its lines, of those that are kept."""
    kept, without = _by_line(order, _kept(order)), Counter[str]()
    for line, n in units.items():
        without[order.state.lines[line].substitutes or line] += n
    left = kept - without
    return _price(order, kept) - (_price(order, left) if left else 0)


def is_due_in_full(order: Order) -> bool:
    """Whether nothing of it is cancelled or returned: its document's total is owed."""
    return _LESS.isdisjoint(order.ledger.totals())


def _kept(order: Order) -> Iterator[tuple[Slot, int]]:
    """The units that are neither cancelled nor accepted back, and where they stand."""
    state = order.state
    accepted = {
        rma.id: Counter(rma.rejected)
        for rma in state.returns.values()
        if rma.phase is ReturnPhase.CLOSED
    }
    for slot, units in state.ledger.items():
        if slot.bucket is Bucket.RETURNED and slot.rma in accepted:
            rejected = min(units, accepted[slot.rma][slot.line])
            accepted[slot.rma][slot.line] -= rejected
            yield slot, rejected
        elif slot.bucket not in _GONE:
            yield slot, units


def _by_line(order: Order, kept: Iterable[tuple[Slot, int]]) -> Counter[str]:
    """Units per line of the document, those of its substitutes among them."""
    units: Counter[str] = Counter()
    for slot, n in kept:
        units[order.state.lines[slot.line].substitutes or slot.line] += n
    return +units


def cash_to_collect(order: Order, parcel: str) -> int:
    """What a parcel's carrier collects of an order that is paid on delivery: minor units.

    Its goods, and with the first parcel the charges; less what was paid before. What the carriers
    of all parcels collect adds up to what is owed: goods that came back, or that will not arrive,
    are collected by nobody.
    """
    if order.state.terms != Terms.CASH_ON_DELIVERY:
        return 0
    parcels = list(order.state.parcels)
    before = parcels[: parcels.index(parcel)]
    paid = order.state.payments.net_captured
    up_to = max(0, _worth(order, [*before, parcel]) - paid)
    return up_to - max(0, _worth(order, before) - paid)


def _worth(order: Order, parcels: Collection[str]) -> int:
    """The price of what arrives in parcels and is kept, with the charges where anything is."""
    arrives = (
        (slot, units)
        for slot, units in _kept(order)
        if slot.parcel in parcels and slot.bucket not in _ASTRAY
    )
    units = _by_line(order, arrives)
    return _price(order, units) if units else 0


def _price(order: Order, units: Counter[str]) -> int:
    """What units of the document's lines cost, and its charges."""
    document = order.document
    goods = sum(
        share((line.amount or 0) + line.tax, units[line.id], line.quantity)
        for line in document.lines
    )
    return goods + sum(charge.amount + charge.tax for charge in document.charges)
