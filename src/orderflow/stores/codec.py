"""The stored form of orderflow's data: JSON text, the same for every database.

Mappings keep their order: the same commits give the same bytes, and a loaded order iterates as it
was written. Each event has its kind's number and version.
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
    """The table of a row."""

    name: str


_BUCKETS = {bucket.value: bucket for bucket in Bucket}


@attrs.frozen
class _StoredEntry:
    """A journal entry with encoded events: [number, version, payload] each."""

    subject: str
    version: int
    at: datetime
    actor: str
    cause: str
    events: tuple[tuple[int, int, msgspec.Raw], ...]
    facts: dict[str, Any]


@attrs.frozen
class _StoredBody:
    """An encoded message body: its stored name, and its fields."""

    kind: str
    body: msgspec.Raw


def _plain(value: object) -> object:
    """Convert for msgspec (enc_hook): ledgers, mappings and pydantic models as plain values."""
    if isinstance(value, Ledger):
        return [[*slot, units] for slot, units in value.items()]
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, BaseModel):
        return msgspec.Raw(value.model_dump_json().encode())
    if isinstance(value, datetime):  # of a subclass of Python's own class
        return in_utc(value)
    if isinstance(value, date):
        return own_day(value)
    raise TypeError(f"a {type(value).__name__} cannot be stored; give text, numbers or lists")


def _whole(wanted: type[Any], value: Any) -> object:
    """Convert back (dec_hook): restores a ledger; moments and days become Python's own class."""
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
"""The decoder of each class, built at its first use."""
_BUILDING = Lock()
"""One thread at a time builds: msgspec would give another thread a half-built class, and crash."""


def _decode(kind: type[T], text: str | bytes) -> T:
    decode = _DECODERS.get(kind)
    if decode is None:
        with _BUILDING:
            decode = _DECODERS[kind] = msgspec.json.Decoder(kind, dec_hook=_whole).decode
    found: T = decode(text)
    return found


def of_row(table: Table, key: str, decode: Callable[..., T], *texts: Any) -> T:
    """Decode a row. Raises UnreadableRow for whatever cannot be decoded."""
    try:
        return decode(*texts)
    except Exception as error:
        raise UnreadableRow(table.name, key, type(error).__name__) from error


def encode_state(state: OrderState) -> str:
    """Encode an order's state; its ledger as rows [line, bucket, fo, parcel, rma, units]."""
    return _encode(state)


def decode_state(text: str) -> OrderState:
    """Decode the text of :func:`encode_state`."""
    return _decode(OrderState, text)


def encode_parcel(parcel: Parcel) -> str:
    """Encode a parcel."""
    return _encode(parcel)


def decode_parcel(text: str) -> Parcel:
    """Decode the text of :func:`encode_parcel`."""
    return _decode(Parcel, text)


def encode_entry(entry: Entry) -> str:
    """Encode a journal entry, as one text that is complete in itself."""
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
    """Decode the text of :func:`encode_entry`, of this or an earlier release.

    Raises:
        msgspec.ValidationError: A later release wrote a kind or version of event, or the text is
            damaged.
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
    """Encode a message's body, with its stored name.

    Raises:
        TypeError: It is neither a :data:`orderflow.model.messages.MessageBody` nor an
            observation.
    """
    return _encode({"kind": stored_name(body), "body": body})


def decode_body(text: str) -> object:
    """Decode the text of :func:`encode_body`."""
    stored = _decode(_StoredBody, text)
    kind = STORED[stored.kind]
    if kind is Observation:
        return decode_observation(bytes(stored.body))
    return _decode(kind, stored.body)


def encode_observation(observation: Observation) -> str:
    """Encode an observation with its envelope."""
    return observation.model_dump_json()


def decode_observation(text: str | bytes) -> Observation:
    """Decode the text of :func:`encode_observation`."""
    return Observation.model_validate_json(text)


def encode_data(data: Mapping[str, Any]) -> str:
    """Encode data of an effect or a timer: text, numbers, booleans, None, and lists of them."""
    return _encode(data)


def decode_data(text: str) -> dict[str, Any]:
    """Decode the text of :func:`encode_data`; tuples have become lists."""
    return _decode(dict[str, Any], text)


def encode_restricted(kept: Restricted) -> dict[str, Any]:
    """Retained data of an order, as the data of a timer."""
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
    """Restore retained data from :func:`encode_restricted`."""
    told = decode_data(text)
    documents = {name: b64decode(content) for name, content in told["documents"].items()}
    return Restricted(
        Kept(order, kind, datetime.fromisoformat(told["until"]), told["because"]),
        person,
        told["document"],
        tuple(map(decode_entry, told["entries"])),
        documents,
        told.get("since", ""),  # older releases did not write it
    )


def encode_form(fields: Sequence[FormField]) -> str:
    """Encode the form of a task."""
    return _encode(fields)


def decode_form(text: str) -> tuple[FormField, ...]:
    """Decode the text of :func:`encode_form`."""
    return _decode(tuple[FormField, ...], text)


def encode_document(document: NewOrder) -> tuple[str, str]:
    """Encode an order document as two texts: without and only ``PERSONAL_FIELDS``."""
    return (
        document.model_dump_json(exclude=set(PERSONAL_FIELDS)),
        document.model_dump_json(include=set(PERSONAL_FIELDS)),
    )


@lru_cache(maxsize=256)  # more than a worker leases at once
def decode_document(document: str, personal: str) -> NewOrder:
    """Decode the two texts of :func:`encode_document`.

    The latest documents are cached: they are immutable, and read with each message.
    """
    return NewOrder.model_validate(decode_data(document) | decode_data(personal))
