"""What it costs to refuse a megabyte, beside what that may cost."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from benchmarks.harness import Pair, Race, at_most, seconds
from orderflow import NewOrder
from orderflow.errors import InvalidInput
from orderflow.model.reading import read_json

__all__ = ["races"]

LIMIT = 50.0
"""Milliseconds of processor time that a refusal may take."""
ORDER = {"currency": "EUR", "lines": [{"sku": "MUG", "quantity": 1}]}
WRONG = {"sku": "MUG", "quantity": -1, "unit_price": "free", "name": "a mug" + " of clay" * 4}


def _order(**more: object) -> str:
    return json.dumps({**ORDER, **more})


DOCUMENTS: Mapping[str, str] = {
    "unknown names": _order(**{f"n{n}": 1 for n in range(75_000)}),
    "names of attributes": _order(attributes={f"n{n}": 1 for n in range(75_000)}),
    "a list in attributes": _order(attributes={"v": [1] * 330_000}),
    "lists within lists": _order(attributes={"v": [[[1]]] * 110_000}),
    "a long text": _order(notes="x" * 1_000_000),
    "a long number": _order(number="N")[:-1] + ', "total": ' + "9" * 1_000_000 + "}",
    "too many lines": _order(lines=[{"sku": 1}] * 75_000),
    "10,000 wrong lines": _order(lines=[WRONG] * 10_000),
    "brackets": "[" * 1_000_000,
}


def refusing(text: str) -> Callable[[], float]:
    """A contender: milliseconds until a document is refused."""

    def deed() -> None:
        try:
            read_json(NewOrder, text, "order")
        except InvalidInput:
            return
        raise AssertionError("it was taken")

    return lambda: 1_000 * seconds(deed, 1)


def races() -> Iterator[Race]:
    contenders: dict[str, Any] = {name: refusing(text) for name, text in DOCUMENTS.items()}
    limit = f"{LIMIT:.0f} ms"
    yield Race(
        "refusals",
        "ms",
        {**contenders, limit: lambda: LIMIT},
        tuple(Pair(name, name, limit, at_most(1)) for name in DOCUMENTS),
    )
