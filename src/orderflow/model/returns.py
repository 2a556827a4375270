"""What becomes of goods that came back."""

from __future__ import annotations

from enum import StrEnum

from orderflow.model.bounds import Code, Units
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
    quantity: Units
    disposition: Disposition
