"""The amount due for the units that a customer keeps, in minor units."""

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
    """The amount due: the price of units neither cancelled nor accepted back, in minor units.

    A line's amount and tax, times the share of its units that are kept, rounded half up: several
    refunds of a line add up to it exactly. Charges are due as long as any unit is.
    """
    if is_due_in_full(order):
        return order.document.total.minor
    kept = _by_line(order, _kept(order))
    if order.lines and not kept:
        return 0
    return _price(order, kept)


def worth_of(order: Order, units: Mapping[str, int]) -> int:
    """The part of the amount due for these units, as far as they are kept, in minor units."""
    kept, without = _by_line(order, _kept(order)), Counter[str]()
    for line, n in units.items():
        without[order.state.lines[line].substitutes or line] += n
    left = kept - without
    return _price(order, kept) - (_price(order, left) if left else 0)


def is_due_in_full(order: Order) -> bool:
    """Whether the document's total is due: no unit is cancelled or returned."""
    return _LESS.isdisjoint(order.ledger.totals())


def _kept(order: Order) -> Iterator[tuple[Slot, int]]:
    """The slots of units neither cancelled nor accepted back, and their units."""
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
    """Units per line of the document, with those of its substitutes."""
    units: Counter[str] = Counter()
    for slot, n in kept:
        units[order.state.lines[slot.line].substitutes or slot.line] += n
    return +units


def cash_to_collect(order: Order, parcel: str) -> int:
    """The cash on delivery that a parcel's carrier collects for an order, in minor units.

    The price of its goods, and with the first parcel the charges, less what was paid before. The
    sum over all parcels is the amount due: nothing is collected for goods that came back, or that
    will not arrive.
    """
    if order.state.terms != Terms.CASH_ON_DELIVERY:
        return 0
    parcels = list(order.state.parcels)
    before = parcels[: parcels.index(parcel)]
    paid = order.state.payments.net_captured
    up_to = max(0, _worth(order, [*before, parcel]) - paid)
    return up_to - max(0, _worth(order, before) - paid)


def _worth(order: Order, parcels: Collection[str]) -> int:
    """The price of kept units that arrive in parcels, with the charges if there are any."""
    arrives = (
        (slot, units)
        for slot, units in _kept(order)
        if slot.parcel in parcels and slot.bucket not in _ASTRAY
    )
    units = _by_line(order, arrives)
    return _price(order, units) if units else 0


def _price(order: Order, units: Counter[str]) -> int:
    """The price of units of the document's lines, with the charges."""
    document = order.document
    goods = sum(
        share((line.amount or 0) + line.tax, units[line.id], line.quantity)
        for line in document.lines
    )
    return goods + sum(charge.amount + charge.tax for charge in document.charges)
