"""The disposition of returned goods."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from orderflow.model.bounds import Code, Units
from orderflow.model.reading import Input
from orderflow.renamed import old_names

__all__ = ["Disposition", "InspectionLine"]


class Disposition(StrEnum):
    """The disposition of returned units. All but ``send_back`` are accepted, and refunded."""

    RESTOCK = "restock"
    QUARANTINE = "quarantine"
    DISCARD = "discard"
    SEND_BACK = "send_back"


class InspectionLine(Input):
    """An inspection's finding about units of a line."""

    line: Code
    quantity: Units
    disposition: Disposition


if not TYPE_CHECKING:  # type checkers know only the new names
    __getattr__ = old_names(__name__)
