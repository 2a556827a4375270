"""The walls of the library: small protocols, and the values that pass through them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import attrs

from orderflow.model.commands import CommandBody, Item
from orderflow.model.document import Address
from orderflow.model.frozen_mapping import HoldsMappings
from orderflow.model.observations import ObservationBody
from orderflow.model.order import Order
from orderflow.model.parcel import Parcel
from orderflow.money import Money
from orderflow.ports.partner import (
    AcceptsReturns,
    Partner,
    PartnerCancellation,
    PartnerRequest,
    PartnerReturn,
    RequestLine,
)
from orderflow.ports.query import OrderQuery, TaskQuery
from orderflow.ports.retained import Kept, Restricted
from orderflow.ports.store import (
    Answers,
    Commit,
    Duplicate,
    GatheringStore,
    LeasedRows,
    OutboxRow,
    Outcome,
    ProcessedMessage,
    ScheduledStore,
    Short,
    Stale,
    Store,
    Stored,
    UnmatchedItem,
    WatcherCall,
)
from orderflow.renamed import old_names

__all__ = [
    "AcceptsReturns",
    "Answers",
    "Carrier",
    "Clock",
    "Commit",
    "DocumentStore",
    "Duplicate",
    "EffectAnswer",
    "EffectAttempt",
    "GatheringStore",
    "Ids",
    "Intercepting",
    "Kept",
    "Label",
    "LabelRequest",
    "LeasedRows",
    "Notification",
    "Notifier",
    "Numbers",
    "OrderQuery",
    "OutboxRow",
    "Outcome",
    "Partner",
    "PartnerCancellation",
    "PartnerRequest",
    "PartnerReturn",
    "PaymentProvider",
    "Performer",
    "PickRequest",
    "Picked",
    "ProcessedMessage",
    "RefundRequest",
    "RequestLine",
    "Restricted",
    "ScheduledStore",
    "Short",
    "Stale",
    "Store",
    "Stored",
    "TaskQuery",
    "UnmatchedItem",
    "Warehouse",
    "WatcherCall",
]


class Clock(Protocol):
    """What time it is."""

    def now(self) -> datetime:
        """UTC, with its zone."""


class Ids(Protocol):
    """Ids that are never given twice."""

    def new(self, kind: str) -> str:
        """A new id for a *kind* of thing: ``order``, ``message``, ``lease``."""


@attrs.frozen
class PickRequest(HoldsMappings):
    """What to fetch for a fulfillment order: units per line, and each line's SKU."""

    key: str
    order: str
    fo: str
    location: str
    units: Mapping[str, int]
    skus: Mapping[str, str]


@attrs.frozen
class Picked(HoldsMappings):
    """What was found, and what was not on its shelf: units per line; *items* tells units apart."""

    units: Mapping[str, int]
    short: Mapping[str, int] = attrs.field(factory=dict)
    items: tuple[Item, ...] = ()


class Warehouse(Protocol):
    """Who picks. Asked again with the same key it gives the same answer."""

    def pick(self, request: PickRequest) -> Picked:
        """Fetch the units, or say which are short."""


@attrs.frozen
class LabelRequest:
    """What a carrier is asked to carry. Grams. *collect* is what the recipient has to pay it."""

    key: str
    parcel: str
    orders: tuple[str, ...]
    ship_to: Address | None
    weight_g: int
    collect: Money | None = None


@attrs.frozen
class Label:
    """What a carrier sold."""

    carrier: str
    tracking_number: str


class Carrier(Protocol):
    """Who carries. A label is bought once per key."""

    def buy_label(self, request: LabelRequest) -> Label:
        """Buy a label; the same key gives the same label. Raises PortFailed."""

    def find(self, key: str) -> Label | None:
        """The label that was bought with this key, asked before a second attempt."""

    def void_label(self, key: str, label: Label) -> None:
        """Give a label back. Raises PortFailed."""

    def hand_over(self, key: str, label: Label) -> None:
        """Announce that the parcel is ready to be collected (a manifest). Raises PortFailed."""


@runtime_checkable
class Intercepting(Protocol):
    """What a carrier has besides that brings parcels back which are on their way."""

    def intercept(self, key: str, label: Label) -> None:
        """Turn a parcel around, if that can be done; scans tell. Raises PortFailed, NeedsPerson."""


@attrs.frozen
class Notification(HoldsMappings):
    """Something to tell a customer; the application knows the words and the address."""

    key: str
    order: Order
    template: str
    data: Mapping[str, Any]


class Notifier(Protocol):
    """Who tells customers. The same key is the same notification."""

    def send(self, notification: Notification) -> None:
        """Send it. Raises PortFailed."""


class Numbers(Protocol):
    """Numbers that are never given twice, whoever asks at the same time."""

    def number(self, series: str, key: str) -> int:
        """A key's number in a series, 0 or more: a new one the first time, then always the same."""


class DocumentStore(Protocol):
    """Where documents are filed, by order and name; each is known by the hash of its content."""

    def file(self, order: str, name: str, content: bytes) -> str:
        """File a document, in place of what has its name; gives the SHA-256 of its content."""

    def filed(self, order: str) -> Mapping[str, str]:
        """The names of an order's documents, with the SHA-256 of each."""

    def read(self, order: str, name: str) -> bytes | None:
        """A document, as it was filed."""

    def erase(self, order: str) -> None:
        """Forget all documents of an order, because its person is to be forgotten."""


@attrs.frozen
class RefundRequest:
    """Money to pay back: *amount* in minor units of *currency*; *captures* name what was paid."""

    key: str
    order: str
    refund: str
    amount: int
    currency: str
    captures: tuple[str, ...]


class PaymentProvider(Protocol):
    """Who pays refunds. The same key is the same refund."""

    def refund(self, request: RefundRequest) -> ObservationBody | None:
        """Pay it, or begin to. Answers with ``PaymentReported``, or None where that comes later.

        The fact's reference is the request's key. Raises PortFailed.
        """


@attrs.frozen
class EffectAttempt(HoldsMappings):
    """An effect, ready to be performed: with its key, and what it is about as it is now."""

    key: str
    name: str
    subject: str
    attempt: int
    order: Order
    parcel: Parcel | None
    data: Mapping[str, Any]


EffectAnswer = CommandBody | ObservationBody | None
"""What came of a deed: a command, a fact, or nothing yet."""


class Performer(Protocol):
    """The effect half of a fulfillment strategy."""

    def perform(self, effect: EffectAttempt) -> EffectAnswer:
        """Do the deed through a port. Raises PortFailed to be asked again."""


if not TYPE_CHECKING:  # a type checker knows the new names alone
    __getattr__ = old_names(__name__)
