"""The stock rows of commits, and the operations on them."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator, Mapping, MutableMapping
from datetime import datetime
from typing import Any

import attrs

from orderflow.inventory import KeyStock, apply, movement
from orderflow.model.stock import (
    AdjustStock,
    AnnounceInbound,
    Movement,
    Release,
    Reserve,
    SetLimits,
    SetOnHand,
    StockKey,
    StockLevel,
    StockOp,
    WaitingBackorder,
)

__all__ = ["LineKey", "StockState"]

LineKey = tuple[StockKey, str, str]


@attrs.frozen
class StockState:
    """Levels, reservations and waiting lines, by key."""

    levels: MutableMapping[StockKey, StockLevel]
    reserved: MutableMapping[LineKey, int]
    waiting: MutableMapping[LineKey, WaitingBackorder]

    def copy(self) -> StockState:
        """A copy to change."""
        return StockState(dict(self.levels), dict(self.reserved), dict(self.waiting))

    def trial(self) -> StockState:
        """A copy whose changes can be discarded, or taken over."""
        return StockState(
            ChainMap({}, self.levels), ChainMap({}, self.reserved), ChainMap({}, self.waiting)
        )

    def take_over(self, trial: StockState) -> None:
        """Take over the changes of a trial."""
        mine: tuple[MutableMapping[Any, Any], ...] = self.levels, self.reserved, self.waiting
        for rows, tried in zip(mine, _changes(trial), strict=True):
            rows.update(tried)

    def apply(self, op: StockOp, now: datetime, moves: list[Movement]) -> bool:
        """Apply an operation; False, without a change, where it is short."""
        if isinstance(op, AnnounceInbound):
            return True
        held = KeyStock(self.levels.get(op.key) or StockLevel(op.key))
        if isinstance(op, AdjustStock | SetLimits | SetOnHand):
            after = apply(op, held)
        elif isinstance(op, Reserve | Release):
            line = op.key, op.order, op.line
            after = apply(op, attrs.evolve(held, reserved=self.reserved.get(line, 0)))
            if after is not None:
                self.reserved[line] = after.reserved
        else:
            line = op.key, op.order, op.line
            there = self.waiting.get(line) or WaitingBackorder(*line, 0, now)
            after = apply(op, attrs.evolve(held, waiting=there.quantity))
            if after is not None:
                since = there.since if there.quantity else now
                self.waiting[line] = WaitingBackorder(*line, after.waiting, since)
        if after is None:
            return False
        moved = movement(op, after.level.on_hand - held.level.on_hand, now)
        if moved is not None:
            moves.append(moved)
        self.levels[op.key] = after.level
        return True


def _changes(trial: StockState) -> Iterator[Mapping[Any, Any]]:
    for rows in (trial.levels, trial.reserved, trial.waiting):
        assert isinstance(rows, ChainMap)
        yield rows.maps[0]
