"""Places where orders are kept, and all that stands in them: in rows, in files, shown, logged."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
import sqlalchemy as sa
from typer.testing import CliRunner

from orderflow import Engine, Order
from orderflow.cli.app import app
from orderflow.model.commands import Reopen
from orderflow.ports import Store
from orderflow.stores import MemoryDocuments, MemoryStore, SqlDocuments, SqlStore
from orderflow.stores.sql import schema

__all__ = [
    "CHANGES",
    "SHOWN",
    "TOLD_BY_COMMANDS",
    "Place",
    "heard",
    "in_database",
    "in_memory",
    "shown",
]


@attrs.frozen
class Place:
    """A store, with what stands in it.

    Attributes:
        rows: All that stands in its tables; without what a law keeps, where that is asked for.
        files: All that stands in its files, when the database has done what it can.
        url: Of a database.
    """

    store: Store
    documents: Any
    rows: Callable[[bool], str]
    files: Callable[[], bytes]
    url: str = ""

    def close(self) -> None:
        """Close every connection."""
        closed: tuple[Any, ...] = (self.store, self.documents) if self.url else ()
        for each in closed:
            each.close()


def in_memory() -> Place:
    """A store in memory."""
    store, documents = MemoryStore(), MemoryDocuments()

    def rows(with_kept: bool) -> str:
        orders = [(order.document, order.state) for order in store._orders.values()]
        outbox = {
            key: (found, found.row)
            for key, found in store._outbox.items()
            if with_kept or not key.startswith("restricted:")
        }
        return repr((orders, vars(store) | {"_outbox": outbox}, vars(documents)))

    return Place(store, documents, rows, lambda: b"")


def in_database(url: str) -> Place:
    """A store in a database, which is as durable as a test needs."""
    store, documents = SqlStore(url, synchronous="OFF"), SqlDocuments(url)
    address = sa.make_url(url)
    on_server = address.get_backend_name() == "postgresql"
    return Place(
        store,
        documents,
        lambda with_kept: _rows(url, with_kept),
        lambda: _of_server(url) if on_server else _of_file(Path(address.database or "")),
        url,
    )


def _rows(url: str, with_kept: bool) -> str:
    """Every row of every table, and what the database itself has noted of them."""
    database = sa.create_engine(url)
    with database.connect() as connection:
        found: list[Any] = []
        for name in sa.inspect(database).get_table_names():
            own = name == schema.outbox.name and not with_kept
            rest = " where substr(key, 1, 11) <> 'restricted:'" if own else ""
            found += connection.execute(sa.text(f'select * from "{name}"{rest}')).all()
    database.dispose()
    return "\n".join(repr(tuple(row)) for row in found)


def _of_file(file: Path) -> bytes:
    """An SQLite file, and what stands beside it."""
    return b"".join(there.read_bytes() for there in file.parent.glob(f"{file.name}*"))


def _of_server(url: str) -> bytes:
    """The files of a PostgreSQL database and its statistics, once it has tidied up."""
    database = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with database.connect() as connection:
        for table in (*sa.inspect(database).get_table_names(), "pg_statistic"):
            connection.exec_driver_sql(f'vacuum full analyze "{table}"')
        connection.exec_driver_sql("checkpoint")
        own = sa.text("select oid from pg_database where datname = current_database()")
        name = connection.scalar(own)
        noted = repr(connection.exec_driver_sql("select pg_stats::text from pg_stats").all())
    database.dispose()
    folder = Path(str(sa.make_url(url).query["host"])) / "data" / "base" / str(name)
    return noted.encode() + b"".join(file.read_bytes() for file in sorted(folder.iterdir()))


class _Listener(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@contextmanager
def heard() -> Iterator[list[str]]:
    """All that is logged meanwhile, by whomever, at any level."""
    root, listener = logging.getLogger(), _Listener()
    before = root.level
    root.addHandler(listener)
    root.setLevel(logging.DEBUG)
    try:
        yield listener.lines
    finally:
        root.setLevel(before)
        root.removeHandler(listener)


# --- what is shown -------------------------------------------------------------------------------


def _asked(engine: Engine) -> object:
    return engine.ask(Reopen(reason="again").to("A-1"))


SHOWN: Mapping[str, Callable[[Engine], object]] = {
    "ask": _asked,
    "explain": lambda engine: engine.explain("A-1"),
    "idle_parts": lambda engine: engine.idle_parts("A-1"),
    "findings": lambda engine: [*engine.findings("A-1"), *engine.findings()],
    "order": lambda engine: engine.order("A-1"),
    "orders": lambda engine: list(engine.orders()),
    "journal": lambda engine: list(engine.journal("A-1")),
    "level": lambda engine: engine.level("MUG"),
    "tasks": lambda engine: list(engine.tasks()),
    "unmatched": lambda engine: engine.unmatched(),
    "reconcile": lambda engine: engine.reconcile("main", {}),
    "erase_order": lambda engine: engine.erase_order("A-1"),
}
"""What an engine shows, by the method that does. The order is A-1."""
CHANGES = frozenset({
    *("place", "place_many", "submit", "submit_many", "change_stock", "observe", "intake"),
    *("dismiss", "fire", "apply_rules", "erase", "claim", "reassign", "plan_pick_tour"),
    *("finish_pick_tour", "complete"),
})  # fmt: skip
"""The methods of an engine that change something, and show what they changed."""
TOLD_BY_COMMANDS: Mapping[str, tuple[str, ...]] = {
    "show": ("A-1", "--json"),
    "explain": ("A-1", "--json"),
    "timeline": ("A-1",),
    "tasks": (),
    "unmatched": (),
    "doctor": (),
}
"""What the command line shows of a database."""


def shown(engine: Engine, url: str) -> str:
    """All that is shown of the order, by the engine and on the command line."""
    told = [repr(_plain(show(engine))) for show in SHOWN.values()]
    for command, given in TOLD_BY_COMMANDS.items() if url else ():
        told.append(CliRunner().invoke(app, [command, *given, "--db", url]).output)
    return "\n".join(told)


def _plain(value: Any) -> Any:
    """A value with all that stands in it: some tell less of themselves than they hold."""
    if isinstance(value, Order):
        return [value.document, _plain(value.state)]
    if attrs.has(type(value)):
        fields = [field.name for field in attrs.fields(type(value))]
        return [_plain(getattr(value, name)) for name in fields]
    if isinstance(value, Mapping):
        return [(key, _plain(item)) for key, item in value.items()]
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
