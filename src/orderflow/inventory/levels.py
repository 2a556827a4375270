"""The effect of one operation on a stock level: the rule that every store obeys."""

from __future__ import annotations

from datetime import datetime

import attrs

from orderflow.model.stock import (
    AdjustStock,
    Cause,
    JoinWaitingList,
    LeaveWaitingList,
    Movement,
    Release,
    Reserve,
    SetLimits,
    SetOnHand,
    StockLevel,
    StockOp,
)

__all__ = ["KeyStock", "apply", "movement"]


@attrs.frozen
class KeyStock:
    """A level, with one line's units reserved and units waited for."""

    level: StockLevel
    reserved: int = 0
    waiting: int = 0


def apply(op: StockOp, held: KeyStock) -> KeyStock | None:
    """The holding after *op*; None if the operation is short and must change nothing.

    Law: reservations are granted only within on hand - safety - reserved; open backorders stay
    within the allowance; changes of on hand always apply.
    """
    level, reserved, waiting = held.level, held.reserved, held.waiting
    match op:
        case Reserve(quantity=units):
            fits, level = units <= level.available, _shift(level, reserved=units)
            return KeyStock(level, reserved + units, waiting) if fits else None
        case Release(quantity=units, consume=consume, at=at):
            known = at is not None and level.reported_at is not None and at <= level.reported_at
            level = _shift(level, reserved=-units, on_hand=-units if consume and not known else 0)
            return KeyStock(level, reserved - units, waiting) if units <= reserved else None
        case JoinWaitingList(quantity=units):
            limit, level = level.backorder_limit, _shift(level, backordered=units)
            fits = limit is None or level.backordered <= limit
            return KeyStock(level, reserved, waiting + units) if fits else None
        case LeaveWaitingList(quantity=units):
            units = min(units, waiting)
            level = _shift(level, backordered=-units)
            waiting -= units
        case AdjustStock(quantity=units, cause=cause):
            if cause is Cause.SHORT_PICK:  # a shortfall counts these units already
                units = min(0, units + level.shortfall)
            level = _shift(level, on_hand=units)
        case SetOnHand(on_hand=units, at=at):
            if level.reported_at is None or at > level.reported_at:
                level = attrs.evolve(level, on_hand=units, reported_at=at)
        case SetLimits(safety=safety, backorder_limit=limit):
            level = attrs.evolve(level, safety=safety, backorder_limit=limit)
    return KeyStock(level, reserved, waiting)


def movement(op: StockOp, moved: int, now: datetime) -> Movement | None:
    """The stock journal's entry for an operation that changed on hand by *moved*."""
    match op:
        case AdjustStock(cause=cause, reference=reference):
            pass
        case Release(consume=Cause() as cause):
            reference = f"{op.order}/{op.line}"
        case SetOnHand(reference=reference):
            cause = Cause.REPORT
        case _:
            return None
    return Movement(op.key, moved, cause, reference, now) if moved else None


def _shift(
    level: StockLevel, *, on_hand: int = 0, reserved: int = 0, backordered: int = 0
) -> StockLevel:
    return attrs.evolve(
        level,
        on_hand=level.on_hand + on_hand,
        reserved=level.reserved + reserved,
        backordered=level.backordered + backordered,
    )
