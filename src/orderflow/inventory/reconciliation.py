"""Reconciling: our stock at a location, against the list of who keeps it."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from orderflow.model.commands import Command, Count
from orderflow.model.stock import StockKey, StockLevel

__all__ = ["StockDiscrepancy", "differences"]


@attrs.frozen
class StockDiscrepancy:
    """A SKU of which we have *ours* on hand, and the list has *theirs*.

    ``commands`` would make them agree; ``uncovered`` units are promised and would not be there.
    """

    key: StockKey
    ours: int
    theirs: int
    uncovered: int
    commands: tuple[Command, ...]


def differences(
    location: str, levels: Mapping[str, StockLevel], on_hand: Mapping[str, int]
) -> tuple[StockDiscrepancy, ...]:
    """Where levels and list differ, by SKU."""
    found = []
    for sku in sorted({*levels, *on_hand}):
        level = levels.get(sku) or StockLevel(StockKey(sku, location))
        theirs = on_hand.get(sku, 0)
        if level.on_hand != theirs:
            count = Count(sku=sku, location=location, counted=theirs, reference="reconciled")
            uncovered = max(0, level.reserved - theirs)
            found.append(
                StockDiscrepancy(level.key, level.on_hand, theirs, uncovered, (count.to(),))
            )
    return tuple(found)
