"""The walls of the library: small protocols, and the values that pass through them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol, runtime_checkable

import attrs

from orderflow.model.commands import Body, Item
from orderflow.model.document import Address
from orderflow.model.events import Entry
from orderflow.model.observations import Fact, Observation
from orderflow.model.order import Order
from orderflow.model.parcel import Parcel
from orderflow.model.stock import ExpectedReceipt, Movement, StockKey, StockLevel, StockOp, Waiting
from orderflow.model.work import Due, Message, Task, Wanted

__all__ = [
    "Carrier",
    "Clock",
    "Commit",
    "Committed",
    "Deed",
    "DocumentStore",
    "Duplicate",
    "GiveUp",
    "Ids",
    "InboxItem",
    "Label",
    "LabelRequest",
    "Notification",
    "Notifier",
    "Numbers",
    "OrderQuery",
    "Outcome",
    "Party",
    "PartyRequest",
    "Payments",
    "Pending",
    "Performer",
    "PickRequest",
    "Picked",
    "Receipt",
    "RefundRequest",
    "Reply",
    "RequestLine",
    "SharedStore",
    "Short",
    "Stale",
    "Store",
    "Taken",
    "TaskQuery",
    "Warehouse",
    "Watch",
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
class PickRequest:
    """What to fetch for a fulfillment order: units per line, and each line's SKU."""

    key: str
    order: str
    fo: str
    location: str
    units: Mapping[str, int]
    skus: Mapping[str, str]


@attrs.frozen
class Picked:
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
    """What a carrier is asked to carry. Grams."""

    key: str
    parcel: str
    orders: tuple[str, ...]
    ship_to: Address | None
    weight_g: int


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


@attrs.frozen
class RequestLine:
    """Units that a party is to ship. *unit_cost* is what we pay it for one."""

    line: str
    sku: str
    quantity: int
    name: str = ""
    unit_cost: Decimal | None = None


@attrs.frozen
class PartyRequest:
    """What a party is to ship, and to whom: a purchase order, or a warehouse order.

    *number* is what its answers name as ``fo``; *location* is empty for a supplier's own stock.
    """

    key: str
    number: str
    order: str
    lines: tuple[RequestLine, ...]
    ship_to: Address | None
    currency: str
    location: str = ""
    gift_message: str = ""


@attrs.frozen
class GiveUp:
    """Units that a party is asked not to ship."""

    key: str
    number: str
    lines: Mapping[str, int]
    reason: str


class Party(Protocol):
    """Another company that ships for us: a supplier, a logistics provider.

    Every call may come again with the same key, and then is the same request. It answers with a
    fact at once, or with None where its answer comes later, by :meth:`orderflow.Engine.observe`.
    """

    def submit(self, request: PartyRequest) -> Fact | None:
        """Take a request. Raises PortFailed."""

    def give_up(self, request: GiveUp) -> Fact | None:
        """Be asked to give units up; it may refuse. Raises PortFailed."""

    def remind(self, key: str, number: str) -> None:
        """Be reminded that an answer, or the goods, are due. Raises PortFailed."""


@attrs.frozen
class Notification:
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


class Payments(Protocol):
    """Who pays refunds. The same key is the same refund."""

    def refund(self, request: RefundRequest) -> Fact | None:
        """Pay it, or begin to. Answers with ``PaymentReported``, or None where that comes later.

        The fact's reference is the request's key. Raises PortFailed.
        """


@attrs.frozen
class Deed:
    """An effect, ready to be performed: with its key, and what it is about as it is now."""

    key: str
    name: str
    subject: str
    attempt: int
    order: Order
    parcel: Parcel | None
    data: Mapping[str, Any]


Reply = Body | Fact | None
"""What came of a deed: a command, a fact, or nothing yet."""


class Performer(Protocol):
    """The effect half of a fulfillment strategy."""

    def perform(self, deed: Deed) -> Reply:
        """Do the deed through a port. Raises PortFailed to be asked again."""


@attrs.frozen
class Receipt:
    """The stored outcome of a message: what makes sending it again harmless.

    *scope* is the subject (for a placement the channel); *digest* tells its content.
    """

    scope: str
    id: str
    digest: str
    subject: str
    version: int


@attrs.frozen
class Watch:
    """A watcher to be told after the commit."""

    key: str
    hook: str
    point: str
    name: str
    subject: str


