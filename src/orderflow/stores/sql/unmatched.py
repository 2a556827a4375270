"""Unmatched items in SQL, kept until their reference is known; the index of references."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping, bindparam, delete, select, update

from orderflow.model.observations import Observation
from orderflow.model.work import Task, unmatched_key
from orderflow.ports import UnmatchedItem
from orderflow.stores import codec
from orderflow.stores.rows import kept_as, matched_row, task_row, unmatched_row
from orderflow.stores.sql import outbox as sql_outbox
from orderflow.stores.sql.schema import inbox, outbox, references, tasks
from orderflow.stores.sql.statements import adding, execute_many, fetch

__all__ = ["CLOSE_TASK", "item_of", "park", "park_unreadable", "parked", "resolve", "take_matching"]

_SUBJECT = select(references.c.subject).where(references.c.reference == bindparam("reference"))
CLOSE_TASK = delete(tasks).where(tasks.c.key == bindparam("of_key"))
_FORGET = update(outbox).where(outbox.c.key == bindparam("of_key")).values(status="withdrawn")


def resolve(connection: Connection, reference: str) -> str | None:
    """The subject of a reference."""
    found = fetch(connection, _SUBJECT, reference=reference)
    return str(found[0].subject) if found else None


def park(
    connection: Connection,
    reference: str,
    observation: Observation,
    now: datetime,
    patience: timedelta,
) -> None:
    """Keep an observation; forward it where its subject is known now."""
    subject = resolve(connection, reference)
    if subject is not None:
        sql_outbox.add(connection, [matched_row(reference, observation, subject, now)])
        return
    text = codec.encode_observation(observation)
    _put(connection, reference, kept_as(observation), now, observation=text)
    sql_outbox.add(connection, [unmatched_row(reference, now + patience)])


def park_unreadable(
    connection: Connection, payload: str, error: str, now: datetime, task: Task
) -> None:
    """Keep an unreadable payload, once, and open its task."""
    _put(connection, task.subject, "", now, payload=payload, error=error)
    row = task_row(task, f"inbox:{task.subject}")
    connection.execute(adding(connection.dialect.name, tasks), row)


def _put(connection: Connection, reference: str, message: str, now: datetime, **texts: str) -> None:
    row = {"reference": reference, "message": message, "kept_at": now}
    blank = {"observation": "", "payload": "", "error": ""}
    connection.execute(adding(connection.dialect.name, inbox), row | blank | texts)


def parked(connection: Connection) -> list[UnmatchedItem]:
    """The unmatched items, oldest first."""
    rows = connection.execute(select(inbox).order_by(inbox.c.number)).mappings()
    return [item_of(row) for row in rows]


def take_matching(connection: Connection, known: Sequence[str]) -> list[UnmatchedItem]:
    """Remove the items of these references, with their timers and tasks; returns them in order."""
    asked = inbox.c.reference.in_(known)
    rows = connection.execute(select(inbox).where(asked).order_by(inbox.c.number)).mappings().all()
    if not rows:
        return []
    connection.execute(delete(inbox).where(asked))
    names = [row["reference"] for row in rows]
    keys = [{"of_key": k} for name in names for k in (f"inbox:{name}", unmatched_key(name))]
    execute_many(connection, CLOSE_TASK, keys)
    execute_many(connection, _FORGET, keys)
    rows = sorted(rows, key=lambda row: known.index(row["reference"]))
    return [item_of(row) for row in rows]


def item_of(row: RowMapping) -> UnmatchedItem:
    """The unmatched item of a row."""
    name, told = row["reference"], row["observation"]
    fact = codec.of_row(inbox, name, codec.decode_observation, told) if told else None
    return UnmatchedItem(name, row["kept_at"], fact, row["payload"], row["error"])
