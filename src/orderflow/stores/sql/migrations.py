"""Migrates the tables of an earlier release, with their data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Boolean, Column, Connection, Integer, Text, bindparam, false, select, update
from sqlalchemy.dialects import postgresql

from orderflow.errors import SchemaMismatch
from orderflow.stores import codec
from orderflow.stores.rows import derived_columns, sku_rows
from orderflow.stores.sql import schema
from orderflow.stores.sql.database import schema_of
from orderflow.stores.sql.statements import adding, execute_many

__all__ = ["prepare"]

_PAGE = 500


def prepare(connection: Connection, *, create: bool = True) -> bool:
    """Create missing tables; migrate those of an earlier release.

    False where there are none, and *create* is False.

    It runs in one transaction: another process that opens the database meanwhile waits, and a crash
    changes nothing.

    Raises:
        SchemaMismatch: A later release wrote the database, or one that is too old.
    """
    found = schema.found_version(connection)
    if found is None:
        if create:
            schema.create(connection)
        return create
    if not isinstance(found, int):
        raise SchemaMismatch(f"orderflow_schema has {found!r} for the version of the tables")
    if found != schema.VERSION and found not in _STEPS:
        way = "a later" if found > schema.VERSION else "an earlier"
        raise SchemaMismatch(
            f"the database has version {found} of the tables, and this release of orderflow knows "
            f"version {schema.VERSION}: install {way} release"
        )
    for version in range(found, schema.VERSION):
        _STEPS[version](connection)
        connection.execute(update(schema.schema).values(version=version + 1))
    return True


def _to_3(connection: Connection) -> None:
    """Add columns for lists of orders: stage, exception, channel, dates, SKU."""
    from alembic.operations import Operations  # noqa: PLC0415 (slow to load, seldom needed)
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415

    where: Any = {"schema": schema_of(connection)}
    change = Operations(MigrationContext.configure(connection))
    name = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
    states = "orderflow_order_states"
    change.add_column(states, Column("stage", name, nullable=False, server_default=""), **where)
    trouble = Column("exception", Boolean, nullable=False, server_default=false())
    change.add_column(states, trouble, **where)
    for column in ("stage", "channel", "exception", "promised", "placed_at"):
        change.create_index(f"{states}_{column}", states, [column, "id"], **where)
    change.create_table(
        "orderflow_order_skus",
        *(Column(part, name, primary_key=part != "customer") for part in ("sku", "order_id")),
        Column("customer", name, nullable=False),
        sqlite_with_rowid=False,
        **where,
    )
    by_customer = ["customer", "sku", "order_id"]
    change.create_index(
        "orderflow_order_skus_customer", "orderflow_order_skus", by_customer, **where
    )
    gave_up: Any = {"sqlite_where": schema.GAVE_UP, "postgresql_where": schema.GAVE_UP}
    change.create_index("orderflow_outbox_gave_up", "orderflow_outbox", ["key"], **gave_up, **where)
    _derive(connection)


_DERIVED = (
    update(schema.states)
    .where(schema.states.c.id == bindparam("of_id"))
    .values(stage=bindparam("stage"), exception=bindparam("exception"))
)


def _derive(connection: Connection) -> None:
    """Fill the columns that derive from the orders' states, page by page."""
    states = schema.states
    page, after = select(states.c.id, states.c.state).order_by(states.c.id).limit(_PAGE), ""
    while rows := connection.execute(page.where(states.c.id > after)).all():
        found = [codec.of_row(states, row.id, codec.decode_state, row.state) for row in rows]
        execute_many(
            connection, _DERIVED, [{"of_id": each.id} | derived_columns(each) for each in found]
        )
        skus = [row for each in found for row in sku_rows(each)]
        execute_many(connection, adding(connection.dialect.name, schema.skus), skus)
        after = rows[-1].id


def _to_4(connection: Connection) -> None:
    """Add the table of the card of the rules."""
    from alembic.operations import Operations  # noqa: PLC0415 (slow to load, seldom needed)
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415

    change = Operations(MigrationContext.configure(connection))
    where: Any = {"schema": schema_of(connection)}
    key = Column("id", Integer, primary_key=True, autoincrement=False)
    texts = (Column(name, Text, nullable=False) for name in ("digest", "card"))
    change.create_table("orderflow_rules", key, *texts, **where)


_STEPS: Mapping[int, Callable[[Connection], None]] = {2: _to_3, 3: _to_4}
"""The migration from each version to the next one."""
