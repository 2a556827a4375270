"""The page of laws says what the code says. A failure shows the part to paste."""

from __future__ import annotations

import pytest

from orderflow import testing
from orderflow.testing import Contract
from tests.docs.test_examples import PAGES
from tests.docs.test_tables import table

CONTRACTS = {
    name: found
    for name, found in vars(testing).items()
    if name.endswith("Contract") and name != "Contract" and issubclass(found, Contract)
}


def part(contract: type[Contract]) -> str:
    """A contract's part of the page: its laws, sentences, reasons, first releases, capabilities."""
    rows = [
        (f"`{law.name}`", law.sentence, law.why, law.since, f"`{law.needs}`" if law.needs else "–")
        for law in contract.laws()
    ]
    return table(("law", "says", "because", "since", "capability"), rows)


@pytest.mark.parametrize("name", CONTRACTS)
def test_the_page_has_the_laws_of(name: str) -> None:
    shown = f"## {name}\n\n{part(CONTRACTS[name])}\n"
    assert shown in PAGES["docs/reference/laws.md"], "\n" + shown


@pytest.mark.parametrize("name", CONTRACTS)
def test_every_law_says_why_and_since_when(name: str) -> None:
    for law in CONTRACTS[name].laws():
        assert law.why, law.name
        assert law.since, law.name
        assert law.sentence.endswith("."), law.name


@pytest.mark.parametrize("name", CONTRACTS)
def test_every_contract_has_a_guide(name: str) -> None:
    guides = [page for page, text in PAGES.items() if "how-to/test-" in page and name in text]
    assert guides, f"no page in docs/how-to speaks of {name}"
