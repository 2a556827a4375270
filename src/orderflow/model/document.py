"""The order document: what was ordered, by whom and where to. Immutable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from orderflow.model.attributes import Attributes
from orderflow.model.bounds import (
    FREE,
    MANY,
    MOST_PRICE,
    NONE_OF_THEM,
    Code,
    Country,
    Few,
    HsCode,
    Many,
    Measure,
    Minor,
    NoneOrMore,
    Plain,
    Price,
    Reference,
    Text,
    Units,
    Utc,
)
from orderflow.model.frozen_mapping import Frozen
from orderflow.model.reading import Input, read
from orderflow.money import CURRENCIES, EXACTLY, Money, share, to_minor
from orderflow.renamed import old_names
from orderflow.text import first_of

__all__ = [
    "PERSONAL_FIELDS",
    "Address",
    "Ask",
    "Charge",
    "Customer",
    "Delivery",
    "ItemDetails",
    "Line",
    "NewOrder",
    "Shipping",
    "Terms",
]


class Delivery(StrEnum):
    """How the goods reach the customer."""

    CARRIER = "carrier"
    PICKUP = "pickup"
    HANDOVER = "handover"
    NONE = "none"


class Terms(StrEnum):
    """When the customer pays."""

    PREPAID = "prepaid"
    INVOICE = "invoice"
    CASH_ON_DELIVERY = "cash_on_delivery"


class Shipping(StrEnum):
    """Whether the order may ship in parts; fill or kill: whole and at once, or not at all."""

    PARTIAL = "partial"
    COMPLETE = "complete"
    FILL_OR_KILL = "fill_or_kill"


class Address(Input):
    """A postal address. *country* is an ISO 3166 alpha-2 code."""

    name: Text
    lines: Few[Text] = Field(min_length=1, max_length=6)
    city: Text
    postal_code: Plain = Field(default="", max_length=20)
    region: Plain = Field(default="", max_length=100)
    country: Country
    phone: Plain = Field(default="", max_length=40)
    email: Plain = Field(default="", max_length=254)


class Customer(Input):
    """The customer. *id* is the application's own; the rest is personal data.

    ``opted_out``: no review requests.
    """

    id: Code
    name: Plain = Field(default="", max_length=200)
    email: Plain = Field(default="", max_length=254)
    phone: Plain = Field(default="", max_length=40)
    language: Plain = Field(default="en", max_length=20)
    opted_out: bool = False


class Ask(StrEnum):
    """What a picker must record of each unit: lot, serial number, expiry."""

    LOT = "lot"
    SERIAL = "serial"
    EXPIRY = "expiry"


class ItemDetails(Input):
    """Data for carriers and customs about one unit. Grams, millimeters, minor units."""

    weight_g: Measure | None = None
    length_mm: Measure | None = None
    width_mm: Measure | None = None
    height_mm: Measure | None = None
    hs_code: HsCode | None = None
    origin: Country | None = None
    customs_value: NoneOrMore | None = None


class Line(Input):
    """One SKU times a quantity.

    ``amount``, ``tax`` and ``discount`` are minor units of the order's currency; by default,
    ``amount`` is unit price times quantity less discount, rounded half up, and not below 0.
    ``asks`` is what a picker records; ``substitutes`` are SKUs that the customer accepts instead.
    """

    id: Code = ""
    sku: Code
    quantity: Units
    unit_price: Price = FREE
    amount: Minor | None = None
    tax: Minor = 0
    discount: NoneOrMore = 0
    name: Plain = Field(default="", max_length=500)
    item: ItemDetails = ItemDetails.model_construct()
    not_before: Utc | None = None
    parent_line: Reference | None = None
    ships: bool = True
    stocked: bool = True
    asks: Few[Ask] = NONE_OF_THEM
    substitutes: Few[Code] = NONE_OF_THEM
    attributes: Attributes = Field(default_factory=Frozen)

    @field_validator("unit_price")
    @classmethod
    def _has_an_amount(cls, price: Decimal, info: ValidationInfo) -> Decimal:
        if EXACTLY.multiply(price, info.data.get("quantity", 0)) > MOST_PRICE:
            raise ValueError(f"at most {MOST_PRICE} for all units of a line is expected")
        return price


class Charge(Input):
    """A fee or a credit: postage, gift wrap, a manual discount. Minor units."""

    code: Code
    amount: Minor
    tax: Minor = 0
    name: Plain = Field(default="", max_length=200)


PERSONAL_FIELDS = frozenset({"customer", "ship_to", "pickup_at", "gift_message", "notes"})
"""The document's fields that are stored apart, since they may be personal data."""


