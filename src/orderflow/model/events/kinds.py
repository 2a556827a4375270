"""The kinds of events, by their numbers, and the entries of a journal.

Each kind has a permanent number, and a version. A kind that changes gets the next version and an
upcaster in :data:`UPCASTERS` that converts the stored form of the version before into the new one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, ClassVar, TypeVar

import attrs

from orderflow.model.frozen_mapping import HoldsMappings

__all__ = ["KINDS", "UPCASTERS", "Entry", "Event", "event", "upcast"]


class Event:
    """The root of all events. ``number`` and ``version`` name the stored form."""

    __slots__ = ()
    number: ClassVar[int]
    version: ClassVar[int]


KINDS: dict[int, type[Event]] = {}
"""Each event kind by its number."""

Payload = Mapping[str, Any]
UPCASTERS: dict[tuple[int, int], Callable[[Payload], Payload]] = {}
"""(number, version) to the function that converts its payload to the next version. Pure."""

E = TypeVar("E", bound=Event)


def upcast(number: int, version: int, payload: Payload) -> Payload:
    """The payload converted to the kind's current version."""
    while version < KINDS[number].version:
        payload = UPCASTERS[number, version](payload)
        version += 1
    return payload


def event(number: int, version: int = 1) -> Callable[[type[E]], type[E]]:
    """Register a kind under its number."""

    def register(cls: type[E]) -> type[E]:
        if number in KINDS:
            raise ValueError(f"event number {number} is taken by {KINDS[number].__name__}")
        cls.number, cls.version = number, version
        KINDS[number] = cls
        return cls

    return register


@attrs.frozen
class Entry(HoldsMappings):
    """One commit in a journal: its events.

    *subject* is ``order:…`` or ``parcel:…``; *version* counts from 1; *cause* is the message's id;
    *facts* are the external data that the guards saw.
    """

    subject: str
    version: int
    at: datetime
    actor: str
    cause: str
    events: tuple[Event, ...]
    facts: Mapping[str, Any] = attrs.field(factory=dict)
