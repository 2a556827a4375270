"""The most frequent reads of a SQL store, as statements that are compiled once."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from orderflow.stores.sql import schema

__all__ = [
    "ENTRIES",
    "FIRST",
    "OF_OWNER",
    "ORDERS",
    "PAGE",
    "PARCELS",
    "RECEIPT",
    "RESERVED",
    "TASK",
    "WAITING",
]

PAGE = 200
"""How many rows are read at a time."""
ORDERS = (
    select(
        schema.states.c.id,
        schema.documents.c.document,
        schema.documents.c.personal,
        schema.states.c.state,
    )
    .join_from(schema.states, schema.documents, schema.documents.c.id == schema.states.c.id)
    .where(schema.states.c.id.in_(bindparam("ids", expanding=True)))
)
PARCELS = select(schema.parcels.c.id, schema.parcels.c.parcel).where(
    schema.parcels.c.id.in_(bindparam("ids", expanding=True))
)
FIRST = -(2**31)
"""Below every version, whatever was written by hand."""
ENTRIES = (
    select(schema.journals.c.version, schema.journals.c.entry)
    .where(
        schema.journals.c.subject == bindparam("of_subject"),
        schema.journals.c.version > bindparam("after"),
    )
    .order_by(schema.journals.c.version)
    .limit(PAGE)
)
RESERVED = select(schema.reservations).where(
    schema.reservations.c.order_id == bindparam("of_order")
)
WAITING = (
    select(schema.waiting)
    .where(
        schema.waiting.c.sku == bindparam("of_sku"),
        schema.waiting.c.location == bindparam("at_location"),
    )
    .order_by(schema.waiting.c.since, schema.waiting.c.order_id, schema.waiting.c.line)
)
OF_OWNER = (
    select(schema.tasks)
    .where(schema.tasks.c.owner == bindparam("of_owner"), schema.tasks.c.key > bindparam("after"))
    .order_by(schema.tasks.c.key)
    .limit(bindparam("most"))
)
RECEIPT = select(schema.receipts).where(
    schema.receipts.c.scope == bindparam("of_scope"),
    schema.receipts.c.id.in_([bindparam("of_id"), bindparam("disguised")]),
)
TASK = select(schema.tasks).where(schema.tasks.c.key == bindparam("key"))
