"""The kit that applications test their own code with: what it must notice."""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from textwrap import dedent
from typing import Any

from orderflow import InHouse, Refused
from orderflow.model.commands import Confirm, ReceiveStock
from tests.cases.shop import Shop, case, expect, line, order, require
from tests.conftest import ROOT

HEAD = """
from orderflow import Dropship
from orderflow.model.observations import LineAnswer, RequestAnswered, Verdict
from orderflow.testing import FakePartner, FulfillmentStrategyContract, SupplierContract
"""


def tested(code: str) -> dict[str, int]:
    """How many tests of some code have failed, and how many passed."""
    Path("test_own.py").write_text(code)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=no"]
    said = subprocess.run(
        [*command, "test_own.py"], capture_output=True, text=True, check=False
    ).stdout
    counts = {"failed": 0, "passed": 0}
    return counts | {word: int(n) for n, word in re.findall(r"(\d+) (failed|passed)", said)}


def noticed(code: str) -> None:
    """Pass where a law fails."""
    came = tested(HEAD + dedent(code))
    require("a law that fails", came["failed"] > 0, f"{came['passed']} passed")


@case("a strategy that never asks its supplier", "medium", limit=300, slow=True)
def lazy() -> None:
    """``perform`` always returns None.

    Right: a law fails, as nothing is ever ordered. Kind: work that is accepted and never done.
    """
    noticed(
        """
        class Lazy(Dropship):
            def perform(self, effect):
                return None

        class TestLazy(FulfillmentStrategyContract):
            def make_strategy(self):
                return Lazy(FakePartner())
        """
    )


@case("a supplier that rejects more than it was asked for", "medium", limit=300, slow=True)
def too_many() -> None:
    """Asked for two, an adapter answers that three are rejected.

    Right: a law fails. Kind: quantities in whatever a party answers.
    """
    noticed(
        """
        class TooMany(FakePartner):
            def submit(self, request):
                super().submit(request)
                first = request.lines[0]
                rejected = {"verdict": Verdict.REJECTED, "reason": "x"}
                more = LineAnswer(line=first.line, quantity=first.quantity + 1, **rejected)
                return RequestAnswered(fo=request.number, lines=(more,))

        class TestTooMany(SupplierContract):
            def make_partner(self):
                return TooMany()
        """
    )


def readme() -> tuple[str, str]:
    """README's own strategy, without the lines that open its store; README's tests of it."""
    page = (ROOT / "README.md").read_text()
    blocks = re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    return blocks[1].split("store = SqlStore")[0], blocks[2]


@case("README's own test of README's own strategy passes", "high", limit=300, slow=True)
def readme_test() -> None:
    """The third example of README tests the strategy of the second.

    Right: all pass. Kind: examples are run as a reader would run them, one after the other.
    """
    came = tested("\n".join(readme()))
    expect((0, True), (came["failed"], came["passed"] > 0))


@case("README's engraver cannot be sent to a supplier that is not there", "medium")
def readme_submit() -> None:
    """README extends the workflow of all methods, so ``submit`` leads to a supplier from in house.

    Right: it is refused. Kind: triggers of a workflow that the strategy in hand has nobody for.
    """
    names: dict[str, Any] = {}
    exec(readme()[0], names)
    shop = Shop(names["Engraver"](), InHouse(), hooks=names["hooks"])
    shop.engine.change_stock(ReceiveStock(sku="RING-1", quantity=5).to())
    ring, engraving = line("RING-1", price="49.00"), {"engraving": "Anna"}
    shop.engine.place(order("A-1", ring, currency="GBP", attributes=engraving))
    shop.engine.submit(Confirm().to("A-1"))
    with suppress(Refused):
        shop.engine.fire("A-1", "submit", on="A-1-F1", by="mallory")
    require("not submitted", shop.fo() != "submitted", shop.fo())
