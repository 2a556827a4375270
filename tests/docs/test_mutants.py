"""The page on trouble names every mutant, and the test that catches it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator

from tests.docs.test_examples import PAGES
from tests.docs.test_tables import table
from tests.property import test_promises, test_refunds, test_returned_goods
from tests.unit import (
    test_edits,
    test_money,
    test_review,
    test_substitutes,
    test_time,
    test_trouble_mutants,
)

BY_TESTS = (
    test_trouble_mutants,
    test_refunds,
    test_edits,
    test_time,
    test_money,
    test_review,
    test_substitutes,
    test_returned_goods,
)


def rows() -> Iterator[tuple[str, str, str]]:
    """Each mutant, what it does, and who catches it."""
    for module in BY_TESTS:
        for mutant, test in module.MUTANTS.items():
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
