"""Commits in SQL: several in one transaction of the caller, with an outcome for each.

First, one statement per kind of row reads and locks what the outcomes depend on. Python decides the
outcomes, one commit after the other; then one statement per kind of row writes the accepted
commits. A refused commit has written nothing, so it stops no other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

import attrs
from sqlalchemy import Connection, Select, bindparam, select, tuple_

from orderflow.model.order import Order
from orderflow.model.parcel import Parcel
from orderflow.model.work import RowKind, Task, unmatched_key
from orderflow.ports import Commit, Duplicate, Outcome, Stale, Stored
from orderflow.stores import codec
from orderflow.stores.rows import (
    NewRow,
    entry_row,
    matched_row,
    parcel_row,
    rows_of,
    sku_rows,
    state_row,
    task_row,
    tasks_of,
)
from orderflow.stores.sql import outbox as sql_outbox
from orderflow.stores.sql import schema, unmatched
from orderflow.stores.sql.failures import Contended
from orderflow.stores.sql.statements import adding, changed_rows, execute_many, fetch, putting
from orderflow.stores.sql.stock import StockRows, read_stock

__all__ = ["Raced", "put_tasks", "write_commits", "write_orders", "write_parcels"]

_TASK = ("owner", "role", "name", "subject", "instructions", "due", "fields")


class Raced(Contended):
    """Another transaction wrote the same rows meanwhile; this one must be rolled back."""

    def __init__(self) -> None:
        super().__init__("others wrote the same meanwhile")


def write_commits(connection: Connection, commits: Sequence[Commit]) -> list[Outcome]:
    """Decide and write *commits* as if one after the other.

    Raises:
        Raced: Nothing may be committed; every outcome would be Stale.
    """
    there = _read(connection, commits)
    outcomes = [there.decide(commit) for commit in commits]
    accepted = [c for c, o in zip(commits, outcomes, strict=True) if isinstance(o, Stored)]
    if not there.stock.write(connection):
        raise Raced
    _write(connection, [part for commit in accepted for part in commit.parts])
    return outcomes


@attrs.frozen
class _Snapshot:
    """The rows that a batch of commits reads, updated as commits are accepted."""

    rows: dict[str, str]
    receipts: set[tuple[str, str]]
    versions: dict[str, int]
    waiting: dict[str, set[str]]
    stock: StockRows

    def decide(self, commit: Commit) -> Outcome:
        """The outcome, refused in the order of every store: Duplicate, Stale, Short."""
        if commit.acknowledges and self.rows.get(commit.acknowledges) not in (
            "pending",
            "withdrawn",
        ):
            return Duplicate()
        receipt = commit.processed and (commit.processed.scope, commit.processed.id)
        if receipt in self.receipts:
            return Duplicate()
        versions = self._after(commit)
        if versions is None or self._overtakes(commit):
            return Stale()
        ops = [op for part in commit.parts for op in part.stock]
        if short := self.stock.carry_out(ops, commit.now):
            return short
        if commit.acknowledges:
            self.rows[commit.acknowledges] = "done"
        if receipt:
            self.receipts.add(receipt)
        self.versions.update(versions)
        for part in commit.parts:
            for row in (*part.pending_work, *part.messages, *part.watches):
                if not isinstance(row, Task):
                    self.rows.setdefault(row.key, "pending")
            for message in part.messages:
                self.waiting.setdefault(message.to, set()).add(message.key)
        return Stored()

    def _after(self, commit: Commit) -> dict[str, int] | None:
        """The versions after a commit; None where a part expects another version."""
        after: dict[str, int] = {}
        for part in commit.parts:
            there = after.get(part.subject, self.versions.get(part.subject, 0))
            if part.expected_version not in (None, there):
                return None
            after[part.subject] = part.entry.version if part.entry else there
        return after

    def _overtakes(self, commit: Commit) -> bool:
        """Whether other messages are pending for a subject of the commits *with_it*."""
        return any(
            key != commit.acknowledges and self.rows.get(key) != "done"
            for part in commit.with_it
            for key in self.waiting.get(part.subject, ())
        )


_ROWS = (
    select(schema.outbox.c.key, schema.outbox.c.status)
    .where(schema.outbox.c.key.in_(bindparam("asked", expanding=True)))
    .order_by(schema.outbox.c.key)
    .with_for_update()
)
_WAITING = select(schema.outbox.c.owner, schema.outbox.c.key).where(
    schema.OPEN,
    schema.outbox.c.kind == RowKind.MESSAGE.value,
    schema.outbox.c.owner.in_(bindparam("asked", expanding=True)),
)
_RECEIPT = tuple_(schema.receipts.c.scope, schema.receipts.c.id)
_RECEIPTS = select(schema.receipts.c.scope, schema.receipts.c.id).where(
    _RECEIPT.in_(bindparam("asked", expanding=True))
)
_VERSIONS = {
    kind: select(table.c.id, table.c.version)
    .where(table.c.id.in_(bindparam("asked", expanding=True)))
    .order_by(table.c.id)
    .with_for_update()
    for kind, table in (("order", schema.states), ("parcel", schema.parcels))
}


def _read(connection: Connection, commits: Sequence[Commit]) -> _Snapshot:
    """Read and lock, always in this order and each kind by key: this avoids deadlocks."""

    def found(statement: Select[Any], asked: Iterable[Any]) -> Sequence[Any]:
        return fetch(connection, statement, asked=sorted(set(asked)))

    rows = {
        row.key: row.status
        for row in found(_ROWS, (c.acknowledges for c in commits if c.acknowledges))
    }
    parts = [part for commit in commits for part in commit.parts]
    asked = [c.subject.partition(":") for c in parts if c.entry or c.expected_version is not None]
    versions = {
        f"{kind}:{row.id}": row.version
        for kind, statement in _VERSIONS.items()
        for row in found(statement, (name for of, _, name in asked if of == kind))
    }
    receipts = {(c.processed.scope, c.processed.id) for c in commits if c.processed}
    known = {(row.scope, row.id) for row in found(_RECEIPTS, receipts)}
    waiting: dict[str, set[str]] = {}
    for row in found(_WAITING, (part.subject for commit in commits for part in commit.with_it)):
        waiting.setdefault(row.owner, set()).add(row.key)
    stock = read_stock(connection, [op for part in parts for op in part.stock])
    return _Snapshot(rows, known, versions, waiting, stock)


def _write(connection: Connection, commits: Sequence[Commit]) -> None:
    """Write commits; where several change an order or a parcel, the last one counts."""
    receipts = [attrs.asdict(commit.processed) for commit in commits if commit.processed]
    _add(connection, schema.receipts, sorted(receipts, key=lambda row: (row["scope"], row["id"])))
    entries = sorted((c.entry for c in commits if c.entry), key=lambda e: (e.subject, e.version))
    _add(
        connection,
        schema.journals,
        [entry_row(entry) | {"entry": codec.encode_entry(entry)} for entry in entries],
    )
    new = {c.order.id for c in commits if c.order and (c.expected_version == 0 or c.revised)}
    orders = {commit.order.id: commit.order for commit in commits if commit.order}
    write_orders(connection, list(orders.values()), new)
    parcels = {commit.parcel.id: commit.parcel for commit in commits if commit.parcel}
    write_parcels(connection, list(parcels.values()))
    for layer in _layers(commits):
        _write_work(connection, layer)


def _layers(commits: Sequence[Commit]) -> list[list[Commit]]:
    """Groups of commits that share no row of work, so that their order does not matter.

    A commit comes after all earlier ones with which it shares a row.
    """
    layers: list[list[Commit]] = []
    least: dict[str, int] = {}
    for commit in commits:
        keys = {*commit.withdrawn, *commit.references}
        keys.update(map(unmatched_key, commit.references))
        keys.update(item.key for item in (*commit.pending_work, *commit.messages, *commit.watches))
        if commit.acknowledges:
            keys.add(commit.acknowledges)
        at = max((least.get(key, 0) for key in keys), default=0)
        if at == len(layers):
            layers.append([])
        layers[at].append(commit)
        least |= dict.fromkeys(keys, at + 1)
    return layers


def _add(connection: Connection, table: Any, rows: list[dict[str, Any]]) -> None:
    """Insert rows that are new, unless another transaction inserted them meanwhile."""
    if changed_rows(connection, adding(connection.dialect.name, table), rows) != len(rows):
        raise Raced


def _put(
    connection: Connection, table: Any, keys: tuple[str, ...], rows: list[dict[str, Any]]
) -> None:
    if rows:
        columns = tuple(column for column in rows[0] if column not in keys)
        execute_many(connection, putting(connection.dialect.name, table, keys, columns), rows)


def write_orders(connection: Connection, orders: Sequence[Order], new: Collection[str]) -> None:
    """Write the states of orders; for *new* and revised ones also the documents."""
    documents = []
    for order in (order for order in orders if order.id in new):
        document, personal = codec.encode_document(order.document)
        documents.append({"id": order.id, "document": document, "personal": personal})
    _put(connection, schema.documents, ("id",), documents)
    states = [state_row(o.state) | {"state": codec.encode_state(o.state)} for o in orders]
    _put(connection, schema.states, ("id",), states)
    grown = [o for o in orders if o.id in new or len(o.state.lines) > len(o.document.lines)]
    skus = [row for order in grown for row in sku_rows(order.state)]
    execute_many(connection, adding(connection.dialect.name, schema.skus), skus)


def write_parcels(connection: Connection, parcels: Sequence[Parcel]) -> None:
    """Write parcels."""
    rows = [parcel_row(parcel) | {"parcel": codec.encode_parcel(parcel)} for parcel in parcels]
    _put(connection, schema.parcels, ("id",), rows)


def _write_work(connection: Connection, commits: Sequence[Commit]) -> None:
    """Finish, withdraw and add outbox rows, tasks and references of commits that share none."""
    done = {commit.acknowledges: commit.entry for commit in commits if commit.acknowledges}
    sql_outbox.finish(connection, [key for key, entry in done.items() if entry])
    sql_outbox.acknowledge(connection, [key for key, entry in done.items() if not entry])
    withdrawn = [
        key for commit in commits for key in commit.withdrawn if key != commit.acknowledges
    ]
    sql_outbox.withdraw(connection, withdrawn)
    execute_many(connection, unmatched.CLOSE_TASK, [{"of_key": key} for key in withdrawn])
    tasks = [task_row(task, commit.subject) for commit in commits for task in tasks_of(commit)]
    put_tasks(connection, tasks)
    known = {reference: commit for commit in commits for reference in commit.references}
    rows = [{"reference": name, "subject": commit.subject} for name, commit in known.items()]
    _put(connection, schema.references, ("reference",), rows)
    released = [
        matched_row(item.reference, item.observation, *_whom(known[item.reference]))
        for item in (unmatched.take_matching(connection, list(known)) if known else ())
        if item.observation is not None
    ]
    new: list[NewRow] = [row for c in commits if not c.repairs for row in rows_of(c)]
    sql_outbox.add(connection, [*new, *released])
    mended = [row for commit in commits if commit.repairs for row in rows_of(commit)]
    sql_outbox.add(connection, mended, mends=True)


def put_tasks(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """Open tasks; an open one gets the new text, and keeps its assignee."""
    execute_many(connection, putting(connection.dialect.name, schema.tasks, ("key",), _TASK), rows)


def _whom(commit: Commit) -> tuple[str, datetime]:
    return commit.subject, commit.now
