"""Routing: who fulfills which units, and which wait for stock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from orderflow.kernel.decision.rules import Assignment, Backorder, RoutingOption
from orderflow.model.document import Line
from orderflow.model.order import Order

__all__ = ["Cheapest", "Priority", "SingleSource"]

_Free = dict[tuple[str, str], int]
"""The units left by SKU and location while a plan is made."""


class Priority:
    """Units go to the first option that has them; the rest is backordered where stock is kept."""

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
        """The options of a line in the order of preference: that of the strategies."""
        del line
        return places


class Cheapest(Priority):
    """Units go to the cheapest option that has them.

    Args:
        cost: The cost of one unit; by default the strategy's. An unknown cost comes last.
    """

    def __init__(self, cost: Callable[[Line, RoutingOption], Decimal | None] | None = None) -> None:
        self._cost = cost or (lambda _line, place: place.cost)

    def rank(self, line: Line, places: Sequence[RoutingOption]) -> Sequence[RoutingOption]:
        """The cheapest first; equal ones in the order of the strategies."""
        unknown = Decimal("Infinity")

        def cost(place: RoutingOption) -> Decimal:
            found = self._cost(line, place)
            return unknown if found is None else found

        return sorted(places, key=cost)


class SingleSource:
    """All units from one option if possible; else the plan of another routing.

    Args:
        otherwise: Plans what no single option can do.
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
    """Take units from each option in turn; backorder the rest where stock is kept."""
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
