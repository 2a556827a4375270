"""Hypothesis strategies for an engine's input.

Each draws only valid values, by construction, and shrinks to a small one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from orderflow.model.document import (
    Address,
    Charge,
    Customer,
    Delivery,
    ItemDetails,
    Line,
    NewOrder,
    Shipping,
    Terms,
)
from orderflow.model.stock import StockKey, StockLevel
from orderflow.money import Money

__all__ = ["SKUS", "addresses", "disordered", "lines", "money", "orders", "stock"]

T = TypeVar("T")

SKUS = ("MUG", "CUP", "POT")
"""Few SKUs, so that orders compete for the same stock."""

_START = datetime(2026, 1, 5, 9, tzinfo=UTC)
_CURRENCIES = st.sampled_from(["GBP", "JPY", "BHD"])  # with two, no and three decimals


def addresses() -> SearchStrategy[Address]:
    """Postal addresses in any script."""
    words = st.text(st.characters(categories=["L"]), min_size=1, max_size=12)
    country = st.sampled_from(["GB", "DE", "JP", "BH"])
    return st.builds(Address, name=words, lines=st.tuples(words), city=words, country=country)


def money(low: int = 0, high: int = 10_000) -> SearchStrategy[Money]:
    """Amounts from *low* to *high* minor units, in currencies with two, no and three decimals."""
    return st.builds(Money, st.integers(low, high), _CURRENCIES)


def lines(skus: Sequence[str] = SKUS) -> SearchStrategy[Line]:
    """Lines of a few units; some dated, some not stocked, some that need no shipping."""
    prices = st.integers(0, 10_000).map(lambda cents: Decimal(cents).scaleb(-2))
    dates = st.none() | st.integers(0, 3).map(lambda days: _START + timedelta(days=days))
    return st.builds(
        Line,
        sku=st.sampled_from(skus),
        quantity=st.integers(1, 4),
        unit_price=prices,
        item=st.builds(ItemDetails, weight_g=st.none() | st.integers(0, 900)),
        not_before=st.just(None) | dates,
        stocked=st.sampled_from([True, True, True, False]),
        ships=st.sampled_from([True, True, True, True, False]),
    )


def orders(
    skus: Sequence[str] = SKUS,
    *,
    line: SearchStrategy[Line] | None = None,
    delivery: SearchStrategy[Delivery] | None = None,
    attributes: SearchStrategy[dict[str, Any]] | None = None,
    max_lines: int = 3,
) -> SearchStrategy[NewOrder]:
    """Orders that a customer can place: valid, small, varied.

    Args:
        skus: The ordered SKUs.
        line: Draws the lines, in place of ``lines(skus)``.
        delivery: Draws the way of delivery.
        attributes: Draws the application's own data.
        max_lines: The most lines; an order may have none.
    """
    ways = [Delivery.CARRIER] * 4 + [Delivery.PICKUP, Delivery.HANDOVER]
    charge = st.builds(Charge, code=st.just("POST"), amount=st.integers(-500, 500))
    return st.builds(
        NewOrder,
        channel=st.sampled_from(["online", "store", "phone"]),
        customer=st.none() | st.builds(Customer, id=st.sampled_from(["ana", "bo"])),
        ship_to=st.none() | addresses(),
        currency=_CURRENCIES,
        lines=st.lists(lines(skus) if line is None else line, max_size=max_lines).map(tuple),
        charges=st.lists(charge, max_size=1).map(tuple),
        terms=st.sampled_from(Terms),
        shipping=st.sampled_from([Shipping.PARTIAL, *Shipping]),
        delivery=st.sampled_from(ways) if delivery is None else delivery,
        attributes=st.just({}) if attributes is None else attributes,
    )


@st.composite
def stock(
    draw: st.DrawFn, skus: Sequence[str] = SKUS, locations: Sequence[str] = ("main",)
) -> StockLevel:
    """Realistic stock levels: safety stock, backorders, now and then a shortfall."""
    on_hand = draw(st.integers(0, 9))
    limit = draw(st.none() | st.integers(0, 5))
    return StockLevel(
        StockKey(draw(st.sampled_from(skus)), draw(st.sampled_from(locations))),
        on_hand,
        reserved=draw(st.integers(0, on_hand) | st.just(on_hand + 1)),
        safety=draw(st.integers(0, 2)),
        backordered=draw(st.integers(0, 4 if limit is None else limit)),
        backorder_limit=limit,
    )


def disordered(told: Sequence[T]) -> SearchStrategy[list[T]]:
    """The same items in any order, some of them twice, as outside sources send them."""
    again = st.lists(st.sampled_from(told), max_size=3) if told else st.just([])
    return again.flatmap(lambda more: st.permutations([*told, *more]))


for _kind, _data in (
    (Address, addresses()),
    (Line, lines()),
    (Money, money()),
    (NewOrder, orders()),
    (StockLevel, stock()),
):
    st.register_type_strategy(_kind, _data)
