"""The documents on sheets: packing slip, pick list, purchase order, return label."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from itertools import starmap

import attrs

from orderflow.documents.flow import MARGIN, Column, Flow
from orderflow.documents.sheet import Sheet, draw_pdf
from orderflow.documents.values import (
    DocumentLine,
    PackingSlip,
    PickLine,
    PickList,
    PurchaseOrder,
    ReturnLabel,
    Style,
)
from orderflow.documents.words import Language, address_lines
from orderflow.model.document import Address
from orderflow.money import EXACTLY

__all__ = ["packing_slip", "pick_list", "purchase_order", "return_label"]

_CUT_OUT = 300.0
_ROW = 20
"""The most fulfillment orders in one row of a pick list."""


@attrs.frozen
class _Head:
    """The head of a document: the key of its title, number, further fields, an address."""

    words: str
    number: str
    told: dict[str, str]
    to: tuple[str, Address | None] | None = None

    @property
    def height(self) -> float:
        """The height in points."""
        return 165.0 if self.to is None else 280.0 if "SSCC" in self.told else 255.0


def packing_slip(facts: PackingSlip, style: Style) -> bytes:
    """A packing slip: items in the parcel, items to follow, gift message."""
    say = Language.of(facts.language, style.words)
    told = {"order": facts.order, "parcel": facts.parcel, "date": say.date(facts.date)}
    told |= {"tracking": facts.tracking_number} if facts.tracking_number else {}
    told |= {"SSCC": facts.sscc} if facts.sscc else {}

    def fill(flow: Flow, _sheet: Sheet) -> None:
        _items(flow, say, facts.items, facts.currency)
        if facts.following:
            flow.heading(say.word("following"))
            _items(flow, say, facts.following, "")
        if facts.gift_message:
            flow.heading(say.word("gift"))
            flow.paragraph(facts.gift_message, 11)

    head = _Head("packing_slip", facts.order, told, ("to", facts.ship_to))
    return _draw(head, say, style, fill, facts.parcel)


def pick_list(facts: PickList, style: Style) -> bytes:
    """A pick list in shelf order, with boxes to tick."""
    say = Language.of(facts.language, style.words)
    columns = [
        Column(say.word("location"), 13),
        Column(say.word("bin"), 11, bold=True),
        Column(say.word("sku"), 20),
        Column(say.word("name"), 26),
        Column(say.word("quantity"), 10, align=1, bold=True),
        Column("", 6, tick=True),
        Column(say.word("for"), 20),
    ]

    def row(line: PickLine, some: Mapping[str, int]) -> list[str]:
        whom = "\n".join(f"{say.number(n)} × {fo}" for fo, n in some.items())
        units = say.number(sum(some.values()))
        return [line.location, line.bin, line.sku, line.name, units, "", whom]

    def fill(flow: Flow, _sheet: Sheet) -> None:
        batches = [(line, some) for line in facts.lines for some in _batches(line.units)]
        flow.table(columns, starmap(row, batches))
        units = sum(line.quantity for line in facts.lines)
        flow.heading(f"{say.word('total')}: {say.number(units)}")

    head = _Head("pick_list", facts.number, {"date": say.date(facts.date)})
    return _draw(head, say, style, fill)


def purchase_order(facts: PurchaseOrder, style: Style) -> bytes:
    """A purchase order: the supplier's items for our customer, and our costs."""
    say = Language.of(facts.language, style.words)
    prices = [item.price for item in facts.items if item.price is not None]
    total = Decimal(0)
    for price, quantity in ((item.price, item.quantity) for item in facts.items):
        total = EXACTLY.add(total, EXACTLY.multiply(price or Decimal(0), quantity))

    def fill(flow: Flow, _sheet: Sheet) -> None:
        _items(flow, say, facts.items, facts.currency, amounts=bool(prices))
        if prices and len(prices) == len(facts.items):
            flow.heading(f"{say.word('total')}: {say.money(total, facts.currency)}")
        if facts.gift_message:
            flow.heading(say.word("gift_note"))
            flow.paragraph(facts.gift_message)

    told = {"supplier": facts.supplier, "date": say.date(facts.date)}
    head = _Head("purchase_order", facts.number, told, ("deliver_to", facts.ship_to))
    return _draw(head, say, style, fill)


def return_label(facts: ReturnLabel, style: Style) -> bytes:
    """A return: items and instructions; below, the label to cut out."""
    say = Language.of(facts.language, style.words)

    def fill(flow: Flow, sheet: Sheet) -> None:
        for step in (1, 2, 3):
            flow.paragraph(f"{step}.  {say.word(f'return_{step}')}")
        flow.heading(f"{say.word('order')} {facts.order}")
        _items(flow, say, facts.items, "")
        flow.block(_CUT_OUT + 40, partial(_return_address, sheet, say, facts, style))

    head = _Head("return_label", facts.rma, {"date": say.date(facts.date)})
    return _draw(head, say, style, fill)


