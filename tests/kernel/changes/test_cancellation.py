"""Cancelling: the units that cost least go first, and others are asked for theirs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderflow.errors import Refusal
from orderflow.kernel.changes.cancellation import can_cancel, cancel
from orderflow.model import events as ev
from orderflow.model.commands import Cancel
from orderflow.model.ledger import Bucket, Slot
from orderflow.model.parcel import ParcelStatus
from orderflow.model.state import ParcelView
from orderflow.model.stock import AdjustStock, Cause, Release
from tests.kernel.values import (
    MAIN,
    NOW,
    WITH_SUPPLIER,
    an_order,
    codes,
    making,
    moves,
    rules,
    slot,
    with_supplier,
)

CHEAPEST_FIRST = ["open", "backordered", "allocated", "picked", "packed"]
EACH: dict[Slot, int] = {  # the dearest first, so that an order that is right was made
    slot("shipped", "F", "Q"): 2,
    slot("packed", "F", "P"): 1,
    slot("picked", "F"): 1,
    slot("allocated", "F"): 1,
    slot("backordered"): 1,
    slot("open"): 1,
}


@given(st.integers(1, 5))
def test_the_cheapest_units_go_first(units: int) -> None:
    decision = making(an_order(EACH))
    cancel(decision, Cancel(lines={"1": units}))
    gone = [source for source, dest, _ in moves(decision) if dest == "cancelled"]
    unpacked = ["picked"] if units == 5 else []
    assert gone == CHEAPEST_FIRST[: min(units, 4)] + unpacked
    assert decision.order.ledger.total(Bucket.CANCELLED) == units


def test_all_that_can_be_is_cancelled_where_nothing_is_named() -> None:
    decision = making(an_order(EACH))
    assert can_cancel(decision) == {"1": 5}
    cancel(decision, Cancel())
    assert decision.order.ledger.totals() == {Bucket.CANCELLED: 5, Bucket.SHIPPED: 2}


def test_what_is_in_somebodys_hands_is_put_away() -> None:
    decision = making(an_order({slot("picked", "F"): 2, slot("packed", "F", "P"): 1}))
    cancel(decision, Cancel())
    asked = [event for event in decision.events if isinstance(event, ev.PutAwayRequested)]
    assert [(e.put_away, e.location, e.quantity) for e in asked] == [
        ("A-A4.1", "main", 2),
        ("A-A4.2", "main", 1),
    ]
    assert not [op for op in decision.stock if isinstance(op, Release)], "its stock is not free yet"


def test_reserved_stock_is_free_at_once_and_undelivered_goods_are_back_on_their_shelf() -> None:
    decision = making(
        an_order({slot("allocated", "F"): 2, slot("returned_undelivered", "F", "P"): 1})
    )
    cancel(decision, Cancel())
    back = AdjustStock(MAIN, 1, Cause.RETURN, "P")
    assert decision.stock == [Release(MAIN, "A", "1", 2), back]
    assert decision.units == {
        slot("cancelled"): 2,
        slot("cancelled", "F", "P"): 1,
    }


@pytest.mark.parametrize("status", [ParcelStatus.HANDED_OVER, ParcelStatus.LOST])
def test_a_parcel_that_left_is_not_opened(status: ParcelStatus) -> None:
    parcels = {"P": ParcelView("P", "F", status, NOW)}
    decision = making(an_order({slot("packed", "F", "P"): 1}, parcels=parcels))
    cancel(decision, Cancel())
    assert codes(decision) == {"cancel.nothing_left"}


def test_another_party_is_asked_for_what_is_left() -> None:
    units = {slot("open"): 1, slot("allocated", "S"): 3}
    order = an_order(units, fulfillment_orders={"S": with_supplier("S")})
    decision = making(order, WITH_SUPPLIER)
    assert can_cancel(decision) == {"1": 4}
    cancel(decision, Cancel(lines={"1": 3}))
    assert moves(decision) == [("open", "cancelled", 1)]
    (asked,) = decision.order.state.cancellations.values()
    assert (asked.fo, asked.lines, asked.reroute) == ("S", {"1": 2}, False)


def test_each_party_is_asked_for_its_share() -> None:
    units = {slot("allocated", "S"): 2, slot("allocated", "T"): 2}
    order = an_order(units, fulfillment_orders={fo: with_supplier(fo) for fo in ("S", "T")})
    decision = making(order, WITH_SUPPLIER)
    cancel(decision, Cancel(lines={"1": 3}))
    asked = decision.order.state.cancellations.values()
    assert [(each.fo, each.lines) for each in asked] == [("S", {"1": 2}), ("T", {"1": 1})]


@given(st.integers(1, 9))
def test_no_more_is_cancelled_than_there_is(units: int) -> None:
    decision = making(an_order(EACH))
    cancel(decision, Cancel(lines={"1": units}))
    assert codes(decision) == ({"cancel.units_left"} if units > 5 else set())
    assert bool(decision.events) == (units <= 5)


def test_every_reason_is_given() -> None:
    decision = making(an_order({slot("shipped", "F"): 2, slot("open", line="2"): 1}))
    cancel(decision, Cancel(lines={"1": 1, "7": 1}))
    assert codes(decision) == {"cancel.units_left", "line.unknown"}
    assert "there are: 1, 2" in decision.refusals[1].sentence


def test_the_policy_is_asked_about_the_units_that_would_go() -> None:
    asked: list[dict[Bucket, int]] = []

    def never(_order: object, buckets: dict[Bucket, int]) -> Refusal:
        asked.append(dict(buckets))
        return Refusal("not.now", "not now")

    decision = making(an_order(EACH), rules(cancellable=never))
    cancel(decision, Cancel(lines={"1": 3}))
    assert asked == [{Bucket.OPEN: 1, Bucket.BACKORDERED: 1, Bucket.ALLOCATED: 1}]
    assert (codes(decision), decision.events) == ({"not.now"}, [])


def test_an_order_without_lines_is_cancelled_itself() -> None:
    decision = making(an_order({}))
    cancel(decision, Cancel())
    assert decision.order.state.lifecycle == "cancelled"
