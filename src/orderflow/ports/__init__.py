"""The ports of the library: small protocols, and the values that they exchange."""

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
    """The source of the current time."""

    def now(self) -> datetime:
        """The current time, in UTC and with its zone."""


class Ids(Protocol):
    """A generator of unique ids."""

    def new(self, kind: str) -> str:
        """A new id for a *kind* of thing: ``order``, ``message``, ``lease``."""


@attrs.frozen
class PickRequest(HoldsMappings):
    """A request to pick for a fulfillment order: units per line, and each line's SKU."""

    key: str
    order: str
    fo: str
    location: str
    units: Mapping[str, int]
    skus: Mapping[str, str]


@attrs.frozen
class Picked(HoldsMappings):
    """Picked and missing units per line; *items* identifies single units."""

    units: Mapping[str, int]
    short: Mapping[str, int] = attrs.field(factory=dict)
    items: tuple[Item, ...] = ()


class Warehouse(Protocol):
    """Picks goods. The same key gives the same answer."""

    def pick(self, request: PickRequest) -> Picked:
        """Pick the units, or report which are short."""


@attrs.frozen
class LabelRequest:
    """A request for a shipping label. Weight in grams; *collect* is due from the recipient."""

    key: str
    parcel: str
    orders: tuple[str, ...]
    ship_to: Address | None
    weight_g: int
    collect: Money | None = None


@attrs.frozen
class Label:
    """A label that a carrier sold."""

    carrier: str
    tracking_number: str


class Carrier(Protocol):
    """Transports parcels. A label is bought once per key."""

    def buy_label(self, request: LabelRequest) -> Label:
        """Buy a label; the same key gives the same label. Raises PortFailed."""

    def find(self, key: str) -> Label | None:
        """The label bought with this key; asked before a second attempt."""

    def void_label(self, key: str, label: Label) -> None:
        """Void a label. Raises PortFailed."""

    def hand_over(self, key: str, label: Label) -> None:
        """Announce that the parcel is ready to be collected (a manifest). Raises PortFailed."""


@runtime_checkable
class Intercepting(Protocol):
    """Optional carrier capability: intercepts parcels in transit."""

    def intercept(self, key: str, label: Label) -> None:
        """Recall a parcel if possible; scans report it. Raises PortFailed, NeedsPerson."""


@attrs.frozen
class Notification(HoldsMappings):
    """A notification to a customer; the application has its words and the address."""

    key: str
    order: Order
    template: str
    data: Mapping[str, Any]


class Notifier(Protocol):
    """Notifies customers. The same key is the same notification."""

    def send(self, notification: Notification) -> None:
        """Send it. Raises PortFailed."""


class Numbers(Protocol):
    """Unique numbers, also under concurrent calls."""

    def number(self, series: str, key: str) -> int:
        """The key's number in a series, from 0: new at the first call, then always the same."""


class DocumentStore(Protocol):
    """Stores documents by order and name, each with the hash of its content."""

    def file(self, order: str, name: str, content: bytes) -> str:
        """File a document, replacing any of its name; returns its content's SHA-256."""

    def filed(self, order: str) -> Mapping[str, str]:
        """The names of an order's documents, with the SHA-256 of each."""

    def read(self, order: str, name: str) -> bytes | None:
        """The content of a document, as filed; None where there is none."""

    def erase(self, order: str) -> None:
        """Erase all documents of an order, because its person is erased."""


@attrs.frozen
class RefundRequest:
    """A refund to pay: *amount* in minor units of *currency*; *captures* are the paid captures."""

    key: str
    order: str
    refund: str
    amount: int
    currency: str
    captures: tuple[str, ...]


class PaymentProvider(Protocol):
    """Pays refunds. The same key is the same refund."""

    def refund(self, request: RefundRequest) -> ObservationBody | None:
        """Pay it, or begin to; returns ``PaymentReported``, or None where it follows later.

        The observation's reference is the request's key. Raises PortFailed.
        """


@attrs.frozen
class EffectAttempt(HoldsMappings):
    """An attempt at an effect: its key, and its order and parcel as they are now."""

    key: str
    name: str
    subject: str
    attempt: int
    order: Order
    parcel: Parcel | None
    data: Mapping[str, Any]


EffectAnswer = CommandBody | ObservationBody | None
"""A performer's answer: a command, an observation, or None for later."""


class Performer(Protocol):
    """Performs the effects of a fulfillment strategy."""

    def perform(self, effect: EffectAttempt) -> EffectAnswer:
        """Perform the effect through a port. Raises PortFailed to be retried."""


if not TYPE_CHECKING:  # a type checker sees only the new names
    __getattr__ = old_names(__name__)
