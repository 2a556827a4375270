"""Forgetting a person."""

from __future__ import annotations

import sqlite3

from orderflow import Address, Charge, Customer
from orderflow.model.commands import PlaceHold, ReleaseHold
from orderflow.stores import SqlStore
from tests.cases.shop import Shop, case, expect, line


def left_of_anna() -> str:
    """All that stands in the tables once Anna Smithsonia is forgotten: her order is over."""
    shop = Shop(store=SqlStore("sqlite:///forget.db"))
    shop.stock("S", 1)
    shop.place(
        line("S", name="Mug for Anna Smithsonia"),
        customer=Customer(id="anna", name="Anna Smithsonia", email="a@secretmail.example"),
        ship_to=Address(name="Anna Smithsonia", lines=("12 Lane",), city="X", country="GB"),
        charges=[Charge(code="wrap", amount=1, name="ribbon for Anna Smithsonia")],
    )
    shop.do(PlaceHold(hold="h-anna", reason="anna"))
    shop.do(ReleaseHold(hold="h-anna"))
    shop.pay(1)
    shop.deliver()
    shop.days(60)
    expect(("A-1",), shop.engine.erase("anna").erased)
    read = sqlite3.connect("forget.db").execute
    names = [name for (name,) in read("select name from sqlite_master where type = 'table'")]
    return "\n".join(repr(row) for name in names for row in read(f'select * from "{name}"'))


@case("a person's name in the name of a line or charge", "medium")
def names_of_lines() -> None:
    """A line is called "Mug for Anna Smithsonia", a charge "ribbon for Anna Smithsonia".

    Right: once she is forgotten her name stands nowhere. Kind: each free text in which a name can
    stand (added and exchanged lines, keys of attributes).
    """
    expect(0, left_of_anna().count("Smithsonia"))


@case("the customer's id as the reason and the handle of a hold", "medium")
def id_in_a_hold() -> None:
    """A hold ``h-anna`` was placed because of ``anna``, the customer's id.

    Right: neither stands anywhere, though an id looks like a code. Kind: the same.
    """
    left = left_of_anna()
    expect([], [word for word in ("h-anna", '"reason":"anna"') if word in left])