class NewOrder(Input):
    """A customer's order. *number* is the shop's own order number, if it has one.

    ``gift``: the goods are for another person, as with a gift message; no review is requested.

    >>> order = NewOrder(
    ...     currency="GBP", lines=[{"sku": "MUG", "quantity": 2, "unit_price": "2.55"}]
    ... )
    >>> order.lines[0].id, order.lines[0].amount, str(order.total)
    ('1', 510, '5.10 GBP')
    """

    number: Code | None = None
    channel: Code = "online"
    customer: Customer | None = None
    ship_to: Address | None = None
    pickup_at: Plain | None = Field(default=None, max_length=200)
    currency: str = Field(json_schema_extra={"maxLength": 3})
    lines: Many[Line] = NONE_OF_THEM
    charges: Few[Charge] = NONE_OF_THEM
    promised: Utc | None = None
    delivery: Delivery = Delivery.CARRIER
    terms: Terms = Terms.INVOICE
    shipping: Shipping = Shipping.PARTIAL
    gift: bool = False
    gift_message: Plain = Field(default="", max_length=2000)
    notes: Plain = Field(default="", max_length=4000)
    attributes: Attributes = Field(default_factory=Frozen)

    @field_validator("currency")
    @classmethod
    def _known_currency(cls, code: str) -> str:
        if code not in CURRENCIES:
            raise ValueError("an active ISO 4217 code such as 'EUR' is expected")
        return code

    @field_validator("lines", mode="before")
    @classmethod
    def _numbered(cls, lines: Any) -> Any:
        """Give each line without an id its position as id."""
        if isinstance(lines, str) or not isinstance(lines, Sequence) or len(lines) > MANY:
            return lines  # its own validator reports the fault
        return [_with_id(given, str(position)) for position, given in enumerate(lines, start=1)]

    @field_validator("lines")
    @classmethod
    def _priced(cls, lines: tuple[Line, ...], info: ValidationInfo) -> tuple[Line, ...]:
        """Give each line without an amount its amount."""
        ids = Counter(line.id for line in lines)
        if twice := sorted(line for line, times in ids.items() if times > 1):
            raise ValueError(f"line ids must differ; given more than once: {first_of(twice)}")
        currency = info.data.get("currency")
        if currency is None:
            return lines  # its own validator reports the fault
        return tuple(_priced(line, at, currency) for at, line in enumerate(lines))

    @model_validator(mode="after")
    def _lines_agree(self) -> Self:
        ids = {line.id for line in self.lines}
        orphans = [ln.id for ln in self.lines if ln.parent_line and ln.parent_line not in ids]
        if orphans:
            raise ValueError(f"parent_line must name another line; wrong on: {first_of(orphans)}")
        return self

    @property
    def goods_total(self) -> Money:
        """The sum of the line amounts, without taxes."""
        return Money(sum(line.amount or 0 for line in self.lines), self.currency)

    @property
    def total(self) -> Money:
        """Lines and charges with their taxes."""
        extra = sum(ln.tax for ln in self.lines) + sum(c.amount + c.tax for c in self.charges)
        return self.goods_total + Money(extra, self.currency)

    def line(self, line_id: str) -> Line:
        """The line with this id; raises KeyError."""
        for line in self.lines:
            if line.id == line_id:
                return line
        raise KeyError(line_id)

    def revised(self, more: Mapping[str, int], lines: Sequence[Line], **changes: Any) -> NewOrder:
        """The document with *more* units per line, more *lines*, and other *changes*.

        Amounts and taxes grow with their quantity, rounded half up.

        Raises:
            InvalidInput: It would exceed a bound of orders.
        """
        grown = [_grown(line, more.get(line.id, 0)) for line in self.lines]
        whole = {name: getattr(self, name) for name in self.model_fields_set} | changes
        return read(NewOrder, whole | {"lines": (*grown, *lines)}, "order")


def _grown(line: Line, units: int) -> Line:
    if not units:
        return line
    quantity = line.quantity + units
    sums = {name: share(getattr(line, name) or 0, quantity, line.quantity) for name in _SUMS}
    return line.model_copy(update=sums | {"quantity": quantity})


_SUMS = ("amount", "tax", "discount")


def _with_id(given: Any, position: str) -> Any:
    """The unread *given* with an id; unreadable lines are left to the validator."""
    if isinstance(given, Line):
        given = given.model_dump(exclude_unset=True)
    return {**given, "id": given.get("id") or position} if isinstance(given, dict) else given


def _priced(line: Line, at: int, currency: str) -> Line:
    if line.amount is not None:
        return line
    gross = to_minor(EXACTLY.multiply(line.unit_price, line.quantity), currency)
    if gross < line.discount:
        raise _too_much(at, line.discount, gross)
    return line.model_copy(update={"amount": gross - line.discount})


def _too_much(position: int, discount: int, gross: int) -> ValidationError:
    """The error for a discount above a line's price: the excess belongs in a negative charge."""
    right = f"at most the line's own price, {gross}, is expected"
    found = InitErrorDetails(
        type=PydanticCustomError("discount", right), loc=(position, "discount"), input=discount
    )
    return ValidationError.from_exception_data("lines", [found])


if not TYPE_CHECKING:  # type checkers know only the new names
    __getattr__ = old_names(__name__)
