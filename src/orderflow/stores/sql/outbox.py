"""The outbox in SQL: adds, withdraws, leases and finishes rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    Connection,
    Insert,
    RowMapping,
    Select,
    and_,
    bindparam,
    exists,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from orderflow.errors import UnreadableRow
from orderflow.model.work import LeasedRow, RowKind
from orderflow.ports import OutboxRow
from orderflow.stores.codec import decode_body, decode_data, encode_body, encode_data, of_row
from orderflow.stores.rows import PRIORITY, NewRow
from orderflow.stores.sql import schema
from orderflow.stores.sql.schema import OPEN, at, outbox
from orderflow.stores.sql.statements import execute_many, fetch, inserting
from orderflow.text import legible_log

__all__ = [
    "LEASE",
    "READY",
    "acknowledge",
    "add",
    "finish",
    "given_up_rows",
    "lease",
    "lease_valid",
    "leased",
    "next_due",
    "open_messages",
    "open_rows",
    "pending_of",
    "postpone",
    "record_failure",
    "withdraw",
]

_LOG = legible_log()
_IDENTITY = ("number", "key")


@cache
def _add(dialect: str, mends: bool) -> Insert:
    """Insert a row; reopens a withdrawn one. An existing one stays, or is reset with *mends*."""
    statement = inserting(dialect, outbox)
    new = statement.excluded
    if mends:
        columns = [column.name for column in outbox.columns if column.name not in _IDENTITY]
        return statement.on_conflict_do_update(
            index_elements=["key"], set_={name: new[name] for name in columns}
        )
    return statement.on_conflict_do_update(
        index_elements=["key"],
        set_={"status": "pending", "due": new.due, "leased_until": None},
        where=outbox.c.status == "withdrawn",
    )


def add(connection: Connection, rows: Iterable[NewRow], *, mends: bool = False) -> None:
    """Add rows, in this order. With *mends* existing ones are reset."""
    new = [
        {
            "key": row.key,
            "kind": row.kind.value,
            "priority": PRIORITY[row.kind],
            "name": row.name,
            "owner": row.owner,
            "subject": row.subject,
            "data": _text_of(row),
            "due": row.due,
            "status": "pending",
            "attempts": 0,
            "leased_until": None,
            "token": "",
            "error": "",
        }
        for row in rows
    ]
    execute_many(connection, _add(connection.dialect.name, mends), new)


def _text_of(row: NewRow) -> str:
    if row.kind is RowKind.MESSAGE:
        return encode_body(row.data)
    assert isinstance(row.data, Mapping)  # of an effect, a timer or a watcher
    return encode_data(row.data)


_WITHDRAW = (
    update(outbox)
    .where(outbox.c.key == bindparam("of_key"), OPEN)
    .values(status="withdrawn", token="")
)


def withdraw(connection: Connection, keys: Sequence[str]) -> None:
    """Withdraw the open rows among *keys*."""
    execute_many(connection, _WITHDRAW, [{"of_key": key} for key in keys])


_FINISH = update(outbox).where(outbox.c.key == bindparam("of_key")).values(status="done")


def finish(connection: Connection, keys: Sequence[str]) -> None:
    """Mark rows as done."""
    execute_many(connection, _FINISH, [{"of_key": key} for key in keys])


_ACKNOWLEDGE = _FINISH.where(OPEN)


def acknowledge(connection: Connection, keys: Sequence[str]) -> None:
    """Acknowledge rows whose handling changed nothing; a withdrawn row stays withdrawn."""
    execute_many(connection, _ACKNOWLEDGE, [{"of_key": key} for key in keys])


_CLAIMABLE = and_(
    OPEN,
    outbox.c.due <= bindparam("now"),
    or_(outbox.c.leased_until.is_(None), outbox.c.leased_until <= bindparam("now")),
)
_RANKS = sorted(PRIORITY.values())
_DUE = select(*(exists().where(_CLAIMABLE, outbox.c.priority == rank) for rank in _RANKS))
READY = (
    select(outbox)
    .where(_CLAIMABLE, outbox.c.priority == bindparam("rank"))
    .order_by(outbox.c.priority, outbox.c.due, outbox.c.number)
    .limit(bindparam("rows"))
    .with_for_update(skip_locked=True)
)
LEASE = (
    update(outbox)
    .where(outbox.c.number == bindparam("of_number"))
    .values(
        attempts=outbox.c.attempts + 1,
        leased_until=bindparam("leased_until"),
        token=bindparam("token"),
    )
)


def lease(
    connection: Connection, now: datetime, lease: timedelta, token: str, limit: int
) -> list[LeasedRow]:
    """Lease up to *limit* rows of the first kind with due rows; reads each kind by its index."""
    (due,) = fetch(connection, _DUE, now=at(now))
    for rank in (rank for rank, is_due in zip(_RANKS, due, strict=True) if is_due):
        rows = fetch(connection, READY, now=at(now), rank=rank, rows=limit)
        if rows:
            until = now + lease
            leases = [{"of_number": r.number, "leased_until": until, "token": token} for r in rows]
            execute_many(connection, LEASE, leases)
            if found := list(_readable(rows, token)):
                return found
    return []


def _readable(rows: Iterable[Any], token: str) -> Iterator[LeasedRow]:
    """The readable leased rows; an unreadable one is retried after its lease."""
    for row in rows:
        try:
            yield leased(row._mapping, row.attempts + 1, token)
        except UnreadableRow as error:
            _LOG.warning("a row of %s cannot be read: see `orderflow doctor`", error.table)


def leased(row: RowMapping, attempts: int, token: str) -> LeasedRow:
    """The row, leased with this token. Raises UnreadableRow."""
    return of_row(outbox, row["key"], _due, row, attempts, token)


def _due(row: RowMapping, attempts: int, token: str) -> LeasedRow:
    kind = RowKind(row["kind"])
    message = kind is RowKind.MESSAGE
    data = {"body": decode_body(row["data"])} if message else decode_data(row["data"])
    return LeasedRow(
        row["key"],
        kind,
        row["name"],
        row["owner"],
        row["subject"],
        data,
        attempts,
        token,
    )


_MINE = OPEN & (outbox.c.key == bindparam("of_key")) & (outbox.c.token == bindparam("of_token"))


_IS_MINE = select(outbox.c.number).where(_MINE)


def lease_valid(connection: Connection, due: LeasedRow) -> bool:
    """Whether the row is open, and still leased with this token."""
    return bool(fetch(connection, _IS_MINE, of_key=due.key, of_token=due.token))


def record_failure(
    connection: Connection, due: LeasedRow, error: str, now: datetime, retry_at: datetime | None
) -> bool:
    """Record a failed attempt; False where the lease is lost."""
    after: dict[str, Any] = {"error": error, "leased_until": None}
    after |= {"status": "gave_up"} if retry_at is None else {"due": retry_at}
    asked = {"of_key": due.key, "of_token": due.token}
    if connection.execute(update(outbox).where(_MINE).values(after), asked).rowcount != 1:
        return False
    failed = {"key": due.key, "attempt": due.attempts, "at": now, "error": error}
    connection.execute(insert(schema.attempts), failed | {"final": retry_at is None})
    return True


def postpone(connection: Connection, due: LeasedRow, error: str, until: datetime) -> None:
    """Postpone a row without counting an attempt, unless the lease is lost."""
    after = {"error": error, "leased_until": None, "due": until}
    statement = update(outbox).where(_MINE).values({**after, "attempts": outbox.c.attempts - 1})
    connection.execute(statement, {"of_key": due.key, "of_token": due.token})


def _first_due(rank: int) -> Select[Any]:
    free = OPEN & (outbox.c.priority == rank) & outbox.c.leased_until.is_(None)
    return select(outbox.c.due).where(free).order_by(outbox.c.due).limit(1)


_FIRST_DUE = select(*(_first_due(rank).scalar_subquery() for rank in sorted(PRIORITY.values())))


_LEASED = select(outbox.c.due, outbox.c.leased_until).where(schema.LEASED)


def next_due(connection: Connection) -> datetime | None:
    """When the next row can be leased: it is due, and has no running lease."""
    moments = list(connection.execute(_FIRST_DUE).one())
    moments += [max(row.due, row.leased_until) for row in connection.execute(_LEASED)]
    return min((moment for moment in moments if moment is not None), default=None)


_PENDING = ("key", "kind", "name", "subject", "due", "attempts", "status", "error", "number")
_OF_OWNER = (
    select(*(outbox.c[name] for name in _PENDING))
    .where(OPEN, outbox.c.owner == bindparam("of_owner"))
    .order_by(outbox.c.key)
)
_MESSAGES = (
    select(outbox.c.key, outbox.c.data)
    .where(
        OPEN,
        outbox.c.owner == bindparam("of_owner"),
        outbox.c.kind == literal_column(f"'{RowKind.MESSAGE.value}'"),
    )
    .order_by(outbox.c.key)
)


def open_rows(connection: Connection, owner: str) -> list[OutboxRow]:
    """The open rows of an owner, by key."""
    rows = fetch(connection, _OF_OWNER, of_owner=owner)
    return list(map(pending_of, rows))


def pending_of(row: Any) -> OutboxRow:
    """The outbox row of a fetched row."""
    return _pending({**row._mapping, "due": schema.moment(row.due)})


def given_up_rows(connection: Connection, after: str, limit: int) -> list[OutboxRow]:
    """The given-up rows, by key."""
    found = select(outbox).where(schema.GAVE_UP, outbox.c.key > after)
    return list(
        map(_pending, connection.execute(found.order_by(outbox.c.key).limit(limit)).mappings())
    )


def _pending(row: Mapping[Any, Any]) -> OutboxRow:
    return OutboxRow(*(row[name] for name in _PENDING))


def open_messages(connection: Connection, owner: str) -> list[object]:
    """The bodies of the open messages to an owner, by key."""
    found = fetch(connection, _MESSAGES, of_owner=owner)
    return [of_row(outbox, row.key, decode_body, row.data) for row in found]
