"""Stock in SQL: applies a commit's operations to levels, reservations and waiting lists.

The rule of each operation is :func:`orderflow.inventory.apply`, the same for every store. A
transaction locks its levels in the order of their keys, applies the rule, and updates each level
only if it is unchanged: even a database without locks could not oversell.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import attrs
from sqlalchemy import Connection, RowMapping, Table, bindparam, delete, insert, select, update

from orderflow.model.stock import (
    AnnounceInbound,
    JoinWaitingList,
    LeaveWaitingList,
    Movement,
    Release,
    Reserve,
    StockKey,
    StockLevel,
    StockOp,
    WaitingBackorder,
)
from orderflow.ports import Short
from orderflow.stores.sql import schema
from orderflow.stores.sql.statements import adding, changed_rows, execute_many, putting
from orderflow.stores.stock_rows import LineKey, StockState

__all__ = ["StockRows", "level_of", "levels_of", "read_stock", "waiting_of"]

_CHUNK = 500
_SUMS = ("on_hand", "reserved", "safety", "backordered", "backorder_limit", "reported_at")
_LINE = ("sku", "location", "order_id", "line")


@attrs.define
class StockRows:
    """The stock rows of some commits: as read, and as they will be written."""

    read: StockState
    now: StockState = attrs.field(init=False)
    moved: list[Movement] = attrs.field(factory=list, init=False)
    expected: dict[str, AnnounceInbound] = attrs.field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        self.now = self.read.copy()

    def carry_out(self, ops: Sequence[StockOp], at: datetime) -> Short | None:
        """Apply *ops* in their order; none where one is short."""
        trial = self.now.trial()
        moved: list[Movement] = []
        short = [op.key for op in ops if not trial.apply(op, at, moved)]
        if short:
            return Short(tuple(dict.fromkeys(short)))
        self.now.take_over(trial)
        self.moved += moved
        self.expected |= {op.id: op for op in ops if isinstance(op, AnnounceInbound)}
        return None

    def write(self, connection: Connection) -> bool:
        """Write the changes; False where a level changed since it was read."""
        if not _write_levels(connection, self.read, self.now):
            return False
        _write_lines(connection, self.read, self.now)
        _write_expected(connection, self.expected)
        execute_many(connection, _MOVE, list(map(_movement, self.moved)))
        return True


_LEVELS = (
    select(schema.levels)
    .where(
        schema.levels.c.location == bindparam("at_location"),
        schema.levels.c.sku.in_(bindparam("skus", expanding=True)),
    )
    .order_by(schema.levels.c.sku)
)
_LOCK = _LEVELS.with_for_update()


def levels_of(
    connection: Connection, keys: Iterable[StockKey], *, lock: bool = False
) -> dict[StockKey, StockLevel]:
    """The existing levels of *keys*; *lock* blocks concurrent changes."""
    found = {}
    for location, skus in _by_location(keys):
        asked = {"at_location": location, "skus": skus}
        for row in connection.execute(_LOCK if lock else _LEVELS, asked).mappings():
            level = level_of(row)
            found[level.key] = level
    return found


def level_of(row: RowMapping) -> StockLevel:
    """The level of a row."""
    return StockLevel(StockKey(row["sku"], row["location"]), **{name: row[name] for name in _SUMS})


def waiting_of(row: Mapping[Any, Any]) -> WaitingBackorder:
    """The waiting backorder of a row."""
    return WaitingBackorder(*_line_of(row), row["quantity"], row["since"])


def read_stock(connection: Connection, ops: Sequence[StockOp]) -> StockRows:
    """Lock and read the rows of *ops*."""
    keys = sorted({op.key for op in ops if not isinstance(op, AnnounceInbound)})
    levels = levels_of(connection, keys, lock=True)
    reserving = [op for op in ops if isinstance(op, Reserve | Release)]
    waiting = [op for op in ops if isinstance(op, JoinWaitingList | LeaveWaitingList)]
    reserved = {
        _line_of(row): row["quantity"] for row in _lines(connection, schema.reservations, reserving)
    }
    waits = {_line_of(row): waiting_of(row) for row in _lines(connection, schema.waiting, waiting)}
    return StockRows(StockState(levels, reserved, waits))


_LINES = {
    table: select(table).where(
        table.c.location == bindparam("at_location"),
        table.c.sku.in_(bindparam("skus", expanding=True)),
        table.c.order_id.in_(bindparam("orders", expanding=True)),
    )
    for table in (schema.reservations, schema.waiting)
}


def _lines(
    connection: Connection,
    table: Table,
    ops: Sequence[Reserve | Release | JoinWaitingList | LeaveWaitingList],
) -> Iterator[RowMapping]:
    """The rows of *table* for the lines of *ops*, and possibly of some others."""
    orders = sorted({op.order for op in ops})
    for location, skus in _by_location({op.key for op in ops}):
        for some in _chunks(orders):
            asked = {"at_location": location, "skus": skus, "orders": some}
            yield from connection.execute(_LINES[table], asked).mappings()


def _by_location(keys: Iterable[StockKey]) -> Iterator[tuple[str, Sequence[str]]]:
    """The SKUs of *keys* at each location, sorted, in chunks that fit into one statement."""
    skus: dict[str, list[str]] = {}
    for key in sorted(set(keys)):
        skus.setdefault(key.location, []).append(key.sku)
    for location in sorted(skus):
        for some in _chunks(skus[location]):
            yield location, some


def _chunks(names: Sequence[str]) -> Iterator[Sequence[str]]:
    return (names[start : start + _CHUNK] for start in range(0, len(names), _CHUNK))


_SET_LEVEL = (
    update(schema.levels)
    .where(
        schema.levels.c.sku == bindparam("at_sku"),
        schema.levels.c.location == bindparam("at_location"),
        *(schema.levels.c[name].is_not_distinct_from(bindparam(f"was_{name}")) for name in _SUMS),
    )
    .values({name: bindparam(name) for name in _SUMS})
)


def _write_levels(connection: Connection, before: StockState, after: StockState) -> bool:
    """Write the changed levels; False where one changed since it was read."""
    rows, new = [], []
    for key, level in sorted(after.levels.items()):
        was = before.levels.get(key)
        if was is None:
            new.append({"sku": key.sku, "location": key.location} | _sums(level))
        elif level != was:
            row: dict[str, Any] = {"at_sku": key.sku, "at_location": key.location}
            row |= {f"was_{name}": units for name, units in _sums(was).items()}
            rows.append(row | _sums(level))
    added = changed_rows(connection, adding(connection.dialect.name, schema.levels), new)
    return added == len(new) and changed_rows(connection, _SET_LEVEL, rows) == len(rows)


def _sums(level: StockLevel) -> dict[str, Any]:
    return {name: getattr(level, name) for name in _SUMS}


def _write_lines(connection: Connection, before: StockState, after: StockState) -> None:
    """Write the changed reservations and waiting lines."""
    reserved = [
        _line_row(line) | {"quantity": units}
        for line, units in after.reserved.items()
        if units != before.reserved.get(line)
    ]
    _put_lines(connection, schema.reservations, reserved, ("quantity",))
    waiting = [
        _line_row(line) | {"quantity": row.quantity, "since": row.since}
        for line, row in after.waiting.items()
        if row != before.waiting.get(line)
    ]
    _put_lines(connection, schema.waiting, waiting, ("quantity", "since"))


_DELETE_LINE = {
    table: delete(table).where(*(table.c[name] == bindparam(f"of_{name}") for name in _LINE))
    for table in (schema.reservations, schema.waiting)
}


def _put_lines(
    connection: Connection, table: Table, rows: list[dict[str, Any]], columns: tuple[str, ...]
) -> None:
    """Write the rows; deletes those without units."""
    there = [row for row in rows if row["quantity"]]
    execute_many(connection, putting(connection.dialect.name, table, _LINE, columns), there)
    gone = [{f"of_{name}": row[name] for name in _LINE} for row in rows if not row["quantity"]]
    execute_many(connection, _DELETE_LINE[table], gone)


def _line_of(row: Mapping[Any, Any]) -> LineKey:
    return StockKey(row["sku"], row["location"]), row["order_id"], row["line"]


def _line_row(line: LineKey) -> dict[str, Any]:
    key, order, name = line
    return {"sku": key.sku, "location": key.location, "order_id": order, "line": name}


_STRIKE = delete(schema.expected).where(schema.expected.c.id == bindparam("of_id"))
_ANNOUNCE = insert(schema.expected)
_MOVE = insert(schema.movements)


def _write_expected(connection: Connection, announced: Mapping[str, AnnounceInbound]) -> None:
    """Replace the inbound shipments of these ids; one without units is deleted."""
    old = [{"of_id": announcement} for announcement in announced]
    execute_many(connection, _STRIKE, old)
    new = [
        {"id": op.id, "sku": op.key.sku, "location": op.key.location}
        | {"quantity": op.quantity, "at": op.at}
        for op in announced.values()
        if op.quantity
    ]
    execute_many(connection, _ANNOUNCE, new)


def _movement(moved: Movement) -> dict[str, Any]:
    """The row of the stock journal."""
    where = {"sku": moved.key.sku, "location": moved.key.location, "at": moved.at}
    told = {"cause": moved.cause.value, "reference": moved.reference}
    return where | told | {"quantity": moved.quantity}
