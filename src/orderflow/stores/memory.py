"""The store in memory: for tests, trials and simulations. Same contract, nothing durable."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import attrs

from orderflow.inventory import Holding, apply, movement
from orderflow.model.events import Entry
from orderflow.model.observations import Observation
from orderflow.model.order import Order
from orderflow.model.parcel import Parcel
from orderflow.model.stock import (
    Expect,
    ExpectedReceipt,
    Movement,
    StockKey,
    StockLevel,
    StockOp,
    Waiting,
)
from orderflow.model.work import Due, Kind, Message, Task
from orderflow.ports import (
    Commit,
    Committed,
    Duplicate,
    InboxItem,
    OrderQuery,
    Outcome,
    Pending,
    Receipt,
    Short,
    Stale,
    TaskQuery,
)
from orderflow.stores.rows import (
    PRIORITY,
    Row,
    matched_row,
    message_row,
    rows_of,
    tasks_of,
    unmatched_row,
)

__all__ = ["MemoryStore"]

LineKey = tuple[StockKey, str, str]


@attrs.define
class _Outbox:
    """A row and how far it is. *wake* is when it may be claimed: when due, or its lease ends."""

    row: Row
    number: int
    due: datetime
    wake: datetime
    status: str = "pending"
    attempts: int = 0
    token: str = ""
    error: str = ""


@attrs.define
class _Stock:
    """The stock rows that one commit works on: copies of what it touches, put back at its end."""

    levels: dict[StockKey, StockLevel] = attrs.field(factory=dict)
    reserved: dict[LineKey, int] = attrs.field(factory=dict)
    waiting: dict[LineKey, Waiting] = attrs.field(factory=dict)
    moved: list[Movement] = attrs.field(factory=list)


class MemoryStore:
    """A :class:`orderflow.ports.Store` in dictionaries, safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._orders: dict[str, Order] = {}
        self._parcels: dict[str, Parcel] = {}
        self._journals: dict[str, list[Entry]] = {}
        self._receipts: dict[tuple[str, str], Receipt] = {}
        self._stock = _Stock()
        self._queues: dict[StockKey, dict[LineKey, Waiting]] = {}
        self._movements: dict[StockKey, list[Movement]] = {}
        self._expected: dict[str, ExpectedReceipt] = {}
        self._outbox: dict[str, _Outbox] = {}
        self._numbers = itertools.count()
        self._wakes: list[tuple[datetime, int, str]] = []
        self._by_owner: dict[str, set[str]] = {}
        self._tasks: dict[str, tuple[str, Task]] = {}
        self._references: dict[str, str] = {}
        self._inbox: dict[tuple[str, str], InboxItem] = {}

    def commit(self, commit: Commit) -> Outcome:
        """Store all of it, or nothing."""
        with self._lock:
            if refused := self._refuses(commit):
                return refused
            touched = _Stock()
            short = [op.key for op in commit.stock if not self._apply(op, touched, commit)]
            if short:
                return Short(tuple(dict.fromkeys(short)))
            self._write(commit, touched)
            return Committed()

    def commit_all(self, commits: Sequence[Commit]) -> Sequence[Outcome]:
        """Store each, or nothing of it."""
        with self._lock:
            return [self.commit(commit) for commit in commits]

    def within(self, connection: object) -> MemoryStore:
        """Refused: there is no database that a transaction could be of."""
        del connection
        raise TypeError("a MemoryStore is in no database whose transaction it could join")

    def _refuses(self, commit: Commit) -> Outcome | None:
        done = self._outbox.get(commit.done or "")
        if commit.done and (done is None or done.status not in ("pending", "withdrawn")):
            return Duplicate()
        if commit.receipt and (commit.receipt.scope, commit.receipt.id) in self._receipts:
            return Duplicate()
        last = len(self._journals.get(commit.subject, ()))
        if commit.expected is not None and commit.expected != last:
            return Stale()
        return None

    def _apply(self, op: StockOp, touched: _Stock, commit: Commit) -> bool:
        if isinstance(op, Expect):
            return True
        level = touched.levels.get(op.key) or self._level(op.key)
        order, line = getattr(op, "order", ""), getattr(op, "line", "")
        key = op.key, order, line
        reserved = touched.reserved.get(key, self._stock.reserved.get(key, 0))
        waiting = touched.waiting.get(key) or self._stock.waiting.get(key)
        held = apply(op, Holding(level, reserved, waiting.quantity if waiting else 0))
        if held is None:
            return False
        touched.levels[op.key] = held.level
        moved = movement(op, held.level.on_hand - level.on_hand, commit.now)
        if moved is not None:
            touched.moved.append(moved)
        if order:
            touched.reserved[key] = held.reserved
            since = waiting.since if waiting and waiting.quantity else commit.now
            touched.waiting[key] = Waiting(op.key, order, line, held.waiting, since)
        return True

    def _write(self, commit: Commit, touched: _Stock) -> None:
        if commit.order is not None:
            self._orders[commit.order.id] = commit.order
        if commit.parcel is not None:
            self._parcels[commit.parcel.id] = commit.parcel
        if commit.entry is not None:
            self._journals.setdefault(commit.subject, []).append(commit.entry)
        if commit.receipt is not None:
            self._receipts[commit.receipt.scope, commit.receipt.id] = commit.receipt
        self._stock.levels |= touched.levels
        self._stock.reserved |= touched.reserved
        self._stock.waiting |= touched.waiting
        for key, waiting in touched.waiting.items():
            queue = self._queues.setdefault(waiting.key, {})
            queue.pop(key, None)
            if waiting.quantity:
                queue[key] = waiting
        for moved in touched.moved:
            self._movements.setdefault(moved.key, []).append(moved)
        for op in commit.stock:
            if isinstance(op, Expect):
                self._expected.pop(op.id, None)
                if op.quantity:
                    self._expected[op.id] = ExpectedReceipt(op.id, op.key, op.quantity, op.at)
        self._write_work(commit)

    def _write_work(self, commit: Commit) -> None:
        if commit.done:
            self._outbox[commit.done].status = "done"
        for key in commit.withdrawn:
            self._tasks.pop(key, None)
            row = self._outbox.get(key)
            if row is not None and row.status == "pending":
                row.status, row.token = "withdrawn", ""
        for row_to_add in rows_of(commit):
            self._add(row_to_add)
        for task in tasks_of(commit):
            kept = self._tasks.get(task.key)
            assignee = kept[1].assignee if kept else ""
            self._tasks[task.key] = commit.subject, attrs.evolve(task, assignee=assignee)
        for reference in commit.references:
            self._references[reference] = commit.subject
            for item in self._drop(reference):
                if item.observation is not None:
                    self._add(matched_row(reference, item.observation, commit.subject, commit.now))

    def _drop(self, reference: str) -> list[InboxItem]:
        """Take what is kept under a reference out of the inbox, with what waits for it."""
        keys = [key for key in self._inbox if key[0] == reference]
        found = [self._inbox.pop(key) for key in keys]
        if found:
            owner = f"inbox:{reference}"
            for key in (owner, f"{owner}:unmatched"):
                self._tasks.pop(key, None)
                if key in self._outbox:
                    self._outbox[key].status = "withdrawn"
        return found

    def _add(self, row: Row) -> None:
        there = self._outbox.get(row.key)
        if there is None:
            there = _Outbox(row, next(self._numbers), row.due, row.due)
            self._outbox[row.key] = there
            self._by_owner.setdefault(row.owner, set()).add(row.key)
        elif there.status == "withdrawn":
            there.status, there.due = "pending", row.due
        else:
            return
        self._wake(there, row.due)

    def _wake(self, found: _Outbox, at: datetime) -> None:
        found.wake = at
        heapq.heappush(self._wakes, (at, found.number, found.row.key))

    def _next(self) -> _Outbox | None:
        """The pending row that wakes first; stale entries of the heap are dropped."""
        while self._wakes:
            at, _, key = self._wakes[0]
            found = self._outbox.get(key)
            if found is not None and found.status == "pending" and found.wake == at:
                return found
            heapq.heappop(self._wakes)
        return None

    def receipt(self, scope: str, message: str) -> Receipt | None:
        """The receipt of a message that was handled."""
        return self._receipts.get((scope, message))

    def order(self, order_id: str) -> Order | None:
        """The order."""
        return self._orders.get(order_id)

    def load(self, order_ids: Iterable[str]) -> Mapping[str, Order]:
        """Those of the orders that there are."""
        return {name: self._orders[name] for name in order_ids if name in self._orders}

    def parcel(self, parcel_id: str) -> Parcel | None:
        """The parcel."""
        return self._parcels.get(parcel_id)

    def journal(self, subject: str) -> Iterator[Entry]:
        """The journal, oldest first."""
        return iter(tuple(self._journals.get(subject, ())))

    def orders(self, query: OrderQuery) -> Sequence[str]:
        """One page of order ids."""
        with self._lock:
            found = [order for name, order in self._orders.items() if name > query.after]
        ids = sorted(order.id for order in found if _matches(order, query))
        return ids[: query.limit]

    def _level(self, key: StockKey) -> StockLevel:
        return self._stock.levels.get(key) or StockLevel(key)

    def levels(self, keys: Iterable[StockKey]) -> Mapping[StockKey, StockLevel]:
        """The stock levels."""
        return {key: self._level(key) for key in keys}

    def stock(self, after: StockKey, limit: int) -> Sequence[StockLevel]:
        """One page of all stock levels."""
        with self._lock:
            keys = sorted(key for key in self._stock.levels if key > after)
            return [self._stock.levels[key] for key in keys[:limit]]

    def waiting(self, key: StockKey) -> Sequence[Waiting]:
        """Who waits for this key, oldest first."""
        with self._lock:
            queue = list(self._queues.get(key, {}).values())
        return sorted(queue, key=lambda w: (w.since, w.order, w.line))

    def reserved(self, order_id: str) -> Mapping[tuple[StockKey, str], int]:
        """Units reserved for an order."""
        with self._lock:
            found = self._stock.reserved.items()
            return {(key, ln): n for (key, order, ln), n in found if order == order_id and n}

    def promised(self, key: StockKey) -> Mapping[tuple[str, str], int]:
        """Units reserved of a key."""
        with self._lock:
            found = self._stock.reserved.items()
            return {(order, ln): n for (there, order, ln), n in found if there == key and n}

    def movements(self, key: StockKey) -> Iterator[Movement]:
        """The stock journal of a key."""
        return iter(tuple(self._movements.get(key, ())))

    def expected(self, key: StockKey) -> Sequence[ExpectedReceipt]:
        """Receipts on their way, the next one first."""
        with self._lock:
            found = [receipt for receipt in self._expected.values() if receipt.key == key]
        return sorted(found, key=lambda receipt: (receipt.at, receipt.id))

    def find(self, reference: str) -> str | None:
        """The subject that is known by a reference."""
        return self._references.get(reference)

    def keep(
        self, reference: str, observation: Observation, now: datetime, patience: timedelta
    ) -> None:
        """Keep a fact whose subject is not known; where it has become known, send the fact on."""
        with self._lock:
            subject = self._references.get(reference)
            if subject is not None:
                self._add(matched_row(reference, observation, subject, now))
                return
            message = observation.id or ""
            self._inbox.setdefault((reference, message), InboxItem(reference, now, observation))
            self._add(unmatched_row(reference, now + patience))

    def keep_unreadable(self, payload: str, error: str, now: datetime, task: Task) -> None:
        """Keep what cannot be read, once."""
        with self._lock:
            item = InboxItem(task.subject, now, None, payload, error)
            self._inbox.setdefault((task.subject, ""), item)
            self._tasks.setdefault(task.key, (f"inbox:{task.subject}", task))

    def inbox(self) -> Sequence[InboxItem]:
        """What is kept, oldest first."""
        with self._lock:
            return list(self._inbox.values())

    def dismiss(self, reference: str) -> bool:
        """Drop what is kept under a reference."""
        with self._lock:
            return bool(self._drop(reference))

    def claim(self, now: datetime, lease: timedelta, token: str, limit: int) -> Sequence[Due]:
        """Rows that are due, of one kind."""
        with self._lock:
            ready: dict[str, _Outbox] = {}
            while (found := self._next()) is not None and found.wake <= now:
                heapq.heappop(self._wakes)
                ready[found.row.key] = found
            queue = sorted(ready.values(), key=lambda f: (PRIORITY[f.row.kind], f.due, f.number))
            taken = [found for found in queue[:limit] if found.row.kind is queue[0].row.kind]
            for found in taken:
                found.attempts, found.token = found.attempts + 1, token
                self._wake(ready.pop(found.row.key), now + lease)
            for found in ready.values():
                self._wake(found, found.wake)
            return [_due(found) for found in taken]

    def still_mine(self, due: Due) -> bool:
        """Whether a claimed row is still the caller's."""
        found = self._outbox.get(due.key)
        return found is not None and found.status == "pending" and found.token == due.token

    def fail(
        self, due: Due, error: str, now: datetime, retry_at: datetime | None, tell: Message | None
    ) -> None:
        """Record a failed attempt."""
        with self._lock:
            if not self.still_mine(due):
                return
            found = self._outbox[due.key]
            found.error = error
            if retry_at is not None:
                found.due = retry_at
                self._wake(found, retry_at)
                return
            found.status = "gave_up"
            if tell is not None:
                self._add(message_row(tell, now))

    def next_due(self) -> datetime | None:
        """When the next row is due."""
        with self._lock:
            found = self._next()
            return found.wake if found else None

    def pending(self, owner: str) -> Sequence[Pending]:
        """The open rows of a subject."""
        with self._lock:
            rows = [self._outbox[key] for key in sorted(self._by_owner.get(owner, ()))]
            return [_pending(row) for row in rows if row.status == "pending"]

    def gave_up(self, after: str, limit: int) -> Sequence[Pending]:
        """One page of the rows that gave up."""
        with self._lock:
            rows = sorted(self._outbox.items())
            found = [_pending(row) for key, row in rows if key > after and row.status == "gave_up"]
        return found[:limit]

    def odd(self) -> Sequence[tuple[str, str]]:
        """Nothing: nobody writes these dictionaries by hand."""
        return []

    def undelivered(self, owner: str) -> Sequence[object]:
        """The bodies of messages on their way to a subject."""
        with self._lock:
            found = [self._outbox[key] for key in sorted(self._by_owner.get(owner, ()))]
            open_rows = (f.row for f in found if f.status == "pending")
            return [row.data for row in open_rows if row.kind is Kind.MESSAGE]

    def tasks(self, query: TaskQuery) -> Sequence[tuple[str, Task]]:
        """One page of open tasks."""
        with self._lock:
            keys = sorted(
                key
                for key, (owner, task) in self._tasks.items()
                if key > query.after
                and query.role in (None, task.role)
                and query.owner in (None, owner)
                and query.assignee in (None, task.assignee)
            )
            return [self._tasks[key] for key in keys[: query.limit]]

    def task(self, key: str) -> tuple[str, Task] | None:
        """An open task and its owner."""
        return self._tasks.get(key)

    def assign(self, key: str, to: str, before: str) -> bool:
        """Give an open task to somebody."""
        with self._lock:
            owner, task = self._tasks.get(key, ("", None))
            if task is None or task.assignee != before:
                return False
            self._tasks[key] = owner, attrs.evolve(task, assignee=to)
            return True

    def rewrite(self, order: Order, entries: Sequence[Entry], expected: int) -> bool:
        """Replace an order and its journal."""
        with self._lock:
            if self._orders[order.id].version != expected:
                return False
            self._orders[order.id] = order
            self._journals[f"order:{order.id}"] = list(entries)
            for owner in (f"order:{order.id}", *(f"parcel:{view}" for view in order.state.parcels)):
                for key in self._by_owner.get(owner, ()):
                    found = self._outbox[key]
                    found.row, found.error = attrs.evolve(found.row, data={}), ""
            return True

    def strike(self, owner: str) -> None:
        """Take every outbox row of an owner away."""
        with self._lock:
            for key in self._by_owner.pop(owner, set()):
                del self._outbox[key]


def _due(found: _Outbox) -> Due:
    row = found.row
    data = row.data if isinstance(row.data, Mapping) else {"body": row.data}
    return Due(
        row.key, row.kind, row.name, row.owner, row.subject, data, found.attempts, found.token
    )


def _pending(found: _Outbox) -> Pending:
    row = found.row
    return Pending(
        row.key,
        row.kind,
        row.name,
        row.subject,
        found.due,
        found.attempts,
        found.status,
        found.error,
    )


def _matches(order: Order, query: OrderQuery) -> bool:
    state = order.state
    plain = {
        "status": order.status,
        "stage": order.stage,
        "phase": state.phase,
        "customer": state.customer,
        "channel": state.channel,
        "exception": "exception" in order.overlays,
    }
    promised, placed = query.promised_before, query.placed_before
    return (
        all(getattr(query, name) in (None, value) for name, value in plain.items())
        and (query.sku is None or any(line.sku == query.sku for line in state.lines.values()))
        and (promised is None or (state.promised is not None and state.promised < promised))
        and (placed is None or state.placed_at < placed)
    )
