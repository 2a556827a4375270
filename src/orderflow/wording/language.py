"""A language: its templates and words, and how it writes a date."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

import attrs

from orderflow.model.frozen_mapping import HoldsMappings
from orderflow.money import Money

__all__ = ["Language"]


@attrs.frozen
class Language(HoldsMappings):
    """The sentences of one language.

    Args:
        code: ISO 639-1.
        templates: A template for each kind of event. ``{field}`` is a field of the event;
            ``[ text {field}]`` is left out where the field is empty.
        words: Statuses, states, effects and deadlines by the names that they have in code; a name
            that is missing is written with blanks for its dots and underscores.
        units: How units of a line are written.
        months: From January.
        day: How a date is written, from ``{day}``, ``{month}``, ``{year}``.
        time: How a moment is written, from ``{date}`` and ``{time}``.
        point: What stands before the cents.
    """

    code: str
    templates: Mapping[str, str]
    words: Mapping[str, str]
    units: str
    months: tuple[str, ...]
    day: str
    time: str
    point: str = "."

    def word(self, name: str) -> str:
        """A name of code as people write it.

        >>> from orderflow.wording import GERMAN
        >>> GERMAN.word("handed_over"), GERMAN.word("being_engraved")
        ('übergeben', 'being engraved')
        """
        return self.words.get(name) or name.replace("_", " ").replace(".", " ")

    def date(self, day: date) -> str:
        """A day.

        >>> from orderflow.wording import ENGLISH, GERMAN
        >>> ENGLISH.date(date(2026, 1, 5)), GERMAN.date(date(2026, 1, 5))
        ('5 January 2026', '5. Januar 2026')
        """
        return self.day.format(day=day.day, month=self.months[day.month - 1], year=day.year)

    def moment(self, moment: datetime) -> str:
        """A moment to the minute, in the zone that it has."""
        return self.time.format(date=self.date(moment.date()), time=f"{moment:%H:%M}")

    def money(self, sum_: Money) -> str:
        """A sum with its currency.

        >>> from orderflow.wording import GERMAN
        >>> GERMAN.money(Money(1250, "EUR"))
        '12,50 EUR'
        """
        return str(sum_).replace(".", self.point)
