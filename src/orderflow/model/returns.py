"""What becomes of goods that came back."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from orderflow.model.bounds import Code, Units
from orderflow.model.reading import Input
from orderflow.renamed import old_names

__all__ = ["Disposition", "InspectionLine"]


class Disposition(StrEnum):
    """What is done with units that came back. All but ``send_back`` are accepted, and refunded."""

    RESTOCK = "restock"
    QUARANTINE = "quarantine"
    DISCARD = "discard"
    SEND_BACK = "send_back"


class InspectionLine(Input):
    """What an inspection says of units of a line."""

    line: Code
    quantity: Units
    disposition: Disposition


if not TYPE_CHECKING:  # a type checker knows the new names alone
    __getattr__ = old_names(__name__)
