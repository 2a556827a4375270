"""The tables, and their version in a database.

Every name begins with ``orderflow_``, so the tables can share an application's schema. Moments are
integers, microseconds since 1970 in UTC: exact, and sorted the same by every database.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Dialect,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    func,
    insert,
    literal_column,
    select,
)
from sqlalchemy.dialects import postgresql

__all__ = ["VERSION", "at", "create", "found_version", "moment"]

VERSION = 4
"""The version of the tables that this release reads and writes."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def at(moment: datetime) -> int:
    """A moment as stored; raises TypeError where it has no zone."""
    return datetime.__sub__(moment, _EPOCH) // _MICROSECOND  # as Python does, whatever its class


def moment(value: Any) -> Any:
    """A stored moment; an invalid value (SQLite accepts any) is returned unchanged."""
    try:
        return None if value is None else _EPOCH + timedelta(microseconds=value)
    except (TypeError, OverflowError):
        return value


class Moment(TypeDecorator[datetime]):
    """A moment, stored as microseconds since 1970 in UTC, and returned in UTC."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """The moment as a number; raises TypeError where it has no zone."""
        return None if value is None else at(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:  # noqa: ARG002
        """The number as a moment."""
        return moment(value)


Name = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
"""A text sorted by code point in every database, as Python does."""
Number = BigInteger().with_variant(Integer, "sqlite")
"""A number that the database increments."""

metadata = MetaData()


def _table(
    name: str, *items: Column[Any] | PrimaryKeyConstraint | UniqueConstraint, small: bool = False
) -> Table:
    """A table; *small* rows are stored in the primary key itself where the database can."""
    return Table(f"orderflow_{name}", metadata, *items, sqlite_with_rowid=not small)


def _name(name: str, **options: Any) -> Column[str]:
    return Column(name, Name, nullable=False, **options)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _units(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


def _moment(name: str, *, nullable: bool = False) -> Column[datetime]:
    return Column(name, Moment, nullable=nullable)


def _counter() -> Column[int]:
    return Column("number", Number, primary_key=True, autoincrement=True)


schema = _table("schema", Column("version", Integer, primary_key=True, autoincrement=False))

rules = _table(
    "rules",
    Column("id", Integer, primary_key=True, autoincrement=False),
    _text("digest"),
    _text("card"),
)
"""The card of the rules that the shop runs on: one row."""

documents = _table(
    "order_documents", _name("id", primary_key=True), _text("document"), _text("personal")
)
states = _table(
    "order_states",
    _name("id", primary_key=True),
    Column("version", Integer, nullable=False),
    _name("status"),
    _name("phase"),
    _name("customer"),
    _name("channel"),
    _moment("placed_at"),
    _moment("promised", nullable=True),
    _text("state"),
    _name("stage", server_default=""),
    Column("exception", Boolean, nullable=False, server_default=false()),
)
FILTERS = ("status", "stage", "phase", "customer", "channel", "exception")
"""The columns for lists of orders, each with an index; then the two moments."""
for _column in (*FILTERS, "promised", "placed_at"):
    Index(f"orderflow_order_states_{_column}", states.c[_column], states.c.id)

skus = _table(
    "order_skus",
    _name("sku"),
    _name("order_id"),
    _name("customer"),
    PrimaryKeyConstraint("sku", "order_id"),
    small=True,
)
Index("orderflow_order_skus_customer", skus.c.customer, skus.c.sku, skus.c.order_id)

parcels = _table(
    "parcels",
    _name("id", primary_key=True),
    Column("version", Integer, nullable=False),
    _name("status"),
    _text("parcel"),
)
journals = _table(
    "journals",
    _name("subject"),
    Column("version", Integer, nullable=False),
    _moment("at"),
    _name("actor"),
    _name("cause"),
    _text("entry"),
    PrimaryKeyConstraint("subject", "version"),
)
receipts = _table(
    "receipts",
    _name("scope"),
    _name("id"),
    _text("digest"),
    _name("subject"),
    Column("version", Integer, nullable=False),
    PrimaryKeyConstraint("scope", "id"),
    small=True,
)
references = _table("refs", _name("reference", primary_key=True), _name("subject"), small=True)
inbox = _table(
    "inbox",
    _counter(),
    _name("reference"),
    _name("message"),
    _moment("kept_at"),
    _text("observation"),
    _text("payload"),
    _text("error"),
    UniqueConstraint("reference", "message"),
)

levels = _table(
    "stock_levels",
    _name("sku"),
    _name("location"),
    _units("on_hand"),
    _units("reserved"),
    _units("safety"),
    _units("backordered"),
    Column("backorder_limit", BigInteger),
    _moment("reported_at", nullable=True),
    PrimaryKeyConstraint("sku", "location"),
    small=True,
)
movements = _table(
    "stock_movements",
    _counter(),
    _name("sku"),
    _name("location"),
    _units("quantity"),
    _name("cause"),
    _text("reference"),
    _moment("at"),
)
Index("orderflow_stock_movements_key", movements.c.sku, movements.c.location, movements.c.number)

_LINE = ("sku", "location", "order_id", "line")
reservations = _table(
    "stock_reservations",
    *map(_name, _LINE),
    _units("quantity"),
    PrimaryKeyConstraint(*_LINE),
    small=True,
)
Index("orderflow_stock_reservations_order", reservations.c.order_id)
waiting = _table(
    "stock_waiting",
    *map(_name, _LINE),
    _units("quantity"),
    _moment("since"),
    PrimaryKeyConstraint(*_LINE),
    small=True,
)
expected = _table(
    "stock_expected",
    _name("id", primary_key=True),
    _name("sku"),
    _name("location"),
    _units("quantity"),
    _moment("at"),
)
Index("orderflow_stock_expected_key", expected.c.sku, expected.c.location)

outbox = _table(
    "outbox",
    _counter(),
    _name("key", unique=True),
    _name("kind"),
    Column("priority", Integer, nullable=False),
    _name("name"),
    _name("owner"),
    _name("subject"),
    _text("data"),
    _moment("due"),
    _name("status"),
    Column("attempts", Integer, nullable=False),
    _moment("leased_until", nullable=True),
    _text("token"),
    _text("error"),
)
OPEN = outbox.c.status == literal_column("'pending'")
"""The condition of the partial indexes: no bound value, or the database would not use them."""
LEASED = OPEN & outbox.c.leased_until.is_not(None)
Index(
    "orderflow_outbox_open",
    outbox.c.priority,
    outbox.c.due,
    outbox.c.number,
    sqlite_where=OPEN,
    postgresql_where=OPEN,
)
Index(
    "orderflow_outbox_owner",
    outbox.c.owner,
    outbox.c.key,
    sqlite_where=OPEN,
    postgresql_where=OPEN,
)
GAVE_UP = outbox.c.status == literal_column("'gave_up'")
for _name_, _column, _only in (("gave_up", "key", GAVE_UP), ("leased", "leased_until", LEASED)):
    Index(
        f"orderflow_outbox_{_name_}",
        outbox.c[_column],
        sqlite_where=_only,
        postgresql_where=_only,
    )
attempts = _table(
    "effect_attempts",
    _name("key"),
    Column("attempt", Integer, nullable=False),
    _moment("at"),
    _text("error"),
    Column("final", Boolean, nullable=False),
)
Index("orderflow_effect_attempts_key", attempts.c.key)

tasks = _table(
    "tasks",
    _name("key", primary_key=True),
    _name("owner"),
    _name("role"),
    _name("name"),
    _name("subject"),
    _text("instructions"),
    _moment("due", nullable=True),
    _text("fields"),
    _name("assignee"),
)
Index("orderflow_tasks_role", tasks.c.role, tasks.c.key)
Index("orderflow_tasks_assignee", tasks.c.assignee, tasks.c.key)
Index("orderflow_tasks_owner", tasks.c.owner, tasks.c.key)


def found_version(connection: Connection) -> int | None:
    """The version of the tables, None where there are none; other processes wait meanwhile."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(schema.name))))
    schema.create(connection, checkfirst=True)
    return connection.scalar(select(schema.c.version))


def create(connection: Connection) -> None:
    """Create the tables."""
    metadata.create_all(connection)
    connection.execute(insert(schema), {"version": VERSION})
