"""Backorders, and the release of stock of units that are not sent."""

from __future__ import annotations

import attrs

from orderflow.kernel.decision.draft import Draft
from orderflow.model.ledger import Bucket, Slot
from orderflow.model.messages import StockLost
from orderflow.model.stock import JoinWaitingList, StockKey

__all__ = ["backorder", "release_stock_of", "stock_lost"]


def backorder(draft: Draft, slot: Slot, quantity: int, key: StockKey) -> None:
    """Backorder units, up to the key's limit; the rest stays or becomes open."""
    level = draft.level(key)
    limit = level.backorder_limit
    room = quantity if limit is None else max(0, min(quantity, limit - level.backordered))
    if room:
        draft.stock.append(JoinWaitingList(key, draft.id, slot.line, room))
        draft.levels[key] = attrs.evolve(level, backordered=level.backordered + room)
        draft.move(slot, Slot(slot.line, Bucket.BACKORDERED), room)
    if room < quantity:
        over = quantity - room
        sentence = f"{over} × {key.sku} cannot be promised: the backorder limit is reached"
        if not draft.version:
            draft.refuse("stock.not_available", f"line {slot.line}: {sentence}")
        elif slot.bucket is not Bucket.OPEN:
            draft.move(slot, Slot(slot.line, Bucket.OPEN), over)


def stock_lost(draft: Draft, body: StockLost) -> None:
    """Backorder allocated units whose reserved stock is missing."""
    left = body.quantity
    for slot, units in sorted(draft.order.ledger.slots(Bucket.ALLOCATED, line=body.line)):
        part = min(left, units)
        if part and draft.stock_key(body.line, slot.fo) == body.key:
            draft.release_reservation(body.line, slot.fo, part)
            backorder(draft, slot, part, body.key)
            left -= part


def release_stock_of(draft: Draft, slot: Slot, units: int) -> None:
    """Release the reservation of units, or take them off the waiting list."""
    if slot.bucket is Bucket.BACKORDERED:
        draft.leave_waiting_list(slot.line, units)
    elif slot.bucket is Bucket.ALLOCATED:
        draft.release_reservation(slot.line, slot.fo, units)
