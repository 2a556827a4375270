"""What seldom happens to an order: few tests meet it, and journals must tell it for ever."""

from __future__ import annotations

from decimal import Decimal

from orderflow import Line
from orderflow.fulfillment import Dropship
from orderflow.model import events as ev
from orderflow.model.commands import (
    ApproveReturn,
    CloseReturn,
    Item,
    Pick,
    RequestReturn,
    Route,
)
from orderflow.model.document import Ask
from orderflow.model.ledger import Bucket
from orderflow.model.observations import (
    GoodsReturned,
    LineAnswer,
    RequestAnswered,
    TrackingReported,
    Verdict,
)
from orderflow.model.parcel import ParcelStatus
from orderflow.model.returns import Disposition, InspectionLine
from orderflow.testing import FakePartner
from tests.shop import Shop


def test_a_party_backorders_and_does_not_say_until_when() -> None:
    shop = Shop(Dropship(FakePartner())).place()
    backordered = LineAnswer(line="1", verdict=Verdict.BACKORDERED)
    shop.says(RequestAnswered(fo="A-1-F1", lines=(backordered,)))
    (promised,) = shop.events(ev.ShippingPromised)
    assert promised == ev.ShippingPromised("A-1-F1", "1", 2, None, backordered=True)
    assert shop.order.fulfillment_orders["A-1-F1"].promised is None


def test_a_carrier_says_where_a_parcel_is_and_in_its_own_words() -> None:
    shop = Shop().place()
    number = shop.order.state.parcels["A-1-P1"].tracking_number
    here = TrackingReported(
        tracking_number=number, status=ParcelStatus.IN_TRANSIT, code="AR1", place="York"
    )
    shop.says(here)
    parcel = shop.engine.store.parcel("A-1-P1")
    assert parcel is not None
    assert [(scan.code, scan.place) for scan in parcel.scans] == [("AR1", "York")]


def test_goods_that_are_not_accepted_are_sent_back_by_a_person() -> None:
    shop = Shop(manual=["close_return"]).place()
    shop.delivers()
    shop.engine.submit(RequestReturn(lines={"1": 2}).to("A-1", by="customer"))
    shop.engine.submit(ApproveReturn(rma="A-1-R1").to("A-1", by="ana"))
    shop.says(GoodsReturned(lines={"1": 2}, rma="A-1-R1"))
    broken = InspectionLine(line="1", quantity=1, disposition=Disposition.SEND_BACK)
    shop.engine.submit(CloseReturn(rma="A-1-R1", findings=(broken,)).to("A-1", by="ana"))
    shop.work()
    (task,) = [task for task in shop.engine.tasks() if task.name == "send_back"]
    shop.engine.complete(task, by="ana", data={"carrier": "post", "tracking_number": "T-9"})
    shop.work()
    assert shop.events(ev.UnitsSentBack) == [ev.UnitsSentBack("A-1-R1", "1", 1)]
    assert "send_back" not in shop.tasks()


def test_a_person_has_units_routed_again_to_a_party_that_declined_them() -> None:
    shop = Shop(Dropship(FakePartner())).place()
    shop.says(RequestAnswered(fo="A-1-F1", rejected="no time"))
    assert shop.order.state.declined == {"1": ("dropship",)}
    shop.engine.submit(Route().to("A-1", by="ana"))
    shop.work()
    assert shop.events(ev.RoutingReset) == [ev.RoutingReset()]
    assert shop.order.units(Bucket.ALLOCATED, fo="A-1-F2") == {"1": 2}


def test_a_payment_that_is_told_with_two_amounts_is_kept_for_a_person() -> None:
    shop = Shop().place()
    shop.pays(400)
    shop.pays(300)
    assert shop.order.state.payments.captured == 400
    (kept,) = shop.events(ev.ObservationKept)
    assert isinstance(kept, ev.ObservationKept)
    assert kept.fact == "payment_reported"
    assert "exception.payment_reported" in shop.tasks()


def test_units_may_be_told_apart_without_a_date() -> None:
    milk = Line(sku="MUG", quantity=2, unit_price=Decimal(5), asks=(Ask.LOT,))
    shop = Shop(manual=["pick"]).place(milk)
    items = (Item(line="1", quantity=2, lot="L7"),)
    shop.engine.submit(Pick(fo="A-1-F1", units={"1": 2}, items=items).to("A-1", by="ana"))
    assert shop.events(ev.ItemIdentified) == [ev.ItemIdentified("A-1-F1", "1", 2, "L7", "", None)]
