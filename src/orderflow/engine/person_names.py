"""What a person is known by in a text: id, e-mail, phone, parts of their name."""

from __future__ import annotations

import re

from orderflow.model.order import Order

__all__ = ["naming"]

_BEGINS, _ENDS = r"(?<![^\W_])", r"(?![^\W_])"
"""Where a word of a name begins and ends: beside no letter and no digit. "_" is neither."""
_FEWEST, _MOST, _APART = 7, 9, r"[\W_]{0,3}"
"""Digits at the end of a phone number by which it is known, and what may stand between them."""


def naming(order: Order) -> re.Pattern[str]:
    """What finds the person of an order in a text; nothing where they gave no name."""
    names, phones = [order.state.customer], list[str]()
    for of in (order.document.customer, order.document.ship_to):
        names += [of.email, of.phone, *_words(of.name)] if of else []
        phones += [of.phone] if of else []
    words = "|".join(re.escape(name) for name in names if name)
    found = [rf"{_BEGINS}({words}){_ENDS}" if words else "", *map(_number, phones)]
    return re.compile("|".join(filter(None, found)) or "(?!)", re.IGNORECASE)


def _number(phone: str) -> str:
    """What finds a phone number however it is written; nothing where its digits are few.

    Its end is looked for: the beginning is written with and without a country and its zeros.
    """
    digits = re.sub(r"\D", "", phone)
    return rf"{_APART.join(digits[-_MOST:])}(?!\d)" if len(digits) >= _FEWEST else ""


def _words(name: str) -> list[str]:
    """The parts of a name, and the parts of those that are joined, such as by a hyphen."""
    joined = re.split(r"[\W_]+", name)
    return [*name.split(), *(part for part in joined if len(part) > 1)]
