"""What the pages show is what comes out.

A `text` block right after a `python` block is what that block prints. A `console` block holds
commands after `$` and what each prints, with the database of `make demo` at hand.
"""

import os
import re
import subprocess
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.docs.test_examples import PAGES

PRINTED = re.compile(
    r"^(?P<skip><!-- no-run: .*-->\n)?```python\n(?P<code>.*?)^```$"
    r"(?:\n\n```text\n(?P<shown>.*?)^```$)?",
    re.MULTILINE | re.DOTALL,
)
CONSOLE = re.compile(r"^```console\n(?P<session>.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ orderflow (?P<words>.*)\n(?P<shown>(?:(?!\$ ).*\n)*)", re.MULTILINE)


def prints(page: str) -> bool:
    return any(found["shown"] is not None for found in PRINTED.finditer(PAGES[page]))


@pytest.mark.parametrize("page", [page for page in PAGES if prints(page)])
def test_blocks_print_what_is_shown(page: str, names: dict[str, Any]) -> None:
    for found in (found for found in PRINTED.finditer(PAGES[page]) if not found["skip"]):
        said = StringIO()
        with redirect_stdout(said):
            exec(compile(found["code"], page, "exec"), names)
        if found["shown"] is not None:
            assert trimmed(said.getvalue()) == found["shown"]


def trimmed(text: str) -> str:
    """The text without spaces at the ends of its lines, and without empty lines at its end."""
    return "".join(f"{line.rstrip()}\n" for line in text.rstrip().splitlines())


def orderflow(words: str, folder: Path) -> str:
    """What a command prints on a terminal of 100 columns."""
    program = "from orderflow.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, *words.split()],
        cwd=folder,
        env={**os.environ, "COLUMNS": "100", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    return trimmed(done.stdout + done.stderr)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the database of `make demo`."""
    folder = tmp_path_factory.mktemp("demo")
    (folder / "docs").symlink_to(ROOT / "docs")
    orderflow("run docs/examples/orders.jsonl --db sqlite:///demo.db --seed 1", folder)
    return folder


@pytest.mark.parametrize("page", [page for page, text in PAGES.items() if CONSOLE.search(text)])
def test_commands_print_what_is_shown(page: str, demo: Path) -> None:
    for session in CONSOLE.finditer(PAGES[page]):
        for found in COMMAND.finditer(session["session"]):
            assert orderflow(found["words"], demo) == found["shown"], found["words"]
