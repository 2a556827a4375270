"""Goods sent once more, scans taken back, holds on one fulfillment order, goods of nobody."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest

import tests.shop
from orderflow import InHouse, Line, Refused, Steps
from orderflow.model.commands import (
    CloseReturn,
    PlaceHold,
    ReleaseHold,
    Reopen,
    RequestReturn,
    Resend,
)
from orderflow.model.ledger import Bucket
from orderflow.model.observations import (
    GoodsReturned,
    TrackingReported,
    TrackingRetracted,
)
from orderflow.model.parcel import ParcelStatus
from orderflow.model.returns import Disposition, InspectionLine
from orderflow.policies import StepPolicy, returnable_within


class Shop(tests.shop.Shop):
    """One order of three mugs, from one place or from two; they may come back for 30 days."""

    def __init__(self, stock: Mapping[str, int], steps: StepPolicy = Steps()) -> None:  # noqa: B008
        returnable = returnable_within(timedelta(days=30))
        super().__init__(InHouse(*stock), stock={}, steps=steps, returnable=returnable)
        for place, units in stock.items():
            self.stock("MUG", units, place)
        self.place(Line(sku="MUG", quantity=3))


def test_what_is_lost_is_sent_again_and_its_parcel_answers_for_nothing() -> None:
    shop = Shop({"main": 6})
    shop.scan(ParcelStatus.LOST)
    assert shop.tasks() == {"exception.lost"}
    shop.does(Resend())
    assert (shop.order.status, shop.engine.level("MUG").on_hand) == ("shipped", 0)
    shop.scan(ParcelStatus.DELIVERED)
    assert shop.order.units(Bucket.DELIVERED) == {}
    assert shop.tasks() == {"exception.found"}
    shop.scan(ParcelStatus.DELIVERED, parcel="A-1-P2")
    assert shop.order.status == "delivered"


def test_what_came_back_undelivered_goes_back_on_its_shelf_and_out_again() -> None:
    shop = Shop({"main": 3})
    shop.scan(ParcelStatus.RETURNING_TO_SENDER)
    shop.scan(ParcelStatus.DELIVERED)
    assert shop.order.units(Bucket.RETURNED_UNDELIVERED) == {"1": 3}
    with pytest.raises(Refused, match="4 of line 1 were named, 3 came back"):
        shop.engine.submit(Resend(lines={"1": 4}).to("A-1"))
    shop.does(Resend())
    assert (shop.order.status, shop.engine.level("MUG").on_hand) == ("shipped", 0)
    with pytest.raises(Refused, match=r"resend\.nothing"):
        shop.engine.submit(Resend().to("A-1"))


@pytest.mark.parametrize("early", [False, True])
def test_a_scan_that_is_taken_back_counts_for_nothing(early: bool) -> None:
    shop = Shop({"main": 3})
    number = shop.order.state.parcels["A-1-P1"].tracking_number
    shop.scan(ParcelStatus.OUT_FOR_DELIVERY)
    facts = [
        TrackingReported(tracking_number=number, status=ParcelStatus.DELIVERED, event="E9"),
        TrackingRetracted(tracking_number=number, event="E9"),
    ]
    for fact in reversed(facts) if early else facts:
        shop.says(fact)
    assert shop.order.status == "shipped"
    assert shop.engine.idle_parts("A-1") == ()
    shop.scan(ParcelStatus.DELIVERED, event="E10")
    assert shop.order.status == "delivered"


def test_a_retraction_after_the_end_asks_a_person() -> None:
    shop = Shop({"main": 3})
    shop.scan(ParcelStatus.DELIVERED, event="E9")
    shop.passes(days=20)
    assert shop.order.status == "completed"
    number = shop.order.state.parcels["A-1-P1"].tracking_number
    shop.says(TrackingRetracted(tracking_number=number, event="E9"))
    assert shop.tasks() == {"exception.after_all"}
    shop.does(Reopen(reason="not there"))
    assert shop.order.status == "shipped"


def test_a_hold_on_one_fulfillment_order_lets_the_others_go_on() -> None:
    shop = Shop({"north": 2, "south": 1}, Steps(manual={"pick"}))
    hold = PlaceHold(hold="look", reason="odd address", on="A-1-F1")
    shop.does(hold)
    keys = {task.key for task in shop.engine.tasks()}
    assert keys == {"A-1:hold:look", "A-1-F2:pick:0:task"}
    shop.engine.complete("A-1-F2:pick:0:task", by="bo")
    shop.work()
    assert shop.order.status == "partially_shipped"
    shop.engine.submit(ReleaseHold(hold="look").to("A-1", by="ana"))
    shop.engine.complete("A-1-F1:pick:0:task", by="bo")
    shop.work()
    assert shop.order.status == "shipped"
    with pytest.raises(Refused, match=r"fo\.unknown"):
        shop.engine.submit(PlaceHold(hold="x", reason="x", on="A-1-F9").to("A-1"))


def test_an_order_is_over_when_all_of_it_came_back_and_nothing_was_delivered() -> None:
    """The carrier could not deliver, and the warehouse has the goods again."""
    shop = Shop({"main": 3})
    shop.scan(ParcelStatus.RETURNED_TO_SENDER)
    shop.says(GoodsReturned(lines={"1": 2}))
    assert shop.tasks() == {"exception.returned_undelivered"}
    shop.says(GoodsReturned(lines={"1": 1}))
    assert (shop.order.status, shop.tasks()) == ("completed", set())
    assert shop.engine.level("MUG").on_hand == 3


def test_findings_say_what_becomes_of_each_unit() -> None:
    shop = Shop({"main": 3})
    shop.scan(ParcelStatus.DELIVERED)
    shop.opens(manual=["close_return"])
    shop.says(GoodsReturned(lines={"1": 3}, others={"HAT": 1}))
    findings = (
        InspectionLine(line="1", quantity=1, disposition=Disposition.RESTOCK),
        InspectionLine(line="1", quantity=1, disposition=Disposition.QUARANTINE),
    )
    too_many = CloseReturn(
        rma="A-1-R1",
        findings=(InspectionLine(line="1", quantity=4, disposition=Disposition.DISCARD),),
    )
    with pytest.raises(Refused, match=r"return\.findings"):
        shop.engine.submit(too_many.to("A-1", by="ana"))
    close = CloseReturn(rma="A-1-R1", findings=findings, restock=False)
    shop.does(close)
    assert shop.engine.level("MUG").on_hand == 1
    assert shop.engine.level("MUG", "main:quarantine").on_hand == 1
    assert shop.tasks() == {"exception.other_goods.HAT"}


def test_a_return_may_come_too_late() -> None:
    shop = Shop({"main": 3})
    shop.scan(ParcelStatus.DELIVERED)
    shop.passes(days=31)
    with pytest.raises(Refused, match=r"return\.too_late"):
        shop.engine.submit(RequestReturn(lines={"1": 1}).to("A-1"))


def test_a_trigger_that_would_strand_units_is_refused() -> None:
    shop = Shop({"main": 3}, Steps(manual=frozenset({"pick"})))
    for on in ("A-1-F1", None):
        before = shop.order
        with pytest.raises(Refused) as told:
            shop.engine.fire("A-1", "cancel", on=on)
        assert told.value.codes == {"trigger.units_left"}
        assert shop.order == before


def test_a_state_whose_work_is_done_already_is_left_at_once() -> None:
    shop = Shop({"main": 3}, Steps(manual=frozenset({"pack"})))
    assert shop.order.fulfillment_orders["A-1-F1"].state == "packing"
    shop.engine.fire("A-1", "pick", on="A-1-F1")
    assert shop.order.fulfillment_orders["A-1-F1"].state == "packing"