@attrs.frozen
class Commit:
    """Everything that one message changes; all of it is stored, or none.

    Attributes:
        subject: ``order:…``, ``parcel:…`` or ``stock:…``.
        now: When it is recorded.
        expected: The version that was read, 0 for a new subject; None does not look.
        order: The order after it, for an order.
        parcel: The parcel after it, for a parcel.
        entry: The journal entry; None where nothing became true.
        stock: Operations on stock: all are possible, or the commit is short.
        wanted: Effects, tasks and timers to add (one that was withdrawn comes back).
        withdrawn: Keys of those to withdraw.
        messages: To other subjects.
        watches: Watchers to tell.
        references: Tracking numbers and the like by which the subject is known from now on.
        receipt: The message's receipt.
        done: The outbox row that this commit acknowledges.
    """

    subject: str
    now: datetime
    expected: int | None = None
    order: Order | None = None
    parcel: Parcel | None = None
    entry: Entry | None = None
    stock: tuple[StockOp, ...] = ()
    wanted: tuple[Wanted, ...] = ()
    withdrawn: tuple[str, ...] = ()
    messages: tuple[Message, ...] = ()
    watches: tuple[Watch, ...] = ()
    references: tuple[str, ...] = ()
    receipt: Receipt | None = None
    done: str | None = None


@attrs.frozen
class Committed:
    """It is stored."""


@attrs.frozen
class Stale:
    """Somebody else changed the subject first; nothing is stored. Read and decide again."""


@attrs.frozen
class Short:
    """Stock is short at these keys; nothing is stored. Read and decide again."""

    keys: tuple[StockKey, ...]


@attrs.frozen
class Duplicate:
    """The message was handled before; nothing is stored."""


Outcome = Committed | Stale | Short | Duplicate


@attrs.frozen
class InboxItem:
    """A fact whose subject is not known yet, or a *payload* that cannot be read, and why.

    *reference* is like ``tracking:1Z…``, ``request:A-1-F1`` or ``order:A-1``.
    """

    reference: str
    kept_at: datetime
    observation: Observation | None = None
    payload: str = ""
    error: str = ""


@attrs.frozen
class Pending:
    """A row of the outbox, as ``explain`` shows it."""

    key: str
    kind: str
    name: str
    subject: str
    due: datetime
    attempts: int
    status: str
    error: str


@attrs.frozen
class Taken:
    """The open rows of one owner: those that are leased to the caller, and the *rest*.

    Attributes:
        mine: Due now, and to be done by the caller.
        effects: Due now, and to be taken one by one.
        next_due: When the first of the others is due.
    """

    mine: tuple[Due, ...]
    effects: tuple[Due, ...]
    next_due: datetime | None


@attrs.frozen
class OrderQuery:
    """Which orders to list, oldest id first. *after* is the last id of the page before.

    ``phase`` tells open orders from completed ones; ``promised_before`` and ``placed_before`` are
    moments (UTC), the latter gives an age.
    """

    status: str | None = None
    customer: str | None = None
    phase: str | None = None
    after: str = ""
    limit: int = 100
    stage: str | None = None
    channel: str | None = None
    exception: bool | None = None
    sku: str | None = None
    promised_before: datetime | None = None
    placed_before: datetime | None = None


@attrs.frozen
class TaskQuery:
    """Which open tasks to list, by key. *after* is the last key of the page before."""

    role: str | None = None
    owner: str | None = None
    assignee: str | None = None
    after: str = ""
    limit: int = 100


