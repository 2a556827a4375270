"""Erasing in SQL: an order and its journal are written anew, and what was told of it blanked."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, delete, select, update

from orderflow.model.events import Entry
from orderflow.model.order import Order
from orderflow.stores import codec, schema
from orderflow.stores.database import execute_many
from orderflow.stores.sql_commit import write_orders

__all__ = ["rewrite", "strike"]

_ENTRY = (
    update(schema.journals)
    .where(
        schema.journals.c.subject == bindparam("of_subject"),
        schema.journals.c.version == bindparam("of_version"),
    )
    .values(actor=bindparam("actor"), entry=bindparam("entry"))
)


def rewrite(connection: Connection, order: Order, entries: Sequence[Entry], expected: int) -> bool:
    """Replace an order and its journal; False where it changed since version *expected*."""
    states, outbox = schema.states, schema.outbox
    stored = select(states.c.version).where(states.c.id == order.id).with_for_update()
    if connection.scalar(stored) != expected:
        return False
    rows = [
        {
            "of_subject": entry.subject,
            "of_version": entry.version,
            "actor": entry.actor,
            "entry": codec.encode_entry(entry),
        }
        for entry in entries
    ]
    execute_many(connection, _ENTRY, rows)
    connection.execute(delete(schema.skus).where(schema.skus.c.order_id == order.id))
    write_orders(connection, [order], {order.id})
    owners = [f"order:{order.id}", *(f"parcel:{view}" for view in order.state.parcels)]
    told = outbox.c.owner.in_(owners)
    failed = schema.attempts.c.key.in_(select(outbox.c.key).where(told))
    connection.execute(update(schema.attempts).where(failed).values(error=""))
    connection.execute(update(outbox).where(told).values(data="{}", error=""))
    return True


def strike(connection: Connection, owner: str) -> None:
    """Take the rows of an owner away."""
    connection.execute(delete(schema.outbox).where(schema.outbox.c.owner == owner))
