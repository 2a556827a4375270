"""The doctor: looks at everything that is stored, and says what is off and what mends it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import attrs

from orderflow.engine.checking import Finding
from orderflow.engine.engine import Engine
from orderflow.errors import UnknownWorkflow
from orderflow.model.stock import StockKey
from orderflow.ports import OrderQuery

__all__ = ["examine", "mend_of"]

_PAGE = 200
_MENDS = {
    None: "look with the application that registers it: --app MODULE:FUNCTION",
    0: "take the row from a backup, or remove it",
    1: "take the order from a backup; its journal was changed",
    2: "count what is there: Count(sku=…, location=…, counted=…); an order from a backup",
    3: "have its stock settled again: Count(sku=…, location=…, counted=…)",
    5: "orderflow doctor --mend, or engine.apply_rules(), puts back what orders wait for",
    8: "take the order from a backup: its state, or its journal, was changed by hand",
}


def mend_of(finding: Finding) -> str:
    """What mends a finding."""
    return _MENDS[finding.promise]


def examine(engine: Engine) -> Iterator[Finding]:
    """Everything that breaks a promise, order by order, then stock, then what belongs to nobody.

    Nothing is changed. It may run beside workers; what changes while it is looked at is looked at
    again before it is named.
    """
    reserved: Counter[StockKey] = Counter()
    query = OrderQuery(limit=_PAGE)
    while page := engine.store.orders(query):
        for order in page:
            yield from _certain(engine, order)
            for (key, _), units in engine.store.reserved(order).items():
                reserved[key] += units
        query = attrs.evolve(query, after=page[-1])
    yield from engine.findings()
    yield from _promised(engine, reserved)
    for subject, what in engine.store.odd():
        yield Finding(0, subject, what)


def _certain(engine: Engine, order: str) -> list[Finding]:
    """What is wrong with an order, unless it was only seen in the middle of a change."""
    while True:
        before = _version(engine, order)
        try:
            engine.order(order).document  # noqa: B018 (reads it)
            found = list(engine.findings(order))
        except UnknownWorkflow as error:  # it may be as well as it was left
            found = [Finding(None, f"order:{order}", f"it cannot be checked: {error}")]
        except Exception as error:  # whatever cannot be read or worked on is a finding
            what = f"it cannot be read: {type(error).__name__}"
            found = [Finding(8, f"order:{order}", what)]
        if not found or before == _version(engine, order):
            return found


def _version(engine: Engine, order: str) -> object:
    """What changes when something happens to an order."""
    try:
        found = engine.store.load([order]).get(order)
        return found and (found.version, list(engine.store.pending(f"order:{order}")))
    except Exception:  # it cannot be read, and stays so
        return None


def _promised(engine: Engine, reserved: Counter[StockKey]) -> Iterator[Finding]:
    """Levels whose reservations do not add up."""
    after = StockKey("", "")
    while page := engine.store.stock(after, _PAGE):
        for level in page:
            if level.reserved != reserved[level.key]:
                what = f"{level.reserved} are reserved, of orders {reserved[level.key]}"
                yield Finding(2, f"stock:{level.key}", what)
        after = page[-1].key
