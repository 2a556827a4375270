"""Pickup, counter sales, digital lines; parcels that several orders share; forms and claims."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from orderflow import (
    MANUAL,
    Engine,
    InHouse,
    InvalidInput,
    Line,
    NewOrder,
    NotFound,
    Refused,
    Steps,
)
from orderflow.fulfillment import Digital, Handover, Pickup
from orderflow.kernel.policies import StepPolicy
from orderflow.model.commands import (
    Cancel,
    Collect,
    Deliver,
    Pack,
    PlaceHold,
    Receive,
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
from orderflow.model.work import Task
from orderflow.simulation import SequentialIds, VirtualClock
from orderflow.stores import MemoryStore
from orderflow.testing import check_order, check_stock

LICENCE = Line(sku="LICENCE", quantity=1, ships=False, stocked=False)


class Shop:
    def __init__(self, steps: StepPolicy = Steps()) -> None:  # noqa: B008 (a value)
        self.clock = VirtualClock()
        self.engine = Engine(
            MemoryStore(),
            [InHouse(), Pickup(), Handover(), Digital()],
            steps=steps,
            clock=self.clock,
            ids=SequentialIds(),
        )
        self.engine.change_stock(Receive(sku="MUG", quantity=20).to(id="r1"))
        self.ids: list[str] = []

    def place(self, *lines: Line, delivery: Delivery = Delivery.CARRIER) -> str:
        number = f"A-{len(self.ids) + 1}"
        self.ids.append(number)
        lines = lines or (Line(sku="MUG", quantity=2),)
        self.engine.place(NewOrder(number=number, currency="GBP", lines=lines, delivery=delivery))
        self.work()
        return number

    def work(self) -> None:
        self.engine.worker.run_until_idle()
        for order in self.ids:
            check_order(self.engine, order)
        check_stock(self.engine)

    def task(self, name: str) -> Task:
        return next(task for task in self.engine.tasks() if task.name == name)

    def do(self, name: str, **data: str) -> None:
        self.engine.complete(self.task(name), by="ana", data=data)
        self.work()


def test_pickup_is_ready_then_collected() -> None:
    shop = Shop()
    order = shop.place(delivery=Delivery.PICKUP)
    assert shop.engine.order(order).fulfillment_orders["A-1-F1"].state == "ready"
    assert shop.task("collect").role == "counter"
    shop.engine.submit(Collect(fo="A-1-F1", units={"1": 1}).to(order))
    shop.work()
    assert shop.engine.order(order).status == "partially_delivered"
    shop.do("collect")
    found = shop.engine.order(order)
    assert (found.status, found.fulfillment_orders["A-1-F1"].state) == ("delivered", "fulfilled")
    assert shop.engine.level("MUG").on_hand == 18


def test_what_nobody_collects_is_put_away() -> None:
    shop = Shop()
    order = shop.place(delivery=Delivery.PICKUP)
    shop.clock.advance(timedelta(days=8))
    shop.work()
    found = shop.engine.order(order)
    assert (found.status, found.fulfillment_orders["A-1-F1"].state) == ("cancelled", "expired")
    level = shop.engine.level("MUG")
    assert (level.on_hand, level.reserved) == (20, 0)


def test_a_counter_sale_leaves_at_once() -> None:
    shop = Shop()
    order = shop.place(delivery=Delivery.HANDOVER)
    found = shop.engine.order(order)
    assert (found.status, dict(found.state.parcels)) == ("delivered", {})
    assert shop.engine.level("MUG").on_hand == 18


def test_digital_lines_need_no_parcel_beside_goods_that_do() -> None:
    shop = Shop()
    order = shop.engine.order(shop.place(LICENCE, Line(sku="MUG", quantity=1)))
    assert {fo.strategy for fo in order.fulfillment_orders.values()} == {"digital", "in_house"}
    assert (order.units(Bucket.DELIVERED), order.units(Bucket.SHIPPED)) == ({"1": 1}, {"2": 1})


def shared() -> tuple[Shop, str, str]:
    """Two orders, packed by hand into one parcel."""
    shop = Shop(Steps(manual={"pack", "ship"}))
    one, two = shop.place(), shop.place()
    for order in (one, two):
        pack = Pack(fo=f"{order}-F1", units={"1": 2}, into="BOX-1")
        shop.engine.submit(pack.to(order, by="ana"))
        shop.work()
    return shop, one, two


def test_one_parcel_for_two_orders() -> None:
    """One label, one key; it leaves once, and one scan reaches both."""
    shop, one, two = shared()
    assert shop.engine.store.parcel("BOX-1") is not None
    shop.do("seal")
    parcel = shop.engine.store.parcel("BOX-1")
    assert parcel is not None
    assert (parcel.status, parcel.orders) == (ParcelStatus.LABELLED, (one, two))
    with pytest.raises(Refused, match=r"parcel\.closed"):
        shop.engine.submit(Seal(parcel="BOX-1").to(two))
    assert [task.subject for task in shop.engine.tasks()] == ["BOX-1"]
    shop.do("ship")
    assert [shop.engine.order(order).status for order in (one, two)] == ["shipped", "shipped"]
    number = parcel.tracking_number
    scan = TrackingReported(tracking_number=number, status=ParcelStatus.DELIVERED)
    shop.engine.observe(scan.at(shop.clock.now()))
    shop.work()
    assert [shop.engine.order(order).status for order in (one, two)] == ["delivered"] * 2


def test_each_order_in_a_shared_parcel_waits_for_itself() -> None:
    """Two that wait for the same parcel since the same moment have a timer and a task each."""
    shop, _, two = shared()
    three = shop.place()
    pack = Pack(fo=f"{three}-F1", units={"1": 2}, into="BOX-1")
    shop.engine.submit(pack.to(three, by="ana"))
    shop.work()
    shop.clock.advance(timedelta(days=8))
    shop.work()
    late = [task.key for task in shop.engine.tasks() if task.name.startswith("overdue.parcel")]
    assert sorted(key.partition(":")[0] for key in late) == [two, three]


def test_a_shared_parcel_rests_while_one_order_is_on_hold() -> None:
    shop, one, two = shared()
    shop.do("seal")
    shop.engine.submit(PlaceHold(hold="fraud", reason="looked at").to(two))
    shop.work()
    with pytest.raises(Refused, match=r"parcel\.held"):
        shop.engine.submit(Ship(parcel="BOX-1").to(one))
    shop.engine.submit(ReleaseHold(hold="fraud").to(two))
    shop.work()
    shop.engine.submit(Ship(parcel="BOX-1").to(one))
    shop.work()
    shop.engine.submit(Deliver(parcel="BOX-1").to(one, by="driver"))
    shop.work()
    assert [shop.engine.order(order).status for order in (one, two)] == ["delivered"] * 2
    with pytest.raises(Refused, match=r"parcel\.not_out"):
        shop.engine.submit(Deliver(parcel="BOX-1").to(two, by="driver"))


def test_cancelling_opens_a_shared_parcel_for_both() -> None:
    shop, one, two = shared()
    shop.do("seal")
    shop.engine.submit(Cancel().to(one))
    shop.work()
    assert shop.engine.order(one).status == "cancelled"
    assert shop.engine.order(two).units(Bucket.PICKED) == {"1": 2}
    with pytest.raises(Refused, match=r"parcel\.closed"):
        shop.engine.submit(Pack(fo="A-2-F1", units={"1": 2}, into="BOX-1").to(two))


def test_the_form_asks_for_what_the_line_asks_for() -> None:
    shop = Shop(MANUAL)
    milk = Line(sku="MUG", quantity=2, asks=(Ask.LOT, Ask.SERIAL, Ask.EXPIRY))
    shop.place(milk)
    shop.do("confirm")
    fields = {field.name: field.required for field in shop.task("pick").fields}
    assert fields == {"short.1": False, "lot.1": True, "serial.1": True, "expiry.1": True}
    with pytest.raises(InvalidInput, match=r"lot\.1.*serial\.1.*expiry\.1: got 'soon'"):
        shop.do("pick", **{"expiry.1": "soon"})
    with pytest.raises(Refused, match=r"pick\.serial_missing"):
        shop.do("pick", **{"lot.1": "L7", "serial.1": "S1", "expiry.1": "2027-01-31"})
    shop.do("pick", **{"lot.1": "L7", "serial.1": "S1, S2", "expiry.1": "2027-01-31"})
    told = [
        (event.lot, event.serial, event.expiry)
        for entry in shop.engine.journal("A-1")
        for event in entry.events
        if isinstance(event, ItemIdentified)
    ]
    assert told == [("L7", "S1", date(2027, 1, 31)), ("L7", "S2", date(2027, 1, 31))]


def test_short_units_stand_in_the_form() -> None:
    shop = Shop(MANUAL)
    order = shop.place()
    shop.do("confirm")
    shop.do("pick", **{"short.1": "1"})
    found = shop.engine.order(order)
    assert (found.units(Bucket.PICKED), found.units(Bucket.ALLOCATED)) == ({"1": 1}, {"1": 1})
    assert shop.engine.level("MUG").on_hand == 19  # the one that was not there is off the count


def test_a_claimed_task_is_one_persons() -> None:
    shop = Shop(MANUAL)
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
    shop = Shop(Steps(manual={"pick"}))
    for _ in range(3):
        shop.place()
    walk = shop.engine.plan_walk(by="ana", limit=2)
    mug = StockKey("MUG", "main")
    assert [(stop.key, stop.quantity) for stop in walk.stops] == [(mug, 4)]
    assert [p.order for p in shop.engine.plan_walk(by="bo").pickings] == ["A-3"]
    with pytest.raises(ValueError, match="did not ask for so much"):
        shop.engine.finish_walk(walk, by="ana", missing={mug: 5})
    shop.engine.finish_walk(walk, by="ana", missing={mug: 1})
    shop.work()
    shipped = [shop.engine.order(order).units(Bucket.SHIPPED) for order in ("A-1", "A-2")]
    assert shipped == [{"1": 2}, {"1": 1}]


def test_reconcile_names_differences_and_what_mends_them() -> None:
    shop = Shop(Steps(manual={"pick"}))
    shop.place()
    found = {diff.key.sku: diff for diff in shop.engine.reconcile("main", {"MUG": 1, "CUP": 4})}
    assert (found["MUG"].ours, found["MUG"].theirs, found["MUG"].uncovered) == (20, 1, 1)
    assert (found["CUP"].ours, found["CUP"].theirs) == (0, 4)
    for diff in found.values():
        for command in diff.commands:
            shop.engine.change_stock(command)
    assert shop.engine.reconcile("main", {"MUG": 1, "CUP": 4}) == ()


def test_what_cannot_be_read_is_kept_with_a_task() -> None:
    shop = Shop()
    for _ in range(2):
        with pytest.raises(InvalidInput, match="occurred_at"):
            shop.engine.intake('{"subject": "A-1", "body": {"kind": "stock_reported"}}')
    (item,) = shop.engine.inbox()
    assert (item.observation, "occurred_at" in item.error) == (None, True)
    assert shop.task("exception.unreadable").subject == item.reference
    shop.engine.dismiss(item.reference)
    assert (list(shop.engine.inbox()), list(shop.engine.tasks())) == ([], [])


def test_a_fact_that_nobody_knows_becomes_a_task_and_may_be_dismissed() -> None:
    shop = Shop()
    scan = TrackingReported(tracking_number="T9", status=ParcelStatus.LOST)
    shop.engine.observe(scan.at(shop.clock.now()))
    shop.clock.advance(timedelta(days=8))
    shop.work()
    assert shop.task("exception.unmatched").subject == "inbox:tracking:T9"
    shop.engine.dismiss("tracking:T9")
    assert not list(shop.engine.tasks())
    with pytest.raises(NotFound):
        shop.engine.dismiss("tracking:T9")