def _batches(units: Mapping[str, int]) -> list[dict[str, int]]:
    """Batches that fit into a row of one page."""
    whole = list(units.items())
    return [dict(whole[at : at + _ROW]) for at in range(0, len(whole), _ROW)]


def _return_address(
    sheet: Sheet, say: Language, facts: ReturnLabel, style: Style, top: float
) -> None:
    """The label to cut out."""
    wide, high = sheet.width - 2 * MARGIN, _CUT_OUT
    bottom = top - 40 - high
    sheet.text(MARGIN, bottom + high + 6, "✂ " + say.word("cut"), 8)
    sheet.box(MARGIN, bottom, wide, high, dashed=True)
    left, y = MARGIN + 18, bottom + high - 28
    if facts.sent_by is not None:
        _address(sheet, left, y, say.word("from"), facts.sent_by, (wide / 2, 80), 8.5)
    _address(sheet, left, bottom + 175, say.word("to"), style.sender, (wide - 36, 96), 14)
    sheet.text(MARGIN + wide - 18, y, facts.rma, 12, bold=True, align=1)
    sheet.barcode(left, bottom + 16, facts.rma, wide - 36, 44, square=56)


def _items(
    flow: Flow,
    say: Language,
    items: tuple[DocumentLine, ...],
    currency: str,
    *,
    amounts: bool = False,
) -> None:
    """A table of items, with prices if there are any."""
    priced = bool(currency) and any(item.price is not None for item in items)
    columns = [
        Column(say.word("sku"), 22),
        Column(say.word("name"), 46),
        Column(say.word("quantity"), 12, align=1),
    ]
    if priced:
        columns.append(Column(say.word("price"), 18, align=1))
    if priced and amounts:
        columns.append(Column(say.word("amount"), 18, align=1))

    def row(item: DocumentLine) -> list[str]:
        cells = [item.sku, item.name, say.number(item.quantity)]
        price = item.price
        if priced:
            cells.append("" if price is None else say.money(price, currency))
        if priced and amounts:
            cells.append(
                "" if price is None else say.money(EXACTLY.multiply(price, item.quantity), currency)
            )
        return cells

    flow.table(columns, map(row, items))


def _draw(
    head: _Head,
    say: Language,
    style: Style,
    fill: Callable[[Flow, Sheet], None],
    named: str = "",
) -> bytes:
    """The PDF of *fill* under a head; *named* after its number, or otherwise."""
    title = say.word(head.words)

    def draw(sheet: Sheet) -> None:
        flow = Flow(sheet, head.height, 80)
        fill(flow, sheet)
        flow.finish(
            partial(_first_head, sheet, style, say, head),
            partial(_next_head, sheet, title, head.number),
            lambda page, pages: say.word("page", page=say.number(page), pages=say.number(pages)),
        )

    return draw_pdf(f"{title} {named or head.number}", style.paper, style.fonts, draw)


def _first_head(sheet: Sheet, style: Style, say: Language, head: _Head) -> None:
    """The first page's head: sender, title, number as a bar code, further fields."""
    middle, right = sheet.width / 2, sheet.width - MARGIN
    half = right - middle - 15
    y = sheet.height - MARGIN
    sheet.fitting(MARGIN, y - 18, say.word(head.words), half, 20, bold=True)
    sheet.fitting(MARGIN, y - 36, head.number, half, 12)
    for line, text in enumerate(address_lines(style.sender)):
        bold = text == style.sender.name
        sheet.fitting(right, y - 10 - line * 11.5, text, half, 9, bold=bold, align=1)
    sheet.barcode(MARGIN, y - 85, head.number, half, 40, square=54)
    key, to = head.to or ("", None)
    if to is not None:
        _address(sheet, MARGIN, y - 112, say.word(key), to, (half, 80), 10)
    top = y - (106 if head.to is None else 112)
    for line, (key, value) in enumerate(head.told.items()):
        base = top - line * 15
        sheet.text(middle + 15, base, key if key == "SSCC" else say.word(key), 8.5)
        sheet.fitting(middle + 100, base, value, half - 85, 9.5, bold=True)
        if key == "SSCC":
            sheet.barcode(middle + 15, base - 36, "00" + value, right - middle, 30, gs1=True)


def _next_head(sheet: Sheet, title: str, number: str) -> None:
    y = sheet.height - MARGIN
    sheet.fitting(MARGIN, y - 8, f"{title} {number}", sheet.width - 2 * MARGIN, 10, bold=True)
    sheet.rule(MARGIN, y - 16, sheet.width - 2 * MARGIN)


def _address(
    sheet: Sheet,
    x: float,
    y: float,
    key: str,
    address: Address,
    room: tuple[float, float],
    size: float,
) -> None:
    """An address under a caption, within *room* (width, height)."""
    sheet.text(x, y, key, 8)
    sheet.block(x, y - 3, address_lines(address), *room, size, address.name)
