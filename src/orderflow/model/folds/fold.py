"""The fold: how each event changes an order's state. Total, pure, and the state's only writer."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from orderflow.model import events as ev
from orderflow.model.folds import fulfillment, order, returns
from orderflow.model.folds.builder import Builder, Folder
from orderflow.model.state import OrderState

__all__ = ["Fold", "fold"]

_FOLDERS: dict[type[ev.Event], Folder] = {
    **order.FOLDERS,
    **fulfillment.FOLDERS,
    **returns.FOLDERS,
}


class Fold(Builder):
    """An order's state under construction, event by event."""

    def apply(self, event: ev.Event, at: datetime) -> None:
        """Fold one event of the moment *at*."""
        _FOLDERS[type(event)](self, event, at)


def fold(entries: Iterable[ev.Entry], order_id: str) -> OrderState:
    """The order's state from its journal (promise 8).

    Raises:
        ValueError: The journal is empty.
    """
    building = Fold(None, order_id)
    version = 0
    for entry in entries:
        for event in entry.events:
            building.apply(event, entry.at)
        version = entry.version
    if not version:
        raise ValueError(f"the journal of {order_id} is empty")
    return building.freeze(version)
