"""Routing: who fulfills what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from orderflow.kernel.rules import Assignment, Fulfiller
from orderflow.model.order import Order
from orderflow.model.stock import StockKey, StockLevel

__all__ = ["FirstThatAccepts"]


class FirstThatAccepts:
    """Each line goes whole to the first strategy that accepts it; where none does it stays open."""

    def plan(
        self,
        order: Order,
        units: Mapping[str, int],
        strategies: Sequence[Fulfiller],
        levels: Mapping[StockKey, StockLevel],
    ) -> Iterable[Assignment]:
        """See :class:`orderflow.kernel.rules.Routing`."""
        del levels
        for line in order.lines:
            if line.id in units:
                for strategy in strategies:
                    if strategy.accepts(line) is None:
                        yield Assignment(line.id, units[line.id], strategy.code, strategy.location)
                        break
