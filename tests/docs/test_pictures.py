"""Each Mermaid picture of the documentation is what the code prints."""

import re

import pytest

from tests.docs.test_examples import PAGES
from tests.docs.test_tables import FLOWS

PICTURE = re.compile(r"^```mermaid\n(.*?)\n```$", re.MULTILINE | re.DOTALL)
STANDARD = {flow.name: flow.mermaid() for flow in FLOWS}


def drawn(page: str) -> list[str]:
    """The pictures of a page, in order."""
    return PICTURE.findall(PAGES[page])


@pytest.mark.parametrize("page", [page for page in PAGES if drawn(page)])
def test_each_picture_is_a_standard_workflow(page: str) -> None:
    for picture in drawn(page):
        assert picture in STANDARD.values(), f"{page} draws what no workflow prints:\n{picture}"


def test_the_readme_draws_what_an_order_runs_on() -> None:
    shown = ("order", "in_house", "remote", "return")
    assert drawn("README.md") == [STANDARD[name] for name in shown]


def test_the_reference_draws_every_standard_workflow() -> None:
    assert drawn("docs/reference/workflows.md") == list(STANDARD.values())
