"""The store: what is committed to it, what it answers, and what it is asked."""

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
    """The stored outcome of a message: what makes sending it again harmless.

    *scope* is the subject (for a placement the channel); *digest* tells its content.
    """

    scope: str
    id: str
    digest: str
    subject: str
    version: int


@attrs.frozen
class WatcherCall:
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
        done: The outbox row that this commit acknowledges. Where nothing became true (no entry) a
            row that was withdrawn meanwhile stays so, and may be wanted again.
        revised: Whether the order's document changed.
        mends: Whether what is wanted comes back, whatever became of its row.
        along: Commits of other subjects that follow from it: all are stored with it, or it is
            stale. So it is where one of them would overtake a message: a subject of theirs has
            others waiting than the row that is *done*.
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
        """This commit, and those along with it."""
        return (self, *self.with_it)


@attrs.frozen
class Stored:
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


Outcome = Stored | Stale | Short | Duplicate


@attrs.frozen
class UnmatchedItem:
    """A fact whose subject is not known yet, or a *payload* that cannot be read, and why.

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

    *number* grows from row to row as they are added; it is each store's own.
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
    """The open rows of one owner: those that are leased to the caller, and the *rest*.

    Attributes:
        mine: Due now, and to be done by the caller.
        effects: Due now, and to be taken one by one.
        next_due: When the first of the others is due.
    """

    rows: tuple[LeasedRow, ...]
    effects: tuple[LeasedRow, ...]
    next_due: datetime | None


class Store(Protocol):
    """Where orders, stock, parcels, journals and the outbox are kept."""

    def commit(self, commit: Commit) -> Outcome:
        """Store all of it in one transaction, or nothing."""

    def commit_all(self, commits: Sequence[Commit]) -> Sequence[Outcome]:
        """Commit each as if one by one, in one transaction: a refused one sinks no other."""

    def in_transaction(self, connection: Any) -> Store:
        """This store inside a transaction of the application's on the same database.

        What is committed to it is stored when the application commits. Raises TypeError where the
        store has no database, or the connection is not of its kind.
        """

    def snapshot(self) -> AbstractContextManager[Store]:
        """This store as it is at one moment, to be read, whatever others commit meanwhile."""

    def card(self) -> str | None:
        """The card of the rules, as :meth:`keep_card` was given it; None where none is kept."""

    def keep_card(self, card: str) -> None:
        """Keep the card of the rules that the shop runs on, in place of the one before.

        In a transaction of the application's nothing is kept.
        """

    def read_session(self) -> AbstractContextManager[None]:
        """A context in which this thread reads often: a store may keep open what it needs."""

    def processed(self, scope: str, message: str) -> ProcessedMessage | None:
        """The receipt of a message that was handled, be its id disguised or not."""

    def order(self, order_id: str) -> Order | None:
        """The order."""

    def orders_by_id(self, order_ids: Iterable[str]) -> Mapping[str, Order]:
        """Those of the orders that there are, by id."""

    def parcel(self, parcel_id: str) -> Parcel | None:
        """The parcel."""

    def parcels_by_id(self, parcel_ids: Iterable[str]) -> Mapping[str, Parcel]:
        """Those of the parcels that there are, by id."""

    def journal(self, subject: str) -> Iterator[Entry]:
        """The journal of an order or a parcel, oldest first."""

    def order_ids(self, query: OrderQuery) -> Sequence[str]:
        """The ids of one page of orders."""

    def stock_levels(self, keys: Iterable[StockKey]) -> Mapping[StockKey, StockLevel]:
        """The stock levels; a key that was never seen is empty."""

    def list_stock_levels(self, after: StockKey, limit: int) -> Sequence[StockLevel]:
        """One page of all stock levels, by key."""

    def waiting_list(self, key: StockKey) -> Sequence[WaitingBackorder]:
        """Who waits for this key."""

    def reservations_of_order(self, order_id: str) -> Mapping[tuple[StockKey, str], int]:
        """Units reserved for an order, by key and line."""

    def reservations_of(self, key: StockKey) -> Mapping[tuple[str, str], int]:
        """Units reserved of a key, by order and line."""

    def stock_movements(self, key: StockKey) -> Iterator[Movement]:
        """The stock journal of a key, oldest first."""

    def inbound_shipments(self, key: StockKey) -> Sequence[InboundShipment]:
        """Receipts on their way to us."""

    def resolve(self, reference: str) -> str | None:
        """The subject that is known by a reference."""

    def park(
        self, reference: str, observation: Observation, now: datetime, patience: timedelta
    ) -> None:
        """Keep a fact whose subject is not known; it is matched when the reference is."""

    def park_unreadable(self, payload: str, error: str, now: datetime, task: Task) -> None:
        """Keep what cannot be read, under the task's subject, and open the task about it."""

    def unmatched(self) -> Sequence[UnmatchedItem]:
        """What is kept, oldest first."""

    def dismiss_unmatched(self, reference: str) -> bool:
        """Drop what is kept under a reference, with its timer and tasks; False if nothing is."""

    def lease(self, now: datetime, lease: timedelta, token: str, limit: int) -> Sequence[LeasedRow]:
        """Rows that are due, of one kind, leased to the caller until ``now + lease``."""

    def commit_and_lease(
        self, commits: Sequence[Commit], now: datetime, lease: timedelta, token: str, limit: int
    ) -> tuple[Sequence[Outcome], Sequence[LeasedRow]]:
        """:meth:`commit_all`, then :meth:`claim`, in one transaction: a worker goes on."""

    def lease_valid(self, due: LeasedRow) -> bool:
        """Whether a claimed row is still wanted, and still the caller's."""

    def record_failure(
        self,
        due: LeasedRow,
        error: str,
        now: datetime,
        retry_at: datetime | None,
        tell: Message | Task | None,
    ) -> None:
        """Record a failed attempt, where the row is still the caller's; else nothing changes.

        Without *retry_at* it gives up. *tell* is sent, or opened for the row's owner.
        """

    def postpone(self, due: LeasedRow, error: str, until: datetime) -> None:
        """Leave a claimed row alone until then, and count no attempt; not where it is another's."""

    def next_due(self) -> datetime | None:
        """When the next row is due."""

    def open_rows(self, owner: str) -> Sequence[OutboxRow]:
        """The open rows of an order or a parcel."""

    def given_up_rows(self, after: str, limit: int) -> Sequence[OutboxRow]:
        """One page of the rows that gave up, by key."""

    def inconsistencies(self, now: datetime) -> Sequence[tuple[str, str]]:
        """Subjects and what is odd: rows of nobody, or that contradict what they derive from."""

    def repair(self, now: datetime) -> None:
        """Count stock levels again, and free rows that are put off for far too long."""

    def pending_messages(self, owner: str) -> Sequence[object]:
        """The bodies of messages on their way to a subject."""

    def tasks(self, query: TaskQuery) -> Sequence[tuple[str, Task]]:
        """One page of open tasks with their owners, by key."""

    def task(self, key: str) -> tuple[str, Task] | None:
        """An open task and its owner."""

    def assign(self, key: str, to: str, before: str) -> bool:
        """Give an open task to somebody; False where it is no longer *before*'s, or not open."""

    def rewrite_history(
        self, order: Order, parcels: Sequence[Parcel], entries: Sequence[Entry]
    ) -> bool:
        """Replace an order, its parcels and their journals to erase a person.

        False, and nothing is changed, where one of them is past its version, or an open row of the
        outbox has in its key the id of a command, or a handle, that is to be disguised. The data
        and the errors of their outbox rows are blanked, the ids of their receipts disguised.
        """

    def restrict(self, kept: Sequence[Restricted]) -> None:
        """Keep what a law wants kept, in the rows of the timers that erase it.

        It takes the place of what has its key. :meth:`restricted` alone gives it.
        """

    def restricted(
        self, *, order: str | None = None, person: str | None = None
    ) -> Sequence[Restricted]:
        """What is kept of an order, or of a person's orders, by key."""

    def lift(self, key: str) -> None:
        """Erase what is kept under a key, and its attempts: nothing is left of it."""

    def purge(self, owner: str) -> None:
        """Take every outbox row of an owner away, its attempts and tasks: nothing is left of it."""


