"""The store in memory, for tests, trials and simulations: same contract, not durable."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime, timedelta

import attrs

from orderflow.model.events import Entry
from orderflow.model.observations import Observation
from orderflow.model.order import Order
from orderflow.model.parcel import Parcel
from orderflow.model.pseudonym import pseudonym
from orderflow.model.work import LeasedRow, Task, unmatched_key
from orderflow.ports import (
    Commit,
    Duplicate,
    OrderQuery,
    Outcome,
    ProcessedMessage,
    Short,
    Stale,
    Stored,
    TaskQuery,
    UnmatchedItem,
)
from orderflow.ports.query_check import asked_alike
from orderflow.renamed import keeps_old_members
from orderflow.stores.memory.outbox import MemoryOutbox
from orderflow.stores.memory.stock import MemoryStock, Touched
from orderflow.stores.rows import (
    kept_as,
    matched_row,
    rows_of,
    tasks_of,
    unmatched_row,
)

__all__ = ["MemoryStore"]


@keeps_old_members
@asked_alike
class MemoryStore(MemoryStock, MemoryOutbox):
    """A :class:`orderflow.ports.Store` in dictionaries, safe for threads."""

    def __init__(self) -> None:
        super().__init__()
        self._orders: dict[str, Order] = {}
        self._parcels: dict[str, Parcel] = {}
        self._journals: dict[str, list[Entry]] = {}
        self._receipts: dict[tuple[str, str], ProcessedMessage] = {}
        self._references: dict[str, str] = {}
        self._inbox: dict[tuple[str, str], UnmatchedItem] = {}
        self._card: str | None = None

    def commit(self, commit: Commit) -> Outcome:
        """Store the commit, or nothing."""
        with self._lock:
            if refused := self._refuses(commit):
                return refused
            touched = Touched()
            ops = [op for part in commit.parts for op in part.stock]
            short = [op.key for op in ops if not self._apply(op, touched, commit)]
            if short:
                return Short(tuple(dict.fromkeys(short)))
            self._put(ops, touched)
            for part in commit.parts:
                self._write(part)
            return Stored()

    def commit_all(self, commits: Sequence[Commit]) -> Sequence[Outcome]:
        """Store each commit, or nothing of it."""
        with self._lock:
            return [self.commit(commit) for commit in commits]

    def commit_and_lease(
        self, commits: Sequence[Commit], now: datetime, lease: timedelta, token: str, limit: int
    ) -> tuple[Sequence[Outcome], Sequence[LeasedRow]]:
        """Store each commit, or nothing of it, and lease the rows due then."""
        with self._lock:
            return self.commit_all(commits), self.lease(now, lease, token, limit)

    def card(self) -> str | None:
        """The card of the rules."""
        return self._card

    def keep_card(self, card: str) -> None:
        """Store the card of the rules."""
        self._card = card

    def read_session(self) -> AbstractContextManager[None]:
        """A context that does nothing."""
        return nullcontext()

    def in_transaction(self, connection: object) -> MemoryStore:
        """Raises TypeError: there is no database whose transaction it could join."""
        del connection
        raise TypeError("a MemoryStore is in no database whose transaction it could join")

    @contextmanager
    def snapshot(self) -> Iterator[MemoryStore]:
        """This store, while other threads wait."""
        with self._lock:
            yield self

    def _refuses(self, commit: Commit) -> Outcome | None:
        done = self._outbox.get(commit.acknowledges or "")
        if commit.acknowledges and (done is None or done.status not in ("pending", "withdrawn")):
            return Duplicate()
        if commit.processed and (commit.processed.scope, commit.processed.id) in self._receipts:
            return Duplicate()
        last: dict[str, int] = {}
        for part in commit.parts:
            before = last.get(part.subject, len(self._journals.get(part.subject, ())))
            if part.expected_version not in (None, before):
                return Stale()
            last[part.subject] = before + (part.entry is not None)
        if any(self._messages(part.subject, commit.acknowledges) for part in commit.with_it):
            return Stale()
        return None

    def _write(self, commit: Commit) -> None:
        if commit.order is not None:
            self._orders[commit.order.id] = commit.order
        if commit.parcel is not None:
            self._parcels[commit.parcel.id] = commit.parcel
        if commit.entry is not None:
            self._journals.setdefault(commit.subject, []).append(commit.entry)
        if commit.processed is not None:
            self._receipts[commit.processed.scope, commit.processed.id] = commit.processed
        self._write_work(commit)

    def _write_work(self, commit: Commit) -> None:
        if commit.acknowledges and (
            commit.entry or self._outbox[commit.acknowledges].status == "pending"
        ):
            self._outbox[commit.acknowledges].status = "done"
        for key in commit.withdrawn:
            self._tasks.pop(key, None)
            row = self._outbox.get(key)
            if row is not None and row.status == "pending":
                row.status, row.token = "withdrawn", ""
        for row_to_add in rows_of(commit):
            self._add(row_to_add, mends=commit.repairs)
        for task in tasks_of(commit):
            self._open(task, commit.subject)
        for reference in commit.references:
            self._references[reference] = commit.subject
            for item in self._drop(reference):
                if item.observation is not None:
                    self._add(matched_row(reference, item.observation, commit.subject, commit.now))

    def _drop(self, reference: str) -> list[UnmatchedItem]:
        """Remove the unmatched items of a reference, with their timer and task."""
        keys = [key for key in self._inbox if key[0] == reference]
        found = [self._inbox.pop(key) for key in keys]
        if found:
            owner = f"inbox:{reference}"
            for key in (owner, unmatched_key(reference)):
                self._tasks.pop(key, None)
                if key in self._outbox:
                    self._outbox[key].status = "withdrawn"
        return found

    def processed(self, scope: str, message: str) -> ProcessedMessage | None:
        """The processed message of this id, also after its id became a pseudonym."""
        names = (message, pseudonym(message))
        return next(filter(None, (self._receipts.get((scope, name)) for name in names)), None)

    def order(self, order_id: str) -> Order | None:
        """The order."""
        return self._orders.get(order_id)

    def orders_by_id(self, order_ids: Iterable[str]) -> Mapping[str, Order]:
        """The existing orders of these ids."""
        return {name: self._orders[name] for name in order_ids if name in self._orders}

    def parcel(self, parcel_id: str) -> Parcel | None:
        """The parcel."""
        return self._parcels.get(parcel_id)

    def parcels_by_id(self, parcel_ids: Iterable[str]) -> Mapping[str, Parcel]:
        """The existing parcels of these ids."""
        return {name: self._parcels[name] for name in parcel_ids if name in self._parcels}

    def journal(self, subject: str) -> Iterator[Entry]:
        """The journal, oldest first."""
        return iter(tuple(self._journals.get(subject, ())))

    def order_ids(self, query: OrderQuery) -> Sequence[str]:
        """One page of order ids."""
        since = query.changed_since
        with self._lock:
            found = [
                order
                for name, order in self._orders.items()
                if name > query.after
                and (since is None or self._journals[f"order:{name}"][-1].at >= since)
            ]
        ids = sorted(order.id for order in found if _matches(order, query))
        return ids[: query.limit]

    def resolve(self, reference: str) -> str | None:
        """The subject of a reference."""
        return self._references.get(reference)

    def park(
        self, reference: str, observation: Observation, now: datetime, patience: timedelta
    ) -> None:
        """Keep an observation of an unknown subject; forward it where the subject is known now."""
        with self._lock:
            subject = self._references.get(reference)
            if subject is not None:
                self._add(matched_row(reference, observation, subject, now))
                return
            item = UnmatchedItem(reference, now, observation)
            self._inbox.setdefault((reference, kept_as(observation)), item)
            self._add(unmatched_row(reference, now + patience))

    def park_unreadable(self, payload: str, error: str, now: datetime, task: Task) -> None:
        """Keep an unreadable payload, once."""
        with self._lock:
            item = UnmatchedItem(task.subject, now, None, payload, error)
            self._inbox.setdefault((task.subject, ""), item)
            self._tasks.setdefault(task.key, (f"inbox:{task.subject}", task))

    def unmatched(self) -> Sequence[UnmatchedItem]:
        """The unmatched items, oldest first."""
        with self._lock:
            return list(self._inbox.values())

    def dismiss_unmatched(self, reference: str) -> bool:
        """Delete the unmatched items of a reference."""
        with self._lock:
            return bool(self._drop(reference))

    def inconsistencies(self, now: datetime) -> Sequence[tuple[str, str]]:  # noqa: ARG002 (see the store)
        """Nothing: nobody edits these dictionaries by hand."""
        return []

    def repair(self, now: datetime) -> None:
        """Nothing to do: see :meth:`inconsistencies`."""

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
        """Assign an open task."""
        with self._lock:
            owner, task = self._tasks.get(key, ("", None))
            if task is None or task.assignee != before:
                return False
            self._tasks[key] = owner, attrs.evolve(task, assignee=to)
            return True

    def rewrite_history(
        self, order: Order, parcels: Sequence[Parcel], entries: Sequence[Entry]
    ) -> bool:
        """Replace an order, its parcels and their journals."""
        journals: dict[str, list[Entry]] = {}
        for entry in entries:
            journals.setdefault(entry.subject, []).append(entry)
        with self._lock:
            if any(len(told) != len(self._journals[of]) for of, told in journals.items()):
                return False
            if not self._disguise({order.id, *journals}):
                return False
            self._orders[order.id] = order
            self._parcels |= {parcel.id: parcel for parcel in parcels}
            self._journals |= journals
            for key in (key for owner in journals for key in self._by_owner.get(owner, ())):
                found = self._outbox[key]
                found.row, found.error = attrs.evolve(found.row, data={}), ""
            receipts = (
                attrs.evolve(known, id=pseudonym(known.id)) if known.subject in journals else known
                for known in self._receipts.values()
            )
            self._receipts = {(known.scope, known.id): known for known in receipts}
            return True

    def purge(self, owner: str) -> None:
        """Delete all outbox rows of an owner, and its tasks."""
        with self._lock:
            self._drop_rows(set(self._by_owner.get(owner, ())))
            self._tasks = {key: found for key, found in self._tasks.items() if found[0] != owner}


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
