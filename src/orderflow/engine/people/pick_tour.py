"""Pick tours: the pick tasks of several fulfillment orders, done in one round."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import attrs

from orderflow.errors import InvalidInput, Problem
from orderflow.model.commands import Pick
from orderflow.model.frozen_mapping import HoldsMappings
from orderflow.model.ledger import Bucket
from orderflow.model.order import Order
from orderflow.model.stock import StockKey

__all__ = ["PickTour", "TourPick", "TourStop", "pick_tour_of", "picks"]


@attrs.frozen
class TourPick(HoldsMappings):
    """One fulfillment order's part of a pick tour: its task, and the units of each line."""

    task: str
    order: str
    fo: str
    location: str
    units: Mapping[str, int]
    skus: Mapping[str, str]


@attrs.frozen
class TourStop:
    """A stop of a pick tour: units of one SKU, for all its fulfillment orders."""

    key: StockKey
    quantity: int


@attrs.frozen
class PickTour:
    """Pick tasks that one person claimed, and the stops in shelf order."""

    picks: tuple[TourPick, ...]
    stops: tuple[TourStop, ...]


def pick_tour_of(found: Mapping[str, tuple[Order, str]]) -> PickTour:
    """The pick tour for these tasks, each with its order and its fulfillment order."""
    pickings = tuple(_picking(task, order, fo) for task, (order, fo) in found.items())
    needed: Counter[StockKey] = Counter()
    for picking in pickings:
        for line, units in picking.units.items():
            needed[StockKey(picking.skus[line], picking.location)] += units
    ordered = sorted(needed, key=lambda key: (key.location, key.sku))
    return PickTour(pickings, tuple(TourStop(key, needed[key]) for key in ordered))


def _picking(task: str, order: Order, fo: str) -> TourPick:
    units = order.units(Bucket.ALLOCATED, fo=fo)
    skus = {line: order.state.lines[line].sku for line in units}
    location = order.fulfillment_orders[fo].location
    return TourPick(task, order.id, fo, location, units, skus)


def picks(walk: PickTour, missing: Mapping[StockKey, int]) -> list[tuple[TourPick, Pick]]:
    """The pick command of each task; the last tasks of the tour go short of missing units.

    Raises:
        InvalidInput: More units of a SKU are missing than the tour has.
    """
    left = Counter(missing)
    done = []
    for picking in reversed(walk.picks):
        short = {}
        for line, units in picking.units.items():
            key = StockKey(picking.skus[line], picking.location)
            if lack := min(units, left[key]):
                short[line] = lack
                left[key] -= lack
        found = {line: n - short.get(line, 0) for line, n in picking.units.items()}
        found = {line: n for line, n in found.items() if n}
        done.append((picking, Pick(fo=picking.fo, units=found, short=short)))
    if over := {str(key): n for key, n in left.items() if n}:
        raise InvalidInput("walk", [Problem("missing", over, "the walk did not ask for so much")])
    return done[::-1]
