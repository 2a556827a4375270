"""Statements compiled once, and sent to the driver directly: saves most of a call's time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from operator import itemgetter
from typing import Any

import attrs
from sqlalchemy import ClauseElement, Connection, CursorResult, Dialect, Table
from sqlalchemy import Row as Found
from sqlalchemy.dialects import postgresql, sqlite

__all__ = ["adding", "changed_rows", "execute_many", "fetch", "inserting", "putting"]

Row = dict[str, Any]


def inserting(dialect: str, table: Table) -> postgresql.Insert | sqlite.Insert:
    """The dialect's insert, which can handle an existing row."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


@cache
def adding(dialect: str, table: Table) -> postgresql.Insert | sqlite.Insert:
    """An insert that keeps an existing row of the same key."""
    return inserting(dialect, table).on_conflict_do_nothing()


@cache
def putting(
    dialect: str, table: Table, keys: tuple[str, ...], columns: tuple[str, ...]
) -> postgresql.Insert | sqlite.Insert:
    """An insert that updates *columns* of an existing row of the same *keys*."""
    statement = inserting(dialect, table)
    new = {column: statement.excluded[column] for column in columns}
    return statement.on_conflict_do_update(index_elements=list(keys), set_=new)


_Schemas = tuple[tuple[str | None, str], ...]


def _schemas(connection: Connection) -> _Schemas:
    return tuple((connection.get_execution_options().get("schema_translate_map") or {}).items())


def _compiled(statement: Any, dialect: Dialect, schemas: _Schemas, **more: Any) -> Any:
    return statement.compile(
        dialect=dialect,
        schema_translate_map=dict(schemas) or None,
        render_schema_translate=bool(schemas),
        **more,
    )


def fetch(connection: Connection, statement: ClauseElement, **asked: Any) -> Sequence[Found[Any]]:
    """The rows of a statement whose parameters and columns are texts and numbers, no moments.

    A parameter may be a list of values, or of tuples, for ``IN``. An empty one finds nothing.
    """
    if any(given == [] for given in asked.values()):
        return ()
    shapes = tuple((name, _shape(given)) for name, given in asked.items())
    text, parameters = _asking(statement, connection.dialect, shapes, _schemas(connection))
    return connection.exec_driver_sql(text, parameters(asked)).all()


_Shape = tuple[int, int] | None
"""The length of a list parameter, and of its tuples; None for a single value."""


def _shape(given: Any) -> _Shape:
    if not isinstance(given, list):
        return None
    return len(given), len(given[0]) if isinstance(given[0], tuple) else 0


@attrs.frozen
class _Slot:
    """The source of a parameter: a named value, an item of a list, or a part of an item."""

    name: str
    path: tuple[int, ...] = ()

    def of(self, asked: Row) -> Any:
        """The value."""
        found = asked[self.name]
        for step in self.path:
            found = found[step]
        return found


@attrs.frozen
class _Constant:
    """A constant parameter of the statement."""

    value: Any

    def of(self, asked: Row) -> Any:  # noqa: ARG002 (like a place's)
        """The value."""
        return self.value


def _places(name: str, shape: _Shape) -> Any:
    if shape is None:
        return _Slot(name)
    count, parts = shape
    if not parts:
        return [_Slot(name, (index,)) for index in range(count)]
    return [tuple(_Slot(name, (n, part)) for part in range(parts)) for n in range(count)]


@lru_cache(maxsize=1024)
def _asking(
    statement: ClauseElement,
    dialect: Dialect,
    shapes: tuple[tuple[str, _Shape], ...],
    schemas: _Schemas,
) -> tuple[str, Callable[[Row], Any]]:
    """The text of a statement, and a function from values of these shapes to its parameters."""
    compiled = _compiled(statement, dialect, schemas)
    asked = {name: _places(name, shape) for name, shape in shapes}
    expanded = compiled.construct_expanded_state(asked, escape_names=False)
    if compiled.positional:
        places = [*map(_source, expanded.positional_parameters)]
        return expanded.statement, lambda told: tuple(place.of(told) for place in places)
    named = {name: _source(given) for name, given in expanded.parameters.items()}
    return expanded.statement, lambda told: {name: at.of(told) for name, at in named.items()}


def _source(given: Any) -> _Slot | _Constant:
    return given if isinstance(given, _Slot) else _Constant(given)


def execute_many(connection: Connection, statement: ClauseElement, rows: list[Row]) -> None:
    """Execute a statement for all *rows* at once; does nothing without rows."""
    if rows:
        _sent(connection, statement, rows)


def changed_rows(connection: Connection, statement: ClauseElement, rows: list[Row]) -> int:
    """Execute a statement for all *rows*; returns the number of matched rows."""
    return _sent(connection, statement, rows).rowcount if rows else 0


_COUNTED: Any = {"preserve_rowcount": True}


def _sent(connection: Connection, statement: ClauseElement, rows: list[Row]) -> CursorResult[Any]:
    text, parameters = _prepared(
        statement, connection.dialect, tuple(rows[0]), _schemas(connection)
    )
    given = [parameters(row) for row in rows]
    return connection.exec_driver_sql(
        text, given if len(given) > 1 else given[0], execution_options=_COUNTED
    )


@lru_cache(maxsize=256)
def _prepared(
    statement: ClauseElement, dialect: Dialect, columns: tuple[str, ...], schemas: _Schemas
) -> tuple[str, Callable[[Row], Any]]:
    """The text of a statement, and a function from a row of these columns to its parameters."""
    compiled = _compiled(statement, dialect, schemas, column_keys=list(columns))
    converters = {
        name: convert
        for name, bound in compiled.binds.items()
        if (convert := bound.type.dialect_impl(dialect).bind_processor(dialect)) is not None
    }
    fixed = {name: bound.value for name, bound in compiled.binds.items() if name not in columns}
    fixed = {name: converters.get(name, _same)(value) for name, value in fixed.items()}
    converted = [(name, converters[name]) for name in columns if name in converters]
    order = itemgetter(*compiled.positiontup) if compiled.positional else None
    alone = compiled.positional and len(compiled.positiontup) == 1

    def parameters(row: Row) -> Any:
        whole = fixed | row
        for name, convert in converted:
            whole[name] = convert(whole[name])
        if order is None:
            return whole
        return (order(whole),) if alone else order(whole)

    return compiled.string, parameters


def _same(value: Any) -> Any:
    return value
