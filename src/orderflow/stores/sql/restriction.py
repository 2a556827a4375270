"""Retained data of erased orders, in SQL: stored in the rows of the timers that erase it."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, delete, select

from orderflow.ports import Restricted
from orderflow.stores import codec
from orderflow.stores.rows import restricted_row
from orderflow.stores.sql import outbox as sql_outbox
from orderflow.stores.sql import schema

__all__ = ["found", "lift", "put"]

_OWNER = "restricted:"


def put(connection: Connection, kept: Iterable[Restricted]) -> None:
    """Store retained data, replacing rows of the same key."""
    rows = [restricted_row(each, codec.encode_restricted(each)) for each in kept]
    sql_outbox.add(connection, rows, mends=True)


def found(connection: Connection, order: str | None, person: str | None) -> list[Restricted]:
    """The retained data of an order, or of a person's orders, by key."""
    outbox = schema.outbox.c
    if order is None:
        whose = schema.OPEN & (outbox.owner == f"{_OWNER}{person}")
    else:  # keys that begin with the order's id and ":"; ";" is the character after it
        begins = (outbox.key >= f"{_OWNER}{order}:") & (outbox.key < f"{_OWNER}{order};")
        whose = begins & (outbox.subject == order)
    rows = connection.execute(select(schema.outbox).where(whose).order_by(outbox.key))
    return [
        codec.of_row(
            schema.outbox,
            row.key,
            codec.decode_restricted,
            *(row.subject, row.name, row.owner.removeprefix(_OWNER), row.data),
        )
        for row in rows
    ]


def lift(connection: Connection, key: str) -> None:
    """Delete a row, with its attempts."""
    connection.execute(delete(schema.attempts).where(schema.attempts.c.key == key))
    connection.execute(delete(schema.outbox).where(schema.outbox.c.key == key))
