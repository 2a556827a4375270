"""What each document says of an order, as facts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from itertools import groupby
from re import split as split_text

from orderflow.documents.facts import (
    Item,
    PackingSlip,
    PickLine,
    PickList,
    PurchaseOrder,
    ReturnLabel,
    ShippingLabel,
)
from orderflow.model.ledger import Bucket
from orderflow.model.order import Order

__all__ = ["Bins", "label_of", "pick_list_of", "purchase_order_of", "return_of", "slip_of"]

Bins = Callable[[str, str], str]
"""Where a SKU lies at a location: ``bins(sku, location)``; empty where nobody knows."""
_TO_COME = (Bucket.OPEN, Bucket.BACKORDERED, Bucket.ALLOCATED, Bucket.PICKED, Bucket.PACKED)


def _language(order: Order) -> str:
    """The customer's language."""
    customer = order.document.customer
    return customer.language if customer else "en"


def slip_of(order: Order, parcel: str, sscc: str = "") -> PackingSlip:
    """The packing slip of an order's units in a parcel. A gift shows no prices."""
    document = order.document
    gift = bool(document.gift_message or order.attributes.get("gift"))
    inside = order.units(*Bucket, parcel=parcel)
    waiting = order.units(*_TO_COME)
    there = order.units(*_TO_COME, parcel=parcel)
    rest = {line: units - there.get(line, 0) for line, units in waiting.items()}
    rest = {line: n for line, n in rest.items() if n and order.state.lines[line].ships}
    return PackingSlip(
        order=order.id,
        parcel=parcel,
        date=order.state.placed_at.date(),
        language=_language(order),
        currency=document.currency,
        items=_items(order, inside, lambda line: None if gift else _price(order, line)),
        following=_items(order, rest, lambda _line: None),
        ship_to=document.ship_to,
        gift_message=document.gift_message,
        sscc=sscc,
        tracking_number=order.state.parcels[parcel].tracking_number,
    )


def label_of(order: Order, parcel: str, sscc: str = "") -> ShippingLabel:
    """The shipping label of a parcel."""
    view = order.state.parcels[parcel]
    inside = order.units(*Bucket, parcel=parcel)
    weights = {line.id: line.item.weight_g or 0 for line in order.lines}
    return ShippingLabel(
        order=order.id,
        parcel=parcel,
        ship_to=order.document.ship_to,
        carrier=view.carrier,
        tracking_number=view.tracking_number,
        weight_g=sum(weights[line] * units for line, units in inside.items()),
        sscc=sscc,
        language=_language(order),
    )


def pick_list_of(
    number: str, day: date, work: Iterable[tuple[Order, str]], bins: Bins, language: str
) -> PickList:
    """What these fulfillment orders still need, as one walk: by location, bin and SKU."""
    found = []
    for order, fo in work:
        location = order.fulfillment_orders[fo].location
        for line_id, units in order.units(Bucket.ALLOCATED, fo=fo).items():
            line = order.line(line_id)
            found.append((location, bins(line.sku, location), line.sku, line.name, fo, units))
    found.sort(key=lambda row: (row[0], _natural(row[1]), row[2], row[4]))
    lines = []
    for (location, place, sku), group in groupby(found, key=lambda row: row[:3]):
        rows = list(group)
        units_of = dict.fromkeys((row[4] for row in rows), 0)
        for *_, fo, units in rows:
            units_of[fo] += units
        lines.append(PickLine(location, place, sku, rows[0][3], units_of))
    return PickList(number, day, tuple(lines), language)


def purchase_order_of(order: Order, fo: str, supplier: str, language: str) -> PurchaseOrder:
    """The purchase order of a fulfillment order that another party does."""
    given, document = order.fulfillment_orders[fo], order.document
    units = order.units(Bucket.ALLOCATED, fo=fo)
    return PurchaseOrder(
        number=fo,
        date=given.since.date(),
        supplier=supplier,
        currency=document.currency,
        items=_items(order, units, given.costs.get),
        ship_to=document.ship_to,
        gift_message=document.gift_message,
        language=language,
    )


def return_of(order: Order, rma: str) -> ReturnLabel:
    """The return label of a return."""
    found = order.state.returns[rma]
    return ReturnLabel(
        rma=rma,
        order=order.id,
        date=found.since.date(),
        language=_language(order),
        items=_items(order, found.lines, lambda _line: None),
        sent_by=order.document.ship_to,
    )


def _items(
    order: Order, units: Mapping[str, int], price: Callable[[str], Decimal | None]
) -> tuple[Item, ...]:
    """Items in the order of the lines."""
    return tuple(
        Item(line.sku, units[line.id], line.name, price(line.id))
        for line in order.lines
        if units.get(line.id)
    )


def _price(order: Order, line: str) -> Decimal | None:
    return order.line(line).unit_price or None


def _natural(text: str) -> list[tuple[int, int | str]]:
    """How people sort: A-9 before A-10."""
    return [
        (0, int(part)) if part.isdecimal() else (1, part) for part in split_text(r"(\d+)", text)
    ]
