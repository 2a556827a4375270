"""What carriers send by web-hook, as plain functions: signed, checked, read as observations.

Repeated, late and reordered payloads do no harm: each event has an id of its own, and the engine
takes each once. A payload that is replayed later than *tolerance* is refused by its signature.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field

from orderflow.errors import InvalidInput, Problem
from orderflow.model.bounds import Code, Many, Plain, Reference, Utc
from orderflow.model.observations import Observation, TrackingReported
from orderflow.model.parcel import ParcelStatus
from orderflow.model.reading import read_json

__all__ = ["STATUSES", "check_signature", "read_tracking", "sign"]

STATUSES: Mapping[str, ParcelStatus] = {status.value: status for status in ParcelStatus}
"""The table of a carrier that speaks our language: each code is a parcel's status."""
_TOLERANCE = timedelta(minutes=5)


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

    events: Many[_Event] = Field(min_length=1, max_length=1000)


def sign(secret: bytes, payload: bytes, at: datetime) -> str:
    """The signature of a payload sent at a moment: ``t=…,v1=…``, an HMAC-SHA256 over both."""
    seconds = int(at.timestamp())
    return f"t={seconds},v1={_mac(secret, payload, str(seconds))}"


def check_signature(
    payload: bytes,
    signature: str,
    secrets: Sequence[bytes],
    now: datetime,
    tolerance: timedelta = _TOLERANCE,
) -> None:
    """Pass where one of our *secrets* signed the payload, not long ago; in constant time.

    Several secrets let a new one replace an old one without a pause.

    Raises:
        InvalidInput: Field ``signature``: it is none, another's, or older than *tolerance*.
    """
    parts = dict(part.strip().partition("=")[::2] for part in signature.split(","))
    sent, given = parts.get("t", ""), parts.get("v1", "")
    if not (sent.isascii() and sent.isdecimal() and given.isascii() and given):
        raise _problem("signature", signature, "t=SECONDS,v1=HMAC is right")
    known = [hmac.compare_digest(_mac(secret, payload, sent), given) for secret in secrets]
    if not any(known):
        raise _problem("signature", signature, "none of our secrets made it for this payload")
    if abs(now.timestamp() - int(sent)) > tolerance.total_seconds():
        raise _problem("signature", signature, f"it is older than {tolerance}: send it anew")


def read_tracking(
    payload: bytes, table: Mapping[str, ParcelStatus] = STATUSES
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

    An event without an id is known by its number, code, time and place.

    Raises:
        InvalidInput: Names each field that is wrong (``events.0.code``); nothing of it is taken.
    """
    events = read_json(_Payload, payload, "webhook").events
    unknown = [
        Problem(f"events.{number}.code", event.code, f"one of {', '.join(table)} is right")
        for number, event in enumerate(events)
        if event.code not in table
    ]
    if unknown:
        raise InvalidInput("webhook", unknown)
    return tuple(_observation(event, table[event.code]) for event in events)


def _observation(event: _Event, status: ParcelStatus) -> Observation:
    fact = TrackingReported(
        tracking_number=event.tracking_number,
        status=status,
        event=event.id,
        code=event.code,
        place=event.place,
        to_recipient=event.to_recipient,
    )
    return fact.at(event.occurred_at)


def _mac(secret: bytes, payload: bytes, sent: str) -> str:
    return hmac.new(secret, sent.encode() + b"." + payload, hashlib.sha256).hexdigest()


def _problem(field: str, value: str, expected: str) -> InvalidInput:
    return InvalidInput("webhook", [Problem(field, value, expected)])
