"""What carriers send by web-hook, as plain functions: signed, checked, read as observations.

Repeated, late and reordered payloads do no harm: each event has an id of its own, and the engine
takes each once. A payload that is replayed later than *tolerance* is refused by its signature.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from orderflow.errors import InvalidInput, Problem
from orderflow.model.bounds import Code, Many, Plain, Reference, Utc
from orderflow.model.observations import Observation, TrackingReported, UnreadableEvent
from orderflow.model.parcel import ParcelStatus
from orderflow.model.reading import read, read_json, unreadable

__all__ = ["STATUSES", "check_signature", "read_tracking", "sign"]

STATUSES: Mapping[str, ParcelStatus] = {status.value: status for status in ParcelStatus}
"""The table of a carrier that speaks our language: each code is a parcel's status."""
_TOLERANCE = timedelta(minutes=5)
_DIGITS = 15
"""Digits of a moment that a number of seconds has at most."""
_KEPT = 100_000
"""Characters of an event that cannot be read, and of why, that are kept."""
_LONGEST = 1000
"""Characters of a signature."""
_SHOWN = 50
"""Characters that are shown of an event that is no JSON, or nested too deep."""
_TOLD = 100
"""Problems that are told of a payload in which no event can be read."""
_NO_MOMENT = datetime(1970, 1, 1, tzinfo=UTC)


class _Event(BaseModel):
    """One scan; a carrier may say more than we read."""

    model_config = ConfigDict(extra="ignore", defer_build=True)

    id: Reference = Field(default="", max_length=64)
    tracking_number: Code
    code: Plain = Field(min_length=1, max_length=100)
    occurred_at: Utc
    place: Plain = Field(default="", max_length=200)
    to_recipient: bool = False


class _Payload(BaseModel):
    model_config = ConfigDict(extra="ignore", defer_build=True)

    events: Many[Any] = Field(min_length=1, max_length=1000)


def sign(secret: bytes, payload: bytes, at: datetime) -> str:
    """The signature of a payload sent at a moment: ``t=…,v1=…``, an HMAC-SHA256 over both."""
    seconds = int(at.timestamp())
    return f"t={seconds},v1={_mac(secret, payload, str(seconds))}"


def check_signature(
    payload: bytes,
    signature: str | bytes | None,
    secrets: Sequence[bytes],
    now: datetime,
    tolerance: timedelta = _TOLERANCE,
) -> None:
    """Pass where one of our *secrets* signed the payload, not long ago; in constant time.

    Several secrets let a new one replace an old one without a pause. A header that is missing may
    be given as it is, as None.

    Raises:
        InvalidInput: Field ``signature``: it is none, another's, or older than *tolerance*. Field
            ``secrets``: one is empty, so that anybody could sign.
    """
    if not all(secrets):
        raise _problem("secrets", "", "each has bytes in it: an empty one is everybody's")
    told = signature.decode(errors="replace") if isinstance(signature, bytes) else signature
    if not isinstance(told, str) or len(told) > _LONGEST:
        raise _problem("signature", told, "t=SECONDS,v1=HMAC is right")
    parts = dict(part.strip().partition("=")[::2] for part in told.split(","))
    sent, given = parts.get("t", ""), parts.get("v1", "")
    if not (sent.isascii() and sent.isdecimal() and len(sent) <= _DIGITS and _is_text(given)):
        raise _problem("signature", signature, "t=SECONDS,v1=HMAC is right")
    known = [hmac.compare_digest(_mac(secret, payload, sent), given) for secret in secrets]
    if not any(known):
        raise _problem("signature", signature, "none of our secrets made it for this payload")
    if abs(now.timestamp() - int(sent)) > tolerance.total_seconds():
        raise _problem("signature", signature, f"it is older than {tolerance}: send it anew")


def read_tracking(
    payload: bytes, table: Mapping[str, ParcelStatus | None] = STATUSES
) -> tuple[Observation, ...]:
    """The scans in a payload as observations; *table* says what each code of the carrier means.

    ::

        {
            "events": [
                {
                    "id": "e1",
                    "tracking_number": "1Z…",
                    "code": "delivered",
                    "occurred_at": "2026-01-05T10:00:00Z",
                    "place": "Bristol",
                }
            ]
        }

    An event without an id is known by its number, code, time and place. A code that means None says
    nothing: its events are left out. An event that cannot be read, or has a code that the table
    lacks, costs only itself: it becomes an ``UnreadableEvent``, which is kept for a person.

    Raises:
        InvalidInput: No event can be read; names each field that is wrong (``events.0.code``).
    """
    events = _given(payload)
    read_or_not = [_tried(given.value, table) for given in events]
    if all(isinstance(each, Exception) for each in read_or_not):
        raise InvalidInput("webhook", islice(_problems(read_or_not), _TOLD))
    found: list[Observation] = []
    for number, (given, said) in enumerate(zip(events, read_or_not, strict=True)):
        if isinstance(said, Exception):
            found.append(_unread(given, InvalidInput("webhook", _wrong(number, said))))
        else:
            found += said
    return tuple(found)


