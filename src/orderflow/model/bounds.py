"""Bounds of input: the field types that all models share.

Each bound is declared here once, and shows in the JSON schema. Input beyond it is refused with its
field, so that all accepted values can be calculated with, stored and read again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sized
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, TypeVar
from unicodedata import is_normalized, normalize

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Field,
    StringConstraints,
    WithJsonSchema,
    WrapValidator,
)

from orderflow.calendars import EARLIEST, LATEST, in_utc, own_day
from orderflow.model.field_types import Accepts
from orderflow.model.frozen_mapping import frozen
from orderflow.model.parts import list_by_parts, names_by_parts

__all__ = [
    "CODE",
    "FEW",
    "FREE",
    "IN_WORDS",
    "MANY",
    "MOST_LETTERS",
    "MOST_MONEY",
    "MOST_PRICE",
    "MOST_STOCK",
    "MOST_UNITS",
    "NONE_OF_THEM",
    "UNKNOWN",
    "Code",
    "Composed",
    "Country",
    "Day",
    "Exact",
    "Few",
    "HsCode",
    "Id",
    "LineUnits",
    "LineUnitsOrNone",
    "Long",
    "Lot",
    "Many",
    "Measure",
    "Minor",
    "NoneOrMore",
    "Plain",
    "Price",
    "PriceOrNone",
    "Reason",
    "Reference",
    "SkuUnits",
    "Stock",
    "Text",
    "Units",
    "UnitsOrNone",
    "Utc",
]

MOST_UNITS = 10_000_000
"""Units of one line."""
MOST_STOCK = 1_000_000_000_000
"""Pieces at one location; a database can hold any sum of them."""
MOST_MONEY = 10**18
"""Minor units in one field; every database and format can hold it."""
MOST_PRICE = 10**14
"""Major units of one line: at most that many minor units in any currency."""
_PLACES = 30
_DIGITS = 64
FEW, MANY = 100, 3_000
"""Elements of a list: parts of one thing; lines, and items about them."""
T = TypeVar("T")

_UNSEEN = (
    r"\x00-\x1f\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f"
    r"\u2028-\u202f\u205f-\u206f\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    f"{chr(0xE0000)}-{chr(0xE0FFF)}"
)
"""Characters that are invisible or look like a space: names that differ in them look alike."""
CODE = rf"^[^\s{_UNSEEN}]([^{_UNSEEN}]*[^\s{_UNSEEN}])?$"
_PLAIN = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
_COUNTRY = r"^[A-Z]{2}$"
_HS_CODE = r"^[0-9]{6,10}$"
IN_WORDS: Mapping[str, str] = {
    CODE: "text without unseen or control characters, and without space around it, is expected",
    _PLAIN: "text without control characters is expected",
    _COUNTRY: "an ISO 3166 code of two capital letters, such as 'PT', is expected",
    _HS_CODE: "6 to 10 digits are expected",
}
"""The expectation of each pattern, for errors."""


MOST_LETTERS = 200
"""Characters of the longest name."""


def _composed(name: str) -> str:
    """The name in Unicode's NFC; a name that is too long is left to the check of its length.

    Composing takes time that grows with the square of a run of marks.
    """
    if name.isascii() or len(name) > MOST_LETTERS:
        return name
    return name if is_normalized("NFC", name) else normalize("NFC", name)


Composed = AfterValidator(_composed)
"""Marks a name: equal names in Unicode get one spelling."""

Plain = Annotated[str, StringConstraints(pattern=_PLAIN)]
"""Text without control characters, except tabs and line ends; each field has its own length."""
Text = Annotated[Plain, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Code = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=CODE), Composed]
Id = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=CODE), Composed]
"""The id of a part of an order; it may begin with the order's number."""
Reference = Annotated[Plain, StringConstraints(max_length=200), Composed]
"""A reference to something else; may be empty."""
Reason = Annotated[Plain, Field(min_length=1, max_length=200)]
Lot = Annotated[Plain, Field(max_length=100)]
"""A lot or a serial number."""
Long = Annotated[Plain, Field(max_length=10_000)]


def _longest(most: int) -> Any:
    """A maximum length that the pattern implies, for the JSON schema."""
    return Field(json_schema_extra={"maxLength": most})


Country = Annotated[str, StringConstraints(pattern=_COUNTRY), _longest(2)]
HsCode = Annotated[str, StringConstraints(pattern=_HS_CODE), _longest(10)]

Minor = Annotated[int, Field(strict=True, ge=-MOST_MONEY, le=MOST_MONEY)]
NoneOrMore = Annotated[int, Field(strict=True, ge=0, le=MOST_MONEY)]
"""An amount in minor units, ≥ 0."""
Stock = Annotated[int, Field(strict=True, ge=0, le=MOST_STOCK)]
Units = Annotated[int, Field(strict=True, gt=0, le=MOST_UNITS)]
UnitsOrNone = Annotated[int, Field(strict=True, ge=0, le=MOST_UNITS)]


