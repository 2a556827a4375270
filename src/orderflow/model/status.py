"""The status of an order for people: derived from its quantities, never stored."""

from __future__ import annotations

from orderflow.model.ledger import Bucket
from orderflow.model.phases import OrderPhase, Phase
from orderflow.model.state import OrderState

__all__ = ["STAGES", "overlays", "payment_status", "return_status", "stage", "status"]

STAGES = ("placed", "picking", "packing", "shipping", "delivered", "completed", "cancelled")
_STAGES = STAGES[:-1]
_STAGE_OF = {
    Bucket.OPEN: 0,
    Bucket.BACKORDERED: 0,
    Bucket.RETURNED_UNDELIVERED: 0,
    Bucket.ALLOCATED: 1,
    Bucket.PICKED: 2,
    Bucket.PACKED: 3,
    Bucket.SHIPPED: 3,
    Bucket.RETURNING_UNDELIVERED: 3,
    Bucket.LOST: 3,
    Bucket.DELIVERED: 4,
    Bucket.RETURNING: 4,
    Bucket.RETURNED: 4,
}

_WITHOUT_UNITS = {OrderPhase.COMPLETED: "completed", OrderPhase.CANCELLED: "cancelled"}


def status(state: OrderState) -> str:
    """The status: the first of nine rules that matches."""
    units = state.ledger.totals()

    def count(*buckets: Bucket) -> int:
        return sum(units.get(bucket, 0) for bucket in buckets)

    ordered = sum(units.values())
    live = ordered - count(Bucket.CANCELLED, Bucket.SUBSTITUTED)
    reached = count(Bucket.DELIVERED, Bucket.RETURNING, Bucket.RETURNED)
    left = reached + count(Bucket.SHIPPED, Bucket.RETURNING_UNDELIVERED, Bucket.LOST)
    working = count(Bucket.PICKED, Bucket.PACKED, Bucket.RETURNED_UNDELIVERED)
    rules = (
        (state.phase is OrderPhase.DRAFT, "draft"),
        (ordered > 0 and live == 0, "cancelled"),
        (0 < live == reached, "completed" if state.phase is OrderPhase.COMPLETED else "delivered"),
        (reached > 0, "partially_delivered"),
        (0 < live == left, "shipped"),
        (left > 0, "partially_shipped"),
        (working > 0, "in_progress"),
        (0 < live == count(Bucket.BACKORDERED), "backordered"),
    )
    return next((name for matches, name in rules if matches), state.lifecycle)


def overlays(state: OrderState) -> frozenset[str]:
    """``on_hold`` and ``exception``, where they apply."""
    trouble = (
        bool(state.surplus)
        or any(task.name.startswith("exception") for task in state.tasks.values())
        or state.ledger.total(
            Bucket.LOST, Bucket.RETURNING_UNDELIVERED, Bucket.RETURNED_UNDELIVERED
        )
        > 0
    )
    found = {"on_hold": bool(state.holds), "exception": trouble}
    return frozenset(name for name, applies in found.items() if applies)


def stage(state: OrderState) -> str:
    """The stage of the least advanced live unit; ``cancelled`` when no unit is live.

    Without lines it follows from the phase.
    """
    least = len(_STAGES)
    for slot, _ in state.ledger.items():
        at = _STAGE_OF.get(slot.bucket)
        if at is None:
            continue
        if slot.bucket is Bucket.ALLOCATED and not _started(state, slot.fo):
            at = 0
        least = min(least, at)
    if least == len(_STAGES):
        return "cancelled" if state.lines else _WITHOUT_UNITS.get(state.phase, "placed")
    if state.phase is OrderPhase.COMPLETED and _STAGES[least] == "delivered":
        return "completed"
    return _STAGES[least]


def _started(state: OrderState, fo: str) -> bool:
    return state.fulfillment_orders[fo].phase not in (Phase.WAITING, Phase.READY)


def payment_status(state: OrderState) -> str:
    """The status of the payment."""
    paid = state.payments
    rules = (
        (paid.charged_back > 0, "charged_back"),
        (paid.refunded > 0, "refunded" if paid.net_captured <= 0 else "partially_refunded"),
        (paid.captured > 0, "paid" if paid.paid else "partially_paid"),
        (paid.authorised > 0, "authorised"),
        (paid.total <= 0, "nothing_due"),
    )
    return next((name for matches, name in rules if matches), "unpaid")


def return_status(state: OrderState) -> str:
    """The status of the returns."""
    if not state.returns:
        return "none"
    if any(not rma.phase.final for rma in state.returns.values()):
        return "open"
    reached = state.ledger.total(Bucket.DELIVERED, Bucket.RETURNING)
    back = state.ledger.total(Bucket.RETURNED)
    return "none" if not back else "returned" if not reached else "partially_returned"
