"""What an order waits for: missing units, a date, a hold that ends by itself; and the shelf."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderflow import InHouse, Line, NewOrder, Refusal, Refused, Steps
from orderflow.fulfillment import Dropship
from orderflow.model.commands import Cancel, Count, Pick, PlaceHold, Receive, Ship
from orderflow.model.document import Shipping
from orderflow.model.ledger import Bucket
from orderflow.model.observations import RequestAnswered
from orderflow.simulation import VirtualClock
from orderflow.testing import FakeParty, check_order
from tests.little_shop import LittleShop

BY_HAND: dict[str, Any] = {"steps": Steps(manual={"pick"})}
CUP = Line(sku="CUP", quantity=1, unit_price=Decimal(3))
MUG = Line(sku="MUG", quantity=2, unit_price=Decimal(5))


@given(shelf=st.integers(0, 6), quantity=st.integers(1, 6), counted=st.booleans())
def test_what_a_count_has_found_missing_a_short_pick_does_not_take_again(
    shelf: int, quantity: int, counted: bool
) -> None:
    pot = Line(sku="POT", quantity=1, stocked=False)
    shop = LittleShop(engine={"steps": Steps(manual={"pick", "pack"})}, lines=(pot,))
    stock = max(shelf, quantity)
    shop.engine.change_stock(Receive(sku="MUG", quantity=stock).to(id="r-2"))
    shop.engine.change_stock(Count(sku="MUG", counted=stock).to(id="c-1"))
    mugs = Line(sku="MUG", quantity=quantity)
    shop.engine.place(NewOrder(number="A-2", currency="EUR", lines=(mugs,)))
    shop.work()
    if counted:
        shop.engine.change_stock(Count(sku="MUG", counted=shelf).to(id="c-2"))
    found = min(shelf, quantity)
    units = {"1": found} if found else {}
    short = {"1": quantity - found} if quantity > found else {}
    shop.engine.submit(Pick(fo="A-2-F1", units=units, short=short).to("A-2"))
    shop.work()
    check_order(shop.engine, "A-2")
    assert shop.engine.level("MUG").on_hand == shelf


class OnlyMugs(InHouse):
    """Takes nothing else."""

    def accepts(self, line: Line) -> Refusal | None:
        return None if line.sku == "MUG" else Refusal("no_mug", f"{line.sku} is no mug")


def whole(**order: Any) -> LittleShop:
    """An order that is to leave at once and whole, of which a cup comes from a supplier."""
    party = FakeParty()
    strategies = [InHouse(), Dropship(party)]
    shop = LittleShop(engine=BY_HAND, strategies=strategies, lines=(MUG, CUP), **order)
    assert [request.number for request in party.asked] == ["A-1-F2"]
    shop.says(RequestAnswered(fo="A-1-F2", rejected="sold out"))
    return shop


def test_an_order_that_leaves_whole_waits_for_the_rest() -> None:
    shop = whole(shipping=Shipping.COMPLETE)
    shop.engine.submit(Pick(fo="A-1-F1", units={"1": 2}).to("A-1"))
    shop.work()
    assert shop.order.units(Bucket.PACKED) == {"1": 2}
    with pytest.raises(Refused, match=r"order\.not_whole: A-1 is to leave at once and whole"):
        shop.engine.submit(Ship(parcel="A-1-P1").to("A-1"))
    waits = [wait.sentence for wait in shop.engine.explain("A-1").waits if wait.name == "rest"]
    assert waits == ["the rest has time until 2026-01-19 09:00 UTC"]
    shop.engine.change_stock(Receive(sku="CUP", quantity=1).to(id="r-2"))
    shop.work()
    ((slot, _),) = shop.order.ledger.slots(Bucket.ALLOCATED)
    shop.engine.submit(Pick(fo=slot.fo, units={"2": 1}).to("A-1"))
    shop.work()
    assert shop.order.status == "shipped"


def test_an_order_that_leaves_whole_leaves_when_the_rest_is_cancelled() -> None:
    shop = whole(shipping=Shipping.COMPLETE)
    shop.engine.submit(Pick(fo="A-1-F1", units={"1": 2}).to("A-1"))
    shop.work()
    shop.engine.submit(Cancel(lines={"2": 1}).to("A-1"))
    shop.work()
    assert shop.order.status == "shipped"


def test_an_order_that_may_leave_in_parts_does() -> None:
    shop = whole()
    shop.engine.submit(Pick(fo="A-1-F1", units={"1": 2}).to("A-1"))
    shop.work()
    assert shop.order.status == "partially_shipped"


def test_a_preorder_asks_nobody_before_its_date_and_a_person_after_it() -> None:
    gas = Line(sku="GAS", quantity=1, not_before=VirtualClock().now() + timedelta(days=10))
    shop = LittleShop(engine=BY_HAND, strategies=[OnlyMugs()], lines=(MUG, gas))
    shop.passes(days=9)
    assert set(shop.tasks()) == {"pick"}
    shop.passes(days=1)
    assert set(shop.tasks()) == {"pick", "route"}


def test_a_hold_is_placed_again_when_its_time_is_over() -> None:
    shop = LittleShop(engine=BY_HAND)
    for hours in (1, 5):
        until = shop.clock.now() + timedelta(hours=hours)
        hold = PlaceHold(hold="look", reason="look", until=until)
        shop.engine.submit(hold.to("A-1"))
        shop.work()
        shop.clock.move_to(until)
        with pytest.raises(Refused, match=r"hold.exists|hold.over"):
            shop.engine.submit(hold.to("A-1"))
        shop.work()
        assert shop.order.state.holds == {}
        with pytest.raises(Refused, match=r"hold.over: the hold would end at 2026-01-05 1\d:00:00"):
            shop.engine.submit(hold.to("A-1"))
