"""Bad input is a typed error that names the field, whatever is bad about it."""

from __future__ import annotations

import unicodedata
from functools import partial
from typing import Any

from orderflow import Engine, InHouse, NewOrder
from orderflow.errors import OrderflowError
from orderflow.fulfillment import MANUAL
from orderflow.model.commands import Cancel, Confirm, Edit
from orderflow.model.observations import StockReported
from orderflow.model.reading import read_json
from orderflow.ports import Store
from orderflow.stores import MemoryStore, SqlStore
from tests.cases.shop import POSTER, Shop, answer, case, done_or_told, expect, line, order

TYPED = (OrderflowError, ValueError)
"""What a value that is built in Python may raise: pydantic's own error is a ValueError."""


def priced(price: str) -> NewOrder:
    """An order as it comes in, of one article at this price."""
    article = f'{{"sku":"S","quantity":1,"unit_price":"{price}"}}'
    return read_json(NewOrder, f'{{"currency":"EUR","lines":[{article}]}}', "order")


@case("a price of 1e999990 is refused at once", "high", limit=15)
def endless_price() -> None:
    """A text of 70 bytes, which takes minutes of work where its price is written out.

    Right: refused in no time. Kind: numbers without an upper bound (prices, costs, taxes, charges,
    weights, counts, reported stock and payments).
    """
    expect("told", answer(lambda: priced("1e999990")))


@case("a price of 1e5000 is a typed error", "high")
def huge_price() -> None:
    """It can be read; it must not fail later, where it would sink a whole ``place_many``.

    Right: refused, with the field. Kind: what passes the reader can be calculated, encoded and
    stored.
    """
    expect("told", answer(lambda: Shop().engine.place(priced("1e5000"))))


@case("an order whose price cannot be calculated is not free", "high")
def free_order() -> None:
    """Twice 1e999998. Right: refused. Kind: a failure of arithmetic is no default."""
    try:
        total = str(order("A-1", line("S", 2, "1e999998")).total)
    except TYPED:
        total = "refused"
    expect("refused", total)


@case("attributes nested 900 deep, and one that holds itself", "medium")
def deep_attributes() -> None:
    """Given from Python.

    Right: a typed error, as the reader of JSON gives for 200. Kind: data with a shape that what
    comes later cannot walk.
    """
    deep: Any = "x"
    for _ in range(900):
        deep = [deep]
    ring: list[Any] = []
    ring.append(ring)

    def place(value: Any) -> None:
        Shop().place(POSTER, attributes={"v": value})

    got = [answer(partial(place, value), told=TYPED) for value in (deep, ring)]
    expect(["told", "told"], got)


def three_of_one() -> Shop:
    """Three units are ordered in a shop of people."""
    shop = Shop(steps=MANUAL)
    shop.stock("S", 10)
    shop.place(line("S", 3))
    return shop


@case("an edit to the largest quantity after a cancellation", "medium")
def edit_after_cancel() -> None:
    """One of three is cancelled, then the line is edited to the largest quantity that is allowed.

    Right: done, or a typed error. Kind: models that the engine builds from parts that were checked
    one by one.
    """
    shop = three_of_one()
    shop.do(Cancel(lines={"1": 1}))
    edit = Edit(quantities={"1": 10_000_000}).to("A-1")
    done_or_told(answer(lambda: shop.engine.submit(edit)))


@case("a form that is filled in with an endless number", "medium")
def form_with_endless_number() -> None:
    """A picker types a 1 with thirty zeros into "short".

    Right: a typed error that names the field. Kind: the same, for forms.
    """
    shop = three_of_one()
    shop.do(Confirm())
    expect("told", answer(lambda: shop.complete(**{"short.1": "1" + "0" * 30})))


@case("one name of an article in two spellings of Unicode", "low")
def spellings() -> None:
    """CAFÉ-1 is received composed and ordered decomposed; no eye sees a difference.

    Right: the same article, or a refusal. Kind: names that look alike and differ (also a zero-width
    space inside).
    """
    shop = Shop()
    shop.stock(unicodedata.normalize("NFC", "CAFÉ-1"), 1)
    got = "right"
    try:
        shop.place(line(unicodedata.normalize("NFD", "CAFÉ-1")))
        if "backordered" in shop.units():
            got = "wait for stock that is there"
    except TYPED:
        pass
    expect("right", got)


@case("both kinds of store take the same facts", "medium")
def same_bounds() -> None:
    """A provider reports 2**63 pieces.

    Right: the model refuses it, or the store in memory answers as SQLite does. Kind: bounds belong
    to the model, not to a column.
    """

    def told(store: Store) -> str:
        engine = Engine(store, [InHouse()])
        return answer(lambda: engine.observe(fact.at(engine.clock.now())))

    try:
        fact = StockReported(sku="A", location="main", on_hand=2**63)
    except ValueError:
        return
    expect(told(MemoryStore()), told(SqlStore("sqlite:///bounds.db")))
