"""Carriers' webhooks, as plain functions: signatures, checks, observations.

Repeated, late and reordered payloads are harmless: each event has its own id, and the engine
records it once. The signature refuses a payload that is replayed later than *tolerance*.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from orderflow.carriers.payload import Given, events_of, named_twice
from orderflow.errors import InvalidInput, Problem
from orderflow.model.bounds import Code, Plain, Reference, Utc
from orderflow.model.observations import Observation, TrackingReported, UnreadableEvent
from orderflow.model.parcel import ParcelStatus
from orderflow.model.reading import unreadable

__all__ = ["STATUSES", "check_signature", "read_tracking", "sign"]

STATUSES: Mapping[str, ParcelStatus] = {status.value: status for status in ParcelStatus}
"""The codes of a carrier that uses our names: each is a parcel's status."""
_TOLERANCE = timedelta(minutes=5)
_DIGITS = 15
"""The most digits of a moment in seconds."""
_KEPT = 100_000
"""Characters to keep of an unreadable event, and of its error."""
_LONGEST = 1000
"""The most characters of a signature."""
_TOLD = 100
"""The most problems to report of a payload without a readable event."""
_NO_MOMENT = datetime(1970, 1, 1, tzinfo=UTC)


class _Event(BaseModel):
    """One scan; further fields are ignored."""

    model_config = ConfigDict(extra="ignore", defer_build=True)

    id: Reference = Field(default="", max_length=64)
    tracking_number: Code
    code: Plain = Field(min_length=1, max_length=100)
    occurred_at: Utc
    place: Plain = Field(default="", max_length=200)
    to_recipient: bool = False


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
    """Check that one of our *secrets* signed the payload recently; in constant time.

    Several secrets allow a change of secrets without a pause. A missing header can be passed as
    None.

    Raises:
        InvalidInput: Field ``signature``: it is invalid, wrong, or older than *tolerance*. Field
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
    """The scans of a payload as observations; *table* maps the carrier's codes to statuses.

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

    An event without an id gets one from its number, code, time and place. Events of a code that
    maps to None are left out. An unreadable event, or one with an unknown code, becomes an
    ``UnreadableEvent``, which is kept for a person.

    Raises:
        InvalidInput: No event can be read; names each wrong field (``events.0.code``).
    """
    events = events_of(payload)
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


def _tried(
    given: object, table: Mapping[str, ParcelStatus | None]
) -> list[Observation] | ValidationError | InvalidInput:
    """The observations of an event, or its error, not yet as text."""
    if isinstance(given, InvalidInput):
        return given
    try:
        return _observations(given, table)
    except (ValidationError, InvalidInput) as error:
        return error


def _problems(found: Sequence[object]) -> Iterator[Problem]:
    """The problems of all events."""
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
    """The observation of an event; none where its code maps to None."""
    for name in _Event.model_fields.keys() & named_twice(given):
        raise _problem(name, named_twice(given)[name], "it is expected once")
    event = _Event.model_validate(given)
    if event.code not in table:
        raise _problem("code", event.code, f"one of {', '.join(table)} is right")
    status = table[event.code]
    if status is None:
        return []
    told = event.model_dump(include={"tracking_number", "code", "place", "to_recipient"})
    fact = TrackingReported.model_validate({**told, "status": status, "event": event.id})
    return [fact.at(event.occurred_at)]


def _unread(given: Given, error: InvalidInput) -> Observation:
    """An unreadable event as an observation to keep. Its moment is unreadable, too."""
    sent, why = given.text or json.dumps(given.value), str(error)
    return UnreadableEvent(payload=sent[:_KEPT], error=why[:_KEPT]).at(_NO_MOMENT)


def _mac(secret: bytes, payload: bytes, sent: str) -> str:
    return hmac.new(secret, sent.encode() + b"." + payload, hashlib.sha256).hexdigest()


def _is_text(given: str) -> bool:
    return bool(given) and given.isascii()


def _problem(field: str, value: object, expected: str) -> InvalidInput:
    return InvalidInput("webhook", [Problem(field, value, expected)])
