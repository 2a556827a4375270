"""Stores of any number of orders, made from two that were really worked."""

from __future__ import annotations

from sqlalchemy import Connection, Table, Text, text

from orderflow import Engine, InHouse, Line, NewOrder, Steps
from orderflow.model.commands import Confirm, ReceiveStock
from orderflow.simulation import VirtualClock
from orderflow.stores import SqlStore
from orderflow.stores.sql import database, schema

__all__ = ["crowded", "quick"]

_TEMPLATES = ("T-0000000", "U-0000000")


def quick(url: str) -> Engine:
    """An engine on SQLite that does not wait for the disk, which would hide what grows.

    People pick; the other steps are automatic.
    """
    store = SqlStore(url, synchronous="OFF")
    return Engine(store, [InHouse()], steps=Steps(frozenset({"pick"})), clock=VirtualClock())


def crowded(url: str, orders: int) -> Engine:
    """The same in a store of *orders*: half of them wait to be confirmed, half to be picked."""
    engine = quick(url)
    engine.change_stock(ReceiveStock(sku="MUG", quantity=10_000_000).to())
    for name in _TEMPLATES:
        engine.place(NewOrder(number=name, currency="EUR", lines=(Line(sku="MUG", quantity=1),)))
    engine.submit(Confirm().to(_TEMPLATES[1]))
    there = database.Database(url, synchronous="OFF")
    with there.write() as connection:
        for template in _TEMPLATES:
            for table in schema.metadata.sorted_tables:
                _copy(connection, table, template, (orders - len(_TEMPLATES)) // 2)
        connection.execute(text("analyze"))
    there.close()
    return engine


def _copy(connection: Connection, table: Table, template: str, times: int) -> None:
    """Copy the rows that speak of *template*, under as many other names."""
    columns = [column.name for column in table.columns if column.name != "number"]
    texts = [column.name for column in table.columns if isinstance(column.type, Text)]
    if not texts:
        return
    prefix = template[0]
    renamed = [
        f"replace({name}, '{template}', '{prefix}-' || n)" if name in texts else name
        for name in columns
    ]
    names = ", ".join(f'"{name}"' for name in columns)
    speaks = f"instr({' || '.join(texts)}, '{template}')"
    # The second table of a join is read anew for each row of the first: a copy that does not grow.
    connection.execute(
        text(f"create temp table copied as select * from {table.name} where {speaks}")
    )
    connection.execute(
        text(
            "with recursive numbers(n) as "
            f"(select 1000000 union all select n + 1 from numbers where n < {999_999 + times}) "
            f"insert into {table.name} ({names}) select {', '.join(renamed)} from numbers, copied"
        )
    )
    connection.execute(text("drop table copied"))
