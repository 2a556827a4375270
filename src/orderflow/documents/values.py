"""The values of documents. Equal values in equal style give equal bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal

import attrs

from orderflow.documents.fonts import Fonts
from orderflow.model.document import Address
from orderflow.model.frozen_mapping import HoldsMappings

__all__ = [
    "A4",
    "LETTER",
    "DocumentLine",
    "DocumentValues",
    "PackingSlip",
    "PickLine",
    "PickList",
    "PurchaseOrder",
    "ReturnLabel",
    "ShippingLabel",
    "Style",
    "Template",
]

A4 = (595.28, 841.89)
"""210 × 297 mm, in points."""
LETTER = (612.0, 792.0)
"""8½ × 11 inches, in points."""


@attrs.frozen
class Style(HoldsMappings):
    """The style of a shop's documents.

    Attributes:
        sender: The shop's address; returns go there.
        language: The language of documents for us and for suppliers; customers' have theirs.
        paper: Width and height of a sheet, points; labels have their own size.
        fonts: The fonts, tried in turn for each character.
        words: Words to add or replace: language → key → words (see
            :data:`orderflow.documents.words.WORDS`).
    """

    sender: Address
    language: str = "en"
    paper: tuple[float, float] = A4
    fonts: Fonts = Fonts()  # noqa: RUF009 (an immutable value)
    words: Mapping[str, Mapping[str, str]] = attrs.field(factory=dict)


@attrs.frozen
class DocumentLine:
    """Units of a line. *price* is that of one unit; None to show none."""

    sku: str
    quantity: int
    name: str = ""
    price: Decimal | None = None


@attrs.frozen
class PackingSlip:
    """The items in a parcel, and those that follow in others."""

    order: str
    parcel: str
    date: date
    language: str
    currency: str
    items: tuple[DocumentLine, ...]
    following: tuple[DocumentLine, ...] = ()
    ship_to: Address | None = None
    gift_message: str = ""
    sscc: str = ""
    tracking_number: str = ""


@attrs.frozen
class ShippingLabel:
    """The values of a parcel's label. Weight in grams; *sscc* is empty without a GS1 prefix."""

    order: str
    parcel: str
    ship_to: Address | None
    carrier: str
    tracking_number: str
    weight_g: int = 0
    sscc: str = ""
    date: date | None = None
    language: str = "en"


@attrs.frozen
class PickLine(HoldsMappings):
    """Units to pick from one bin, by fulfillment order."""

    location: str
    bin: str
    sku: str
    name: str
    units: Mapping[str, int]

    @property
    def quantity(self) -> int:
        """All units."""
        return sum(self.units.values())


@attrs.frozen
class PickList:
    """The lines of one pick tour, in shelf order."""

    number: str
    date: date
    lines: tuple[PickLine, ...]
    language: str = "en"


@attrs.frozen
class PurchaseOrder:
    """A supplier's items and their recipient. An item's price is our cost of one unit."""

    number: str
    date: date
    supplier: str
    currency: str
    items: tuple[DocumentLine, ...]
    ship_to: Address | None
    gift_message: str = ""
    language: str = "en"


@attrs.frozen
class ReturnLabel:
    """A return's items, with a label to cut out and instructions."""

    rma: str
    order: str
    date: date
    language: str
    items: tuple[DocumentLine, ...]
    sent_by: Address | None = None


DocumentValues = PackingSlip | ShippingLabel | PickList | PurchaseOrder | ReturnLabel
Template = Callable[..., bytes]
"""Creates a document from its values and a Style: ``template(values, style)``."""
