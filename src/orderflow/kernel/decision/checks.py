"""Checks that several commands share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TypeVar

import attrs

from orderflow.kernel.decision.draft import Draft
from orderflow.model.ledger import Bucket
from orderflow.model.order import Order
from orderflow.model.phases import Phase
from orderflow.model.state import FulfillmentOrder, OrderState
from orderflow.model.work import effect_key

__all__ = [
    "is_kept_open",
    "is_with_partner",
    "known",
    "not_held",
    "request_key",
    "uncancelled_units",
]

T = TypeVar("T")

_NOUNS = {
    "fo.unknown": "fulfillment order",
    "hold.unknown": "hold",
    "line.unknown": "line",
    "parcel.unknown": "parcel",
    "put_away.unknown": "put-away",
    "refund.unknown": "refund",
    "return.unknown": "return",
    "task.unknown": "open task",
}


def known(draft: Draft, code: str, name: str, there: Mapping[str, T]) -> T | None:
    """The entry named *name*; if there is none, refuses with *code* and names the existing ones."""
    found = there.get(name)
    if found is None:
        names = ", ".join(there) or "none"
        draft.refuse(code, f"there is no {_NOUNS[code]} {name}; there are: {names}")
    return found


def not_held(draft: Draft, fo: str = "") -> bool:
    """Refuse while the order, or its *fo*, is on hold, and name every hold."""
    placed = draft.order.state.holds
    if not placed:
        return True
    holds = [hold for hold in placed.values() if hold.on in ("", fo)]
    for hold in holds:
        where = hold.on or "the order"
        draft.refuse("order.on_hold", f"{where} is on hold ({hold.id}): {hold.reason}")
    return not holds


def is_with_partner(state: OrderState, fo: FulfillmentOrder) -> bool:
    """Whether a partner has the fulfillment order, so that only the partner can cancel it."""
    requested = fo.phase is Phase.REQUESTED or request_key(fo.id) in state.taken
    return requested and not fo.phase.final


def request_key(fo: str) -> str:
    """The key of the effect that sends a fulfillment order to its partner."""
    return effect_key(fo, "submit", 0)


def uncancelled_units(draft: Draft, fo: FulfillmentOrder) -> dict[str, int]:
    """Units per line allocated to the FO, without those in an open cancellation request."""
    found = Counter(draft.order.units(Bucket.ALLOCATED, fo=fo.id))
    for request in draft.order.state.cancellations.values():
        if request.fo == fo.id:
            found.subtract(request.lines)
    return {line: units for line, units in found.items() if units > 0}


def is_kept_open(order: Order) -> bool:
    """Whether anything is open, except the task with the reason why the order could not end."""
    state, known = order.state, f"{order.id}:exception.blocked"
    if known not in state.tasks:
        return order.is_busy
    others = {key: task for key, task in state.tasks.items() if key != known}
    return order.with_state(attrs.evolve(state, tasks=others)).is_busy
