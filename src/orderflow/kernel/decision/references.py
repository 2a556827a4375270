"""References in commands: the lines that a command names must exist."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from orderflow.kernel.decision.checks import known
from orderflow.kernel.decision.draft import Draft
from orderflow.model.commands import CommandBody, PlaceHold
from orderflow.model.document import Line

__all__ = ["check_names"]


def check_names(draft: Draft, body: CommandBody) -> None:
    """Refuse a command for each line that it names and the order lacks, whatever else it says.

    Each command checks its other references itself, and stops if one is missing.
    """
    for name in dict.fromkeys(_lines(body)):
        known(draft, "line.unknown", name, draft.lines)
    if isinstance(body, PlaceHold) and body.on:
        known(draft, "fo.unknown", body.on, draft.fos)


def _lines(body: CommandBody) -> Iterator[str]:
    """The lines that a command names: in a field, as keys of units, in each item of a list."""
    for field in body.model_fields_set & _FIELDS:
        given: object = getattr(body, field)
        if isinstance(given, str):
            yield given
        elif isinstance(given, Mapping):
            yield from given
        elif isinstance(given, Iterable):
            yield from _of_each(tuple(given))


_FIELDS = {"exchange", "findings", "items", "line", "lines", "quantities", "short", "units"}


def _of_each(given: tuple[object, ...]) -> Iterator[str]:
    """The lines in a list; for added lines, the kits that they are parts of."""
    added = {each.id for each in given if isinstance(each, Line)}
    for each in given:
        name = each.parent_line if isinstance(each, Line) else getattr(each, "line", None)
        if name and name not in added:
            yield name