Answers = dict[tuple[str, Any], Any]
"""What a store answers, by the method's name and what it is asked."""


@runtime_checkable
class GatheringStore(Store, Protocol):
    """A store that answers about many orders at once, as one by one it would."""

    def beside(self, owners: Sequence[str]) -> Answers:
        """``journal``, ``pending``, ``undelivered``, ``tasks`` and ``reserved`` of these owners.

        What cannot be read is left out. ``tasks`` is asked by the owner, and gives all of them.
        """

    def known_by(self, references: Sequence[str]) -> Answers:
        """``find`` for each of these references."""


@runtime_checkable
class ScheduledStore(Store, Protocol):
    """A store whose rows may be worked by somebody who keeps count of whose turn it is."""

    def dispatch(self, now: datetime, lease: timedelta, limit: int) -> Sequence[str]:
        """The owners of rows that are due and nobody's; they are left alone until ``now + lease``.

        No attempt is counted, and whoever works on a row keeps it.
        """

    def lease_all(self, owner: str, now: datetime, lease: timedelta, token: str) -> LeasedRows:
        """All open rows of an owner, whoever has leased them."""

    def lease_one(self, key: str, now: datetime, lease: timedelta, token: str) -> LeasedRow | None:
        """A row, leased to the caller whoever had it before; None where it is not open."""
