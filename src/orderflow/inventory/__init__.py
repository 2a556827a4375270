"""Stock decisions: the effect of operations on levels, and grants to waiting backorders."""

from orderflow.inventory.decision import (
    OLDEST_FIRST,
    BackorderPriority,
    StockDecision,
    decide_stock,
    serve_backorders,
)
from orderflow.inventory.levels import KeyStock, apply, movement
from orderflow.inventory.reconciliation import StockDiscrepancy, differences

__all__ = [
    "OLDEST_FIRST",
    "BackorderPriority",
    "KeyStock",
    "StockDecision",
    "StockDiscrepancy",
    "apply",
    "decide_stock",
    "differences",
    "movement",
    "serve_backorders",
]
