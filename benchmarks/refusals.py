"""What it costs to refuse a megabyte, beside what that may cost."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from benchmarks.harness import Pair, Race, at_most, seconds
from orderflow import NewOrder
from orderflow.carriers.webhooks import read_tracking
from orderflow.errors import InvalidInput
from orderflow.model.bounds import MANY
from orderflow.model.commands import Command
from orderflow.model.reading import read_json

__all__ = ["races"]

LIMIT = 50.0
"""Milliseconds of processor time that a refusal may take."""
RIGHT = {"sku": "MUG", "quantity": 1, "name": "a mug of clay", "unit_price": "12.50"}
ORDER = {"currency": "EUR", "lines": [{"sku": "MUG", "quantity": 1}]}
FULL = {**RIGHT, "attributes": {f"a{n}": n for n in range(20)}}
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
    "wrong lines": _order(lines=[WRONG] * MANY),
    "lines without any field": _order(lines=[{}] * MANY),
    "a fault in the last of the lines": _order(lines=[RIGHT] * (MANY - 1) + [WRONG]),
    "lines with one id": _order(lines=[{**RIGHT, "id": "1"}] * MANY),
    "unknown names in a line": _order(lines=[{f"n{n}": 1 for n in range(75_000)}]),
    "wrong lists in lines": _order(lines=[{**RIGHT, "substitutes": [1] * 100}] * 2_500),
    "numbers of 4,000 digits": _order(attributes={"v": [10**4_000] * 240}),
    "a price with an endless exponent": _order(lines=[{**RIGHT, "unit_price": "1e999999"}] * 9_000),
    "half characters": _order(notes="\udcff" * 160_000),
    "brackets": "[" * 1_000_000,
    "brackets in texts": _order(notes="[" * 500_000 + "\\" * 240_000),
    "texts without an end": "[" * 60_000 + '"\\' * 450_000,
}
TO_THE_END: Mapping[str, str] = {
    "a fault after 60,000 attributes": _order(lines=[FULL] * (MANY - 1) + [WRONG]),
}
"""What is right up to its end: it is refused when all of it was read, as what is taken."""
COMMANDS: Mapping[str, str] = {
    "units of all lines, twice": json.dumps(
        {
            "subject": "A-1",
            "body": {
                "kind": "pick",
                "fo": "F",
                "units": {f"L{n}": -1 for n in range(MANY)},
                "short": {f"L{n}": -1 for n in range(MANY)},
            },
        }
    )
}
PAYLOADS: Mapping[str, str] = {
    "1,000 events without a number": json.dumps({"events": [{"id": 1, "x": "y" * 900}] * 1_000}),
    "1,000 events of an unknown code": json.dumps(
        {
            "events": [{"tracking_number": "T", "code": "?", "occurred_at": "2026-01-05T10:00:00Z"}]
            * 1_000
        }
    ),
}


def _refused(read: Callable[[], object]) -> None:
    try:
        read()
    except InvalidInput:
        return
    raise AssertionError("it was taken")


def refusing(read: Callable[[], object]) -> Callable[[], float]:
    """A contender: milliseconds until something is refused."""
    return lambda: 1_000 * seconds(partial(_refused, read), 1)


def readers() -> Iterator[tuple[str, Callable[[], object]]]:
    """All that is refused, by name."""
    for name, text in {**DOCUMENTS, **TO_THE_END}.items():
        yield name, partial(read_json, NewOrder, text, "order")
    for name, text in COMMANDS.items():
        yield name, partial(read_json, Command, text, "command")
    for name, text in PAYLOADS.items():
        yield name, partial(read_tracking, text.encode())


def races() -> Iterator[Race]:
    contenders: dict[str, Any] = {name: refusing(read) for name, read in readers()}
    limit = f"{LIMIT:.0f} ms"
    yield Race(
        "refusals",
        "ms",
        {**contenders, limit: lambda: LIMIT},
        tuple(
            Pair(name, name, limit, None if name in TO_THE_END else at_most(1))
            for name in contenders
        ),
    )
