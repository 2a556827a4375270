"""Texts that identify a person: id, e-mail, phone, parts of their name."""

from __future__ import annotations

import re

from orderflow.model.order import Order

__all__ = ["naming"]

_BEGINS, _ENDS = r"(?<![^\W_])", r"(?![^\W_])"
"""Word boundaries of a name: no letter and no digit beside it; "_" is neither."""
_FEWEST, _MOST, _APART = 7, 9, r"[\W_]{0,3}"
"""Digits at the end of a phone number that identify it, and separators between them."""


def naming(order: Order) -> re.Pattern[str]:
    """A pattern that finds an order's person in a text; it matches nothing without a name."""
    names, phones = [order.state.customer], list[str]()
    for of in (order.document.customer, order.document.ship_to):
        names += [of.email, of.phone, *_words(of.name)] if of else []
        phones += [of.phone] if of else []
    words = "|".join(re.escape(name) for name in names if name)
    found = [rf"{_BEGINS}({words}){_ENDS}" if words else "", *map(_number, phones)]
    return re.compile("|".join(filter(None, found)) or "(?!)", re.IGNORECASE)


def _number(phone: str) -> str:
    """A pattern for a phone number in any notation; empty where it has few digits.

    It matches the end: country code and leading zeros vary at the beginning.
    """
    digits = re.sub(r"\D", "", phone)
    return rf"{_APART.join(digits[-_MOST:])}(?!\d)" if len(digits) >= _FEWEST else ""


def _words(name: str) -> list[str]:
    """The parts of a name, and the parts of compound ones, such as those with a hyphen."""
    joined = re.split(r"[\W_]+", name)
    return [*name.split(), *(part for part in joined if len(part) > 1)]
