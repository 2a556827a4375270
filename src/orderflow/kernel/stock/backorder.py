"""Units that wait for stock, and units that are not to be sent any more."""

from __future__ import annotations

import attrs

from orderflow.kernel.decision.draft import Deciding
from orderflow.model.ledger import Bucket, Slot
from orderflow.model.messages import StockLost
from orderflow.model.stock import StockKey, Wait

__all__ = ["backorder", "let_go", "stock_lost"]


def backorder(deciding: Deciding, slot: Slot, quantity: int, key: StockKey) -> None:
    """Put units on the waiting list; where its allowance is used up they stay or become open."""
    level = deciding.level(key)
    limit = level.backorder_limit
    room = quantity if limit is None else max(0, min(quantity, limit - level.backordered))
    if room:
        deciding.stock.append(Wait(key, deciding.id, slot.line, room))
        deciding.levels[key] = attrs.evolve(level, backordered=level.backordered + room)
        deciding.move(slot, Slot(slot.line, Bucket.BACKORDERED), room)
    if room < quantity:
        over = quantity - room
        sentence = f"{over} of {key.sku} cannot be had, and no more backorders are allowed"
        if not deciding.version:
            deciding.refuse("stock.not_available", f"line {slot.line}: {sentence}")
        elif slot.bucket is not Bucket.OPEN:
            deciding.move(slot, Slot(slot.line, Bucket.OPEN), over)


def stock_lost(deciding: Deciding, body: StockLost) -> None:
    """Reserved units are not there: those that nobody has picked wait for stock again."""
    left = body.quantity
    for slot, units in sorted(deciding.order.ledger.slots(Bucket.ALLOCATED, line=body.line)):
        part = min(left, units)
        if part and deciding.stock_key(body.line, slot.fo) == body.key:
            deciding.unreserve(body.line, slot.fo, part)
            backorder(deciding, slot, part, body.key)
            left -= part


def let_go(deciding: Deciding, slot: Slot, units: int) -> None:
    """Units are not to be sent: give back their stock, or their place in the waiting list."""
    if slot.bucket is Bucket.BACKORDERED:
        deciding.unwait(slot.line, units)
    elif slot.bucket is Bucket.ALLOCATED:
        deciding.unreserve(slot.line, slot.fo, units)
