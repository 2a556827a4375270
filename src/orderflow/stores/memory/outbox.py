"""The outbox of the memory store: rows are added, leased, done, retried or given up."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import attrs

from orderflow.model.work import LeasedRow, Message, RowKind, Task
from orderflow.ports import OutboxRow, Restricted
from orderflow.stores.forks import watch
from orderflow.stores.rows import (
    PRIORITY,
    NewRow,
    erased_key,
    erased_subject,
    message_row,
    restricted_row,
)

__all__ = ["MemoryOutbox"]


@attrs.define
class _Row:
    """A row and its progress. *wake* is when it can be leased: when due, or when its lease ends."""

    row: NewRow
    number: int
    due: datetime
    wake: datetime
    status: str = "pending"
    attempts: int = 0
    token: str = ""
    error: str = ""


class MemoryOutbox:
    """The rows, by key and by owner; a heap of when they can be leased."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._outbox: dict[str, _Row] = {}
        self._numbers = itertools.count()
        self._wakes: list[tuple[datetime, int, str]] = []
        self._by_owner: dict[str, set[str]] = {}
        self._tasks: dict[str, tuple[str, Task]] = {}
        watch(self)

    def before_fork(self) -> None:
        """Wait until no thread is changing the store."""
        self._lock.acquire()

    def after_fork(self, *, child: bool) -> None:
        """Continue; a child has its own copy."""
        self._lock.release()
        if child:
            self._lock = threading.RLock()

    def _open(self, task: Task, owner: str) -> None:
        """Open a task; an open one gets the new text, and keeps its assignee."""
        kept = self._tasks.get(task.key)
        self._tasks[task.key] = owner, attrs.evolve(task, assignee=kept[1].assignee if kept else "")

    def _add(self, row: NewRow, *, mends: bool = False) -> None:
        there = self._outbox.get(row.key)
        if there is None or mends:
            there = _Row(row, next(self._numbers), row.due, row.due)
            self._outbox[row.key] = there
            self._by_owner.setdefault(row.owner, set()).add(row.key)
        elif there.status == "withdrawn":
            there.status, there.due = "pending", row.due
        else:
            return
        self._wake(there, row.due)

    def _disguise(self, scopes: set[str]) -> bool:
        """Replace ids of commands and holds in keys by pseudonyms; False if such a row is open."""
        sent = tuple(f"{scope}/" for scope in scopes)
        renamed = {
            key: erased_key(key, found.row.kind)
            for key, found in self._outbox.items()
            if found.row.owner in scopes or key.startswith(sent)
        }
        renamed = {key: new for key, new in renamed.items() if key != new}
        if any(self._outbox[key].status == "pending" for key in renamed):
            return False
        for key, new in renamed.items():
            found = self._outbox.pop(key)
            about = erased_subject(key, found.row.subject)
            found.row = attrs.evolve(found.row, key=new, subject=about)
            self._outbox[new] = found
            self._by_owner[found.row.owner].remove(key)
            self._by_owner[found.row.owner].add(new)
        # Old keys leave the queue, which would still contain them.
        self._wakes = [wake for wake in self._wakes if wake[2] not in renamed]
        heapq.heapify(self._wakes)
        return True

    def _drop_rows(self, keys: set[str]) -> None:
        """Delete rows, and their places in the queue."""
        for key in keys:
            owner = self._outbox.pop(key).row.owner
            self._by_owner[owner].remove(key)
            if not self._by_owner[owner]:
                del self._by_owner[owner]
        self._wakes = [wake for wake in self._wakes if wake[2] not in keys]
        heapq.heapify(self._wakes)

    def _wake(self, found: _Row, at: datetime) -> None:
        found.wake = at
        heapq.heappush(self._wakes, (at, found.number, found.row.key))

    def _next(self) -> _Row | None:
        """The pending row that can be leased first; drops stale entries of the heap."""
        while self._wakes:
            at, _, key = self._wakes[0]
            found = self._outbox.get(key)
            if found is not None and found.status == "pending" and found.wake == at:
                return found
            heapq.heappop(self._wakes)
        return None

    def lease(self, now: datetime, lease: timedelta, token: str, limit: int) -> Sequence[LeasedRow]:
        """Lease due rows, of one kind."""
        with self._lock:
            ready: dict[str, _Row] = {}
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

    def lease_valid(self, due: LeasedRow) -> bool:
        """Whether a leased row is still the caller's."""
        found = self._outbox.get(due.key)
        return found is not None and found.status == "pending" and found.token == due.token

    def record_failure(
        self,
        due: LeasedRow,
        error: str,
        now: datetime,
        retry_at: datetime | None,
        tell: Message | Task | None,
    ) -> None:
        """Record a failed attempt."""
        with self._lock:
            if not self.lease_valid(due):
                return
            found = self._outbox[due.key]
            found.error = error
            if retry_at is None:
                found.status = "gave_up"
            else:
                found.due = retry_at
                self._wake(found, retry_at)
            if isinstance(tell, Message):
                self._add(message_row(tell, now))
            elif tell is not None:
                self._open(tell, due.owner)

    def postpone(self, due: LeasedRow, error: str, until: datetime) -> None:
        """Postpone a leased row, without counting an attempt."""
        with self._lock:
            if self.lease_valid(due):
                found = self._outbox[due.key]
                found.error, found.attempts, found.due = error, found.attempts - 1, until
                self._wake(found, until)

    def next_due(self) -> datetime | None:
        """When the next row is due."""
        with self._lock:
            found = self._next()
            return found.wake if found else None

    def open_rows(self, owner: str) -> Sequence[OutboxRow]:
        """The open rows of a subject."""
        with self._lock:
            rows = [self._outbox[key] for key in sorted(self._by_owner.get(owner, ()))]
            return [_pending(row) for row in rows if row.status == "pending"]

    def given_up_rows(self, after: str, limit: int) -> Sequence[OutboxRow]:
        """One page of the given-up rows."""
        with self._lock:
            rows = sorted(self._outbox.items())
            found = [_pending(row) for key, row in rows if key > after and row.status == "gave_up"]
        return found[:limit]

    def restrict(self, kept: Sequence[Restricted]) -> None:
        """Store retained data, in the rows of the timers that erase it."""
        with self._lock:
            for each in kept:
                self._add(restricted_row(each, {"restricted": each}), mends=True)

    def restricted(
        self, *, order: str | None = None, person: str | None = None
    ) -> Sequence[Restricted]:
        """The retained data of an order, or of a person's orders."""
        with self._lock:
            keys = sorted(key for key in self._outbox if key.startswith("restricted:"))
            data: list[Any] = [self._outbox[key].row.data for key in keys]
        found: list[Restricted] = [each["restricted"] for each in data]
        return [each for each in found if each.kept.order == order or each.person == person]

    def lift(self, key: str) -> None:
        """Delete the retained data of a key."""
        with self._lock:
            self._drop_rows({key} & self._outbox.keys())

    def pending_messages(self, owner: str) -> Sequence[object]:
        """The bodies of pending messages to a subject."""
        with self._lock:
            return [row.data for row in self._messages(owner)]

    def _messages(self, owner: str, but: str | None = None) -> list[NewRow]:
        """The open messages to an owner, by key, without the one named *but*."""
        keys = sorted(self._by_owner.get(owner, set()) - {but})
        rows = (self._outbox[key] for key in keys)
        return [f.row for f in rows if f.status == "pending" and f.row.kind is RowKind.MESSAGE]


def _due(found: _Row) -> LeasedRow:
    row = found.row
    data = row.data if isinstance(row.data, Mapping) else {"body": row.data}
    return LeasedRow(
        row.key, row.kind, row.name, row.owner, row.subject, data, found.attempts, found.token
    )


def _pending(found: _Row) -> OutboxRow:
    row = found.row
    return OutboxRow(
        row.key,
        row.kind,
        row.name,
        row.subject,
        found.due,
        found.attempts,
        found.status,
        found.error,
        found.number,
    )
