"""The store: commits, their outcomes, and reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any, Protocol, runtime_checkable

import attrs

from orderflow.model.events import Entry
from orderflow.model.observations import Observation
from orderflow.model.order import Order
from orderflow.model.parcel import Parcel
from orderflow.model.stock import (
    InboundShipment,
    Movement,
    StockKey,
    StockLevel,
    StockOp,
    WaitingBackorder,
)
from orderflow.model.work import LeasedRow, Message, PendingWork, Task
from orderflow.ports.query import OrderQuery, TaskQuery
from orderflow.ports.retained import Restricted

__all__ = [
    "Answers",
    "Commit",
    "Duplicate",
    "GatheringStore",
    "LeasedRows",
    "OutboxRow",
    "Outcome",
    "ProcessedMessage",
    "ScheduledStore",
    "Short",
    "Stale",
    "Store",
    "Stored",
    "UnmatchedItem",
    "WatcherCall",
]


@attrs.frozen
class ProcessedMessage:
    """A message that was processed: sending it again has no second effect.

    *scope* is the subject (for a placement the channel); *digest* identifies its content.
    """

    scope: str
    id: str
    digest: str
    subject: str
    version: int


@attrs.frozen
class WatcherCall:
    """A call to a watcher, made after the commit."""

    key: str
    hook: str
    point: str
    name: str
    subject: str


@attrs.frozen
class Commit:
    """All changes of one message, stored together or not at all.

    Attributes:
        subject: ``order:…``, ``parcel:…`` or ``stock:…``.
        now: The time of recording.
        expected_version: The version that was read, 0 for a new subject; None skips the check.
        order: The new order, for an order.
        parcel: The new parcel, for a parcel.
        entry: The journal entry; None where no event happened.
        stock: Operations on stock; where one is impossible, the outcome is Short.
        pending_work: Effects, tasks and timers to add (a withdrawn one is reopened).
        withdrawn: Keys of pending work to withdraw.
        messages: Messages to other subjects.
        watches: Calls to watchers.
        references: New references of the subject, such as tracking numbers.
        processed: The processed message.
        acknowledges: The key of the outbox row to acknowledge. Without an entry, a row that was
            withdrawn meanwhile stays withdrawn, and may be reopened.
        revised: Whether the order's document changed.
        repairs: Whether pending work is reopened, whatever the status of its row.
        with_it: Resulting commits of other subjects: stored with this one, or the outcome is
            Stale. It is Stale also where one would overtake a message: its subject has other
            messages pending than the row that this commit acknowledges.
    """

    subject: str
    now: datetime
    expected_version: int | None = None
    order: Order | None = None
    parcel: Parcel | None = None
    entry: Entry | None = None
    stock: tuple[StockOp, ...] = ()
    pending_work: tuple[PendingWork, ...] = ()
    withdrawn: tuple[str, ...] = ()
    messages: tuple[Message, ...] = ()
    watches: tuple[WatcherCall, ...] = ()
    references: tuple[str, ...] = ()
    processed: ProcessedMessage | None = None
    acknowledges: str | None = None
    revised: bool = False
    repairs: bool = False
    with_it: tuple[Commit, ...] = ()

    @property
    def parts(self) -> tuple[Commit, ...]:
        """This commit, and those with it."""
        return (self, *self.with_it)


@attrs.frozen
class Stored:
    """The commit is stored."""


@attrs.frozen
class Stale:
    """Another process changed the subject first; nothing is stored. Read and decide again."""


@attrs.frozen
class Short:
    """Stock is short at these keys; nothing is stored. Read and decide again."""

    keys: tuple[StockKey, ...]


@attrs.frozen
class Duplicate:
    """The message was processed before; nothing is stored."""


Outcome = Stored | Stale | Short | Duplicate


@attrs.frozen
class UnmatchedItem:
    """An observation of an unknown subject, or a *payload* that cannot be read, and why.

    *reference* is like ``tracking:1Z…``, ``request:A-1-F1`` or ``order:A-1``.
    """

    reference: str
    kept_at: datetime
    observation: Observation | None = None
    payload: str = ""
    error: str = ""


@attrs.frozen
class OutboxRow:
    """A row of the outbox, as ``explain`` shows it.

    *number* grows with each row added; every store counts its own.
    """

    key: str
    kind: str
    name: str
    subject: str
    due: datetime
    attempts: int
    status: str
    error: str
    number: int = attrs.field(default=0, eq=False, repr=False)


@attrs.frozen
class LeasedRows:
    """The open rows of one owner: those leased to the caller, and the others.

    Attributes:
        rows: Due now, leased to the caller.
        effects: Due now, to be leased one by one.
        next_due: When the first of the others is due.
    """

    rows: tuple[LeasedRow, ...]
    effects: tuple[LeasedRow, ...]
    next_due: datetime | None


class Store(Protocol):
    """Stores orders, stock, parcels, journals and the outbox."""

    def commit(self, commit: Commit) -> Outcome:
        """Store the commit in one transaction, or nothing."""

    def commit_all(self, commits: Sequence[Commit]) -> Sequence[Outcome]:
        """Commit each as if one by one, in one transaction: a refused one stops no other."""

    def in_transaction(self, connection: Any) -> Store:
        """This store inside the application's transaction on the same database.

        Commits are stored when the application commits. Raises TypeError where the store has no
        database, or for a connection of another type.
        """

    def snapshot(self) -> AbstractContextManager[Store]:
        """A read-only snapshot of the store."""

    def card(self) -> str | None:
        """The card of the rules, as given to :meth:`keep_card`; None where there is none."""

    def keep_card(self, card: str) -> None:
        """Replace the stored card of the rules that the shop runs on.

        Inside the application's transaction nothing is stored.
        """

    def read_session(self) -> AbstractContextManager[None]:
        """A context in which this thread reads often: the store may keep a connection open."""

    def processed(self, scope: str, message: str) -> ProcessedMessage | None:
        """The processed message of this id, also after its id became a pseudonym."""

    def order(self, order_id: str) -> Order | None:
        """The order."""

    def orders_by_id(self, order_ids: Iterable[str]) -> Mapping[str, Order]:
        """The existing orders of these ids, by id."""

    def parcel(self, parcel_id: str) -> Parcel | None:
        """The parcel."""

    def parcels_by_id(self, parcel_ids: Iterable[str]) -> Mapping[str, Parcel]:
        """The existing parcels of these ids, by id."""

    def journal(self, subject: str) -> Iterator[Entry]:
        """The journal of an order or a parcel, oldest first."""

    def order_ids(self, query: OrderQuery) -> Sequence[str]:
        """The ids of one page of orders."""

    def stock_levels(self, keys: Iterable[StockKey]) -> Mapping[StockKey, StockLevel]:
        """The stock levels; an unknown key has an empty one."""

    def list_stock_levels(self, after: StockKey, limit: int) -> Sequence[StockLevel]:
        """One page of all stock levels, by key."""

    def waiting_list(self, key: StockKey) -> Sequence[WaitingBackorder]:
        """The backorders that wait for this key."""

    def reservations_of_order(self, order_id: str) -> Mapping[tuple[StockKey, str], int]:
        """Units reserved for an order, by key and line."""

    def reservations_of(self, key: StockKey) -> Mapping[tuple[str, str], int]:
        """Units reserved of a key, by order and line."""

    def stock_movements(self, key: StockKey) -> Iterator[Movement]:
        """The stock journal of a key, oldest first."""

    def inbound_shipments(self, key: StockKey) -> Sequence[InboundShipment]:
        """Inbound shipments of this key."""

    def resolve(self, reference: str) -> str | None:
        """The subject of a reference; None where it is unknown."""

    def park(
        self, reference: str, observation: Observation, now: datetime, patience: timedelta
    ) -> None:
        """Keep an observation of an unknown subject until its reference is known."""

    def park_unreadable(self, payload: str, error: str, now: datetime, task: Task) -> None:
        """Keep an unreadable payload under the task's subject, and open the task."""

    def unmatched(self) -> Sequence[UnmatchedItem]:
        """The unmatched items, oldest first."""

    def dismiss_unmatched(self, reference: str) -> bool:
        """Delete the items under a reference, with its timer and tasks; False if there is none."""

    def lease(self, now: datetime, lease: timedelta, token: str, limit: int) -> Sequence[LeasedRow]:
        """Due rows of one kind, leased to the caller until ``now + lease``."""

    def commit_and_lease(
        self, commits: Sequence[Commit], now: datetime, lease: timedelta, token: str, limit: int
    ) -> tuple[Sequence[Outcome], Sequence[LeasedRow]]:
        """:meth:`commit_all`, then :meth:`lease`, in one transaction: a worker goes on."""

    def lease_valid(self, due: LeasedRow) -> bool:
        """Whether a leased row is still open, and still leased to the caller."""

    def record_failure(
        self,
        due: LeasedRow,
        error: str,
        now: datetime,
        retry_at: datetime | None,
        tell: Message | Task | None,
    ) -> None:
        """Record a failed attempt; does nothing where the caller lost the lease.

        Without *retry_at* the row is given up. *tell* is sent, or opened for the row's owner.
        """

    def postpone(self, due: LeasedRow, error: str, until: datetime) -> None:
        """Postpone a leased row without counting an attempt; not where the lease is lost."""

    def next_due(self) -> datetime | None:
        """When the next row is due; None where there is none."""

    def open_rows(self, owner: str) -> Sequence[OutboxRow]:
        """The open rows of an order or a parcel."""

    def given_up_rows(self, after: str, limit: int) -> Sequence[OutboxRow]:
        """One page of the given-up rows, by key."""

    def inconsistencies(self, now: datetime) -> Sequence[tuple[str, str]]:
        """(subject, problem) of rows without an owner or that contradict their source."""

    def repair(self, now: datetime) -> None:
        """Recount stock levels, and release rows that are postponed far too long."""

    def pending_messages(self, owner: str) -> Sequence[object]:
        """The bodies of pending messages to a subject."""

    def tasks(self, query: TaskQuery) -> Sequence[tuple[str, Task]]:
        """One page of open tasks with their owners, by key."""

    def task(self, key: str) -> tuple[str, Task] | None:
        """An open task and its owner; None where it is not open."""

    def assign(self, key: str, to: str, before: str) -> bool:
        """Assign an open task; False where it is not open, or no longer assigned to *before*."""

    def rewrite_history(
        self, order: Order, parcels: Sequence[Parcel], entries: Sequence[Entry]
    ) -> bool:
        """Replace an order, its parcels and their journals to erase a person.

        False, without a change, where one of them has a newer version, or an open outbox row has in
        its key a command id or a hold's id that needs a pseudonym. Data and errors of their outbox
        rows are blanked; ids of their processed messages become pseudonyms.
        """

    def restrict(self, kept: Sequence[Restricted]) -> None:
        """Store data under a retention duty, in the rows of the timers that erase it.

        It replaces data of the same key. Only :meth:`restricted` reads it.
        """

    def restricted(
        self, *, order: str | None = None, person: str | None = None
    ) -> Sequence[Restricted]:
        """The retained data of an order, or of a person's orders, by key."""

    def lift(self, key: str) -> None:
        """Delete the retained data of a key, with its attempts."""

    def purge(self, owner: str) -> None:
        """Delete all outbox rows, attempts and tasks of an owner."""


Answers = dict[tuple[str, Any], Any]
"""A store's answers, by the method's name and its argument."""


@runtime_checkable
class GatheringStore(Store, Protocol):
    """A store with bulk reads; the answers equal those of single reads."""

    def beside(self, owners: Sequence[str]) -> Answers:
        """Bulk reads about these owners: journals, rows, messages, tasks and reservations.

        Unreadable rows are left out. The key of ``tasks`` is the owner; its value has all tasks.
        """

    def known_by(self, references: Sequence[str]) -> Answers:
        """:meth:`resolve` for each of these references."""


@runtime_checkable
class ScheduledStore(Store, Protocol):
    """A store whose outbox an external scheduler works, such as Temporal."""

    def dispatch(self, now: datetime, lease: timedelta, limit: int) -> Sequence[str]:
        """Owners with due, unleased rows; reserved for this dispatcher until ``now + lease``.

        No attempt is counted, and existing leases stay.
        """

    def lease_all(self, owner: str, now: datetime, lease: timedelta, token: str) -> LeasedRows:
        """All open rows of an owner, whoever leased them."""

    def lease_one(self, key: str, now: datetime, lease: timedelta, token: str) -> LeasedRow | None:
        """A row, leased to the caller whoever held it; None where it is not open."""
