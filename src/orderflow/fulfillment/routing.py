"""Routing: who fulfills what, and what waits for stock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from orderflow.kernel.decision.rules import Assignment, Backorder, RoutingOption
from orderflow.model.document import Line
from orderflow.model.order import Order

__all__ = ["Cheapest", "Priority", "SingleSource"]

_Free = dict[tuple[str, str], int]
"""What is left at a location of a SKU while a plan is being made."""


class Priority:
    """Units go to the first place that has them; the rest waits at the first that keeps stock."""

    def plan(
        self, order: Order, units: Mapping[str, int], places: Mapping[str, Sequence[RoutingOption]]
    ) -> Iterable[Assignment | Backorder]:
        """See :class:`orderflow.kernel.decision.rules.Routing`."""
        free: _Free = {}
        for line in order.lines:
            if line.id in units:
                ranked = self.rank(line, places[line.id])
                yield from _fill(line, units[line.id], ranked, free)

    def rank(self, line: Line, places: Sequence[RoutingOption]) -> Sequence[RoutingOption]:
        """The places of a line in the order in which they are asked: that of the strategies."""
        del line
        return places


class Cheapest(Priority):
    """Units go to the place that costs least and has them.

    Args:
        cost: What one unit costs there; by default what the strategy says, and unknown is dearest.
    """

    def __init__(self, cost: Callable[[Line, RoutingOption], Decimal | None] | None = None) -> None:
        self._cost = cost or (lambda _line, place: place.cost)

    def rank(self, line: Line, places: Sequence[RoutingOption]) -> Sequence[RoutingOption]:
        """The cheapest first; of equal ones, the first in the order of the strategies."""
        unknown = Decimal("Infinity")

        def cost(place: RoutingOption) -> Decimal:
            found = self._cost(line, place)
            return unknown if found is None else found

        return sorted(places, key=cost)


class SingleSource:
    """Everything from one place, where one has it all; else as another routing plans.

    Args:
        otherwise: Plans what no single place can do.
    """

    def __init__(self, otherwise: Priority | None = None) -> None:
        self._otherwise = otherwise or Priority()

    def plan(
        self, order: Order, units: Mapping[str, int], places: Mapping[str, Sequence[RoutingOption]]
    ) -> Iterable[Assignment | Backorder]:
        """See :class:`orderflow.kernel.decision.rules.Routing`."""
        lines = [line for line in order.lines if line.id in units]
        asked = dict.fromkeys((p.strategy, p.location) for line in lines for p in places[line.id])
        for one in asked:
            free: _Free = {}
            plan = [
                part
                for line in lines
                for part in _fill(
                    line,
                    units[line.id],
                    [p for p in places[line.id] if (p.strategy, p.location) == one],
                    free,
                )
                if isinstance(part, Assignment)
            ]
            if sum(part.quantity for part in plan) == sum(units.values()):
                return plan
        return self._otherwise.plan(order, units, places)


def _fill(
    line: Line, units: int, places: Sequence[RoutingOption], free: _Free
) -> Iterator[Assignment | Backorder]:
    """Take what each place has, in turn; wait for the rest where stock is kept."""
    for place in places:
        have = units
        if place.available is not None:
            key = line.sku, place.location
            have = min(units, free.setdefault(key, place.available))
            free[key] -= have
        if have:
            yield Assignment(line.id, have, place.strategy, place.location)
            units -= have
    kept = next((place.location for place in places if place.available is not None), None)
    if units and kept is not None:
        yield Backorder(line.id, units, kept)
