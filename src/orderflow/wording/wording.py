"""An event in words: its template in a language, filled for its reader."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from enum import Enum
from string import Formatter
from typing import Any

import attrs

from orderflow.errors import InvalidInput, Problem
from orderflow.model.events import KINDS, Event
from orderflow.model.frozen_mapping import HoldsMappings
from orderflow.money import Money
from orderflow.wording.english import ENGLISH
from orderflow.wording.german import GERMAN
from orderflow.wording.language import Language

__all__ = ["LANGUAGES", "Wording"]

LANGUAGES: Mapping[str, Language] = {each.code: each for each in (ENGLISH, GERMAN)}
"""The languages that are there, by their codes."""

_FIELDS: Mapping[str, frozenset[str]] = {
    kind.__name__: frozenset(field.name for field in kind.__attrs_attrs__)  # type: ignore[attr-defined]  # the decorator makes each an attrs class
    for kind in KINDS.values()
}
_MONEY = {
    ("PaymentRecorded", "amount"),
    ("RefundProposed", "amount"),
    ("AmountDueChanged", "total"),
}
"""Fields in minor units of the order's currency."""
_NAMES = frozenset({"dest", "bucket", "fact", "name", "status", "disposition", "command"})
"""Fields that are names of code, which a language has words for."""
_KEYS: Mapping[str, str] = {
    "work": "key",
    "task_name": "task",
    "subject": "key",
    "task_subject": "task",
}
"""What a template may say of a key: the name in it, or its subject; and the field of the key."""
_DECISIVE = {"DeliveryDated": "at", "ParcelHeld": "held", "ReservationExpirySet": "until"}
"""The field of an event without which the opposite happened: its template is ``KIND/not``."""
_OPTIONAL = re.compile(r"\[([^\[\]]*)\]")


def _templates(own: Mapping[str, str]) -> Mapping[str, str]:
    """Templates of an application. Raises InvalidInput for what no event has."""
    problems = []
    for kind, template in own.items():
        known = _FIELDS.get(kind.removesuffix("/not"))
        if known is None:
            problems.append(Problem(kind, kind, "the name of an event is expected"))
            continue
        for field in _fields_of(template):
            name = field.partition(".")[0]
            if name not in known and _KEYS.get(name) not in known:
                right = f"one of {', '.join(sorted(known))} is expected"
                problems.append(Problem(kind, field, right))
    if problems:
        raise InvalidInput("wording", problems)
    return own


@attrs.frozen
class Wording(HoldsMappings):
    """How events are told to one reader.

    Args:
        language: The language of templates and words.
        currency: ISO 4217, of the order; without, sums are told in minor units.
        zone: The reader's.
        own: Templates of the application by the name of the event, in place of the language's.

    Raises:
        InvalidInput: A template of one's own is for no event, or names a field that its event
            lacks.

    >>> from orderflow.model.events import HoldReleased
    >>> Wording().of(HoldReleased("fraud")), Wording(GERMAN).of(HoldReleased("fraud"))
    ('hold fraud released', 'Sperre fraud aufgehoben')
    >>> Wording(own={"HoldReleased": "go on"}).of(HoldReleased("fraud"))
    'go on'
    """

    language: Language = ENGLISH
    currency: str = ""
    zone: tzinfo = UTC
    own: Mapping[str, str] = attrs.field(factory=dict, converter=_templates)

    def of(self, event: Event) -> str:
        """What happened, as a sentence without its full stop."""
        kind = type(event).__name__
        if (field := _DECISIVE.get(kind)) and not getattr(event, field):
            kind += "/not"
        template = self.own.get(kind) or self.language.templates[kind]
        said = {field: self._field(event, field) for field in _fields_of(template)}

        def filled(text: str) -> str:
            return re.sub(r"\{([^{}]+)\}", lambda found: said[found[1]], text)

        parts = _OPTIONAL.split(template)
        for number, part in enumerate(parts):
            optional = number % 2 == 1
            if optional and not all(said[field] for field in _fields_of(part)):
                parts[number] = ""
            else:
                parts[number] = filled(part)
        return "".join(parts)

    def _field(self, event: Event, field: str) -> str:
        if key := _KEYS.get(field):
            subject, _, name = getattr(event, key).partition(":")
            return subject if field.endswith("subject") else self.language.word(_first(name))
        value: Any = event
        for name in field.split("."):
            value = getattr(value, name)
        if (type(event).__name__, field) in _MONEY and self.currency:
            return self.language.money(Money(value, self.currency))
        if isinstance(value, str) and field.rpartition(".")[2] in _NAMES:
            return self.language.word(value)
        return self._shown(value)

    def _shown(self, value: Any) -> str:
        if isinstance(value, Mapping):
            return ", ".join(self._units(line, count) for line, count in value.items())
        if isinstance(value, tuple):
            return ", ".join(self._part(part) for part in value)
        for kind, show in self._ways():
            if isinstance(value, kind):
                return show(value)
        return "" if value is None else str(value)

    def _ways(self) -> tuple[tuple[type[Any], Callable[[Any], str]], ...]:
        return (
            (Enum, lambda value: self.language.word(str(value.value))),
            (datetime, lambda value: self.language.moment(value.astimezone(self.zone))),
            (date, self.language.date),
        )

    def _units(self, line: str, count: object) -> str:
        if isinstance(count, Decimal):
            return f"{self.language.units.format(quantity=1, line=line)}: {count}"
        return self.language.units.format(quantity=count, line=line)

    def _part(self, part: Any) -> str:
        """Units of a line in a list: of an order placed, a parcel, an invoice."""
        if isinstance(part, str):
            return part
        line: str = part.line if hasattr(part, "line") else part.id
        return self._units(line, part.quantity)


def _fields_of(template: str) -> list[str]:
    return [field for _, field, _, _ in Formatter().parse(template) if field]


def _first(name: str) -> str:
    """The name in a key, which begins with it: ``pick:0`` is of ``pick``."""
    return name.partition(":")[0]
