"""What there is to see of a shop, as texts: its tables, what it explains, its open tasks."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import attrs

from orderflow import Engine
from orderflow.ports import OrderQuery, TaskQuery
from orderflow.wording import Wording
from tests.same.wire import text

CARD = "orderflow_rules"
"""The card of the rules: it says what an engine was given, and not what became of it."""


def tables(file: Path) -> Iterator[str]:
    """Each row of each table as it is stored, after the names of its columns."""
    with closing(sqlite3.connect(file)) as connection:
        connection.text_factory = bytes
        names = "select name from sqlite_master where type = 'table' order by name"
        for (name,) in connection.execute(names).fetchall():
            table = name.decode()
            if table == CARD:
                continue
            found = connection.execute(f'select * from "{table}"')
            columns = [column[0] for column in found.description]
            yield f"table {table}: {', '.join(columns)}"
            yield from sorted(f"{table} {_row(row)}" for row in found)


def _row(row: tuple[object, ...]) -> str:
    return text([each.decode() if isinstance(each, bytes) else each for each in row])


def wanted(file: Path) -> Iterator[str]:
    """Which kinds of rows the outbox has had, by their kind and name."""
    with closing(sqlite3.connect(file)) as connection:
        for kind, name in connection.execute("select distinct kind, name from orderflow_outbox"):
            yield f"{kind} {name}"


def rows(told: list[str]) -> int:
    """How many rows the text of tables has."""
    return sum(not line.startswith("table ") for line in told)


BECAUSE = "    because "


def explained(engine: Engine, order: str) -> Iterator[str]:
    """What an order waits for, and what may be done with it."""
    told = engine.explain(order)
    yield f"{told.order.id} v{told.order.version} is {told.order.status}"
    for wait in told.pending:
        yield f"  waits {text(wait)}"
    for offer in told.allowed:
        yield f"  may {text(offer.command.body)}"
    for offer in told.blocked:
        yield f"  may not {text(offer.command.body)}"
        yield from (f"{BECAUSE}{refusal}" for refusal in offer.refusals)
    for what in told.idle_parts:
        yield f"  silent: {what}"


def happened(engine: Engine) -> Iterator[str]:
    """The kinds of events in all journals."""
    for order in engine.orders():
        subjects = [f"order:{order.id}", *(f"parcel:{view}" for view in order.state.parcels)]
        for entry in (each for name in subjects for each in engine.store.journal(name)):
            yield from (f"event {type(event).__name__}" for event in entry.events)


def read(engine: Engine) -> Iterator[str]:
    """What the engine answers who reads all of it, in the end."""
    for order in engine.orders(OrderQuery()):
        yield from explained(engine, order.id)
        shown = [order.stage, order.payment_status, order.return_status, sorted(order.overlays)]
        yield f"  shows {text(shown)}"
        for entry in engine.journal(order.id):
            told = "; ".join(map(Wording().of, entry.events))
            yield f"  {entry.version} {entry.at.isoformat()} {entry.actor}: {told}"
        for found in engine.findings(order.id):
            yield f"  finding {text(found)}"
    for found in engine.findings():
        yield f"finding {text(found)}"
    for item in engine.unmatched():
        yield f"inbox {text(item)}"


_FIRST_PAGE = TaskQuery()


@attrs.define
class Desk:
    """The open tasks, and what became of them since it was looked at last."""

    _open: dict[str, str] = attrs.field(factory=dict)

    def news(self, engine: Engine) -> Iterator[str]:
        now = {task.key: text(task) for _, task in engine.store.tasks(_FIRST_PAGE)}
        for key, told in now.items():
            if self._open.get(key) != told:
                yield f"{'changed' if key in self._open else 'opened'} {told}"
        for key in self._open:
            if key not in now:
                yield f"closed {key}"
        self._open = now
