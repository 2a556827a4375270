"""The page on the promises names every mutant of the library, and what catches it."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator

from tests.docs.test_examples import PAGES
from tests.docs.test_tables import table
from tests.mutants import RECORD, rooms

IN_THE_KIT = "tests.laws.kit."
"""Where the mutants are no part of the library, but of what applications may make."""


def rows() -> Iterator[tuple[str, str, str]]:
    """Each mutant of the library, what it does, and what catches it."""
    declared = {room.room: room.mutants for room in rooms()}
    for room, recorded in RECORD.items():
        for how in declared[room]:
            if not how.__module__.startswith(IN_THE_KIT):
                does = (inspect.getdoc(how) or "").partition("\n")[0]
                yield f"`{how.__name__}`", does, caught_by(recorded[how.__name__])


def caught_by(laws: Iterable[str]) -> str:
    told = [f"the lives, by {law}" if law.startswith("promise") else f"`{law}`" for law in laws]
    return ", ".join(told)


def test_the_page_names_every_mutant() -> None:
    shown = table(("mutant", "what it does", "caught by"), rows())
    assert shown in PAGES["docs/explanation/promises.md"], "\n" + shown


def test_every_mutant_says_what_it_does() -> None:
    assert [mutant for mutant, does, _ in rows() if not does.endswith(".")] == []
