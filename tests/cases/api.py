"""The library as it is imported and called."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.cases.shop import case, expect, require
from tests.conftest import ROOT


@case("what the guides use is in the reference", "medium")
def reference() -> None:
    """The reference says that what is not in it is internal.

    Right: each name that the guides import from orderflow is in it.
    """
    known = "".join(page.read_text() for page in (ROOT / "docs" / "reference").glob("*.md"))
    used: set[str] = set()
    for page in (ROOT / "docs" / "how-to").glob("*.md"):
        imports = r"^from orderflow\S* import (\([^)]*\)|.*)$"
        for names in re.findall(imports, page.read_text(), re.MULTILINE):
            used |= set(re.findall(r"[A-Z]\w+", names.split("#")[0]))
    missing = sorted(name for name in used if not re.search(rf"\b{name}\b", known))
    require("none is missing", not missing, f"{len(missing)} of {len(used)}: {', '.join(missing)}")


@case("README's examples pass a strict type checker", "low", limit=300, slow=True)
def typed() -> None:
    """``mypy --strict`` over the first example of README, without plugins, as a user has it.

    Right: no error. Kind: what is accepted, and advised, is in the types (strings for amounts,
    lists for lines).
    """
    page = (ROOT / "README.md").read_text()
    (first, *_) = re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    Path("readme.py").write_text(first)
    Path("none.ini").write_text("[mypy]\n")
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", "none.ini", "readme.py"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    errors = [told for told in done.stdout.splitlines() if ": error" in told]
    expect((0, []), (done.returncode, errors))


@case("an order as JSON", "medium", open=True)
def as_json() -> None:
    """``orderflow show --json`` prints an order, its state, its waits and tasks.

    To become possible: a public function that does, with a schema, also for an explanation, a task,
    an entry and a stock level, as web frameworks can encode none of them.
    """


@case("a list of orders that a back office can live on", "medium", open=True)
def listing() -> None:
    """Ids are sorted as texts, A-10 before A-2, and there is no count.

    To become possible: newest first, a count, a page with a limit, and filters by hold, payment,
    return, e-mail and number.
    """