class Store(Protocol):
    """Where orders, stock, parcels, journals and the outbox are kept."""

    def commit(self, commit: Commit) -> Outcome:
        """Store all of it in one transaction, or nothing."""

    def commit_all(self, commits: Sequence[Commit]) -> Sequence[Outcome]:
        """Commit each as if one by one, in one transaction: a refused one sinks no other."""

    def within(self, connection: Any) -> Store:
        """This store inside a transaction of the application's on the same database.

        What is committed to it is stored when the application commits. Raises TypeError where the
        store has no database, or the connection is not of its kind.
        """

    def receipt(self, scope: str, message: str) -> Receipt | None:
        """The receipt of a message that was handled."""

    def order(self, order_id: str) -> Order | None:
        """The order."""

    def load(self, order_ids: Iterable[str]) -> Mapping[str, Order]:
        """Those of the orders that there are, by id."""

    def parcel(self, parcel_id: str) -> Parcel | None:
        """The parcel."""

    def journal(self, subject: str) -> Iterator[Entry]:
        """The journal of an order or a parcel, oldest first."""

    def orders(self, query: OrderQuery) -> Sequence[str]:
        """The ids of one page of orders."""

    def levels(self, keys: Iterable[StockKey]) -> Mapping[StockKey, StockLevel]:
        """The stock levels; a key that was never seen is empty."""

    def stock(self, after: StockKey, limit: int) -> Sequence[StockLevel]:
        """One page of all stock levels, by key."""

    def waiting(self, key: StockKey) -> Sequence[Waiting]:
        """Who waits for this key."""

    def reserved(self, order_id: str) -> Mapping[tuple[StockKey, str], int]:
        """Units reserved for an order, by key and line."""

    def movements(self, key: StockKey) -> Iterator[Movement]:
        """The stock journal of a key, oldest first."""

    def expected(self, key: StockKey) -> Sequence[ExpectedReceipt]:
        """Receipts on their way to us."""

    def find(self, reference: str) -> str | None:
        """The subject that is known by a reference."""

    def keep(
        self, reference: str, observation: Observation, now: datetime, patience: timedelta
    ) -> None:
        """Keep a fact whose subject is not known; it is matched when the reference is."""

    def keep_unreadable(self, payload: str, error: str, now: datetime, task: Task) -> None:
        """Keep what cannot be read, under the task's subject, and open the task about it."""

    def inbox(self) -> Sequence[InboxItem]:
        """What is kept, oldest first."""

    def dismiss(self, reference: str) -> bool:
        """Drop what is kept under a reference, with its timer and tasks; False if nothing is."""

    def claim(self, now: datetime, lease: timedelta, token: str, limit: int) -> Sequence[Due]:
        """Rows that are due, of one kind, leased to the caller until ``now + lease``."""

    def still_mine(self, due: Due) -> bool:
        """Whether a claimed row is still wanted, and still the caller's."""

    def fail(
        self, due: Due, error: str, now: datetime, retry_at: datetime | None, tell: Message | None
    ) -> None:
        """Record a failed attempt; without *retry_at* the row gives up, and *tell* is sent."""

    def next_due(self) -> datetime | None:
        """When the next row is due."""

    def pending(self, owner: str) -> Sequence[Pending]:
        """The open rows of an order or a parcel."""

    def gave_up(self, after: str, limit: int) -> Sequence[Pending]:
        """One page of the rows that gave up, by key."""

    def odd(self) -> Sequence[tuple[str, str]]:
        """Subjects and what is odd: rows of nobody, or that contradict what they derive from."""

    def undelivered(self, owner: str) -> Sequence[object]:
        """The bodies of messages on their way to a subject."""

    def tasks(self, query: TaskQuery) -> Sequence[tuple[str, Task]]:
        """One page of open tasks with their owners, by key."""

    def task(self, key: str) -> tuple[str, Task] | None:
        """An open task and its owner."""

    def assign(self, key: str, to: str, before: str) -> bool:
        """Give an open task to somebody; False where it is no longer *before*'s, or not open."""

    def rewrite(self, order: Order, entries: Sequence[Entry], expected: int) -> bool:
        """Replace an order and its journal to erase a person; False: it is past that version.

        The data and the errors of the outbox rows of the order and its parcels are blanked.
        """

    def strike(self, owner: str) -> None:
        """Take every outbox row of an owner away: nothing is left of it."""


@runtime_checkable
class SharedStore(Store, Protocol):
    """A store whose rows may be worked by somebody who keeps count of whose turn it is."""

    def hand_over(self, now: datetime, lease: timedelta, limit: int) -> Sequence[str]:
        """The owners of rows that are due and nobody's; they are left alone until ``now + lease``.

        No attempt is counted, and whoever works on a row keeps it.
        """

    def take(self, owner: str, now: datetime, lease: timedelta, token: str) -> Taken:
        """All open rows of an owner, whoever has leased them."""

    def take_one(self, key: str, now: datetime, lease: timedelta, token: str) -> Due | None:
        """A row, leased to the caller whoever had it before; None where it is not open."""
