"""The lines of an order: their ids, and their substitutes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import count

from orderflow.model.state import LineState

__all__ = ["document_line", "free_id", "line_and_substitutes", "substitute_id"]


def free_id(taken: Collection[str]) -> str:
    """The next number that is no line's id.

    >>> free_id(["1", "3"]), free_id(["1", "2"])
    ('4', '3')
    """
    return next(str(n) for n in count(len(taken) + 1) if str(n) not in taken)


def substitute_id(lines: Mapping[str, LineState], line: str) -> str:
    """The id of a new substitute of *line*: it begins with that line's."""
    first = 1 + sum(1 for known in lines.values() if known.substitutes)
    return next(name for n in count(first) if (name := f"{line}.s{n}") not in lines)


def document_line(lines: Mapping[str, LineState], line: str) -> str:
    """The document's line that *line* is or substitutes."""
    return (line in lines and lines[line].substitutes) or line


def line_and_substitutes(lines: Mapping[str, LineState], line: str) -> tuple[str, ...]:
    """The line and its substitutes, in order of creation: an answer may mean any of them.

    >>> mug, cup = LineState("MUG", 2), LineState("CUP", 2, substitutes="1")
    >>> line_and_substitutes({"1": mug, "1.s1": cup, "2": mug}, "1")
    ('1', '1.s1')
    """
    first, start = document_line(lines, line), f"{line}.s"
    others = (n for n, known in lines.items() if known.substitutes == first and n.startswith(start))
    return line, *others
