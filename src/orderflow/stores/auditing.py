"""Rows of a SQL database that belong to nobody, or contradict what they are derived from."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import ColumnElement, Connection, Table, exists, func, literal, or_, select

from orderflow.model.status import status
from orderflow.stores import codec, schema
from orderflow.stores.rows import derived_columns

__all__ = ["odd_rows"]


def odd_rows(connection: Connection) -> Iterator[tuple[str, str]]:
    """The subject of each odd row, and what is odd about it."""
    yield from _orphans(connection)
    yield from _other_versions(connection)
    yield from _listed_wrongly(connection)


def _orphans(connection: Connection) -> Iterator[tuple[str, str]]:
    states, documents, parcels = schema.states, schema.documents, schema.parcels
    of_order = literal("order:").concat(states.c.id)
    of_parcel = literal("parcel:").concat(parcels.c.id)

    def of_nobody(name: ColumnElement[str]) -> ColumnElement[bool]:
        order = name.like("order:%") & ~exists().where(of_order == name)
        return or_(order, name.like("parcel:%") & ~exists().where(of_parcel == name))

    def without(name: ColumnElement[str], table: Table) -> ColumnElement[bool]:
        return ~exists().where(table.c.id == name)

    odd = (
        (documents.c.id, without(documents.c.id, states), "an order document without a state"),
        (states.c.id, without(states.c.id, documents), "an order's state without its document"),
        (schema.journals.c.subject, of_nobody(schema.journals.c.subject), "a journal of nothing"),
        (schema.tasks.c.owner, of_nobody(schema.tasks.c.owner), "a task of nothing"),
        (
            schema.outbox.c.owner,
            # A message may open what it is for.
            schema.OPEN & (schema.outbox.c.kind != "message") & of_nobody(schema.outbox.c.owner),
            "an effect or timer of nothing",
        ),
        (
            schema.reservations.c.order_id,
            without(schema.reservations.c.order_id, states),
            "stock is reserved for an order that is not there",
        ),
        (
            schema.waiting.c.order_id,
            without(schema.waiting.c.order_id, states),
            "an order that is not there waits for stock",
        ),
    )
    for name, condition, what in odd:
        for subject in connection.scalars(select(name).where(condition).distinct().order_by(name)):
            yield subject, what


def _other_versions(connection: Connection) -> Iterator[tuple[str, str]]:
    twice = select(schema.journals.c.subject, func.max(schema.journals.c.version))
    for subject, version in connection.execute(twice.group_by(schema.journals.c.subject)):
        kind, _, name = subject.partition(":")
        table = schema.states if kind == "order" else schema.parcels
        stored = connection.scalar(select(table.c.version).where(table.c.id == name))
        if stored not in (None, version):
            yield subject, f"its version is {stored}, of its journal {version}"


def _listed_wrongly(connection: Connection) -> Iterator[tuple[str, str]]:
    """Orders that a list would show otherwise than they are."""
    for row in connection.execute(select(schema.states).order_by(schema.states.c.id)).mappings():
        try:
            state = codec.decode_state(row["state"])
        except Exception:  # it is named already: it cannot be read
            continue
        is_ = {"status": status(state), "phase": state.phase.value, "version": state.version}
        is_ |= {"customer": state.customer, "channel": state.channel} | derived_columns(state)
        wrong = [name for name, value in is_.items() if row[name] != value]
        if wrong:
            yield f"order:{row['id']}", f"it is listed with another {', '.join(wrong)} than it has"
