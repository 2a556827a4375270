"""What laws keep of an order after its person is erased: which kinds, how long, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any
from zoneinfo import ZoneInfo

import attrs

from orderflow.calendars import LATEST, add_span, zone_named
from orderflow.errors import InvalidInput, Problem
from orderflow.model import events as ev
from orderflow.model.document import NewOrder
from orderflow.model.frozen_mapping import HoldsMappings

__all__ = ["Keep", "Retention"]

_ADDRESSES = frozenset({"ship_to", "pickup_at"})
_MESSAGES = frozenset({"gift_message", "notes"})
_ORDERED = frozenset(NewOrder.model_fields) - _ADDRESSES - _MESSAGES
_MONEY: tuple[type[ev.Event], ...] = (
    ev.PaymentRecorded,
    ev.DunningSent,
    ev.RefundProposed,
    ev.RefundMoved,
    ev.InvoiceRecorded,
)


@attrs.frozen
class Keep:
    """How long a law keeps something after the order ended, and which law.

    *years* count from the end of the calendar year in which the order ended, by the clock of
    *zone*; *days* count from there, or without years from the day itself.

    >>> tax = Keep(because="§ 147 AO", years=8, zone="Europe/Berlin")
    >>> tax.until(datetime(2026, 3, 1, tzinfo=UTC)).isoformat()
    '2034-12-31T23:00:00+00:00'

    Raises:
        InvalidInput: The duration is 0, no law is named, or the zone does not exist.
    """

    because: str
    years: int = 0
    days: int = 0
    zone: ZoneInfo = attrs.field(default="UTC", converter=zone_named)  # type: ignore[assignment]  # converted

    def __attrs_post_init__(self) -> None:
        if not self.because:
            raise _wrong("because", self.because, "the law that wants it kept is expected")
        if min(self.years, self.days) < 0 or not (self.years or self.days):
            raise _wrong("years", self.years, "0 or more years and days, not both 0, are expected")

    def until(self, over: datetime) -> datetime:
        """When the retention of an order that ended at *over* expires; UTC."""
        if self.years:
            year = min(over.astimezone(self.zone).year + 1 + self.years, LATEST.year)
            over = datetime(year, 1, 1, tzinfo=self.zone).astimezone(UTC)
        return add_span(over, timedelta(days=min(self.days, timedelta.max.days)))


@attrs.frozen
class Part(HoldsMappings):
    """A part of an order: fields of its document, and journal entries, with its parcels'."""

    document: Mapping[str, Any] = attrs.field(factory=dict)
    entries: tuple[ev.Entry, ...] = ()


@attrs.frozen
class _Kind:
    """The document fields and the event types of one kind of rows."""

    fields: frozenset[str] = frozenset()
    events: tuple[type[ev.Event], ...] = ()

    def of(self, document: NewOrder, entries: Iterable[ev.Entry]) -> Part:
        told = document.model_dump(mode="json", include=set(self.fields)) if self.fields else {}
        return Part(told, tuple(entry for each in entries for entry in self._of(each)))

    def _of(self, entry: ev.Entry) -> Iterable[ev.Entry]:
        events = tuple(event for event in entry.events if isinstance(event, self.events))
        if events:
            whole = len(events) == len(entry.events)
            yield entry if whole else attrs.evolve(entry, events=events, facts={})


ROWS: Mapping[str, _Kind] = {
    "order": _Kind(fields=_ORDERED),
    "addresses": _Kind(fields=_ADDRESSES),
    "messages": _Kind(fields=_MESSAGES),
    "payments": _Kind(events=_MONEY),
    "journal": _Kind(events=(ev.Event,)),
}
"""The kinds of rows that may be kept. A document field that no other kind has is ``order``'s."""


@attrs.frozen
class Retention(HoldsMappings):
    """What laws keep when a person is erased; without any, everything is erased at once.

    Args:
        rows: By kind: ``order`` (what was ordered, and by whom), ``addresses`` (where to),
            ``messages`` (the gift message and the notes), ``payments`` (payments, refunds and
            partners' invoices), ``journal`` (all events, and their actors).
        documents: By a pattern of their names, such as ``"*invoice*"``; if several patterns fit,
            the longest retention applies.

    Raises:
        InvalidInput: There is no such kind of rows.
    """

    rows: Mapping[str, Keep] = attrs.field(factory=dict)
    documents: Mapping[str, Keep] = attrs.field(factory=dict)

    @rows.validator
    def _known(self, _field: object, rows: Mapping[str, Keep]) -> None:
        for kind in sorted(rows.keys() - ROWS.keys()):
            raise _wrong("rows", kind, f"one of {', '.join(ROWS)} is expected")

    def pattern(self, name: str, over: datetime) -> str | None:
        """The fitting pattern with the longest retention; None if no law keeps the document."""
        fits = [pattern for pattern in self.documents if fnmatchcase(name, pattern)]
        return max(fits, key=lambda pattern: self.documents[pattern].until(over), default=None)


def _wrong(field: str, value: object, expected: str) -> InvalidInput:
    return InvalidInput("retention", [Problem(field, value, expected)])
