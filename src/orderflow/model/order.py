"""The order: its document and where it stands, as applications see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from orderflow.model.document import Line, NewOrder
from orderflow.model.ledger import Bucket, Ledger
from orderflow.model.state import FulfillmentOrder, OrderState
from orderflow.model.status import overlays, payment_status, return_status, stage, status

__all__ = ["Order"]

R = TypeVar("R")
T = TypeVar("T")


class Order:
    """One purchase and where it stands. Immutable: every commit gives a new one.

    Args:
        document: What was ordered, or a function that reads it: a store gives one, since most
            decisions look at the state alone.
        state: Where it stands.
    """

    __slots__ = ("_document", "_made", "_state")

    def __init__(self, document: NewOrder | Callable[[], NewOrder], state: OrderState) -> None:
        self._document, self._state = document, state
        self._made: tuple[object, object, Any] = (None, None, None)

    @property
    def document(self) -> NewOrder:
        """What was ordered."""
        if not isinstance(self._document, NewOrder):
            self._document = self._document()
        return self._document

    @property
    def state(self) -> OrderState:
        """Where it stands."""
        return self._state

    def with_state(self, state: OrderState) -> Order:
        """The same order, standing elsewhere."""
        return Order(self._document, state)

    def cached(self, make: Callable[[Order, R], T], given: R) -> T:
        """What *make* makes of this order and *given*; both stay as they are, so it is kept."""
        made, of, found = self._made
        if made is not make or of is not given:
            found = make(self, given)
            self._made = make, given, found
        kept: T = found
        return kept

    def __reduce__(self) -> tuple[type[Order], tuple[NewOrder, OrderState]]:
        return Order, (self.document, self._state)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Order):
            return NotImplemented
        return self._state == other._state and self.document == other.document

    def __hash__(self) -> int:
        return hash((self._state.id, self._state.version))

    def __repr__(self) -> str:
        return f"Order({self.id!r}, version={self.version}, status={self.status!r})"

    @property
    def id(self) -> str:
        """The order's id."""
        return self.state.id

    @property
    def version(self) -> int:
        """How many commits it has had."""
        return self.state.version

    @property
    def lines(self) -> tuple[Line, ...]:
        """The lines as ordered, and those that stand in for some of their units."""
        added = (name for name, line in self.state.lines.items() if line.substitutes)
        return *self.document.lines, *map(self.line, added)

    def line(self, line_id: str) -> Line:
        """The line with this id; raises KeyError."""
        stands = self.state.lines[line_id]
        if not stands.substitutes:
            return self.document.line(line_id)
        changed = {"id": line_id, "sku": stands.sku, "quantity": stands.ordered, "amount": None}
        return self.document.line(stands.substitutes).model_copy(update=changed)

    @property
    def attributes(self) -> Mapping[str, Any]:
        """The application's own data."""
        return self.document.attributes

    @property
    def ledger(self) -> Ledger:
        """How many units of each line stand where."""
        return self.state.ledger

    @property
    def fulfillment_orders(self) -> Mapping[str, FulfillmentOrder]:
        """The work that was given out, by id."""
        return self.state.fulfillment_orders

    @property
    def status(self) -> str:
        """What people see; derived from the ledger."""
        return status(self.state)

    @property
    def stage(self) -> str:
        """How far the least advanced live unit is."""
        return stage(self.state)

    @property
    def overlays(self) -> frozenset[str]:
        """``on_hold`` and ``exception``, where they apply."""
        return overlays(self.state)

    @property
    def payment_status(self) -> str:
        """Where the payment stands."""
        return payment_status(self.state)

    @property
    def return_status(self) -> str:
        """Where the returns stand."""
        return return_status(self.state)

    @property
    def is_busy(self) -> bool:
        """Whether work, tasks, holds or returns are open."""
        state = self.state
        return bool(
            state.put_aways
            or state.tasks
            or state.holds
            or any(not fo.phase.final for fo in state.fulfillment_orders.values())
            or any(not rma.phase.final for rma in state.returns.values())
        )

    def units(
        self, *buckets: Bucket, fo: str = "", parcel: str = "", rma: str = ""
    ) -> dict[str, int]:
        """Units per line in these buckets, of this FO, parcel or return where one is named."""
        found: dict[str, int] = {}
        for slot, units in self.ledger.slots(*buckets, fo=fo, parcel=parcel, rma=rma):
            found[slot.line] = found.get(slot.line, 0) + units
        return found
