"""Business days and business hours of a shop, in its own zone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import attrs

from orderflow.errors import InvalidInput, Problem
from orderflow.renamed import old_names

if TYPE_CHECKING:
    from holidays import HolidayBase

__all__ = [
    "EARLIEST",
    "LATEST",
    "BusinessCalendar",
    "Hours",
    "add_span",
    "in_utc",
    "is_span",
    "own_day",
]

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
LATEST = datetime(8999, 12, 31, 23, 59, 59, tzinfo=UTC)
"""All moments lie between these two, so that zones and durations can be added to them."""


_EPOCH, _FIRST = datetime(1970, 1, 1, tzinfo=UTC), date(1, 1, 1)


def in_utc(moment: datetime) -> datetime:
    """A moment in UTC as a plain ``datetime``, not a library's subclass.

    Subtracting moments of one zone is wrong by an hour around a clock change; a subclass may
    subtract and be stored in its own way.

    >>> in_utc(datetime(2026, 3, 8, 3, tzinfo=ZoneInfo("America/New_York"))).isoformat()
    '2026-03-08T07:00:00+00:00'
    """
    return _EPOCH + datetime.__sub__(moment, _EPOCH)


def own_day(day: date) -> date:
    """A day as a plain ``date``, likewise."""
    return _FIRST + timedelta(days=day.toordinal() - 1)


def add_span(moment: datetime, span: timedelta, times: int = 1) -> datetime:
    """A moment plus *times* a duration; LATEST if that is beyond it.

    >>> (
    ...     add_span(EARLIEST, timedelta(days=1), 2).isoformat(),
    ...     add_span(EARLIEST, timedelta.max) == LATEST,
    ... )
    ('1900-01-03T00:00:00+00:00', True)
    """
    return moment + span * times if span <= (LATEST - moment) / times else LATEST


def is_span(given: object) -> bool:
    """Whether it is a ``timedelta`` ≥ 0."""
    return isinstance(given, timedelta) and given >= timedelta()


def zone_named(name: str | ZoneInfo) -> ZoneInfo:
    """The zone with an IANA name, or the given zone. Raises InvalidInput."""
    if isinstance(name, ZoneInfo):
        return name
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError) as error:
        raise _wrong("zone", name, "an IANA name such as 'Europe/Berlin' is right") from error


def _days(given: Iterable[date]) -> frozenset[date]:
    return frozenset(given)


def _wrong(field: str, value: object, expected: str) -> InvalidInput:
    return InvalidInput("calendar", [Problem(field, value, expected)])


@attrs.frozen
class Hours:
    """The hours of a day in which customers may be written to, by a zone's clock.

    Raises:
        InvalidInput: The zone is unknown, or the hours end before they begin.
    """

    zone: ZoneInfo = attrs.field(converter=zone_named)
    opens: time = time(9)
    closes: time = time(20)

    def __attrs_post_init__(self) -> None:
        if not self.opens < self.closes:
            raise _wrong("closes", self.closes, f"a time of day after {self.opens} is right")

    def next(self, moment: datetime) -> datetime:
        """The moment itself if it is within the hours, else the next opening; UTC.

        >>> Hours("Europe/Berlin").next(datetime(2026, 1, 5, 22, tzinfo=UTC)).isoformat()
        '2026-01-06T08:00:00+00:00'
        """
        local = moment.astimezone(self.zone)
        if self.opens <= local.time() < self.closes:
            return moment
        day = local.date() + timedelta(days=local.time() >= self.closes)
        return datetime.combine(day, self.opens, self.zone).astimezone(UTC)


@attrs.frozen(slots=False)
class BusinessCalendar:
    """The days on which a shop works: without its country's weekends and public holidays.

    Holidays and weekends are those of the ``holidays`` library (extra ``calendar``).

    Args:
        zone: The shop's IANA zone.
        country: ISO 3166 alpha-2 code.
        region: ISO 3166-2 code of a part of it, where its holidays differ.
        cut_off: Work that comes at this local time or later counts for the next business day.
        ends: When a business day ends, and work promised for it is due.
        closed: More days on which the shop does not work.

    Raises:
        InvalidInput: Zone, country or region are unknown, or the day ends before the cut-off.
    """

    zone: ZoneInfo = attrs.field(converter=zone_named)
    country: str
    region: str | None = None
    cut_off: time = time(14)
    ends: time = time(18)
    closed: frozenset[date] = attrs.field(default=frozenset(), converter=_days)

    def __attrs_post_init__(self) -> None:
        if self.ends < self.cut_off:
            raise _wrong("ends", self.ends, f"the cut-off, {self.cut_off}, or later is right")
        assert self._known is not None  # fails early for an unknown country or region

    @cached_property
    def _known(self) -> HolidayBase:
        from holidays import country_holidays  # noqa: PLC0415 (an extra)

        try:
            return country_holidays(self.country, subdiv=self.region)
        except NotImplementedError as error:
            place = "-".join(filter(None, (self.country, self.region)))
            raise _wrong("country", place, f"ISO 3166 codes are right: {error}") from None

    def works_on(self, day: date) -> bool:
        """Whether it is a business day.

        >>> christmas = date(2026, 12, 25)
        >>> [BusinessCalendar("Asia/Tokyo", c).works_on(christmas) for c in ("JP", "DE")]
        [True, False]
        """
        return day not in self.closed and self._known.is_working_day(day)

    def add(self, moment: datetime, days: int) -> datetime:
        """The end of the business day that is *days* (≥ 0) business days after a moment; UTC.

        Counted from the day on which work that comes at that moment begins: a Friday evening's
        order begins on Monday, and is due a business day later on Tuesday.
        """
        local = moment.astimezone(self.zone)
        day = local.date()
        if local.time() >= self.cut_off and self.works_on(day):
            day += timedelta(days=1)
        day = self._working_from(day)
        for _ in range(days):
            day = self._working_from(day + timedelta(days=1))
        return datetime.combine(day, self.ends, self.zone).astimezone(UTC)

    def _working_from(self, day: date) -> date:
        while not self.works_on(day):
            day += timedelta(days=1)
        return day


if not TYPE_CHECKING:  # type checkers know only the new names
    __getattr__ = old_names(__name__)
