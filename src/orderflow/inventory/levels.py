"""What one operation does to a stock level: the rule that every store obeys."""

from __future__ import annotations

import attrs

from orderflow.model.stock import (
    Move,
    Policy,
    Release,
    Reserve,
    StockLevel,
    StockOp,
    Unwait,
    Wait,
)

__all__ = ["Holding", "apply"]


@attrs.frozen
class Holding:
    """A level, with what one line has of it: units reserved, and units waited for."""

    level: StockLevel
    reserved: int = 0
    waiting: int = 0


def apply(op: StockOp, held: Holding) -> Holding | None:
    """The holding after *op*; None where the operation is short and nothing may change.

    Law: a reservation is granted only within on hand - safety - reserved; open backorders stay
    within the allowance; facts (moves) always apply.
    """
    level, reserved, waiting = held.level, held.reserved, held.waiting
    match op:
        case Reserve(quantity=units):
            fits, level = units <= level.available, _shift(level, reserved=units)
            return Holding(level, reserved + units, waiting) if fits else None
        case Release(quantity=units, consume=consume):
            level = _shift(level, reserved=-units, on_hand=-units if consume else 0)
            return Holding(level, reserved - units, waiting) if units <= reserved else None
        case Wait(quantity=units):
            limit, level = level.backorder_limit, _shift(level, backordered=units)
            fits = limit is None or level.backordered <= limit
            return Holding(level, reserved, waiting + units) if fits else None
        case Unwait(quantity=units):
            units = min(units, waiting)
            level = _shift(level, backordered=-units)
            waiting -= units
        case Move(quantity=units):
            level = _shift(level, on_hand=units)
        case Policy(safety=safety, backorder_limit=limit):
            level = attrs.evolve(level, safety=safety, backorder_limit=limit)
    return Holding(level, reserved, waiting)


def _shift(
    level: StockLevel, *, on_hand: int = 0, reserved: int = 0, backordered: int = 0
) -> StockLevel:
    return attrs.evolve(
        level,
        on_hand=level.on_hand + on_hand,
        reserved=level.reserved + reserved,
        backordered=level.backordered + backordered,
    )
