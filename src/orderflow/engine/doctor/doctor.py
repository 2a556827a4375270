"""The doctor: checks all stored data, reports findings, and repairs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Protocol

import attrs

from orderflow.engine.doctor.checks import Finding, order_checks, readable_or_finding
from orderflow.engine.doctor.inbox import inbox_findings
from orderflow.engine.doctor.page_cache import PageCache
from orderflow.engine.doctor.stock import stock_findings
from orderflow.engine.pipeline.handle import Handler
from orderflow.errors import OrderflowError
from orderflow.kernel.decision.rules import Rules
from orderflow.model.stock import StockKey
from orderflow.ports import Clock, Ids, OrderQuery, Store

__all__ = ["DoctorSubject", "examine", "repair", "repair_of"]

_PAGE = 200
_BY_DOCTOR = "orderflow doctor --repair, or orderflow.engine.doctor.repair(engine)"
_BACKUP = "take it from a backup: it was changed by hand"
_MENDS = {
    None: "look with the application that registers it: --app MODULE:FUNCTION",
    0: f"{_BY_DOCTOR}, frees rows that are put off; else take the row from a backup, or remove it",
    2: f"{_BY_DOCTOR}, counts stock again; what is wrong of an order take from a backup",
    3: "have its stock settled again: Count(sku=…, location=…, counted=…)",
    5: f"{_BY_DOCTOR}, puts back what orders wait for, and takes away what they do not",
}

Looked = Callable[[int, int], object]
"""Called with the number of checked orders, and of all."""


class DoctorSubject(Protocol):
    """What the doctor examines: an engine."""

    @property
    def store(self) -> Store:
        """The store."""

    @property
    def rules(self) -> Rules:
        """The rules."""

    @property
    def clock(self) -> Clock:
        """The clock."""

    @property
    def ids(self) -> Ids:
        """The source of ids."""

    def apply_rules(self) -> object:
        """Align stored pending work with the rules."""


def repair_of(finding: Finding) -> str:
    """The repair of a finding, as a sentence."""
    return _MENDS.get(finding.promise, _BACKUP)


def repair(engine: DoctorSubject) -> None:
    """Repair derived rows: stock levels, and pending work of orders and parcels."""
    engine.store.repair(engine.clock.now())
    with suppress(OrderflowError):  # :func:`examine` finds what stays unrepaired
        engine.apply_rules()


def examine(
    engine: DoctorSubject,
    *,
    since: datetime | None = None,
    looked: Looked = lambda _done, _of: None,
) -> Iterator[Finding]:
    """All findings: order by order, then stock, then rows without an owner.

    Changes nothing, and reads a snapshot: workers may run meanwhile.

    Args:
        engine: The engine with the rules. What depends on code that they only name gives a
            finding whose *promise* is None: not checked.
        since: Only orders with a journal entry since then; neither stock nor rows without
            an owner.
        looked: Called after each order with the number of checked orders, and of all.
    """
    with engine.store.snapshot() as store:
        looking = PageCache(store)
        handler = Handler(looking.view, engine.rules, engine.clock, engine.ids, {})
        reserved: Counter[StockKey] = Counter()
        places = _kept_at(store)
        pages, unread = _pages(store, since)
        yield from unread
        done, of = 0, sum(map(len, pages))
        for page in pages:
            looking.turn(page)
            for name in page:
                yield from _of_order(handler, name, places, reserved)
                looked(done := done + 1, of)
        if since is None:
            yield from readable_or_finding("stock", stock_findings(store))
            yield from readable_or_finding("stock", _promised(store, reserved))
            yield from readable_or_finding("inbox", inbox_findings(store))
            odd = (
                Finding(0, subject, what)
                for subject, what in store.inconsistencies(engine.clock.now())
            )
            yield from readable_or_finding("rows", odd)


def _pages(
    store: Store, since: datetime | None
) -> tuple[Sequence[Sequence[str]], Sequence[Finding]]:
    """Pages of order ids, up to an unreadable one, and the finding about that."""
    pages = list[Sequence[str]]()

    def read() -> Iterator[Finding]:
        query = OrderQuery(limit=_PAGE, changed_since=since)
        while page := store.order_ids(query):
            pages.append(page)
            query = attrs.evolve(query, after=page[-1])
        yield from ()

    unread = list(readable_or_finding("orders", read()))
    return pages, unread


def _kept_at(store: Store) -> set[str]:
    """All stock locations, whatever the rules."""
    places, after = set[str](), StockKey("", "")
    with suppress(Exception):  # unreadable levels are findings of their own
        while page := store.list_stock_levels(after, _PAGE):
            places.update(level.key.location for level in page)
            after = page[-1].key
    return places


def _of_order(
    handler: Handler, order_id: str, places: set[str], reserved: Counter[StockKey]
) -> Iterable[Finding]:
    """Findings about an order, also where something cannot be read or a rule fails.

    Adds the order's reservations to *reserved*.
    """
    subject = f"order:{order_id}"

    def read() -> Iterator[Finding]:
        for (key, _), units in handler.store.reservations_of_order(order_id).items():
            reserved[key] += units
        order = handler.store.order(order_id)
        if order is None:
            yield Finding(8, subject, "it cannot be read: its document is not there")
            return
        for check in order_checks(handler, order, places):
            yield from readable_or_finding(subject, check)
        order.document  # noqa: B018 (reads it)

    return dict.fromkeys(readable_or_finding(subject, read()))  # one cause may fail several checks


def _promised(store: Store, reserved: Counter[StockKey]) -> Iterator[Finding]:
    """Check that the reserved units of each level are the sum of its reservations."""
    after = StockKey("", "")
    while page := store.list_stock_levels(after, _PAGE):
        for level in page:
            if level.reserved != reserved[level.key]:
                what = f"{level.reserved} are reserved, of orders {reserved[level.key]}"
                yield Finding(2, f"stock:{level.key}", what)
        after = page[-1].key
