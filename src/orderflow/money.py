"""Money in integer minor units, and splitting it without losing a cent."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import (
    MAX_EMAX,
    MIN_EMIN,
    ROUND_HALF_UP,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
)
from typing import Any

import attrs

from orderflow.errors import InvalidInput, Problem

__all__ = ["CURRENCIES", "EXACTLY", "Money", "exponent", "share", "split", "to_minor"]

EXACTLY = Context(
    prec=200,
    rounding=ROUND_HALF_UP,
    Emin=MIN_EMIN,
    Emax=MAX_EMAX,
    capitals=1,
    clamp=0,
    flags=[],
    traps=[InvalidOperation, DivisionByZero, Overflow],
)
"""The context of all calculations, whatever the host has set: more digits than any amount has."""
_MOST_DIGITS = 100
_MOST = 10**_MOST_DIGITS

# ISO 4217, list one (active codes), by the number of decimals of each code.
_BY_EXPONENT = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
    2: "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN "
    "BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP "
    "GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT "
    "LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN "
    "NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE "
    "SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES "
    "WST XCD YER ZAR ZMW ZWG",
}
CURRENCIES = {code: places for places, codes in _BY_EXPONENT.items() for code in codes.split()}
"""Each active ISO 4217 code and its number of decimals."""


def exponent(currency: str) -> int:
    """The number of decimals of an ISO 4217 currency.

    >>> exponent("GBP"), exponent("JPY"), exponent("BHD")
    (2, 0, 3)

    Raises:
        ValueError: The code is not an active ISO 4217 code.
    """
    try:
        return CURRENCIES[currency]
    except KeyError:
        raise ValueError(f"{currency!r} is not an active ISO 4217 currency code") from None


def to_minor(amount: Decimal, currency: str) -> int:
    """An amount in minor units, rounded half up.

    >>> to_minor(Decimal("2.345"), "GBP"), to_minor(Decimal("100"), "JPY")
    (235, 100)

    Raises:
        InvalidInput: It is no number, or has more than 100 digits.
    """
    places = exponent(currency)
    if not amount.is_finite() or _is_too_long(amount):
        right = f"a number of at most {_MOST_DIGITS} digits is expected"
        raise InvalidInput("money", [Problem("amount", amount, right)])
    scaled = amount.scaleb(places, EXACTLY)
    return int(scaled.to_integral_value(ROUND_HALF_UP, EXACTLY))


def _is_too_long(amount: Decimal) -> bool:
    return max(amount.adjusted(), len(amount.as_tuple().digits)) > _MOST_DIGITS


def major(minor: int, currency: str) -> Decimal:
    """An amount in major units, exact."""
    digits = tuple(map(int, str(abs(minor))))
    return Decimal((int(minor < 0), digits, -exponent(currency)))


def split(amount: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Shares of *amount* (minor units) in proportion to *weights*; they add up to it exactly.

    Cumulative rounding: each share is the growth of the rounded running total, so that no share
    is off by more than one unit, and equal inputs give equal shares everywhere.

    >>> split(100, [1, 1, 1])
    (33, 34, 33)

    Raises:
        ValueError: No weight is above zero, or one is negative.
    """
    whole = sum(weights)
    if whole <= 0 or min(weights) < 0:
        raise ValueError(f"weights must be >= 0 with one above 0, got {list(weights)}")
    shares, weight_so_far, given = [], 0, 0
    for weight in weights:
        weight_so_far += weight
        total = (2 * amount * weight_so_far + whole) // (2 * whole)
        shares.append(total - given)
        given = total
    return tuple(shares)


def share(amount: int, units: int, of: int) -> int:
    """The part of *amount* (minor units) for *units* out of *of*, rounded half away from zero.

    >>> share(1001, 1, 2), share(-1001, 1, 2)
    (501, -501)
    """
    sign = 1 if amount >= 0 else -1
    return sign * ((2 * abs(amount) * units + of) // (2 * of))


def _exact(amount: object) -> Decimal:
    try:
        too_long = isinstance(amount, int) and abs(amount) > _MOST
        if isinstance(amount, Decimal | str | int) and not too_long:
            return Decimal(amount, EXACTLY)
    except (ArithmeticError, ValueError):
        pass
    raise InvalidInput("money", [Problem("amount", amount, "an exact number is expected")])


def _is_whole(_money: Money, _field: attrs.Attribute[int], minor: Any) -> None:
    if not isinstance(minor, int):
        right = "a whole number of minor units is expected"
        raise InvalidInput("money", [Problem("minor", minor, right)])


@attrs.frozen(order=False)
class Money:
    """An exact amount: integer *minor* units of an ISO 4217 *currency*.

    >>> str(Money(123450, "JPY")), str(Money.of("2.5", "GBP") + Money(1, "GBP"))
    ('123450 JPY', '2.51 GBP')
    """

    minor: int = attrs.field(validator=_is_whole)
    currency: str = attrs.field(validator=lambda _self, _field, code: exponent(code) and None)

    @classmethod
    def of(cls, amount: Decimal | str | int, currency: str) -> Money:
        """Money from an amount in major units, rounded half up to the currency's decimals.

        Raises:
            InvalidInput: The amount is no exact number, or has more than 100 digits.
        """
        return cls(to_minor(_exact(amount), currency), currency)

    @property
    def amount(self) -> Decimal:
        """The amount in major units."""
        return major(self.minor, self.currency)

    def __add__(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise ValueError(f"cannot add {other.currency} to {self.currency}")
        return Money(self.minor + other.minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        return self + -other

    def __str__(self) -> str:
        return f"{self.amount:f} {self.currency}"
