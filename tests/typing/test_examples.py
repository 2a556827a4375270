"""What README, tutorial and guides show passes strict type checkers, as a reader has them.

No plugin, no settings of ours: mypy in strict mode, and basedpyright, which is pyright with a
runtime of its own, in pyright's standard mode. Each page is one module, with the page's own line
numbers. One more module is wrong on purpose, so that a checker that sees nothing is noticed.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.docs.test_examples import PAGES, blocks
from tests.typing.test_mistakes import reported

SHOWN = [
    page
    for page, text in PAGES.items()
    if page.startswith(("README", "docs/tutorial/", "docs/how-to/")) and blocks(text)
]
WRONG = 'from orderflow import Line\n\nLine(sku="MUG", quantity=1, unit_price=2.55)\n'

Where = set[tuple[str, int]]
"""Files and lines."""


def module_of(page: str) -> str:
    """The blocks of a page, each on the lines where the page has it."""
    lines = [""] * (page.count("\n") + 1)
    for block in blocks(page):
        for at, line in enumerate(block.splitlines()):
            lines[at] = line or lines[at]
    return "\n".join(lines) + "\n"


def by_mypy(folder: Path) -> tuple[Where, str]:
    """Where mypy finds errors, and what it says."""
    found = reported(folder)
    return set(found), "\n".join(f"{where}: {said}" for where, said in found.items())


def by_pyright(folder: Path) -> tuple[Where, str]:
    """Where pyright finds errors, and what it says."""
    (folder / "pyrightconfig.json").write_text('{"typeCheckingMode": "standard"}')
    command = [sys.executable, "-m", "basedpyright", "--outputjson", "--project", str(folder)]
    done = subprocess.run(
        [*command, "--pythonpath", sys.executable], capture_output=True, text=True, check=False
    )
    assert done.stdout, done.stderr
    said = json.loads(done.stdout)
    found = [each for each in said["generalDiagnostics"] if each["severity"] == "error"]
    assert said["summary"]["filesAnalyzed"] == len(SHOWN) + 1
    return {
        (Path(each["file"]).name, each["range"]["start"]["line"] + 1) for each in found
    }, json.dumps(found, indent=1)


@pytest.mark.parametrize("check", [by_mypy, by_pyright])
def test_what_is_shown_has_the_types_that_it_is_said_to_have(
    check: Callable[[Path], tuple[Where, str]], tmp_path: Path
) -> None:
    for page in SHOWN:
        name = page.removesuffix(".md").replace("/", "_").replace("-", "_")
        (tmp_path / f"{name}.py").write_text(module_of(PAGES[page]), encoding="utf-8")
    (tmp_path / "wrong.py").write_text(WRONG)
    found, told = check(tmp_path)
    assert found == {("wrong.py", 3)}, told


def test_a_module_has_the_lines_of_its_page() -> None:
    page = "A.\n\n```python\na = 1\n```\n\nB.\n\n```python\n\nb = 2\n```\n"
    assert module_of(page).splitlines()[3::7] == ["a = 1", "b = 2"]
