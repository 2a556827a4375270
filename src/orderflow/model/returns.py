"""What becomes of goods that came back."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from orderflow.model.document import Code
from orderflow.model.reading import Sent

__all__ = ["Disposition", "Finding"]


class Disposition(StrEnum):
    """What is done with units that came back. All but ``send_back`` are accepted, and refunded."""

    RESTOCK = "restock"
    QUARANTINE = "quarantine"
    DISCARD = "discard"
    SEND_BACK = "send_back"


class Finding(Sent):
    """What an inspection says of units of a line."""

    line: Code
    quantity: int = Field(gt=0, le=10_000_000, strict=True)
    disposition: Disposition
