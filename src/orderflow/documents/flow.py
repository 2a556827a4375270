"""Page layout: tables and paragraphs between head and foot."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import attrs

from orderflow.documents.fonts import is_right_to_left
from orderflow.documents.sheet import Sheet

__all__ = ["MARGIN", "Column", "Flow"]

MARGIN = 45.0
_SIZE, _LEADING, _GAP = 9.0, 12.5, 8.0
_FOOT = 30.0


@attrs.frozen
class Column:
    """A column: title, share of the width, and alignment of its cells (0 to 1).

    A column to *tick* has a box in each row instead of text.
    """

    title: str
    share: float
    align: float = 0
    bold: bool = False
    tick: bool = False


@attrs.frozen
class _Part:
    """A block that stays on one page; *head* is repeated where a page begins with it."""

    height: float
    draw: Callable[[float], None]
    head: _Part | None = None
    with_next: bool = False


class Flow:
    """Collects parts, and lays them out on pages. *top* and *next_top* are the heads' heights."""

    def __init__(self, sheet: Sheet, top: float, next_top: float) -> None:
        self._sheet, self._tops = sheet, (top, next_top)
        self._room = sheet.width - 2 * MARGIN
        self._parts: list[_Part] = []

    def heading(self, text: str) -> None:
        """A line in bold, kept with the next part."""
        sheet = self._sheet
        self._parts.append(
            _Part(30, lambda y: sheet.text(MARGIN, y - 22, text, 10.5, bold=True), with_next=True)
        )

    def block(self, height: float, draw: Callable[[float], None]) -> None:
        """A block on one page; *draw* gets the y of its upper edge."""
        self._parts.append(_Part(height, draw))

    def paragraph(self, text: str, size: float = 10) -> None:
        """Lines of text; right-to-left scripts are aligned right."""
        right = is_right_to_left(text)
        for line in self._sheet.wrapped(text, self._room, size):
            self._parts.append(_Part(size * 1.45, self._line(line, size, right)))

    def _line(self, line: str, size: float, right: bool) -> Callable[[float], None]:
        x = MARGIN + (self._room if right else 0)
        return lambda y: self._sheet.text(x, y - size * 1.1, line, size, align=float(right))

    def table(self, columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> None:
        """A table whose titles are repeated on each page, and whose cells wrap."""
        shares = sum(column.share for column in columns)
        widths = [column.share / shares * self._room for column in columns]
        head = self._row(columns, widths, [column.title for column in columns], title=True)
        self._parts.append(attrs.evolve(head, with_next=True))
        for row in rows:
            self._parts.append(attrs.evolve(self._row(columns, widths, row), head=head))

    def _row(
        self,
        columns: Sequence[Column],
        widths: Sequence[float],
        cells: Sequence[str],
        *,
        title: bool = False,
    ) -> _Part:
        sheet = self._sheet
        size = _SIZE - 1 if title else _SIZE
        found = [
            sheet.wrapped(cell, room - _GAP, size) for cell, room in zip(cells, widths, strict=True)
        ]
        height = max(map(len, found)) * _LEADING + 5

        def draw(y: float) -> None:
            x = MARGIN
            for column, room, lines in zip(columns, widths, found, strict=True):
                if column.tick and not title:
                    sheet.box(x + _GAP, y - _LEADING - 1, 10, 10)
                at = x + column.align * (room - (_GAP if column.align < 1 else 0))
                for number, line in enumerate(lines):
                    base = y - 11 - number * _LEADING
                    bold = title or column.bold
                    sheet.text(at, base, line, size, bold=bold, align=column.align)
                x += room
            sheet.rule(MARGIN, y - height, self._room, 0.8 if title else 0.25)

        return _Part(height, draw)

    def finish(
        self, first: Callable[[], None], others: Callable[[], None], foot: Callable[[int, int], str]
    ) -> None:
        """Draw all parts: *first* draws the head of the first page, *others* that of the others."""
        pages = self._pages()
        sheet = self._sheet
        for number, parts in enumerate(pages, start=1):
            if number > 1:
                sheet.next_page()
            (first if number == 1 else others)()
            text = foot(number, len(pages))
            sheet.text(sheet.width - MARGIN, _FOOT, text, 8, align=1)
            y = sheet.height - self._tops[number > 1]
            for part in parts:
                part.draw(y)
                y -= part.height

    def _pages(self) -> list[list[_Part]]:
        pages: list[list[_Part]] = [[]]
        left = self._left(first=True)
        for number, part in enumerate(self._parts):
            needed = part.height
            follower = number
            while self._parts[follower].with_next and follower + 1 < len(self._parts):
                follower += 1
                needed += self._parts[follower].height
            if needed > left and pages[-1]:
                pages.append([])
                left = self._left(first=False)
                if part.head is not None:
                    pages[-1].append(part.head)
                    left -= part.head.height
            pages[-1].append(part)
            left -= part.height
        return pages

    def _left(self, *, first: bool) -> float:
        return self._sheet.height - self._tops[not first] - _FOOT - 2 * _LEADING
