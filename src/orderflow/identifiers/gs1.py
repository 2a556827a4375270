"""GS1 numbers: the modulo 10 check digit, GTINs, and the SSCC of a parcel.

After the GS1 General Specifications: 2.1 (GTIN), 2.2 (SSCC), 7.9 (check digits).
"""

from __future__ import annotations

from orderflow.errors import InvalidInput, Problem

__all__ = ["check_digit", "read_gtin", "read_sscc", "sscc"]

_GTIN_LENGTHS = (8, 12, 13, 14)
_SSCC_LENGTH = 18
_PREFIX_LENGTHS = range(4, 13)


def check_digit(digits: str) -> str:
    """The GS1 check digit of *digits*.

    >>> check_digit("629104150021")
    '3'

    Raises:
        InvalidInput: It has other characters than digits, or not 1 to 17 of them.
    """
    _only_digits("check digit", "digits", digits)
    if len(digits) >= _SSCC_LENGTH:
        raise _invalid("check digit", "digits", digits, f"at most {_SSCC_LENGTH - 1} are right")
    weighted = sum(
        int(digit) * (1 if place % 2 else 3) for place, digit in enumerate(reversed(digits))
    )
    return str(-weighted % 10)


def read_gtin(text: str) -> str:
    """The GTIN-8, -12, -13 or -14 in *text*, without spaces and hyphens.

    >>> read_gtin("4 006381 333931")
    '4006381333931'

    Raises:
        InvalidInput: It has another length, or another check digit.
    """
    digits = _plain("gtin", text)
    if len(digits) not in _GTIN_LENGTHS:
        raise _invalid("gtin", "gtin", text, "8, 12, 13 or 14 digits are right")
    return _checked("gtin", text, digits)


def sscc(prefix: str, number: int) -> str:
    """The SSCC-18 of the *number*-th parcel under a GS1 company *prefix* (4 to 12 digits).

    Different numbers give different SSCCs: the serial reference is used up first, then the
    extension digit counts. A prefix of n digits has 10 ** (17 - n) of them.

    >>> sscc("4006381", 42)
    '040063810000000420'

    Raises:
        InvalidInput: The prefix is invalid, or its numbers are used up.
    """
    _only_digits("sscc", "prefix", prefix)
    if len(prefix) not in _PREFIX_LENGTHS:
        raise _invalid("sscc", "prefix", prefix, "4 to 12 digits are right")
    width = 16 - len(prefix)
    extension, serial = divmod(number, 10**width)
    if not 0 <= extension <= 9:  # noqa: PLR2004 (one digit)
        raise _invalid("sscc", "number", number, f"0 to {10 ** (width + 1) - 1} are right")
    body = f"{extension}{prefix}{serial:0{width}d}"
    return body + check_digit(body)


def read_sscc(text: str) -> str:
    """The SSCC-18 in *text*, with or without the application identifier (00).

    Raises:
        InvalidInput: It has another length, or another check digit.
    """
    digits = _plain("sscc", text.strip().removeprefix("(00)"))
    if len(digits) == _SSCC_LENGTH + 2 and digits.startswith("00"):
        digits = digits[2:]
    if len(digits) != _SSCC_LENGTH:
        raise _invalid("sscc", "sscc", text, "18 digits are right, (00) may stand before them")
    return _checked("sscc", text, digits)


def _plain(what: str, text: str) -> str:
    digits = text.replace(" ", "").replace("-", "")
    _only_digits(what, what, digits)
    return digits


def _checked(what: str, text: str, digits: str) -> str:
    right = check_digit(digits[:-1])
    if digits[-1] != right:
        raise _invalid(what, what, text, f"the check digit is wrong: {right} would be right")
    return digits


def _only_digits(what: str, field: str, text: str) -> None:
    if not (text.isascii() and text.isdigit()):
        raise _invalid(what, field, text, "digits are right")


def _invalid(what: str, field: str, value: object, expected: str) -> InvalidInput:
    return InvalidInput(what, [Problem(field, value, expected)])
