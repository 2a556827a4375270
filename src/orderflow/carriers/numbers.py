"""Tracking numbers: possible carriers, check characters, tracking pages."""

from __future__ import annotations

from urllib.parse import quote

import attrs

from orderflow.carriers.rules import RULES, Rule
from orderflow.errors import InvalidInput, Problem

__all__ = ["TrackingNumber", "read_tracking_number", "recognize"]


@attrs.frozen
class TrackingNumber:
    """A number in its carrier's notation. *checked*: its check character is right.

    *url* is its tracking page; empty where none is known.
    """

    number: str
    carrier: str
    kind: str
    checked: bool
    url: str


def recognize(text: str) -> tuple[TrackingNumber, ...]:
    """The possible readings of a number, those with a right check character first.

    Spaces and case do not matter.

    >>> [found.carrier for found in recognize("1Z 5R8 939 03 57567127")]
    ['ups']
    """
    number = "".join(text.split()).upper()
    found = [_found(rule, number) for rule in RULES if rule.fits(number)]
    return tuple(sorted(found, key=lambda one: not one.checked))


def read_tracking_number(text: str, carrier: str | None = None) -> TrackingNumber:
    """The likeliest reading of a tracking number, as one of *carrier* if given.

    Raises:
        InvalidInput: It is no number of any carrier, or of this one, such as a typing error.
    """
    found = recognize(text)
    carriers = sorted({rule.carrier for rule in RULES})
    if carrier is not None and carrier not in carriers:
        expected = f"one of {', '.join(carriers)} is right"
        raise InvalidInput("tracking number", [Problem("carrier", carrier, expected)])
    for one in found:
        if carrier in (None, one.carrier):
            return one
    ways = [rule.name for rule in RULES if rule.carrier == carrier]
    expected = f"a number of {carrier or 'a known carrier'} is right" + (
        f", as one of: {', '.join(ways)}" if ways else "; look for a digit that is wrong"
    )
    raise InvalidInput("tracking number", [Problem("tracking_number", text, expected)])


def _found(rule: Rule, number: str) -> TrackingNumber:
    url = rule.url.format(quote(number)) if rule.url else ""
    return TrackingNumber(number, rule.carrier, rule.name, rule.check is not None, url)
