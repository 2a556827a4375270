"""How the command line prints: no control sequences, and no truncation in a pipe."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleDimensions, ConsoleOptions, RenderableType
from rich.segment import Segment

from orderflow.text import legible

__all__ = ["SafeConsole"]

_ENDLESS = ConsoleDimensions(100_000, 25)
"""The size of output that is no terminal."""


class SafeConsole(Console):
    """Escapes control characters of any source; wraps lines only on a terminal.

    Text is printed as it is: no markup, no names of emojis, no colors of numbers.
    """

    def __init__(self, **given: Any) -> None:
        super().__init__(markup=False, emoji=False, highlight=False, **given)

    @property
    def size(self) -> ConsoleDimensions:
        """Columns and rows."""
        return super().size if self.file.isatty() else _ENDLESS

    @size.setter
    def size(self, new_size: tuple[int, int]) -> None:
        self._width, self._height = new_size

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """The printed segments, made legible; styles are rich's own."""
        for segment in super().render(renderable, options):
            text = segment.text if segment.control else legible(segment.text)
            yield Segment(text, segment.style, segment.control)
