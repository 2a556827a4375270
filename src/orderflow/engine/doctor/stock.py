"""Checks of stock levels against the rows that they derive from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from orderflow.engine.doctor.checks import Finding, readable_or_finding
from orderflow.model.ledger import Bucket
from orderflow.model.stock import StockKey, StockLevel
from orderflow.ports import Store

__all__ = ["stock_findings"]


def stock_findings(store: Store) -> Iterator[Finding]:
    """Findings about stock: promises 2 and 3."""
    waits: Counter[tuple[str, str]] = Counter()
    after = StockKey("", "")
    while page := store.list_stock_levels(after, 100):
        for level in page:
            subject = f"stock:{level.key}"
            yield from readable_or_finding(subject, _movements_add_up(store, level))
            yield from readable_or_finding(subject, _waiting_add_up(store, level, waits))
            yield from readable_or_finding(subject, _shortfall_is_asked(store, level))
        after = page[-1].key
    for (name, line), units in waits.items():
        yield from readable_or_finding(f"order:{name}", _no_more_wait(store, name, line, units))


def _movements_add_up(store: Store, level: StockLevel) -> Iterator[Finding]:
    moved = sum(movement.quantity for movement in store.stock_movements(level.key))
    if moved != level.on_hand:
        what = f"movements of {level.key} sum to {moved}, not {level.on_hand}"
        yield Finding(2, f"stock:{level.key}", what)


def _waiting_add_up(
    store: Store, level: StockLevel, waits: Counter[tuple[str, str]]
) -> Iterator[Finding]:
    waits.update({(w.order, w.line): w.quantity for w in store.waiting_list(level.key)})
    waiting = sum(w.quantity for w in store.waiting_list(level.key))
    if waiting != level.backordered:
        what = f"{waiting} wait for {level.key}, not {level.backordered}"
        yield Finding(2, f"stock:{level.key}", what)


def _shortfall_is_asked(store: Store, level: StockLevel) -> Iterator[Finding]:
    asked = store.task(f"stock:{level.key}:shortfall") is not None
    settling = bool(store.open_rows(f"stock:{level.key}"))
    if bool(level.shortfall) != asked and not settling:
        yield Finding(3, f"stock:{level.key}", f"{level} is short, and its task is {asked}")


def _no_more_wait(store: Store, name: str, line: str, units: int) -> Iterator[Finding]:
    order = store.order(name)
    backordered = order.units(Bucket.BACKORDERED).get(line, 0) if order else 0
    if units > backordered:
        what = f"{units} of line {line} wait, {backordered} are backordered"
        yield Finding(2, f"order:{name}", what)