class _Given(NamedTuple):
    """An event as it came: its value, or why it has none, and its text where the value tells less.

    Numbers that are too long to be counted with stay text.
    """

    value: Any
    text: str = ""


def _given(payload: str | bytes) -> list[_Given]:
    """The events, read or not: what is wrong in one of them keeps no other from being read."""
    try:
        return [_Given(value) for value in read_json(_Payload, payload, "webhook").events]
    except InvalidInput:
        if isinstance(payload, str | bytes | bytearray):
            with suppress(ValueError, RecursionError):
                return _apart(payload)
        raise


_MARKS = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{}]', re.DOTALL)
"""Strings, and what begins and ends lists and objects."""
_OF_AN_EVENT = 2
"""Lists and objects around an event: the payload, and its events."""


def _apart(payload: str | bytes) -> list[_Given]:
    """The events of a payload, each read by itself. Raises ValueError, where it is no JSON.

    A slip, a character in another encoding, too long a number, too deep a list cost one event.
    """
    text, texts, rest = _text(payload), list[str](), list[str]()
    depth = began = after = 0
    for mark in _MARKS.finditer(text):
        if mark[0] in "[{":
            began = mark.start() if depth == _OF_AN_EVENT else began
            depth += 1
        elif mark[0] in "]}":
            depth -= 1
            if depth == _OF_AN_EVENT:
                rest.append(f"{text[after:began]}[{len(texts)}]")
                texts.append(text[began : mark.end()])
                after = mark.end()
    whole = _loads("".join(rest) + text[after:])
    found = read(_Payload, whole, "webhook").events
    values = {place: _value(text) for place, text in enumerate(texts)}
    return [
        _Given(values[each[0]], texts[each[0]]) if isinstance(each, list) and each else _Given(each)
        for each in found
    ]


def _text(payload: str | bytes) -> str:
    """A payload as text; what is no character is kept as half of one, which no field may have."""
    if isinstance(payload, str):
        return payload
    encoding = json.detect_encoding(payload)
    return payload.decode(encoding, "surrogateescape" if "utf-8" in encoding else "surrogatepass")


def _loads(text: str) -> Any:
    """What a JSON text says; control characters in it are for the field that has them."""
    return json.loads(text, parse_int=_number, strict=False)


def _number(digits: str) -> int | str:
    try:
        return int(digits)
    except ValueError:  # more digits than Python reads
        return digits


def _value(text: str) -> Any:
    """What the text of an event says, or the error that tells why nobody can read it."""
    try:
        return _loads(text)
    except RecursionError:
        why = "fewer lists and objects in each other are expected"
    except ValueError as error:
        why = f"it is no JSON: {error}"
    return InvalidInput("webhook", [Problem("(whole)", text[:_SHOWN], why)])


def _tried(
    given: object, table: Mapping[str, ParcelStatus | None]
) -> list[Observation] | ValidationError | InvalidInput:
    """What an event says, or why it cannot be read: told in words where somebody wants to know."""
    if isinstance(given, InvalidInput):
        return given
    try:
        return _observations(given, table)
    except (ValidationError, InvalidInput) as error:
        return error


def _problems(found: Sequence[object]) -> Iterator[Problem]:
    """What is wrong with each event."""
    for number, error in enumerate(found):
        if isinstance(error, ValidationError | InvalidInput):
            yield from _wrong(number, error)


def _wrong(number: int, error: ValidationError | InvalidInput) -> list[Problem]:
    told = unreadable(error, "webhook") if isinstance(error, ValidationError) else error
    return [_within(number, problem) for problem in told.problems]


def _within(number: int, problem: Problem) -> Problem:
    field = "" if problem.field == "(whole)" else f".{problem.field}"
    return Problem(f"events.{number}{field}", problem.value, problem.expected)


def _observations(given: object, table: Mapping[str, ParcelStatus | None]) -> list[Observation]:
    """What an event says: one observation, or none where its code says nothing."""
    event = _Event.model_validate(given)
    if event.code not in table:
        raise _problem("code", event.code, f"one of {', '.join(table)} is right")
    status = table[event.code]
    if status is None:
        return []
    told = event.model_dump(include={"tracking_number", "code", "place", "to_recipient"})
    fact = TrackingReported.model_validate({**told, "status": status, "event": event.id})
    return [fact.at(event.occurred_at)]


def _unread(given: _Given, error: InvalidInput) -> Observation:
    """An event that cannot be read, as a fact that is kept. Its moment cannot be read, either."""
    sent, why = given.text or json.dumps(given.value), str(error)
    return UnreadableEvent(payload=sent[:_KEPT], error=why[:_KEPT]).at(_NO_MOMENT)


def _mac(secret: bytes, payload: bytes, sent: str) -> str:
    return hmac.new(secret, sent.encode() + b"." + payload, hashlib.sha256).hexdigest()


def _is_text(given: str) -> bool:
    return bool(given) and given.isascii()


def _problem(field: str, value: object, expected: str) -> InvalidInput:
    return InvalidInput("webhook", [Problem(field, value, expected)])
