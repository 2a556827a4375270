"""An order's state being built, and how its values are changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar

import attrs

from orderflow.model import events as ev
from orderflow.model.ledger import Ledger, Slot
from orderflow.model.state import OrderState

__all__ = ["MAPPINGS", "Building", "Folder", "changed", "nothing", "setting"]

MAPPINGS = (
    "lines",
    "holds",
    "fulfillment_orders",
    "parcels",
    "returns",
    "refunds",
    "put_aways",
    "tasks",
    "surplus",
    "cancellations",
    "proposals",
    "declined",
    "taken",
    "asked_for",
    "escalated",
)
_FIELDS = tuple(field.name for field in attrs.fields(OrderState))
_values_of = attrgetter(*_FIELDS)


class _Values(dict[str, Any]):
    """The values of a state. A mapping that a state shares is copied when it is asked for."""

    shared: set[str]

    def __getitem__(self, name: str) -> Any:
        value = super().__getitem__(name)
        if name in self.shared:
            self.shared.discard(name)
            value = self[name] = dict(value)
        return value


class Building:
    """An order's state being built, one event after the other.

    Only mappings that change are copied, once between two states: a commit of many events stays
    linear.
    """

    def __init__(self, state: OrderState | None, order_id: str = "") -> None:
        self.units: dict[Slot, int] = dict(state.ledger.items()) if state else {}
        self.now = _Values({"id": order_id, "version": 0})
        self.now.shared = set()
        if state is not None:
            self.now.update(zip(_FIELDS, _values_of(state), strict=True))
            self.now.shared.update(MAPPINGS)

    def freeze(self, version: int) -> OrderState:
        """The state as it is now; the fold may go on after it."""
        self.now.update(ledger=Ledger(self.units), version=version)
        self.now.shared.update(MAPPINGS)
        return OrderState(**self.now)

    def peek(self, name: str) -> Any:
        """A value to look at, not to change."""
        return self.now.get(name)


Folder = Callable[[Building, Any, datetime], None]
"""What an event makes of the state that is being built; the moment is when it became true."""


T = TypeVar("T")


def changed(value: T, **changes: Any) -> T:
    """A copy of an attrs value with some fields changed: ``attrs.evolve`` in half the time."""
    kind: type[Any] = type(value)
    names, values_of = _fields_of(kind)  # type: ignore[arg-type]  # every class is hashable
    after: T = kind(**dict(zip(names, values_of(value), strict=True)) | changes)
    return after


@cache
def _fields_of(kind: type[Any]) -> tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]]]:
    names = tuple(field.name for field in attrs.fields(kind))
    return names, attrgetter(*names)


def setting(name: str, value: Callable[[Any], Any]) -> Folder:
    """The event says what one value is from now on."""

    def folder(fold: Building, event: Any, _at: datetime) -> None:
        fold.now[name] = value(event)

    return folder


def nothing(_fold: Building, _event: ev.Event, _at: datetime) -> None:
    """The event is told by the journal alone."""
