"""Builds the values of each document from an order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from itertools import groupby
from re import split as split_text

from orderflow.documents.values import (
    DocumentLine,
    PackingSlip,
    PickLine,
    PickList,
    PurchaseOrder,
    ReturnLabel,
    ShippingLabel,
)
from orderflow.model.ledger import Bucket
from orderflow.model.order import Order

__all__ = [
    "Bins",
    "Units",
    "label_of",
    "pick_list_of",
    "purchase_order_of",
    "return_of",
    "slip_of",
    "units_of",
]

Bins = Callable[[str, str], str]
"""The bin of a SKU at a location: ``bins(sku, location)``; empty where it is unknown."""
Units = Mapping[str, int]
"""Units per line."""
_TO_COME = (Bucket.OPEN, Bucket.BACKORDERED, Bucket.ALLOCATED, Bucket.PICKED, Bucket.PACKED)


def _language(order: Order) -> str:
    """The customer's language."""
    customer = order.document.customer
    return customer.language if customer else "en"


def units_of(order: Order, kind: str, subject: str) -> dict[str, Units]:
    """The units of a document as they are now, for the effect that prints it later."""
    match kind:
        case "label" | "packing-slip":
            waiting = order.units(*_TO_COME)
            there = order.units(*_TO_COME, parcel=subject)
            rest = {line: units - there.get(line, 0) for line, units in waiting.items()}
            rest = {line: n for line, n in rest.items() if n and order.state.lines[line].ships}
            return {"units": order.units(*Bucket, parcel=subject), "following": rest}
        case "pick-list" | "purchase-order":
            return {"units": order.units(Bucket.ALLOCATED, fo=subject)}
    return {}


def slip_of(
    order: Order, parcel: str, units: Units, following: Units, sscc: str = ""
) -> PackingSlip:
    """The packing slip of an order's units in a parcel. A gift shows no prices."""
    document = order.document
    gift = bool(document.gift_message or order.attributes.get("gift"))
    return PackingSlip(
        order=order.id,
        parcel=parcel,
        date=order.state.placed_at.date(),
        language=_language(order),
        currency=document.currency,
        items=_items(order, units, lambda line: None if gift else _price(order, line)),
        following=_items(order, following, lambda _line: None),
        ship_to=document.ship_to,
        gift_message=document.gift_message,
        sscc=sscc,
        tracking_number=order.state.parcels[parcel].tracking_number,
    )


def label_of(order: Order, parcel: str, units: Units, sscc: str = "") -> ShippingLabel:
    """The shipping label of a parcel."""
    view = order.state.parcels[parcel]
    weights = {line.id: line.item.weight_g or 0 for line in order.lines}
    return ShippingLabel(
        order=order.id,
        parcel=parcel,
        ship_to=order.document.ship_to,
        carrier=view.carrier,
        tracking_number=view.tracking_number,
        weight_g=sum(weights[line] * count for line, count in units.items()),
        sscc=sscc,
        language=_language(order),
    )


def pick_list_of(
    number: str, day: date, work: Iterable[tuple[Order, str, Units]], bins: Bins, language: str
) -> PickList:
    """The pick list of fulfillment orders as one pick tour: by location, bin and SKU."""
    found = []
    for order, fo, units in work:
        location = order.fulfillment_orders[fo].location
        for line_id, count in units.items():
            line = order.line(line_id)
            found.append((location, bins(line.sku, location), line.sku, line.name, fo, count))
    found.sort(key=lambda row: (row[0], _natural(row[1]), row[2], row[4]))
    lines = []
    for (location, place, sku), group in groupby(found, key=lambda row: row[:3]):
        rows = list(group)
        needed = dict.fromkeys((row[4] for row in rows), 0)
        for *_, fo, count in rows:
            needed[fo] += count
        lines.append(PickLine(location, place, sku, rows[0][3], needed))
    return PickList(number, day, tuple(lines), language)


def purchase_order_of(
    order: Order, fo: str, units: Units, supplier: str, language: str
) -> PurchaseOrder:
    """The purchase order of a partner's fulfillment order."""
    given, document = order.fulfillment_orders[fo], order.document
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
    order: Order, units: Units, price: Callable[[str], Decimal | None]
) -> tuple[DocumentLine, ...]:
    """The items, in the order of the lines."""
    return tuple(
        DocumentLine(line.sku, units[line.id], line.name, price(line.id))
        for line in order.lines
        if units.get(line.id)
    )


def _price(order: Order, line: str) -> Decimal | None:
    return order.line(line).unit_price or None


def _natural(text: str) -> list[tuple[int, int | str]]:
    """A key for natural sorting: A-9 before A-10."""
    return [
        (0, int(part)) if part.isdecimal() else (1, part) for part in split_text(r"(\d+)", text)
    ]
