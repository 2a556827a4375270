"""Builders: an order's state under construction, and how its values are changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar

import attrs

from orderflow.model import events as ev
from orderflow.model.ledger import Ledger, Slot
from orderflow.model.state import OrderState

__all__ = ["MAPPINGS", "Builder", "Folder", "changed", "nothing", "setting"]

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
    "answered",
)
_SHARED = frozenset(MAPPINGS)


class _Values(dict[str, Any]):
    """The changed values of a state; others are copied from the state before on first use.

    A mapping is copied then: the state before does not change.
    """

    __slots__ = ("before",)
    before: OrderState | None

    def __missing__(self, name: str) -> Any:
        if self.before is None:
            raise KeyError(name)
        value = getattr(self.before, name)
        if name in _SHARED:
            value = self[name] = dict(value)
        return value


class Builder:
    """An order's state under construction, event by event.

    Only changed values are copied, once between two states: a commit of many events stays linear.
    """

    def __init__(self, state: OrderState | None, order_id: str = "") -> None:
        self.now = _Values()
        self.now.before = state
        self._units: dict[Slot, int] | None = None
        if state is None:
            self.now.update(id=order_id, version=0)

    @property
    def units(self) -> dict[Slot, int]:
        """The ledger, mutable."""
        if self._units is None:
            self._units = dict(self.standing)
        return self._units

    @units.setter
    def units(self, units: dict[Slot, int]) -> None:
        self._units = units

    @property
    def standing(self) -> Mapping[Slot, int]:
        """The ledger, read-only."""
        if self._units is not None:
            return self._units
        return self.now.before.ledger.units if self.now.before else {}

    def freeze(self, version: int) -> OrderState:
        """The state so far; more events may be folded after it."""
        if self._units is not None:
            self.now["ledger"], self._units = Ledger(self._units), None
        self.now["version"] = version
        before = self.now.before
        state = changed(before, **self.now) if before else OrderState(**self.now)
        self.now.clear()
        self.now.before = state
        return state

    def peek(self, name: str) -> Any:
        """A value, read-only; None if it has none yet."""
        return self.now.get(name) if name in self.now else getattr(self.now.before, name, None)


Folder = Callable[[Builder, Any, datetime], None]
"""How an event changes the state under construction; the moment is the event's."""


T = TypeVar("T")


def changed(value: T, **changes: Any) -> T:
    """A copy of an attrs value with some fields changed: ``attrs.evolve``, faster."""
    kind: type[Any] = type(value)
    values_of, places = _fields_of(kind)  # type: ignore[arg-type]  # every class is hashable
    values = list(values_of(value))
    for name, change in changes.items():
        values[places[name]] = change
    after: T = kind(*values)
    return after


@cache
def _fields_of(kind: type[Any]) -> tuple[Callable[[Any], tuple[Any, ...]], dict[str, int]]:
    names = [field.name for field in attrs.fields(kind)]
    return attrgetter(*names), {name: place for place, name in enumerate(names)}


def setting(name: str, value: Callable[[Any], Any]) -> Folder:
    """A folder that sets one value."""

    def folder(fold: Builder, event: Any, _at: datetime) -> None:
        fold.now[name] = value(event)

    return folder


def nothing(_fold: Builder, _event: ev.Event, _at: datetime) -> None:
    """Change nothing: only the journal has the event."""
