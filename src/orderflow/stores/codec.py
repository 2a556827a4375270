"""The stored form of what orderflow keeps: JSON text, the same for every database.

Mappings keep their order, so the same commits give the same bytes, and a loaded order is worked
through in the order in which it was written. Each event carries its kind's number and version.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from threading import Lock
from typing import Any, Protocol, TypeVar

import attrs
import msgspec
from pydantic import BaseModel

from orderflow.calendars import in_utc, own_day
from orderflow.errors import UnreadableRow
from orderflow.model.document import PERSONAL_FIELDS, NewOrder
from orderflow.model.events import KINDS, Entry, Event, upcast
from orderflow.model.ledger import Bucket, Ledger, Slot
from orderflow.model.messages import STORED, stored_name
from orderflow.model.observations import Observation
from orderflow.model.parcel import Parcel
from orderflow.model.state import OrderState
from orderflow.model.work import FormField
from orderflow.ports import Kept, Restricted

__all__ = [
    "decode_body",
    "decode_data",
    "decode_document",
    "decode_entry",
    "decode_form",
    "decode_observation",
    "decode_parcel",
    "decode_restricted",
    "decode_state",
    "encode_body",
    "encode_data",
    "encode_document",
    "encode_entry",
    "encode_form",
    "encode_observation",
    "encode_parcel",
    "encode_restricted",
    "encode_state",
    "of_row",
]

T = TypeVar("T")


class Table(Protocol):
    """Where a row stands."""

    name: str


_BUCKETS = {bucket.value: bucket for bucket in Bucket}


@attrs.frozen
class _StoredEntry:
    """An entry of the journal, its events still unread: [number, version, payload] each."""

    subject: str
    version: int
    at: datetime
    actor: str
    cause: str
    events: tuple[tuple[int, int, msgspec.Raw], ...]
    facts: dict[str, Any]


@attrs.frozen
class _StoredBody:
    """The body of a message, still unread: the name it is stored under, and its fields."""

    kind: str
    body: msgspec.Raw


def _plain(value: object) -> object:
    """What msgspec does not know, as what it knows."""
    if isinstance(value, Ledger):
        return [[*slot, units] for slot, units in value.items()]
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, BaseModel):
        return msgspec.Raw(value.model_dump_json().encode())
    if isinstance(value, datetime):  # of a class that is derived from Python's own
        return in_utc(value)
    if isinstance(value, date):
        return own_day(value)
    raise TypeError(f"a {type(value).__name__} cannot be stored; give text, numbers or lists")


def _whole(wanted: type[Any], value: Any) -> object:
    """What :func:`_plain` made, as it was; moments and days are plain, whatever class is wanted."""
    if issubclass(wanted, datetime):
        return in_utc(datetime.fromisoformat(value))
    if issubclass(wanted, date):
        return own_day(date.fromisoformat(value))
    if wanted is not Ledger:
        raise TypeError(f"there is no stored form of {wanted.__name__}")
    return Ledger(
        {
            Slot(line, _BUCKETS[bucket], fo, parcel, rma): units
            for line, bucket, fo, parcel, rma, units in value
        }
    )


_ENCODER = msgspec.json.Encoder(enc_hook=_plain)


def _encode(value: object) -> str:
    return _ENCODER.encode(value).decode()


_DECODERS: dict[type[Any], Callable[[str | bytes], Any]] = {}
"""The decoder of each class, built when it is first needed."""
_BUILDING = Lock()
"""One thread at a time builds: msgspec would hand a half-built class to another, and crash."""


def _decode(kind: type[T], text: str | bytes) -> T:
    decode = _DECODERS.get(kind)
    if decode is None:
        with _BUILDING:
            decode = _DECODERS[kind] = msgspec.json.Decoder(kind, dec_hook=_whole).decode
    found: T = decode(text)
    return found


def of_row(table: Table, key: str, decode: Callable[..., T], *texts: Any) -> T:
    """What a row tells. Raises UnreadableRow, whatever stands there instead."""
    try:
        return decode(*texts)
    except Exception as error:
        raise UnreadableRow(table.name, key, type(error).__name__) from error


def encode_state(state: OrderState) -> str:
    """An order's state; its ledger as rows [line, bucket, fo, parcel, rma, units]."""
    return _encode(state)


def decode_state(text: str) -> OrderState:
    """What :func:`encode_state` wrote."""
    return _decode(OrderState, text)


