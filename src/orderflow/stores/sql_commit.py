"""One commit in SQL: every row that it changes, within the transaction of the caller."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Connection, Insert, bindparam, func, select

from orderflow.model.order import Order
from orderflow.model.parcel import Parcel
from orderflow.ports import Commit, Committed, Duplicate, Outcome, Receipt, Stale
from orderflow.stores import codec, schema, sql_inbox, sql_outbox
from orderflow.stores.database import adding, execute_many, inserting, putting
from orderflow.stores.rows import Row, matched_row, rows_of, task_row, tasks_of
from orderflow.stores.sql_stock import write_stock

__all__ = ["write_commit"]

_STATE = ("version", "status", "phase", "customer", "channel", "placed_at", "promised", "state")
_TASK = ("owner", "role", "name", "subject", "instructions", "due", "fields")


def write_commit(connection: Connection, commit: Commit) -> Outcome:
    """Write all of *commit*; whatever is not Committed must be rolled back.

    What can refuse comes first, in the order in which every store refuses: Duplicate, Stale, Short.
    """
    if commit.done and not sql_outbox.finish(connection, commit.done):
        return Duplicate()
    if commit.receipt and not _write_receipt(connection, commit.receipt):
        return Duplicate()
    if not _write_entry(connection, commit):
        return Stale()
    if commit.stock and (refused := write_stock(connection, commit.stock, commit.now)):
        return refused
    if commit.order:
        _write_order(connection, commit.order, new=commit.expected == 0)
    if commit.parcel:
        _write_parcel(connection, commit.parcel)
    _write_work(connection, commit)
    return Committed()


def _write_receipt(connection: Connection, receipt: Receipt) -> bool:
    row = {
        "scope": receipt.scope,
        "id": receipt.id,
        "digest": receipt.digest,
        "subject": receipt.subject,
        "version": receipt.version,
    }
    added = connection.execute(adding(connection.dialect.name, schema.receipts), row)
    return added.rowcount == 1


_LAST = select(func.coalesce(func.max(schema.journals.c.version), 0)).where(
    schema.journals.c.subject == bindparam("new_subject")
)


@cache
def _append(dialect: str) -> Insert:
    """Insert a journal row under the condition that its subject's last version is as expected."""
    journals = schema.journals
    row = [bindparam(f"new_{column.name}", type_=column.type) for column in journals.c]
    new = select(*row).where(_LAST.scalar_subquery() == bindparam("expected"))
    return inserting(dialect, journals).from_select(list(journals.c), new).on_conflict_do_nothing()


def _write_entry(connection: Connection, commit: Commit) -> bool:
    """Append to a journal; False where its last version is not the expected one.

    One statement checks and appends; of two that run at once the key lets one through.
    """
    entry, expected = commit.entry, commit.expected
    if entry is None:
        asked = {"new_subject": commit.subject}
        return expected is None or connection.scalar(_LAST, asked) == expected
    row = {
        "new_subject": entry.subject,
        "new_version": entry.version,
        "new_at": entry.at,
        "new_actor": entry.actor,
        "new_cause": entry.cause,
        "new_entry": codec.encode_entry(entry),
        "expected": entry.version - 1 if expected is None else expected,
    }
    return connection.execute(_append(connection.dialect.name), row).rowcount == 1


def _write_order(connection: Connection, order: Order, *, new: bool) -> None:
    """Write where an order stands; with the first commit also what was ordered."""
    dialect, state = connection.dialect.name, order.state
    if new:
        document, personal = codec.encode_document(order.document)
        row: dict[str, Any] = {"id": order.id, "document": document, "personal": personal}
        columns = ("document", "personal")
        connection.execute(putting(dialect, schema.documents, ("id",), columns), row)
    row = {
        "id": order.id,
        "version": order.version,
        "status": order.status,
        "phase": state.phase.value,
        "customer": state.customer,
        "channel": state.channel,
        "placed_at": state.placed_at,
        "promised": state.promised,
        "state": codec.encode_state(state),
    }
    connection.execute(putting(dialect, schema.states, ("id",), _STATE), row)


def _write_parcel(connection: Connection, parcel: Parcel) -> None:
    row = {
        "id": parcel.id,
        "version": parcel.version,
        "status": parcel.status.value,
        "parcel": codec.encode_parcel(parcel),
    }
    columns = ("version", "status", "parcel")
    connection.execute(putting(connection.dialect.name, schema.parcels, ("id",), columns), row)


def _write_work(connection: Connection, commit: Commit) -> None:
    """Withdraw and add outbox rows, tasks and references."""
    dialect = connection.dialect.name
    sql_outbox.withdraw(connection, commit.withdrawn)
    closed = [{"of_key": key} for key in commit.withdrawn]
    execute_many(connection, sql_inbox.CLOSE_TASK, closed)
    tasks = [task_row(task, commit.subject) for task in tasks_of(commit)]
    execute_many(connection, putting(dialect, schema.tasks, ("key",), _TASK), tasks)
    known = [{"reference": reference, "subject": commit.subject} for reference in commit.references]
    references = putting(dialect, schema.references, ("reference",), ("subject",))
    execute_many(connection, references, known)
    released = _release_inbox(connection, commit) if known else []
    sql_outbox.add(connection, [*rows_of(commit), *released])


def _release_inbox(connection: Connection, commit: Commit) -> list[Row]:
    """Take the facts that waited for the references of *commit*, as messages to its subject."""
    return [
        matched_row(item.reference, item.observation, commit.subject, commit.now)
        for item in sql_inbox.take(connection, commit.references)
        if item.observation is not None
    ]