def _short(value: object) -> object:
    if isinstance(value, Decimal) and (
        abs(value.adjusted()) > _DIGITS or len(value.as_tuple().digits) > _DIGITS
    ):
        raise ValueError(f"a number of at most {_DIGITS} digits is expected")
    return value


Measure = Annotated[int, Field(ge=0, le=2**31 - 1), BeforeValidator(_short)]
"""Grams or millimeters."""


def _at_most(most: int) -> BeforeValidator:
    """Check the length before any element is read: a million faults would cost too much."""

    def check(given: Any) -> Any:
        if isinstance(given, Sized) and not isinstance(given, str) and len(given) > most:
            raise ValueError(f"at most {most} are expected, not {len(given)}")
        return given

    return BeforeValidator(check)


if TYPE_CHECKING:
    Few = Accepts[list[T] | tuple[T, ...], tuple[T, ...]]
    Many = Accepts[list[T] | tuple[T, ...], tuple[T, ...]]
else:
    _by_parts = WrapValidator(list_by_parts)
    Few = Annotated[tuple[T, ...], Field(max_length=FEW), _by_parts, _at_most(FEW)]
    Many = Annotated[tuple[T, ...], Field(max_length=MANY), _by_parts, _at_most(MANY)]
NONE_OF_THEM: Any = ()
"""The default of any list."""


def _apart(given: Any) -> Any:
    """Refuse two spellings of one name: one entry would overwrite the other."""
    if isinstance(given, Mapping):
        names = [_composed(name) for name in given if isinstance(name, str)]
        if len(set(names)) < len(names):
            raise ValueError("names that differ are expected; two spell the same")
    return given


_Apart = BeforeValidator(_apart)
_Fixed = AfterValidator(frozen)
_Named = WrapValidator(names_by_parts)
LineUnits = Annotated[
    dict[Reference, Units], Field(max_length=MANY), _Named, _Apart, _at_most(MANY), _Fixed
]
LineUnitsOrNone = Annotated[
    dict[Reference, UnitsOrNone], Field(max_length=MANY), _Named, _Apart, _at_most(MANY), _Fixed
]
SkuUnits = Annotated[
    dict[Code, Units], Field(max_length=MANY), _Named, _Apart, _at_most(MANY), _Fixed
]


def _exact(value: object) -> object:
    """A value that can be converted to an exact number quickly."""
    if isinstance(value, float):
        raise ValueError("money is exact: write the number as a string")
    if isinstance(value, str) and len(value) > _DIGITS:
        raise ValueError(f"a number of at most {_DIGITS} characters is expected")
    if isinstance(value, int) and value > MOST_PRICE:
        raise ValueError(f"at most {MOST_PRICE} is expected")
    return value


def _calculable(value: Decimal) -> Decimal:
    """A zero without a large exponent: written out, 0E+999999 has a million digits."""
    return value if value or value.adjusted() <= 0 else Decimal(0)


Exact = BeforeValidator(_exact)
"""Marks a Decimal that may not come from a float."""
if TYPE_CHECKING:
    Price = Accepts[Decimal | str | int, Decimal]
    PriceOrNone = Accepts[Decimal | str | int | None, Decimal | None]
else:
    Price = Annotated[
        Decimal,
        Field(ge=0, le=MOST_PRICE, decimal_places=_PLACES),
        Exact,
        AfterValidator(_calculable),
        WithJsonSchema(
            {
                "anyOf": [
                    {"type": "number", "minimum": 0, "maximum": MOST_PRICE},
                    {"type": "string", "maxLength": _DIGITS},
                ]
            },
            mode="validation",
        ),
    ]
    PriceOrNone = Price | None
"""An amount in major units for one unit, with more decimals than its currency may have."""
FREE: Any = Decimal(0)
UNKNOWN: Any = None
"""Defaults of a price."""


def _utc(moment: datetime) -> datetime:
    if moment < EARLIEST:
        raise ValueError(f"a moment not before {EARLIEST:%Y} is expected")
    return in_utc(moment) if moment < LATEST else LATEST


Utc = Annotated[
    AwareDatetime,
    AfterValidator(_utc),
    Field(
        json_schema_extra={
            "formatMinimum": EARLIEST.isoformat(),
            "formatMaximum": "9999-12-31T23:59:59+00:00",
        }
    ),
]
"""A moment with a zone, converted to UTC; LATEST means no end."""
Day = Annotated[
    date,
    AfterValidator(own_day),
    Field(
        ge=EARLIEST.date(),
        json_schema_extra={"formatMinimum": "1900-01-01", "formatMaximum": "9999-12-31"},
    ),
]
