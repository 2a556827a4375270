"""Codes to read out: no letter looks like a digit, and errors are detected."""

from __future__ import annotations

from orderflow.errors import InvalidInput, Problem

__all__ = ["ALPHABET", "code", "read_code"]

ALPHABET = "23456789ABCDEFGHJKMNPQRTVWXYZ"
"""Digits and letters without 0 and O, 1, I and L, S (like 5) and U (like V): 29, a prime."""

_PRIME = len(ALPHABET)
_LONGEST = _PRIME - 2
"""2 is a primitive root of 29: up to 28 places (with the check) have distinct weights."""
_GROUP = 4


def code(number: int, prefix: str = "", width: int = 7) -> str:
    """A readable code for *number*: *width* places and a check character, in groups of four.

    Different numbers give different codes. *prefix* (``A-``) is put before it, and not checked.

    >>> code(1001, "A-")
    'A-2222-37H2'

    Raises:
        InvalidInput: The number is negative or needs more places.
    """
    if not 1 <= width <= _LONGEST:
        raise _invalid("width", width, f"1 to {_LONGEST} are right")
    if not 0 <= number < _PRIME**width:
        raise _invalid("number", number, f"0 to {_PRIME**width - 1} are right for {width} places")
    places = []
    for _ in range(width):
        number, place = divmod(number, _PRIME)
        places.append(place)
    text = "".join(ALPHABET[place] for place in reversed(places))
    return prefix + _grouped(text + _check(text))


def read_code(text: str, prefix: str = "") -> str:
    """The code in *text* as :func:`code` writes it; case, spaces and hyphens do not matter.

    One wrong character, or two swapped ones, are always detected.

    >>> read_code("a 2222 37h2", "A-")
    'A-2222-37H2'

    Raises:
        InvalidInput: A character is not in ALPHABET, or the check character is wrong.
    """
    plain, start = _plain(text), _plain(prefix)
    if not plain.startswith(start):
        raise _invalid("code", text, f"it begins with {prefix}")
    body = plain[len(start) :]
    if strange := sorted(set(body) - set(ALPHABET)):
        raise _invalid("code", text, f"{' '.join(strange)} cannot be in a code; look again")
    if not 1 < len(body) <= _LONGEST + 1:
        raise _invalid("code", text, f"2 to {_LONGEST + 1} characters are right")
    if body[-1] != _check(body[:-1]):
        raise _invalid("code", text, "a character is wrong, or two changed places; look again")
    return prefix + _grouped(body)


def _check(text: str) -> str:
    """The check character: it makes the sum, weighted by powers of 2, a multiple of 29."""
    total = 0
    for character in text:
        total = (total + ALPHABET.index(character)) * 2 % _PRIME
    return ALPHABET[-total % _PRIME]


def _grouped(text: str) -> str:
    return "-".join(text[i : i + _GROUP] for i in range(0, len(text), _GROUP))


def _plain(text: str) -> str:
    return "".join(text.split()).replace("-", "").upper()


def _invalid(field: str, value: object, expected: str) -> InvalidInput:
    return InvalidInput("code", [Problem(field, value, expected)])
