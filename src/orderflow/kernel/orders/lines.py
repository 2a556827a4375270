"""The lines of an order: ids that no other has, and the lines that stand in for others."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import count

from orderflow.model.state import LineState

__all__ = ["document_line", "free_id", "line_and_substitutes", "substitute_id"]


def free_id(taken: Collection[str]) -> str:
    """The next number that names no line.

    >>> free_id(["1", "3"]), free_id(["1", "2"])
    ('4', '3')
    """
    return next(str(n) for n in count(len(taken) + 1) if str(n) not in taken)


def substitute_id(lines: Mapping[str, LineState], line: str) -> str:
    """The id of a new line that stands in for units of *line*: it begins with that one's."""
    first = 1 + sum(1 for known in lines.values() if known.substitutes)
    return next(name for n in count(first) if (name := f"{line}.s{n}") not in lines)


def document_line(lines: Mapping[str, LineState], line: str) -> str:
    """The line of the document that *line* is, or stands in for."""
    return (line in lines and lines[line].substitutes) or line


def line_and_substitutes(lines: Mapping[str, LineState], line: str) -> tuple[str, ...]:
    """The line, then those that stand in for its units: who speaks of it may mean them, too.

    >>> mug, cup = LineState("MUG", 2), LineState("CUP", 2, substitutes="1")
    >>> line_and_substitutes({"1": mug, "1.s1": cup, "2": mug}, "1")
    ('1', '1.s1')
    """
    first, start = document_line(lines, line), f"{line}.s"
    others = (n for n, known in lines.items() if known.substitutes == first and n.startswith(start))
    return line, *others
