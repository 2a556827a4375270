"""Fresh environments: the package alone, each extra alone. They need a package registry."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.cases.shop import case, expect, require
from tests.conftest import ROOT

FRESH: dict[str, Any] = {"limit": 400, "slow": True}
FIRST_EXAMPLE = """
from orderflow import Engine, InHouse, Line, NewOrder
from orderflow.model.commands import Receive
from orderflow.stores import MemoryStore
engine = Engine(MemoryStore(), [InHouse()])
engine.change_stock(Receive(sku="MUG", quantity=10).to(id="delivery-1"))
mugs = Line(sku="MUG", quantity=2, unit_price="6.50")
order = engine.place(NewOrder(currency="GBP", lines=(mugs,)), id="checkout-1")
engine.worker.run_until_idle()
print(engine.order(order.id).status, engine.level("MUG").on_hand)
"""


def installed(*wanted: str) -> Path:
    """The programs of a fresh environment that has what is wanted, from the checkout."""
    programs = Path("env", "bin").absolute()
    subprocess.run([sys.executable, "-m", "venv", "env"], check=True)
    pip: list[str | Path] = [
        programs / "python",
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]
    subprocess.run([*pip, *wanted], check=True, cwd=ROOT)
    return programs


def last_line(command: list[str | Path]) -> str:
    """What a command says last, in an environment of its own."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    told = done.stderr if done.returncode else done.stdout
    return told.strip().splitlines()[-1]


def first_example(extra: str) -> None:
    """Pass where README's first example, with a store in memory, runs on an install like this."""
    python = installed(f".{extra}") / "python"
    expect("shipped 8", last_line([python, "-I", "-c", FIRST_EXAMPLE]))


@case("the package without extras runs the first example of the README", "high", **FRESH)
def plain() -> None:
    """The example with ``MemoryStore()``, which README says needs no extra.

    Right: ``shipped 8``. Kind: whatever is imported on the way needs only the dependencies that are
    declared for it.
    """
    first_example("")


@case("the first block of the tutorial runs without extras, as it says", "high", **FRESH)
def tutorial() -> None:
    """The tutorial says that it needs no extras, and imports a store and the simulation.

    Right: its first block prints the clock's first moment. Kind: each page's own statement of what
    it needs.
    """
    page = (ROOT / "docs" / "tutorial" / "first-order.md").read_text()
    (first, *_) = re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    said = last_line([installed(".") / "python", "-I", "-c", first])
    expect("2026-01-05 09:00:00+00:00", said)


@case("with the extra testing alone", "high", **FRESH)
def testing() -> None:
    """A project that wants the kit only installs ``[testing]``.

    Right: the first example runs with it. Kind: each extra alone, and each pair.
    """
    first_example("[testing]")


@case("with the extra documents alone", "medium", **FRESH)
def documents() -> None:
    """The same with ``[documents]``."""
    first_example("[documents]")


@case("with the extra temporal alone", "medium", **FRESH)
def temporal() -> None:
    """The same with ``[temporal]``."""
    first_example("[temporal]")


@case("with the extra calendar alone", "medium", **FRESH)
def calendar() -> None:
    """The same with ``[calendar]``."""
    first_example("[calendar]")


@case("the lowest typer that is allowed prints the help", "low", **FRESH)
def lowest() -> None:
    """The lowest typer that the extra allows, with the newest of what else is allowed.

    Right: ``orderflow --help`` prints its help. Kind: each lower bound works with what else is
    installed today.
    """
    (bound,) = re.findall(r'"typer>=([0-9.]+)', (ROOT / "pyproject.toml").read_text())
    program = installed(".[cli]", f"typer=={bound}") / "orderflow"
    done = subprocess.run([program, "--help"], capture_output=True, text=True, check=False)
    require("the help", done.returncode == 0, done.stderr.strip()[-200:])
