"""A carrier without an interface: a person buys the label and enters its number."""

from __future__ import annotations

from orderflow.errors import NeedsPerson
from orderflow.ports import Label, LabelRequest

__all__ = ["ManualCarrier"]


class ManualCarrier:
    """Opens a task for each label; completing it takes the carrier and the tracking number.

    Args:
        name: The carrier's name, for the task's reader.
    """

    def __init__(self, name: str = "the carrier") -> None:
        self.name = name

    def buy_label(self, request: LabelRequest) -> Label:
        """Raises NeedsPerson: the worker opens the task at once."""
        raise NeedsPerson(f"buy a label of {self.name} for {request.parcel} and type its number")

    def find(self, key: str) -> Label | None:
        """None: software buys no labels."""
        del key
        return None

    def void_label(self, key: str, label: Label) -> None:
        """Raises NeedsPerson."""
        del key
        raise NeedsPerson(f"have {self.name} void the label {label.tracking_number}")

    def hand_over(self, key: str, label: Label) -> None:
        """Nothing: a person hands the parcel over."""
