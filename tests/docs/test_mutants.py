"""The page on trouble names every mutant, and the test that catches it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator

from tests.docs.test_examples import PAGES
from tests.docs.test_tables import table
from tests.property import test_promises, test_refunds
from tests.unit import test_trouble_mutants


def rows() -> Iterator[tuple[str, str, str]]:
    """Each mutant, what it does, and who catches it."""
    for mutants in (test_trouble_mutants.MUTANTS, test_refunds.MUTANTS):
        for mutant, test in mutants.items():
            yield f"`{mutant.__name__}`", says(mutant), f"`{test.__name__}`"
    for broken, promises in test_promises.MUTANTS.items():
        numbers = ", ".join(map(str, sorted(promises)))
        what = says(broken).partition(": ")[2]
        yield f"`{broken.__name__}`", what[0].upper() + what[1:], f"the lives, by promise {numbers}"


def says(mutant: Callable[..., None]) -> str:
    return (inspect.getdoc(mutant) or "").partition("\n")[0]


def test_the_page_names_every_mutant() -> None:
    shown = table(("mutant", "what it does", "caught by"), rows())
    assert shown in PAGES["docs/trouble/index.md"], "\n" + shown
