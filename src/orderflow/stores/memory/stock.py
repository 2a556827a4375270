"""The stock of the memory store."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence

import attrs

from orderflow.inventory import KeyStock, apply, movement
from orderflow.model.stock import (
    AnnounceInbound,
    InboundShipment,
    Movement,
    StockKey,
    StockLevel,
    StockOp,
    WaitingBackorder,
)
from orderflow.ports import Commit
from orderflow.stores.stock_rows import LineKey

__all__ = ["MemoryStock", "Touched"]


@attrs.define
class Touched:
    """The stock rows of one commit: copies of what it changes, put back at its end."""

    levels: dict[StockKey, StockLevel] = attrs.field(factory=dict)
    reserved: dict[LineKey, int] = attrs.field(factory=dict)
    waiting: dict[LineKey, WaitingBackorder] = attrs.field(factory=dict)
    moved: list[Movement] = attrs.field(factory=list)


class MemoryStock:
    """Levels, reservations, waiting lists and movements by key."""

    _lock: threading.RLock

    def __init__(self) -> None:
        super().__init__()
        self._stock = Touched()
        self._queues: dict[StockKey, dict[LineKey, WaitingBackorder]] = {}
        self._movements: dict[StockKey, list[Movement]] = {}
        self._expected: dict[str, InboundShipment] = {}

    def _apply(self, op: StockOp, touched: Touched, commit: Commit) -> bool:
        if isinstance(op, AnnounceInbound):
            return True
        level = touched.levels.get(op.key) or self._level(op.key)
        order, line = getattr(op, "order", ""), getattr(op, "line", "")
        key = op.key, order, line
        reserved = touched.reserved.get(key, self._stock.reserved.get(key, 0))
        waiting = touched.waiting.get(key) or self._stock.waiting.get(key)
        held = apply(op, KeyStock(level, reserved, waiting.quantity if waiting else 0))
        if held is None:
            return False
        touched.levels[op.key] = held.level
        moved = movement(op, held.level.on_hand - level.on_hand, commit.now)
        if moved is not None:
            touched.moved.append(moved)
        if order:
            touched.reserved[key] = held.reserved
            since = waiting.since if waiting and waiting.quantity else commit.now
            touched.waiting[key] = WaitingBackorder(op.key, order, line, held.waiting, since)
        return True

    def _put(self, ops: Sequence[StockOp], touched: Touched) -> None:
        self._stock.levels |= touched.levels
        self._stock.reserved |= touched.reserved
        self._stock.waiting |= touched.waiting
        for key, waiting in touched.waiting.items():
            queue = self._queues.setdefault(waiting.key, {})
            queue.pop(key, None)
            if waiting.quantity:
                queue[key] = waiting
        for moved in touched.moved:
            self._movements.setdefault(moved.key, []).append(moved)
        for op in ops:
            if isinstance(op, AnnounceInbound):
                self._expected.pop(op.id, None)
                if op.quantity:
                    self._expected[op.id] = InboundShipment(op.id, op.key, op.quantity, op.at)

    def _level(self, key: StockKey) -> StockLevel:
        return self._stock.levels.get(key) or StockLevel(key)

    def stock_levels(self, keys: Iterable[StockKey]) -> Mapping[StockKey, StockLevel]:
        """The stock levels."""
        return {key: self._level(key) for key in keys}

    def list_stock_levels(self, after: StockKey, limit: int) -> Sequence[StockLevel]:
        """One page of all stock levels."""
        with self._lock:
            keys = sorted(key for key in self._stock.levels if key > after)
            return [self._stock.levels[key] for key in keys[:limit]]

    def waiting_list(self, key: StockKey) -> Sequence[WaitingBackorder]:
        """The backorders that wait for this key, oldest first."""
        with self._lock:
            queue = list(self._queues.get(key, {}).values())
        return sorted(queue, key=lambda w: (w.since, w.order, w.line))

    def reservations_of_order(self, order_id: str) -> Mapping[tuple[StockKey, str], int]:
        """Units reserved for an order."""
        with self._lock:
            found = self._stock.reserved.items()
            return {(key, ln): n for (key, order, ln), n in found if order == order_id and n}

    def reservations_of(self, key: StockKey) -> Mapping[tuple[str, str], int]:
        """Units reserved of a key."""
        with self._lock:
            found = self._stock.reserved.items()
            return {(order, ln): n for (there, order, ln), n in found if there == key and n}

    def stock_movements(self, key: StockKey) -> Iterator[Movement]:
        """The stock journal of a key."""
        return iter(tuple(self._movements.get(key, ())))

    def inbound_shipments(self, key: StockKey) -> Sequence[InboundShipment]:
        """Inbound shipments, the next one first."""
        with self._lock:
            found = [receipt for receipt in self._expected.values() if receipt.key == key]
        return sorted(found, key=lambda receipt: (receipt.at, receipt.id))