def encode_parcel(parcel: Parcel) -> str:
    """A parcel."""
    return _encode(parcel)


def decode_parcel(text: str) -> Parcel:
    """What :func:`encode_parcel` wrote."""
    return _decode(Parcel, text)


def encode_entry(entry: Entry) -> str:
    """A journal entry: one text that needs nothing else to be read."""
    return _encode(
        {
            "subject": entry.subject,
            "version": entry.version,
            "at": entry.at,
            "actor": entry.actor,
            "cause": entry.cause,
            "events": [(event.number, event.version, event) for event in entry.events],
            "facts": entry.facts,
        }
    )


def decode_entry(text: str) -> Entry:
    """What :func:`encode_entry` wrote, today or in an earlier release.

    Raises:
        msgspec.ValidationError: An event is of a kind or a version that this release is too old
            to know, or the text is damaged.
    """
    stored = _decode(_StoredEntry, text)
    return Entry(
        stored.subject,
        stored.version,
        stored.at,
        stored.actor,
        stored.cause,
        tuple(_event(*found) for found in stored.events),
        stored.facts,
    )


def _event(number: int, version: int, payload: msgspec.Raw) -> Event:
    kind = KINDS.get(number)
    if kind is None or version > kind.version:
        raise msgspec.ValidationError(
            f"event {number} of version {version} was written by a later release"
        )
    if version == kind.version:
        return _decode(kind, payload)
    current = upcast(number, version, msgspec.json.decode(payload))
    with _BUILDING:
        return msgspec.convert(dict(current), kind)


def encode_body(body: object) -> str:
    """The body of a message, with the name it is stored under.

    Raises:
        TypeError: It is no :data:`orderflow.model.messages.MessageBody` and no observation.
    """
    return _encode({"kind": stored_name(body), "body": body})


def decode_body(text: str) -> object:
    """What :func:`encode_body` wrote."""
    stored = _decode(_StoredBody, text)
    kind = STORED[stored.kind]
    if kind is Observation:
        return decode_observation(bytes(stored.body))
    return _decode(kind, stored.body)


def encode_observation(observation: Observation) -> str:
    """A fact in its envelope."""
    return observation.model_dump_json()


def decode_observation(text: str | bytes) -> Observation:
    """What :func:`encode_observation` wrote."""
    return Observation.model_validate_json(text)


def encode_data(data: Mapping[str, Any]) -> str:
    """The data of an effect or a timer: text, numbers, booleans, None, and lists of them."""
    return _encode(data)


def decode_data(text: str) -> dict[str, Any]:
    """What :func:`encode_data` wrote; tuples have become lists."""
    return _decode(dict[str, Any], text)


def encode_restricted(kept: Restricted) -> dict[str, Any]:
    """What a law keeps of an order, as the data of a timer."""
    return {
        "until": kept.kept.until.isoformat(),
        "because": kept.kept.because,
        "document": kept.document,
        "entries": [encode_entry(entry) for entry in kept.entries],
        "documents": {
            name: b64encode(content).decode() for name, content in kept.documents.items()
        },
        "since": kept.since,
    }


def decode_restricted(order: str, kind: str, person: str, text: str) -> Restricted:
    """What :func:`encode_restricted` told."""
    told = decode_data(text)
    documents = {name: b64decode(content) for name, content in told["documents"].items()}
    return Restricted(
        Kept(order, kind, datetime.fromisoformat(told["until"]), told["because"]),
        person,
        told["document"],
        tuple(map(decode_entry, told["entries"])),
        documents,
        told.get("since", ""),  # which older releases did not write
    )


def encode_form(fields: Sequence[FormField]) -> str:
    """The form of a task."""
    return _encode(fields)


def decode_form(text: str) -> tuple[FormField, ...]:
    """What :func:`encode_form` wrote."""
    return _decode(tuple[FormField, ...], text)


def encode_document(document: NewOrder) -> tuple[str, str]:
    """An order document in two texts: what is no person's, and ``PERSONAL_FIELDS``."""
    return (
        document.model_dump_json(exclude=set(PERSONAL_FIELDS)),
        document.model_dump_json(include=set(PERSONAL_FIELDS)),
    )


@lru_cache(maxsize=256)  # more than a worker takes at once
def decode_document(document: str, personal: str) -> NewOrder:
    """The document whose two texts :func:`encode_document` wrote.

    It is immutable and read again with each message to its order, so the last few are kept.
    """
    return NewOrder.model_validate(decode_data(document) | decode_data(personal))
