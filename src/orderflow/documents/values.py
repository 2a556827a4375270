"""What documents say, as values. Equal facts in equal style make equal bytes."""

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
    """How a shop's documents look.

    Attributes:
        sender: Who writes: the shop's address; returns go there.
        language: That of the papers for us and for suppliers; customers are written to in theirs.
        paper: Width and height of a sheet, points; labels have their own size.
        fonts: The fonts, tried in turn for each character.
        words: Words of other languages, or other words: language → key → words (see
            :data:`orderflow.documents.words.WORDS`).
    """

    sender: Address
    language: str = "en"
    paper: tuple[float, float] = A4
    fonts: Fonts = Fonts()  # noqa: RUF009 (an immutable value)
    words: Mapping[str, Mapping[str, str]] = attrs.field(factory=dict)


@attrs.frozen
class DocumentLine:
    """Units of a line. *price* is that of one unit; None where none is to be seen."""

    sku: str
    quantity: int
    name: str = ""
    price: Decimal | None = None


@attrs.frozen
class PackingSlip:
    """What is in a parcel, and what follows in others."""

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
    """Where a parcel goes. Grams. *sscc* is empty where the shop has no GS1 prefix."""

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
    """Units to fetch from one place, and for whom: fulfillment order → units."""

    location: str
    bin: str
    sku: str
    name: str
    units: Mapping[str, int]

    @property
    def quantity(self) -> int:
        """All of them."""
        return sum(self.units.values())


@attrs.frozen
class PickList:
    """What a person fetches on one walk, in the order of the shelves."""

    number: str
    date: date
    lines: tuple[PickLine, ...]
    language: str = "en"


@attrs.frozen
class PurchaseOrder:
    """What a supplier is to ship, and to whom. The price of an item is what one unit costs us."""

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
    """How goods come back: a label to cut out, and what to do."""

    rma: str
    order: str
    date: date
    language: str
    items: tuple[DocumentLine, ...]
    sent_by: Address | None = None


DocumentValues = PackingSlip | ShippingLabel | PickList | PurchaseOrder | ReturnLabel
Template = Callable[..., bytes]
"""Makes a document of its facts and a Style: ``template(facts, style)``."""
