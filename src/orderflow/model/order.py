"""The order: its document and its state, as applications see it."""

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
    """One purchase and its state. Immutable: every commit creates a new one.

    Args:
        document: What was ordered, or a function that reads it: stores pass one, since most
            decisions need only the state.
        state: The state after its last commit.
    """

    __slots__ = ("_document", "_made", "_state")

    def __init__(self, document: NewOrder | Callable[[], NewOrder], state: OrderState) -> None:
        self._document, self._state = document, state
        self._made: tuple[object, object, Any] = (None, None, None)

    @property
    def document(self) -> NewOrder:
        """The order document."""
        if not isinstance(self._document, NewOrder):
            self._document = self._document()
        return self._document

    @property
    def state(self) -> OrderState:
        """The state after the last commit."""
        return self._state

    def with_state(self, state: OrderState) -> Order:
        """The order with the same document and another state."""
        return Order(self._document, state)

    def cached(self, make: Callable[[Order, R], T], given: R) -> T:
        """Cache the last ``make(self, given)``; safe because both are immutable."""
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
        """The number of its commits."""
        return self.state.version

    @property
    def lines(self) -> tuple[Line, ...]:
        """The lines as ordered, and their substitutes."""
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
        """The number of units of each line in each bucket."""
        return self.state.ledger

    @property
    def fulfillment_orders(self) -> Mapping[str, FulfillmentOrder]:
        """The fulfillment orders, by id."""
        return self.state.fulfillment_orders

    @property
    def status(self) -> str:
        """The status that people see; derived from the ledger."""
        return status(self.state)

    @property
    def stage(self) -> str:
        """The stage of the least advanced live unit."""
        return stage(self.state)

    @property
    def overlays(self) -> frozenset[str]:
        """``on_hold`` and ``exception``, where they apply."""
        return overlays(self.state)

    @property
    def payment_status(self) -> str:
        """The status of the payment."""
        return payment_status(self.state)

    @property
    def return_status(self) -> str:
        """The status of the returns."""
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
        """Units per line in these buckets, of the FO, parcel or return if one is given."""
        found: dict[str, int] = {}
        for slot, units in self.ledger.slots(*buckets, fo=fo, parcel=parcel, rma=rma):
            found[slot.line] = found.get(slot.line, 0) + units
        return found
