"""Outbox leases for an external scheduler (Temporal).

The scheduler has settled the order of work, so a lease is taken from its holder.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, select, update

from orderflow.model.work import LeasedRow, RowKind
from orderflow.ports import LeasedRows
from orderflow.stores.rows import PRIORITY
from orderflow.stores.sql.outbox import LEASE, READY, leased
from orderflow.stores.sql.schema import OPEN, outbox
from orderflow.stores.sql.statements import execute_many

__all__ = ["dispatch", "lease_all", "lease_one"]

_LEAVE_ALONE = (
    update(outbox)
    .where(outbox.c.number == bindparam("of_number"))
    .values(leased_until=bindparam("leased_until"))
)


def dispatch(connection: Connection, now: datetime, lease: timedelta, limit: int) -> Sequence[str]:
    """Owners of up to *limit* due rows of each kind; the rows are reserved for a lease."""
    rows: list[RowMapping] = []
    for rank in sorted(PRIORITY.values()):
        asked = {"rank": rank, "now": now, "rows": limit}
        rows += connection.execute(READY, asked).mappings()
    leases = [{"of_number": row["number"], "leased_until": now + lease} for row in rows]
    execute_many(connection, _LEAVE_ALONE, leases)
    return list(dict.fromkeys(row["owner"] for row in rows))


_OF_OWNER = (  # locked in the order in which a commit locks them
    select(outbox)
    .where(OPEN, outbox.c.owner == bindparam("of_owner"))
    .order_by(outbox.c.key)
    .with_for_update()
)


def lease_all(
    connection: Connection, owner: str, now: datetime, lease: timedelta, token: str
) -> LeasedRows:
    """Lease due rows that are no effects; reserve the others until a lease after their due date."""
    rows = list(connection.execute(_OF_OWNER, {"of_owner": owner}).mappings())
    rows.sort(key=lambda row: (row["priority"], row["due"], row["number"]))
    mine = [row for row in rows if row["due"] <= now and row["kind"] != RowKind.EFFECT]
    rest = [row for row in rows if row["due"] > now or row["kind"] == RowKind.EFFECT]
    execute_many(connection, LEASE, [_lease(row, now + lease, token) for row in mine])
    left = [
        {"of_number": row["number"], "leased_until": max(now, row["due"]) + lease}
        for row in rest
        if _free(row, now)
    ]
    execute_many(connection, _LEAVE_ALONE, left)
    return LeasedRows(
        tuple(leased(row, row["attempts"] + 1, token) for row in mine),
        tuple(leased(row, row["attempts"] + 1, "") for row in rest if row["due"] <= now),
        min((row["due"] for row in rest if row["due"] > now), default=None),
    )


def _free(row: RowMapping, now: datetime) -> bool:
    """Whether the row may be dispatched as soon as it is due."""
    until = row["leased_until"]
    return until is None or bool(until <= max(now, row["due"]))


_ONE = select(outbox).where(OPEN, outbox.c.key == bindparam("of_key")).with_for_update()


def lease_one(
    connection: Connection, key: str, now: datetime, lease: timedelta, token: str
) -> LeasedRow | None:
    """Lease a row, whoever held it."""
    row = connection.execute(_ONE, {"of_key": key}).mappings().first()
    if row is None:
        return None
    connection.execute(LEASE, _lease(row, now + lease, token))
    return leased(row, row["attempts"] + 1, token)


def _lease(row: RowMapping, until: datetime, token: str) -> dict[str, Any]:
    return {"of_number": row["number"], "leased_until": until, "token": token}
