"""A sheet to draw on: fitted text, rules, bar codes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import lru_cache
from io import BytesIO

from reportlab.graphics import renderPDF
from reportlab.graphics.barcode.code128 import Code128
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.pdfgen.canvas import Canvas

from orderflow.documents.fonts import Fonts, runs, width

__all__ = ["Sheet", "draw_pdf"]

_ONE_AT_A_TIME = threading.Lock()
"""Fonts keep their embedded subset per document in shared state."""
_FNC1 = "\xf1"
_QUIET = 10
"""White modules on both sides of a bar code."""
_LEADING = 1.2
_SMALLEST = 5.5
_WIDEST, _NARROWEST = 1.42, 0.72
"""Widths of a module in points: 0.5 mm as GS1 requires of logistic labels, at least 0.25 mm."""


class Sheet:
    """Draws on one document. Coordinates are points from the lower left corner."""

    def __init__(self, canvas: Canvas, fonts: Fonts, size: tuple[float, float]) -> None:
        self._canvas, self.fonts = canvas, fonts
        self.width, self.height = size

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float = 9,
        *,
        bold: bool = False,
        align: float = 0,
    ) -> None:
        """A line on base line *y*. *align*: 0 starts at *x*, 1 ends there, ½ is centered."""
        x -= align * width(self.fonts, text, size)
        canvas, mode = self._canvas, 2 if bold else 0
        canvas.setLineWidth(size * 0.03)
        for run in runs(self.fonts, text):
            canvas.setFont(run.font, size)
            for character, dx, dy in run.glyphs or ((run.text, 0, 0),):
                canvas.drawString(x + dx * size, y + dy * size, character, mode=mode)
            x += run.advance * size

    def fitting(
        self,
        x: float,
        y: float,
        text: str,
        room: float,
        size: float = 9,
        *,
        bold: bool = False,
        align: float = 0,
    ) -> None:
        """A line, shrunk to fit into *room*."""
        self.text(x, y, text, self.size_for(text, room, size), bold=bold, align=align)

    def size_for(self, text: str, room: float, size: float) -> float:
        """The largest size, up to *size*, at which a line fits into *room*."""
        return min(size, size * room / max(width(self.fonts, text, size), 1))

    def wrapped(self, text: str, room: float, size: float = 9) -> list[str]:
        """The lines of a text, wrapped to *room*."""
        return list(_wrapped(self.fonts, text, room / size))

    def rule(self, x: float, y: float, length: float, thickness: float = 0.5) -> None:
        """A horizontal line."""
        self._canvas.setLineWidth(thickness)
        self._canvas.line(x, y, x + length, y)

    def box(self, x: float, y: float, wide: float, high: float, *, dashed: bool = False) -> None:
        """A frame; *dashed* to cut out."""
        self._canvas.setLineWidth(0.5)
        self._canvas.setDash(*((4, 3) if dashed else ()))
        self._canvas.rect(x, y, wide, high)
        self._canvas.setDash()

    def block(
        self,
        x: float,
        y: float,
        lines: Sequence[str],
        room: float,
        high: float,
        size: float,
        bold: str,
    ) -> None:
        """Lines below *y*, wrapped and shrunk so that all fit; the *bold* one in bold."""
        while True:
            whole = [
                (part, line == bold) for line in lines for part in self.wrapped(line, room, size)
            ]
            if len(whole) * size * _LEADING <= high or size <= _SMALLEST:
                break
            size -= 0.5
        for number, (line, heavy) in enumerate(whole, start=1):
            self.text(x, y - number * size * _LEADING, line, size, bold=heavy)

    def barcode(
        self,
        x: float,
        y: float,
        value: str,
        room: float,
        high: float,
        *,
        gs1: bool = False,
        align: float = 0,
        square: float = 72,
    ) -> None:
        """A Code 128 symbol, or a QR code where that is unreadable. *gs1* makes it GS1-128.

        *room* must be white, and so must a quiet zone before it. *align*: 0 starts the bars at *x*,
        ½ centers them there; *square* is the side of the QR code, which has the same top.
        """
        if value.isascii() and value.isprintable():
            bars = Code128((_FNC1 if gs1 else "") + value, quiet=0, barHeight=high, barWidth=1)
            module = room / (bars.width + 2 * _QUIET)
            if module >= _NARROWEST:
                bars = Code128(bars.value, quiet=0, barHeight=high, barWidth=min(_WIDEST, module))
                bars.drawOn(self._canvas, x - align * bars.width, y)
                return
        symbol = QrCodeWidget(value, barWidth=square, barHeight=square, barBorder=2)
        drawing = Drawing(square, square)
        drawing.add(symbol)
        renderPDF.draw(drawing, self._canvas, x - align * square, y + high - square)

    def next_page(self) -> None:
        """Start another page."""
        self._canvas.showPage()


def draw_pdf(
    title: str, size: tuple[float, float], fonts: Fonts, draw: Callable[[Sheet], None]
) -> bytes:
    """The PDF of *draw*: the same drawing gives the same bytes."""
    buffer = BytesIO()
    with _ONE_AT_A_TIME:
        canvas = Canvas(buffer, pagesize=size, invariant=1, pageCompression=1)
        canvas.setTitle(title)
        canvas.setAuthor("")
        canvas.setCreator("orderflow")
        draw(Sheet(canvas, fonts, size))
        canvas.showPage()
        canvas.save()
    return buffer.getvalue()


@lru_cache(maxsize=4096)
def _wrapped(fonts: Fonts, text: str, room: float) -> tuple[str, ...]:
    """Lines no wider than *room* at 1 point; too long words are broken."""
    lines: list[str] = []
    for paragraph in text.splitlines() or [""]:
        line = ""
        for word in _words(paragraph):
            if not line or width(fonts, (line + word).rstrip(), 1) <= room:
                line += word
            else:
                lines.append(line.rstrip())
                line = word.lstrip()
            while width(fonts, line.rstrip(), 1) > room and len(line) > 1:
                cut = _longest(fonts, line, room)
                lines.append(line[:cut])
                line = line[cut:]
        lines.append(line.rstrip())
    return tuple(lines)


def _words(text: str) -> list[str]:
    """Pieces between line breaks: after spaces, hyphens, and East Asian characters."""
    pieces, piece = [], ""
    for character in text:
        if piece and not character.isspace() and (piece[-1].isspace() or _ideograph(character)):
            pieces.append(piece)
            piece = ""
        piece += character
        if character == "-" or _ideograph(character):
            pieces.append(piece)
            piece = ""
    return [*pieces, piece] if piece else pieces


def _ideograph(character: str) -> bool:
    return "\u3040" <= character <= "\u9fff" or "\U00020000" <= character <= "\U0003ffff"


def _longest(fonts: Fonts, line: str, room: float) -> int:
    """The number of characters that fit; at least one."""
    low, high = 1, len(line)
    while low < high:
        middle = (low + high + 1) // 2
        if width(fonts, line[:middle], 1) <= room:
            low = middle
        else:
            high = middle - 1
    return low
