"""What an order waits for: missing units, a date, a hold that ends by itself; and the shelf."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderflow import InHouse, Line, Refusal, Refused
from orderflow.fulfillment import Dropship
from orderflow.model.commands import Cancel, Count, Pick, PlaceHold, Ship
from orderflow.model.document import Shipping
from orderflow.model.ledger import Bucket
from orderflow.model.observations import RequestAnswered
from orderflow.simulation import VirtualClock
from orderflow.testing import FakePartner
from tests.shop import MUGS, Shop

CUP = Line(sku="CUP", quantity=1, unit_price=Decimal(3))


@given(shelf=st.integers(0, 6), quantity=st.integers(1, 6), counted=st.booleans())
def test_what_a_count_has_found_missing_a_short_pick_does_not_take_again(
    shelf: int, quantity: int, counted: bool
) -> None:

    shop = Shop(manual=["pick", "pack"], stock={"MUG": max(shelf, quantity)})
    shop.place(Line(sku="MUG", quantity=quantity))
    if counted:
        shop.engine.change_stock(Count(sku="MUG", counted=shelf).to(id="c-2"))
    found = min(shelf, quantity)
    units = {"1": found} if found else {}
    short = {"1": quantity - found} if quantity > found else {}
    shop.does(Pick(fo="A-1-F1", units=units, short=short))
    assert shop.engine.level("MUG").on_hand == shelf


class OnlyMugs(InHouse):
    """Takes nothing else."""

    def accepts(self, line: Line) -> Refusal | None:
        return None if line.sku == "MUG" else Refusal("no_mug", f"{line.sku} is no mug")


def whole(**order: Any) -> Shop:
    """An order that ships complete only, of which a cup comes from a supplier."""
    party = FakePartner()
    shop = Shop(InHouse(), Dropship(party), manual=["pick"]).place(MUGS, CUP, **order)
    assert [request.number for request in party.asked] == ["A-1-F2"]
    shop.says(RequestAnswered(fo="A-1-F2", rejected="sold out"))
    return shop


def test_an_order_that_leaves_whole_waits_for_the_rest() -> None:
    shop = whole(shipping=Shipping.COMPLETE)
    shop.does(Pick(fo="A-1-F1", units={"1": 2}))
    assert shop.order.units(Bucket.PACKED) == {"1": 2}
    with pytest.raises(Refused, match=r"order\.not_whole: A-1 ships complete only"):
        shop.engine.submit(Ship(parcel="A-1-P1").to("A-1"))
    waits = [wait.sentence for wait in shop.engine.explain("A-1").pending if wait.name == "rest"]
    assert waits == ["the other units are awaited until 19 January 2026, 09:00 UTC"]
    shop.stock("CUP", 1)
    shop.work()
    ((slot, _),) = shop.order.ledger.slots(Bucket.ALLOCATED)
    shop.does(Pick(fo=slot.fo, units={"2": 1}))
    assert shop.order.status == "shipped"


def test_an_order_that_leaves_whole_leaves_when_the_rest_is_cancelled() -> None:
    shop = whole(shipping=Shipping.COMPLETE)
    shop.does(Pick(fo="A-1-F1", units={"1": 2}))
    shop.does(Cancel(lines={"2": 1}))
    assert shop.order.status == "shipped"


def test_an_order_that_may_leave_in_parts_does() -> None:
    shop = whole()
    shop.does(Pick(fo="A-1-F1", units={"1": 2}))
    assert shop.order.status == "partially_shipped"


def test_a_preorder_asks_nobody_before_its_date_and_a_person_after_it() -> None:
    gas = Line(sku="GAS", quantity=1, not_before=VirtualClock().now() + timedelta(days=10))
    shop = Shop(OnlyMugs(), manual=["pick"]).place(MUGS, gas)
    shop.passes(days=9)
    assert shop.tasks() == {"pick"}
    shop.passes(days=1)
    assert shop.tasks() == {"pick", "route"}


def test_a_hold_is_placed_again_when_its_time_is_over() -> None:
    shop = Shop(manual=["pick"]).place()
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
