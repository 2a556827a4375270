"""Reconciliation: our stock at a location, compared with its keeper's list."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from orderflow.model.commands import Command, Count
from orderflow.model.stock import StockKey, StockLevel

__all__ = ["StockDiscrepancy", "differences"]


@attrs.frozen
class StockDiscrepancy:
    """A SKU with *ours* on hand in our records, and *theirs* in the list.

    ``commands`` would remove the difference; ``uncovered`` units are reserved and would be missing.
    """

    key: StockKey
    ours: int
    theirs: int
    uncovered: int
    commands: tuple[Command, ...]


def differences(
    location: str, levels: Mapping[str, StockLevel], on_hand: Mapping[str, int]
) -> tuple[StockDiscrepancy, ...]:
    """The differences between levels and list, by SKU."""
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
