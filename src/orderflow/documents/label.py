"""The shipping label, 4 × 6 inches."""

from __future__ import annotations

from orderflow.documents.sheet import Sheet, draw_pdf
from orderflow.documents.values import ShippingLabel, Style
from orderflow.documents.words import Language, address_lines

__all__ = ["shipping_label"]

_SIZE = (288.0, 432.0)
_MARGIN = 14.0
_ROOM = _SIZE[0] - 2 * _MARGIN


def shipping_label(facts: ShippingLabel, style: Style) -> bytes:
    """A label: sender, recipient, and the parcel's numbers as bar codes, 4 × 6 inches."""
    say = Language.of(facts.language, style.words)

    def draw(sheet: Sheet) -> None:
        _from(sheet, facts, style, say)
        _to(sheet, facts, say)
        _numbers(sheet, facts, say)

    return draw_pdf(f"{facts.parcel}", _SIZE, style.fonts, draw)


def _from(sheet: Sheet, facts: ShippingLabel, style: Style, say: Language) -> None:
    y = _SIZE[1] - _MARGIN
    sheet.text(_MARGIN, y - 6, say.word("from"), 6.5)
    sender = address_lines(style.sender)
    sheet.block(_MARGIN, y - 8, sender, _ROOM * 0.58, 54, 7.5, style.sender.name)
    right = _MARGIN + _ROOM
    sheet.fitting(right, y - 12, facts.carrier, _ROOM * 0.38, 15, bold=True, align=1)
    told = [facts.parcel]
    if facts.weight_g:
        told.append(say.weight(facts.weight_g))
    if facts.date is not None:
        told.append(say.date(facts.date))
    for number, line in enumerate(told, start=1):
        sheet.fitting(right, y - 15 - number * 10, line, _ROOM * 0.38, 7.5, align=1)
    sheet.rule(_MARGIN, y - 64, _ROOM, 1)


def _to(sheet: Sheet, facts: ShippingLabel, say: Language) -> None:
    """The address, as large as possible; the name in bold."""
    y = _SIZE[1] - _MARGIN - 64
    sheet.text(_MARGIN, y - 10, say.word("to"), 6.5)
    if facts.ship_to is None:
        return
    lines = address_lines(facts.ship_to)
    if facts.ship_to.phone:
        lines.append(f"Tel. {facts.ship_to.phone}")
    sheet.block(_MARGIN + 18, y - 2, lines, _ROOM - 18, 108, 13, facts.ship_to.name)


def _numbers(sheet: Sheet, facts: ShippingLabel, say: Language) -> None:
    """Tracking number, SSCC, order number, each as a bar code with its text."""
    sheet.rule(_MARGIN, 250, _ROOM, 1)
    sheet.text(_MARGIN, 239, say.word("tracking"), 6.5)
    if not facts.sscc:
        _bar(sheet, 118, facts.tracking_number, 100)
    else:
        _bar(sheet, 176, facts.tracking_number, 58)
        sheet.rule(_MARGIN, 160, _ROOM)
        _bar(sheet, 92, "00" + facts.sscc, 62, told=f"(00) {facts.sscc}", gs1=True)
    sheet.rule(_MARGIN, 76, _ROOM)
    sheet.barcode(_SIZE[0] / 2, 24, facts.order, _ROOM, 46, align=0.5, square=48)
    told = f"{say.word('order')} {facts.order}"
    sheet.fitting(_SIZE[0] / 2, 11, told, _ROOM, 8, align=0.5)


def _bar(
    sheet: Sheet, y: float, value: str, high: float, *, told: str = "", gs1: bool = False
) -> None:
    sheet.barcode(_SIZE[0] / 2, y, value, _SIZE[0] - 8, high, gs1=gs1, align=0.5, square=high)
    sheet.fitting(_SIZE[0] / 2, y - 10, told or value, _ROOM, 10, bold=True, align=0.5)
