"""Every Python block of the documentation runs.

The blocks of one page run in order and share their names, as a reader would type them. A block
that cannot run stands right after a comment that says why: `<!-- no-run: reason -->`.
"""

import re
import textwrap
from typing import Any

import pytest

from tests.conftest import ROOT

BLOCK = re.compile(
    r"^(?P<skip> *<!-- no-run: \S(?:(?!-->).)*-->\n\s*)?"
    r"(?P<indent> *)```python\n(?P<code>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)
ANY_SPELLING = re.compile(r"^ *(?:```|~~~|:::)+ *\{?(?:py|code|doctest)", re.MULTILINE)


def blocks(page: str) -> list[str]:
    """The code of each block that runs, after empty lines that keep its line numbers true."""
    return [
        "\n" * page.count("\n", 0, found.start("code")) + textwrap.dedent(found["code"])
        for found in BLOCK.finditer(page)
        if not found["skip"]
    ]


def pages() -> dict[str, str]:
    """The text of each page, by its path."""
    paths = sorted([*ROOT.glob("README.md"), *(ROOT / "docs").rglob("*.md")])
    texts = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in paths}
    return {page: text for page, text in texts.items() if not page.startswith("docs/_build")}


PAGES = pages()


@pytest.mark.parametrize("page", [page for page, text in PAGES.items() if blocks(text)])
def test_page(page: str, names: dict[str, Any]) -> None:
    for block in blocks(PAGES[page]):
        exec(compile(block, ROOT / page, "exec"), names)


def test_every_python_block_is_spelled_so_that_it_is_found() -> None:
    for page, text in PAGES.items():
        assert len(ANY_SPELLING.findall(text)) == len(BLOCK.findall(text)), page


def test_blocks_are_found_in_order_with_their_line_numbers() -> None:
    page = textwrap.dedent(
        """\
        ```python
        a = 1
        ```
        <!-- no-run: needs a carrier's account -->
        ```python
        b = 2
        ```
        <!-- no-run: needs a shell -->
        ```text
        c = 3
        ```
        <!-- another comment -->
        - in a list:

          ```python
          d = 4
          ```
        """
    )
    assert blocks(page) == ["\na = 1\n", "\n" * 15 + "d = 4\n"]
