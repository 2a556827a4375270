"""Pickup, counter sales, digital lines; parcels that several orders share; forms and claims."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from orderflow import (
    MANUAL,
    InHouse,
    InvalidInput,
    Line,
    NotFound,
    Refused,
)
from orderflow.engine.doctor import examine
from orderflow.fulfillment import Digital, Handover, Pickup
from orderflow.model.commands import (
    Cancel,
    Collect,
    Deliver,
    Pack,
    PlaceHold,
    ReleaseHold,
    Seal,
    Ship,
)
from orderflow.model.document import Ask, Delivery
from orderflow.model.events import ItemIdentified
from orderflow.model.ledger import Bucket
from orderflow.model.observations import TrackingReported
from orderflow.model.parcel import ParcelStatus
from orderflow.model.stock import StockKey
from tests.shop import Shop

LICENCE = Line(sku="LICENCE", quantity=1, ships=False, stocked=False)


def shop_of(**rules: Any) -> Shop:
    """A shop with a counter, where mugs are sent, collected and taken along."""
    return Shop(InHouse(), Pickup(), Handover(), Digital(), **rules)


def test_pickup_is_ready_then_collected() -> None:
    shop = shop_of()
    shop.place(delivery=Delivery.PICKUP)
    assert shop.order.fulfillment_orders["A-1-F1"].state == "ready"
    assert shop.task("collect").role == "counter"
    shop.does(Collect(fo="A-1-F1", units={"1": 1}))
    assert shop.order.status == "partially_delivered"
    shop.completes("collect")
    found = shop.order
    assert (found.status, found.fulfillment_orders["A-1-F1"].state) == ("delivered", "fulfilled")
    assert shop.engine.level("MUG").on_hand == 18


def test_what_nobody_collects_is_put_away() -> None:
    shop = shop_of()
    shop.place(delivery=Delivery.PICKUP)
    shop.passes(days=8)
    found = shop.order
    assert (found.status, found.fulfillment_orders["A-1-F1"].state) == ("cancelled", "expired")
    level = shop.engine.level("MUG")
    assert (level.on_hand, level.reserved) == (20, 0)


def test_a_counter_sale_leaves_at_once() -> None:
    shop = shop_of()
    shop.place(delivery=Delivery.HANDOVER)
    found = shop.order
    assert (found.status, dict(found.state.parcels)) == ("delivered", {})
    assert shop.engine.level("MUG").on_hand == 18


def test_digital_lines_need_no_parcel_beside_goods_that_do() -> None:
    shop = shop_of()
    order = shop.place(LICENCE, Line(sku="MUG", quantity=1)).order
    assert {fo.strategy for fo in order.fulfillment_orders.values()} == {"digital", "in_house"}
    assert (order.units(Bucket.DELIVERED), order.units(Bucket.SHIPPED)) == ({"1": 1}, {"2": 1})


def shared() -> tuple[Shop, str, str]:
    """Two orders, packed by hand into one parcel."""
    shop = shop_of(manual=["pack", "ship"])
    one, two = "A-1", "A-2"
    for order in (one, two):
        shop.place(number=order)
        pack = Pack(fo=f"{order}-F1", units={"1": 2}, into="BOX-1")
        shop.does(pack, to=order)
    return shop, one, two


def test_one_parcel_for_two_orders() -> None:
    """One label, one key; it leaves once, and one scan reaches both."""
    shop, one, two = shared()
    assert shop.engine.store.parcel("BOX-1") is not None
    shop.completes("seal")
    parcel = shop.engine.store.parcel("BOX-1")
    assert parcel is not None
    assert (parcel.status, parcel.orders) == (ParcelStatus.LABELED, (one, two))
    with pytest.raises(Refused, match=r"parcel\.closed"):
        shop.engine.submit(Seal(parcel="BOX-1").to(two))
    assert [task.subject for task in shop.engine.tasks()] == ["BOX-1"]
    shop.completes("ship")
    assert [shop.engine.order(order).status for order in (one, two)] == ["shipped", "shipped"]
    number = parcel.tracking_number
    scan = TrackingReported(tracking_number=number, status=ParcelStatus.DELIVERED)
    shop.engine.observe(scan.at(shop.clock.now()))
    shop.work()
    assert [shop.engine.order(order).status for order in (one, two)] == ["delivered"] * 2


def test_each_order_in_a_shared_parcel_waits_for_itself() -> None:
    """Two that wait for the same parcel since the same moment have a timer and a task each."""
    shop, _, two = shared()
    three = "A-3"
    shop.place(number=three)
    pack = Pack(fo=f"{three}-F1", units={"1": 2}, into="BOX-1")
    shop.does(pack, to=three)
    shop.passes(days=8)
    late = [task.key for task in shop.engine.tasks() if task.name.startswith("overdue.parcel")]
    assert sorted(key.partition(":")[0] for key in late) == [two, three]


def test_a_shared_parcel_rests_while_one_order_is_on_hold() -> None:
    shop, one, two = shared()
    shop.completes("seal")
    shop.does(PlaceHold(hold="fraud", reason="looked at"), to=two)
    with pytest.raises(Refused, match=r"parcel\.held"):
        shop.engine.submit(Ship(parcel="BOX-1").to(one))
    shop.does(ReleaseHold(hold="fraud"), to=two)
    shop.does(Ship(parcel="BOX-1"), to=one)
    shop.does(Deliver(parcel="BOX-1"), to=one, by="driver")
    assert [shop.engine.order(order).status for order in (one, two)] == ["delivered"] * 2
    with pytest.raises(Refused, match=r"parcel\.not_out"):
        shop.engine.submit(Deliver(parcel="BOX-1").to(two, by="driver"))


def test_cancelling_opens_a_shared_parcel_for_both() -> None:
    shop, one, two = shared()
    shop.completes("seal")
    shop.does(Cancel(), to=one)
    assert shop.engine.order(one).status == "cancelled"
    assert shop.engine.order(two).units(Bucket.PICKED) == {"1": 2}
    with pytest.raises(Refused, match=r"parcel\.closed"):
        shop.engine.submit(Pack(fo="A-2-F1", units={"1": 2}, into="BOX-1").to(two))


def test_the_form_asks_for_what_the_line_asks_for() -> None:
    shop = shop_of(steps=MANUAL)
    milk = Line(sku="MUG", quantity=2, asks=(Ask.LOT, Ask.SERIAL, Ask.EXPIRY))
    shop.place(milk)
    shop.completes("confirm")
    fields = {field.name: field.required for field in shop.task("pick").fields}
    assert fields == {"short.1": False, "lot.1": True, "serial.1": True, "expiry.1": True}
    with pytest.raises(InvalidInput, match=r"lot\.1.*serial\.1.*expiry\.1: got 'soon'"):
        shop.completes("pick", **{"expiry.1": "soon"})
    with pytest.raises(Refused, match=r"pick\.serial_missing"):
        shop.completes("pick", **{"lot.1": "L7", "serial.1": "S1", "expiry.1": "2027-01-31"})
    shop.completes("pick", **{"lot.1": "L7", "serial.1": "S1, S2", "expiry.1": "2027-01-31"})
    told = [(event.lot, event.serial, event.expiry) for event in shop.events(ItemIdentified)]
    assert told == [("L7", "S1", date(2027, 1, 31)), ("L7", "S2", date(2027, 1, 31))]


def test_short_units_stand_in_the_form() -> None:
    shop = shop_of(steps=MANUAL)
    shop.place()
    shop.completes("confirm")
    shop.completes("pick", **{"short.1": "1"})
    found = shop.order
    assert (found.units(Bucket.PICKED), found.units(Bucket.ALLOCATED)) == ({"1": 1}, {"1": 1})
    assert shop.engine.level("MUG").on_hand == 19  # the one that was not there is off the count


def test_a_claimed_task_is_one_persons() -> None:
    shop = shop_of(steps=MANUAL)
    shop.place()
    task = shop.engine.claim(shop.task("confirm"), by="ana")
    assert (task.assignee, list(shop.engine.tasks(assignee="ana"))) == ("ana", [task])
    with pytest.raises(Refused, match=r"task\.claimed"):
        shop.engine.claim(task, by="bo")
    with pytest.raises(Refused, match=r"task\.claimed"):
        shop.engine.complete(task, by="bo")
    shop.engine.reassign(task, "bo", by="boss")
    shop.engine.complete(task, by="bo")


def test_one_walk_for_several_orders() -> None:
    """Three orders, one round; what is missing falls to the last of them."""
    shop = shop_of(manual=["pick"])
    for number in ("A-1", "A-2", "A-3"):
        shop.place(number=number)
    walk = shop.engine.plan_pick_tour(by="ana", limit=2)
    mug = StockKey("MUG", "main")
    assert [(stop.key, stop.quantity) for stop in walk.stops] == [(mug, 4)]
    assert [p.order for p in shop.engine.plan_pick_tour(by="bo").picks] == ["A-3"]
    with pytest.raises(ValueError, match="did not ask for so much"):
        shop.engine.finish_pick_tour(walk, by="ana", missing={mug: 5})
    shop.engine.finish_pick_tour(walk, by="ana", missing={mug: 1})
    shop.work()
    shipped = [shop.engine.order(order).units(Bucket.SHIPPED) for order in ("A-1", "A-2")]
    assert shipped == [{"1": 2}, {"1": 1}]


def test_reconcile_names_differences_and_what_mends_them() -> None:
    shop = shop_of(manual=["pick"])
    shop.place()
    found = {diff.key.sku: diff for diff in shop.engine.reconcile("main", {"MUG": 1, "CUP": 4})}
    assert (found["MUG"].ours, found["MUG"].theirs, found["MUG"].uncovered) == (20, 1, 1)
    assert (found["CUP"].ours, found["CUP"].theirs) == (0, 4)
    for diff in found.values():
        for command in diff.commands:
            shop.engine.change_stock(command)
    assert shop.engine.reconcile("main", {"MUG": 1, "CUP": 4}) == ()


def test_what_cannot_be_read_is_kept_with_a_task() -> None:
    shop = shop_of()
    for _ in range(2):
        with pytest.raises(InvalidInput, match="occurred_at"):
            shop.engine.intake('{"subject": "A-1", "body": {"kind": "stock_reported"}}')
    (item,) = shop.engine.unmatched()
    assert (item.observation, "occurred_at" in item.error) == (None, True)
    assert shop.task("exception.unreadable").subject == item.reference
    shop.engine.dismiss(item.reference)
    assert (list(shop.engine.unmatched()), list(shop.engine.tasks())) == ([], [])


def test_a_fact_that_nobody_knows_becomes_a_task_and_may_be_dismissed() -> None:
    shop = shop_of()
    shop.says(TrackingReported(tracking_number="T9", status=ParcelStatus.LOST), of="")
    shop.passes(days=8)
    assert shop.task("exception.unmatched").subject == "inbox:tracking:T9"
    assert not list(examine(shop.engine)), "the doctor sees the task"
    shop.engine.dismiss("tracking:T9")
    assert not list(shop.engine.tasks())
    with pytest.raises(NotFound):
        shop.engine.dismiss("tracking:T9")
