"""The order document: what was ordered, by whom and where to. Written once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import (
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from orderflow.model.frozen import Frozen
from orderflow.model.reading import CODE, Attributes, Exact, Plain, Sent, Utc
from orderflow.money import CURRENCIES, Money, share, to_minor

__all__ = [
    "PERSONAL_FIELDS",
    "Address",
    "Ask",
    "Charge",
    "Customer",
    "Delivery",
    "ItemFacts",
    "Line",
    "NewOrder",
    "Shipping",
    "Terms",
]

Text = Annotated[Plain, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Code = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=CODE)]
Id = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=CODE)]
"""The name of something that belongs to an order; it may begin with the order's number."""
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Minor = Annotated[int, Field(strict=True)]


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
    """Whether the order may leave in parts; fill or kill: all of it can be had now, or none."""

    PARTIAL = "partial"
    COMPLETE = "complete"
    FILL_OR_KILL = "fill_or_kill"


class Address(Sent):
    """A postal address. *country* is an ISO 3166 alpha-2 code."""

    name: Text
    lines: tuple[Text, ...] = Field(min_length=1, max_length=6)
    city: Text
    postal_code: Plain = Field(default="", max_length=20)
    region: Plain = Field(default="", max_length=100)
    country: Country
    phone: Plain = Field(default="", max_length=40)
    email: Plain = Field(default="", max_length=254)


class Customer(Sent):
    """Who ordered. *id* is the application's own; the rest is personal data.

    ``opted_out``: they are not asked for reviews.
    """

    id: Code
    name: Plain = Field(default="", max_length=200)
    email: Plain = Field(default="", max_length=254)
    phone: Plain = Field(default="", max_length=40)
    language: Plain = Field(default="en", max_length=20)
    opted_out: bool = False


class Ask(StrEnum):
    """What must be taken down of each unit that is picked."""

    LOT = "lot"
    SERIAL = "serial"
    EXPIRY = "expiry"


class ItemFacts(Sent):
    """What carriers and customs ask about one unit. Grams, millimetres, minor units."""

    weight_g: int | None = Field(default=None, ge=0)
    length_mm: int | None = Field(default=None, ge=0)
    width_mm: int | None = Field(default=None, ge=0)
    height_mm: int | None = Field(default=None, ge=0)
    hs_code: str | None = Field(default=None, pattern=r"^[0-9]{6,10}$")
    origin: Country | None = None
    customs_value: int | None = Field(default=None, ge=0)


class Line(Sent):
    """One SKU times a quantity.

    ``amount``, ``tax`` and ``discount`` are minor units of the order's currency, as given; an
    amount that is not given is unit price times quantity less discount, rounded half up, and not
    below 0.
    ``asks`` is what a picker takes down; ``substitutes`` are SKUs that the customer takes instead.
    """

    id: Code = ""
    sku: Code
    quantity: int = Field(gt=0, le=10_000_000, strict=True)
    unit_price: Annotated[Decimal, Exact] = Field(default=Decimal(0), ge=0)
    amount: Minor | None = None
    tax: Minor = 0
    discount: int = Field(default=0, ge=0, strict=True)
    name: Plain = Field(default="", max_length=500)
    item: ItemFacts = ItemFacts.model_construct()
    not_before: Utc | None = None
    parent_line: Plain | None = None
    ships: bool = True
    stocked: bool = True
    asks: tuple[Ask, ...] = ()
    substitutes: tuple[Code, ...] = ()
    attributes: Attributes = Field(default_factory=Frozen)


class Charge(Sent):
    """A fee or a credit that is no goods: postage, gift wrap, a manual discount. Minor units."""

    code: Code
    amount: Minor
    tax: Minor = 0
    name: Plain = Field(default="", max_length=200)


PERSONAL_FIELDS = frozenset({"customer", "ship_to", "pickup_at", "gift_message", "notes"})
"""The fields of an order document that are kept apart, because they may be a person's."""


class NewOrder(Sent):
    """What a customer ordered. *number* is the shop's own order number, if it has one.

    ``gift``: somebody else gets the goods, as where there is a gift message; nobody is asked for a
    review.

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
    currency: str
    lines: tuple[Line, ...] = ()
    charges: tuple[Charge, ...] = ()
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
    def _numbered_and_priced(cls, lines: Any, info: ValidationInfo) -> Any:
        """Give each line that has none its position as id, and its amount."""
        currency = info.data.get("currency")
        if currency is None or isinstance(lines, str) or not isinstance(lines, Sequence):
            return lines  # the fault is reported where it is
        whole: list[Any] = []
        for position, given in enumerate(lines, start=1):
            line = Line.model_validate(given) if isinstance(given, Line) else given
            whole.append(_whole_line(line, str(position), currency))
        return whole

    @model_validator(mode="after")
    def _lines_agree(self) -> Self:
        ids = Counter(line.id for line in self.lines)
        if twice := sorted(line for line, times in ids.items() if times > 1):
            raise ValueError(f"line ids must differ; given more than once: {', '.join(twice)}")
        orphans = [ln.id for ln in self.lines if ln.parent_line and ln.parent_line not in ids]
        if orphans:
            raise ValueError(f"parent_line must name another line; wrong on: {', '.join(orphans)}")
        return self

    @property
    def goods_total(self) -> Money:
        """The sum of the line amounts."""
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
        """The document with *more* units per line, *lines* besides, and other *changes*.

        Amounts and taxes grow with their quantity, rounded half up.
        """
        grown = [_grown(line, more.get(line.id, 0)) for line in self.lines]
        whole = {name: getattr(self, name) for name in self.model_fields_set} | changes
        return NewOrder.model_validate(whole | {"lines": (*grown, *lines)})


def _grown(line: Line, units: int) -> Line:
    if not units:
        return line
    quantity = line.quantity + units
    sums = {name: share(getattr(line, name) or 0, quantity, line.quantity) for name in _SUMS}
    return line.model_copy(update=sums | {"quantity": quantity})


_SUMS = ("amount", "tax", "discount")


def _whole_line(given: Any, position: str, currency: str) -> Any:
    """*given* with an id and an amount; unreadable lines are left for the validator to name."""
    if isinstance(given, Line):
        given = given.model_dump(exclude_unset=True)
    if not isinstance(given, dict):
        return given
    line = {**given, "id": given.get("id") or position}
    if line.get("amount") is None:
        try:
            price = Decimal(line.get("unit_price", 0)) * line["quantity"]
            gross, discount = to_minor(price, currency), line.get("discount", 0)
            line["amount"] = gross - discount
        except (ArithmeticError, KeyError, TypeError, ValueError):
            line.pop("amount", None)
        else:
            if line["amount"] < 0 < discount:
                raise _too_much(int(position) - 1, discount, gross)
    return line


def _too_much(position: int, discount: int, gross: int) -> ValidationError:
    """A line is never worth less than nothing; what is given beyond that is a charge below 0."""
    right = f"at most the line's own price, {gross}, is expected"
    found = InitErrorDetails(
        type=PydanticCustomError("discount", right), loc=(position, "discount"), input=discount
    )
    return ValidationError.from_exception_data("lines", [found])
