"""Repairs in SQL: recounts derived rows."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Table,
    func,
    or_,
    select,
    tuple_,
    type_coerce,
    update,
)

from orderflow.stores.sql import schema
from orderflow.stores.sql.schema import OPEN, levels, outbox
from orderflow.stores.sql.statements import adding

__all__ = ["COUNTED", "far_off", "repair"]

COUNTED = {
    "on_hand": schema.movements,
    "reserved": schema.reservations,
    "backordered": schema.waiting,
}
"""The sums of a level, and the table that each adds up."""
_LATE = timedelta(days=2)
_MICROSECOND = timedelta(microseconds=1)


def far_off(now: datetime) -> ColumnElement[bool]:
    """Whether an open row is postponed for longer than any failure or lease postpones it."""
    return OPEN & or_(_put_off(now), _held_back(now))


def _put_off(now: datetime) -> ColumnElement[bool]:
    return (outbox.c.kind != "timer") & (outbox.c.due > now + _LATE)


def _held_back(now: datetime) -> ColumnElement[bool]:
    """Whether a lease runs for days after its row is due, such as of an external timer."""
    until, due = (type_coerce(outbox.c[name], BigInteger) for name in ("leased_until", "due"))
    return (outbox.c.leased_until > now + _LATE) & (until - due > _LATE // _MICROSECOND)


def repair(connection: Connection, now: datetime) -> None:
    """Recount each level, and make rows due that are postponed far too long."""
    known = select(levels.c.sku, levels.c.location)
    for table in COUNTED.values():
        there = tuple_(table.c.sku, table.c.location)
        lost = select(table.c.sku, table.c.location).where(there.not_in(known)).distinct()
        blank = dict.fromkeys(("on_hand", "reserved", "safety", "backordered"), 0)
        for row in connection.execute(lost).mappings().all():
            connection.execute(adding(connection.dialect.name, levels), dict(row) | blank)
    # Lock first: concurrent transactions cannot change the sums below.
    connection.execute(known.order_by(levels.c.sku, levels.c.location).with_for_update()).all()
    sums = {name: func.coalesce(_sum(table), 0) for name, table in COUNTED.items()}
    wrong = or_(*(levels.c[name] != units for name, units in sums.items()))
    connection.execute(update(levels).where(wrong).values(sums))
    connection.execute(update(outbox).where(OPEN, _held_back(now)).values(leased_until=None))
    connection.execute(update(outbox).where(OPEN, _put_off(now)).values(due=now))


def _sum(table: Table) -> ColumnElement[int]:
    same = (table.c.sku == levels.c.sku) & (table.c.location == levels.c.location)
    return select(func.sum(table.c.quantity)).where(same).scalar_subquery()
