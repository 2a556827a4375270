"""Stock: what an operation does to a level, and what a receipt does for those who wait."""

from orderflow.inventory.levels import Holding, apply, movement
from orderflow.inventory.reconciling import Difference, differences
from orderflow.inventory.serving import (
    OLDEST_FIRST,
    ReleaseOrder,
    StockDecision,
    decide_stock,
    settle,
)

__all__ = [
    "OLDEST_FIRST",
    "Difference",
    "Holding",
    "ReleaseOrder",
    "StockDecision",
    "apply",
    "decide_stock",
    "differences",
    "movement",
    "settle",
]
