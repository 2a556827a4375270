"""Hypothesis strategies for what goes into an engine."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

try:
    from hypothesis import strategies as st
except ImportError as error:  # pragma: no cover (needs an environment without the extra)
    raise ImportError("orderflow.testing needs: pip install 'orderflow[testing]'") from error

from orderflow.model.document import (
    Address,
    Charge,
    Customer,
    Delivery,
    Line,
    NewOrder,
    Shipping,
    Terms,
)

__all__ = ["SKUS", "addresses", "lines", "orders"]

SKUS = ("MUG", "CUP", "POT")
"""Few SKUs, so that orders compete for the same stock."""

_START = datetime(2026, 1, 5, 9, tzinfo=UTC)


def addresses() -> st.SearchStrategy[Address]:
    """Postal addresses in any script."""
    words = st.text(st.characters(categories=["L"]), min_size=1, max_size=12)
    country = st.sampled_from(["GB", "DE", "JP", "BH"])
    return st.builds(Address, name=words, lines=st.tuples(words), city=words, country=country)


def lines(skus: Sequence[str] = SKUS) -> st.SearchStrategy[Line]:
    """Lines of a few units; some dated, some not stocked, some that need no shipping."""
    prices = st.integers(0, 10_000).map(lambda cents: Decimal(cents).scaleb(-2))
    dates = st.none() | st.integers(0, 3).map(lambda days: _START + timedelta(days=days))
    return st.builds(
        Line,
        sku=st.sampled_from(skus),
        quantity=st.integers(1, 4),
        unit_price=prices,
        not_before=st.just(None) | dates,
        stocked=st.sampled_from([True, True, True, False]),
        ships=st.sampled_from([True, True, True, True, False]),
    )


def orders(skus: Sequence[str] = SKUS) -> st.SearchStrategy[NewOrder]:
    """Orders that a customer may place: valid, small, varied."""
    return st.builds(
        NewOrder,
        channel=st.sampled_from(["online", "store", "phone"]),
        customer=st.none() | st.builds(Customer, id=st.sampled_from(["ana", "bo"])),
        ship_to=st.none() | addresses(),
        currency=st.sampled_from(["GBP", "JPY", "BHD"]),
        lines=st.lists(lines(skus), max_size=3).map(tuple),
        charges=st.lists(
            st.builds(Charge, code=st.just("POST"), amount=st.integers(-500, 500)), max_size=1
        ).map(tuple),
        terms=st.sampled_from(Terms),
        shipping=st.sampled_from([Shipping.PARTIAL, *Shipping]),
        delivery=st.sampled_from([Delivery.CARRIER] * 4 + [Delivery.PICKUP, Delivery.HANDOVER]),
    )
