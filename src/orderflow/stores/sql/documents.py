"""Documents and numbers in a database, in tables of their own."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    delete,
    select,
)

from orderflow.stores.documents import digest
from orderflow.stores.sql.database import Database
from orderflow.stores.sql.failures import with_retries
from orderflow.stores.sql.statements import adding, inserting, putting

__all__ = ["SqlDocuments", "SqlNumbers"]

metadata = MetaData()
_contents = Table(
    "orderflow_document_contents",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)
_filed = Table(
    "orderflow_documents",
    metadata,
    Column("order_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("digest", Text, nullable=False, index=True),
    PrimaryKeyConstraint("order_id", "name"),
)
_series = Table(
    "orderflow_number_series",
    metadata,
    Column("series", Text, primary_key=True),
    Column("last", BigInteger, nullable=False),
)
_numbers = Table(
    "orderflow_numbers",
    metadata,
    Column("series", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("number", BigInteger, nullable=False),
    PrimaryKeyConstraint("series", "key"),
)


class _InTables:
    """A database with the tables.

    Args:
        url: The database's URL for SQLAlchemy, or an engine; it may be that of the orders.
        schema: The schema of the tables, on PostgreSQL.
    """

    def __init__(self, url: str | Engine, *, schema: str | None = None) -> None:
        self._database = Database(url, schema)
        with self._database.write() as connection:
            metadata.create_all(connection)

    def close(self) -> None:
        """Close every connection."""
        self._database.close()


class SqlNumbers(_InTables):
    """Numbers in a database: unique across processes, continued after a restart."""

    @with_retries
    def number(self, series: str, key: str) -> int:
        """See :class:`orderflow.ports.Numbers`. A failed transaction may leave a gap."""
        known = select(_numbers.c.number).filter_by(series=series, key=key)
        with self._database.write() as connection:
            found = connection.scalar(known)
            if found is not None:
                return int(found)
            dialect = connection.dialect.name
            count = inserting(dialect, _series).values(series=series, last=0)
            count = count.on_conflict_do_update(
                index_elements=["series"], set_={"last": _series.c.last + 1}
            )
            number = connection.scalar(count.returning(_series.c.last))
            row = {"series": series, "key": key, "number": number}
            connection.execute(adding(dialect, _numbers), row)
            return int(connection.scalars(known).one())  # another process's, if that was faster


class SqlDocuments(_InTables):
    """Documents in a database: each content is stored once, under its hash."""

    @with_retries
    def file(self, order: str, name: str, content: bytes) -> str:
        """See :class:`orderflow.ports.DocumentStore`."""
        found = digest(content)
        with self._database.write() as connection:
            dialect = connection.dialect.name
            before = select(_filed.c.digest).filter_by(order_id=order, name=name)
            replaced = set(connection.scalars(before)) - {found}
            row = {"digest": found, "content": content}
            connection.execute(adding(dialect, _contents), row)
            named = putting(dialect, _filed, ("order_id", "name"), ("digest",))
            connection.execute(named, {"order_id": order, "name": name, "digest": found})
            _drop(connection, replaced)
        return found

    def filed(self, order: str) -> Mapping[str, str]:
        """See :class:`orderflow.ports.DocumentStore`."""
        query = select(_filed.c.name, _filed.c.digest).filter_by(order_id=order)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(_filed.c.name))
            return {row.name: row.digest for row in rows}

    def read(self, order: str, name: str) -> bytes | None:
        """See :class:`orderflow.ports.DocumentStore`."""
        query = select(_contents.c.content).join(_filed, _filed.c.digest == _contents.c.digest)
        query = query.where(_filed.c.order_id == order, _filed.c.name == name)
        with self._database.read() as connection:
            found = connection.scalar(query)
        return None if found is None else bytes(found)

    @with_retries
    def erase(self, order: str) -> None:
        """See :class:`orderflow.ports.DocumentStore`."""
        with self._database.write() as connection:
            gone = set(connection.scalars(select(_filed.c.digest).filter_by(order_id=order)))
            connection.execute(delete(_filed).filter_by(order_id=order))
            _drop(connection, gone)
        self._database.wipe_log()


def _drop(connection: Connection, digests: set[str]) -> None:
    """Delete contents that no document uses any more."""
    used = select(_filed.c.digest).where(_filed.c.digest == _contents.c.digest).exists()
    if digests:
        connection.execute(delete(_contents).where(_contents.c.digest.in_(digests), ~used))
