"""An order's timeline as it happens."""

from __future__ import annotations

from rich.console import Console

from orderflow.cli.views import timeline_lines
from orderflow.engine import Engine
from orderflow.wording import Wording

__all__ = ["Follower"]


class Follower:
    """Prints new entries of one order's journal; *seen* is the last printed version."""

    def __init__(self, order: str, console: Console) -> None:
        self._order, self._console, self.seen = order, console, 0

    def look(self, engine: Engine) -> None:
        """Print the entries since the last call."""
        if not self._order:
            return
        for entry in engine.journal(self._order):
            if entry.version > self.seen:
                self.seen = entry.version
                wording = Wording(currency=engine.order(self._order).document.currency)
                for line in timeline_lines(entry, wording):
                    self._console.print(line)
