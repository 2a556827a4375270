"""A shop whose every table has rows, and changes of one value at a time in them, by hand."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import sqlalchemy as sa

from orderflow import Engine, InHouse, Line, NewOrder, Steps
from orderflow.cli.visit import Visitor
from orderflow.engine.doctor import examine
from orderflow.engine.doctor.checks import Finding
from orderflow.errors import OrderflowError, PortFailed
from orderflow.fulfillment import Pickup, ThirdParty
from orderflow.model.commands import Cancel, ExpectInbound, PlaceHold, ReceiveStock, RequestReturn
from orderflow.model.document import Address, Customer, Delivery
from orderflow.model.observations import StockReported, TrackingReported
from orderflow.model.parcel import ParcelStatus
from orderflow.ports import Label, LabelRequest
from orderflow.simulation import SequentialIds, VirtualClock
from orderflow.stores import SqlStore
from orderflow.stores.sql import schema
from orderflow.testing import FakeCarrier, FakePartner

__all__ = ["Shop", "Tamper", "columns", "tampers"]

NO_TEXT = b"A\xffB"
"""Bytes that are no UTF-8."""
HERE = Address(name="Ana Ng", lines=("1 Hill Road",), city="York", country="GB")


class Tired(FakeCarrier):
    """A carrier that has no label for one of the parcels."""

    def buy_label(self, request: LabelRequest) -> Label:
        """None for the fifth order."""
        if "A-5" in request.key:
            raise PortFailed("no answer in time")
        return super().buy_label(request)


class Shop:
    """Orders at every stage, in a file."""

    def __init__(self, file: Path) -> None:
        self.file, self.clock = file, VirtualClock()
        self.store = SqlStore(f"sqlite:///{file}", synchronous="OFF")
        self.engine = self._opened(Engine)
        self._fill()
        self.visitor = self._opened(Visitor)

    def _opened(self, kind: type[Engine]) -> Engine:
        return kind(
            self.store,
            [InHouse(carrier=Tired()), Pickup(), ThirdParty(FakePartner(), code="3pl")],
            clock=self.clock,
            ids=SequentialIds(),
            steps=Steps(
                manual={"pick"}, when=lambda order: order.attributes.get("worked_by") == "people"
            ),
        )

    def _fill(self) -> None:
        engine, now = self.engine, self.clock.now()
        engine.change_stock(ReceiveStock(sku="MUG", quantity=20, reference="delivery").to(id="r1"))
        engine.change_stock(ReceiveStock(sku="LAMP", quantity=5).to(id="r2"))
        later = now + timedelta(days=9)
        arrives = ExpectInbound(expected="E-1", sku="CUP", quantity=2, at=later)
        engine.change_stock(arrives.to(id="r3"))
        engine.observe(StockReported(sku="MUG", location="3pl", on_hand=2).at(now))
        mug, cup = Line(sku="MUG", quantity=2, amount=500), Line(sku="CUP", quantity=2)
        lines = {
            1: (mug,),
            2: (mug, Line(sku="LAMP", quantity=1)),
            3: (mug.model_copy(update={"not_before": later}),),
            4: (mug, cup),
            5: (mug,),
            6: (mug,),
            7: (mug,),
        }
        for number, asked in lines.items():
            order = NewOrder(
                number=f"A-{number}",
                currency="GBP",
                customer=Customer(id="ana" if number % 2 else "bo", name="Ana Ng"),
                ship_to=HERE,
                lines=asked,
                delivery=Delivery.PICKUP if number == 6 else Delivery.CARRIER,
                promised=now + timedelta(days=20) if number == 4 else None,
                attributes={"worked_by": "people" if number in (4, 6) else "robots"},
            )
            engine.place(order, id=f"place-{number}", by="ana")
        engine.worker.run_until_idle()
        engine.submit(Cancel().to("A-3", by="ana", id="cancel-3"))
        engine.submit(PlaceHold(hold="odd", reason="looks odd").to("A-7", by="ana"))
        for parcel in ("A-1-P1", "A-2-P1"):
            found = self.store.parcel(parcel)
            assert found is not None
            scan = TrackingReported(
                tracking_number=found.tracking_number, status=ParcelStatus.DELIVERED
            )
            engine.observe(scan.at(now))
        engine.worker.run_until_idle()
        engine.submit(RequestReturn(lines={"1": 1}).to("A-1", id="return"))
        engine.observe(TrackingReported(tracking_number="X9", status=ParcelStatus.LOST).at(now))
        with suppress(OrderflowError):
            engine.intake('{"body": "what"}')
        engine.claim(next(engine.tasks(role="warehouse")), by="ana")
        engine.worker.run_until_idle()

    def rows(self, table: str) -> int:
        """How many rows a table has."""
        with closing(sqlite3.connect(self.file)) as db:
            found: int = db.execute(f"select count(*) from {table}").fetchone()[0]
            return found

    def two(self, table: str, column: str, row: int = 0) -> tuple[Any, Any]:
        """A value, and another one that does as well."""
        keys = ", ".join(keys_of(schema.metadata.tables[table]))
        with closing(sqlite3.connect(self.file)) as db:
            found = [v for (v,) in db.execute(f"select {column} from {table} order by {keys}")]
        value = found[row]
        others = [v for v in found if v != value]
        return value, others[0] if others else value

    @contextmanager
    def tampered(self, tamper: Tamper) -> Iterator[bool]:
        """The value is another one for a while; False where the database does not take it."""
        with closing(sqlite3.connect(self.file, isolation_level=None)) as db:
            if (back := tamper.do(db)) is None:
                yield False
                return
            try:
                yield True
            finally:
                db.execute(*back)

    @contextmanager
    def written(self, table: str, column: str, put: str) -> Iterator[bool]:
        """A value of a column is these bytes, *put* by SQL; False where it may not be."""
        keys = keys_of(schema.metadata.tables[table])
        where = " and ".join(f"{key} = ?" for key in keys)
        with closing(sqlite3.connect(self.file, isolation_level=None)) as db:
            row = db.execute(f"select {column}, {', '.join(keys)} from {table}").fetchone()
            change = f"update {table} set {column} = {{}} where {{}}"
            try:
                db.execute(change.format(put, where), (NO_TEXT, *row[1:]))
            except sqlite3.IntegrityError:
                yield False
                return
            now = where.replace(f"{column} = ?", f"{column} = {put}")
            there = [NO_TEXT if key == column else v for key, v in zip(keys, row[1:], strict=True)]
            try:
                yield True
            finally:
                db.execute(change.format("?", now), (row[0], *there))

    def look(self, *, anew: bool = False) -> list[Finding]:
        """What the doctor finds, who may have to open the database *anew*."""
        if not anew:
            return list(examine(self.visitor))
        try:
            SqlStore(f"sqlite:///{self.file}", create=False).close()
        except OrderflowError as error:
            return [Finding(0, "the database", str(error))]
        return self.look()


def columns() -> Iterator[sa.Column[Any]]:
    """Every column of every table."""
    for table in schema.metadata.sorted_tables:
        yield from table.c


@attrs.frozen
class Tamper:
    """One value that is changed by hand."""

    table: str
    column: str
    row: int
    before: Any
    after: Any

    @property
    def name(self) -> str:
        """The table's and the column's."""
        return f"{self.table.removeprefix('orderflow_')}.{self.column}"

    def do(self, db: sqlite3.Connection) -> tuple[str, tuple[Any, ...]] | None:
        """Change it; the statement that changes it back, None where it cannot be changed."""
        keys = keys_of(schema.metadata.tables[self.table])
        ordered = f"select {', '.join(keys)} from {self.table} order by {', '.join(keys)}"
        row = db.execute(f"{ordered} limit 1 offset {self.row}").fetchone()
        where = " and ".join(f"{key} = ?" for key in keys)
        change = f"update {self.table} set {self.column} = ? where {where}"
        try:
            db.execute(change, (self.after, *row))
        except sqlite3.IntegrityError:
            return None
        there = [
            self.after if key == self.column else value
            for key, value in zip(keys, row, strict=True)
        ]
        return change, (self.before, *there)

    def __str__(self) -> str:
        return f"{self.name}, row {self.row}: {self.before!r:.300} to {self.after!r:.300}"


def keys_of(table: sa.Table) -> list[str]:
    """The columns by which a row is known."""
    return [column.name for column in table.primary_key] or ["rowid"]


IN_USE = {"orderflow_outbox": "status = 'pending'"}
"""What a row that is done says is over: only those in use are tried."""


def tampers(file: Path, column: sa.Column[Any], chosen: random.Random) -> list[Tamper]:
    """Changes of a value of a column: to another of its kind, and to one that another row has."""
    table, name = column.table.name, column.name
    keys, used = ", ".join(keys_of(column.table)), IN_USE.get(table, "1")
    with closing(sqlite3.connect(file)) as db:
        rows = db.execute(f"select {name}, {used} from {table} order by {keys}").fetchall()
    row = chosen.choice([number for number, (_, counts) in enumerate(rows) if counts])
    before = rows[row][0]
    others = sorted({value for value, _ in rows if value not in (before, None)}, key=str)
    after = [*_changed(column, before, chosen), *chosen.sample(others, min(1, len(others)))]
    return [Tamper(table, name, row, before, value) for value in dict.fromkeys(after)]


def _changed(column: sa.Column[Any], value: Any, chosen: random.Random) -> Iterator[Any]:
    if isinstance(column.type, sa.Boolean):
        yield 1 - value
    elif isinstance(value, int):
        yield value + 1
    elif value is None:
        yield 5
    elif value[:1] in ("{", "["):
        yield from _in_json(json.loads(value), chosen)
        yield value[:-1]
    else:
        yield f"{value}x"


def _in_json(value: Any, chosen: random.Random) -> Iterator[str]:
    """The same JSON with one of its texts or numbers changed."""
    leaves = list(_leaves(value, ()))
    if not leaves:
        return
    path = chosen.choice(leaves)
    told = value
    for step in path[:-1]:
        told = told[step]
    leaf = told[path[-1]]
    told[path[-1]] = (
        not leaf if isinstance(leaf, bool) else leaf + 1 if isinstance(leaf, int) else f"{leaf}x"
    )
    yield json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _leaves(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    items = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for step, inner in items:
        if isinstance(inner, dict | list):
            yield from _leaves(inner, (*path, step))
        elif inner is not None:
            yield (*path, step)
