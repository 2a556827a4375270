"""Erasing in SQL: rewrites orders, parcels and journals, and blanks their outbox rows."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, and_, bindparam, delete, or_, select, update

from orderflow.model.events import Entry
from orderflow.model.order import Order
from orderflow.model.parcel import Parcel
from orderflow.model.pseudonym import pseudonym
from orderflow.stores import codec
from orderflow.stores.rows import erased_key, erased_subject
from orderflow.stores.sql import schema
from orderflow.stores.sql.commit import write_orders, write_parcels
from orderflow.stores.sql.statements import execute_many

__all__ = ["purge", "rewrite_history"]

_ENTRY = (
    update(schema.journals)
    .where(
        schema.journals.c.subject == bindparam("of_subject"),
        schema.journals.c.version == bindparam("of_version"),
    )
    .values(actor=bindparam("actor"), cause=bindparam("cause"), entry=bindparam("entry"))
)
_KEY = (
    update(schema.outbox)
    .where(schema.outbox.c.key == bindparam("of_key"))
    .values(key=bindparam("new_key"), subject=bindparam("about"))
)
_ATTEMPTS = (
    update(schema.attempts)
    .where(schema.attempts.c.key == bindparam("of_key"))
    .values(key=bindparam("new_key"))
)
_RECEIPT = (
    update(schema.receipts)
    .where(
        schema.receipts.c.scope == bindparam("of_scope"), schema.receipts.c.id == bindparam("of_id")
    )
    .values(id=bindparam("id"))
)


def rewrite_history(
    connection: Connection, order: Order, parcels: Sequence[Parcel], entries: Sequence[Entry]
) -> bool:
    """Replace an order, its parcels and their journals; False where one has a newer version."""
    for table, name, version in (
        (schema.states, order.id, order.version),
        *((schema.parcels, parcel.id, parcel.version) for parcel in parcels),
    ):
        stored = select(table.c.version).where(table.c.id == name).with_for_update()
        if connection.scalar(stored) != version:
            return False
    if not _disguise_keys(connection, order, parcels):
        return False
    _pseudonymize_processed(connection, order, parcels)
    rows = [
        {
            "of_subject": entry.subject,
            "of_version": entry.version,
            "actor": entry.actor,
            "cause": entry.cause,
            "entry": codec.encode_entry(entry),
        }
        for entry in entries
    ]
    execute_many(connection, _ENTRY, rows)
    connection.execute(delete(schema.skus).where(schema.skus.c.order_id == order.id))
    write_orders(connection, [order], {order.id})
    write_parcels(connection, parcels)
    outbox = schema.outbox
    told = outbox.c.owner.in_(_owners(order, parcels))
    failed = schema.attempts.c.key.in_(select(outbox.c.key).where(told))
    connection.execute(update(schema.attempts).where(failed).values(error=""))
    connection.execute(update(outbox).where(told).values(data="{}", error=""))
    return True


def _disguise_keys(connection: Connection, order: Order, parcels: Sequence[Parcel]) -> bool:
    """Replace ids of commands and holds in keys by pseudonyms; False where such a row is open."""
    outbox, owners = schema.outbox, _owners(order, parcels)
    sent = [  # keys that begin with a scope and "/"; "0" is the character after it
        and_(outbox.c.key >= f"{scope}/", outbox.c.key < f"{scope}0")
        for scope in (order.id, *owners)
    ]
    asked = select(outbox.c.key, outbox.c.status, outbox.c.kind, outbox.c.subject)
    rows = []
    for row in connection.execute(asked.where(or_(outbox.c.owner.in_(owners), *sent))):
        key = erased_key(row.key, row.kind)
        if key != row.key and row.status == "pending":
            return False
        if key != row.key:
            about = erased_subject(row.key, row.subject)
            rows.append({"of_key": row.key, "new_key": key, "about": about})
    execute_many(connection, _KEY, rows)
    execute_many(
        connection, _ATTEMPTS, [{k: row[k] for k in ("of_key", "new_key")} for row in rows]
    )
    return True


def _owners(order: Order, parcels: Sequence[Parcel]) -> list[str]:
    return [f"order:{order.id}", *(f"parcel:{parcel.id}" for parcel in parcels)]


def _pseudonymize_processed(
    connection: Connection, order: Order, parcels: Sequence[Parcel]
) -> None:
    """Replace the ids of processed commands and observations by pseudonyms."""
    receipts, journals, owner = schema.receipts, schema.journals, f"order:{order.id}"
    scopes = [order.id, *_owners(order, parcels)]
    found = list(connection.execute(select(receipts).where(receipts.c.scope.in_(scopes))))
    # The placement's scope is its channel; its id is in the first entry.
    first = select(journals.c.cause).where(journals.c.subject == owner, journals.c.version == 1)
    placed = receipts.c.id == (connection.scalar(first) or "").removeprefix(f"{order.id}/")
    channel = receipts.c.scope == f"channel:{order.state.channel}"
    found += connection.execute(select(receipts).where(channel, placed))
    rows = [
        {"of_scope": row.scope, "of_id": row.id, "id": pseudonym(row.id)}
        for row in found
        if row.id != pseudonym(row.id)
    ]
    execute_many(connection, _RECEIPT, rows)


def purge(connection: Connection, owner: str) -> None:
    """Delete all rows of an owner, with its attempts and tasks."""
    outbox, tasks = schema.outbox, schema.tasks
    keys = select(outbox.c.key).where(outbox.c.owner == owner)
    connection.execute(delete(schema.attempts).where(schema.attempts.c.key.in_(keys)))
    connection.execute(delete(tasks).where(tasks.c.owner == owner))
    connection.execute(delete(outbox).where(outbox.c.owner == owner))
