"""Suppliers and logistics providers: what is asked of them, and what each of their answers does."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from orderflow import InHouse, Line, Refused
from orderflow.errors import PortFailed
from orderflow.fulfillment import Dropship, ThirdParty
from orderflow.model.commands import AcceptSubstitute, Cancel
from orderflow.model.ledger import Bucket
from orderflow.model.observations import (
    CancellationAnswered,
    GoodsShipped,
    InvoiceLine,
    InvoiceReceived,
    LineAnswer,
    ObservationBody,
    RequestAnswered,
    RequestReceived,
    StockReported,
    TrackingReported,
    Verdict,
)
from orderflow.model.parcel import ParcelStatus
from orderflow.ports import PartnerRequest
from orderflow.testing import FakePartner
from tests.shop import Shop

MUGS = Line(sku="MUG", quantity=3, unit_price=Decimal("6.50"), substitutes=("CUP",))
POTS = Line(sku="POT", quantity=2, unit_price=Decimal("9.00"))


def ordered(*others: InHouse, party: FakePartner | None = None) -> Shop:
    """Three mugs and two pots are ordered of a supplier, who takes requests and says nothing."""
    supplier = Dropship(party or FakePartner(), cost=lambda line: line.unit_price / 2)
    return Shop(supplier, *others, stock={}).place(MUGS, POTS)


def state(shop: Shop) -> str:
    return shop.order.fulfillment_orders["A-1-F1"].state


def test_the_purchase_order_names_costs_and_number() -> None:
    party = FakePartner()
    ordered(party=party)
    (request,) = party.asked
    assert request.number == "A-1-F1"
    assert [(ln.sku, ln.quantity, ln.unit_cost) for ln in request.lines] == [
        ("MUG", 3, Decimal("3.25")),
        ("POT", 2, Decimal("4.50")),
    ]


def test_what_a_party_rejects_that_it_was_asked_to_give_up_is_cancelled() -> None:
    """It is not routed to the next one; what was not asked back is."""
    shop = ordered(InHouse())
    shop.stock("MUG", 9)
    shop.does(Cancel(lines={"1": 2, "2": 1}), by="customer")
    rejected = LineAnswer(line="1", verdict=Verdict.REJECTED, reason="gone")
    shop.says(RequestAnswered(fo="A-1-F1", lines=(rejected,)))
    assert shop.order.units(Bucket.CANCELLED) == {"1": 2}
    assert shop.order.units(Bucket.SHIPPED) == {"1": 1}
    assert shop.order.units(Bucket.ALLOCATED) == {"2": 2}
    assert [asked.lines for asked in shop.order.state.cancellations.values()] == [{"2": 1}]
    shop.says(RequestAnswered(fo="A-1-F1", rejected="we stop"))
    assert shop.order.units(Bucket.CANCELLED) == {"1": 2, "2": 1}
    assert shop.order.state.cancellations == {}


class Away(FakePartner):
    """A party that cannot be reached by software."""

    def submit(self, request: PartnerRequest) -> ObservationBody | None:
        raise PortFailed(f"nobody takes {request.number}")


def test_whom_a_person_says_to_have_accepted_has_the_request_and_is_asked_to_give_it_up() -> None:
    shop = Shop(Dropship(Away()))
    shop.engine.worker.attempts = 1
    shop.place(POTS)
    shop.engine.fire("A-1", "accept", on="A-1-F1", by="ana")
    shop.engine.submit(Cancel().to("A-1", by="customer"))
    assert [asked.lines for asked in shop.order.state.cancellations.values()] == [{"1": 2}]


def test_received_is_not_answered() -> None:
    shop = ordered()
    shop.says(RequestReceived(fo="A-1-F1", reference="PO-77"))
    assert state(shop) == "submitted"
    assert shop.engine.store.resolve("request:PO-77") == "order:A-1"


def test_an_answer_line_by_line() -> None:
    """Mugs are accepted in parts, backordered and substituted; pots re-priced and rejected."""
    party = FakePartner()
    shop = ordered(InHouse(), party=party)
    later = shop.clock.now() + timedelta(days=20)
    lines = (
        LineAnswer(line="1", quantity=1),
        LineAnswer(line="1", quantity=1, verdict=Verdict.BACKORDERED, at=later),
        LineAnswer(line="1", quantity=1, verdict=Verdict.SUBSTITUTED, substitute="CUP"),
        LineAnswer(line="2", quantity=1, unit_cost=Decimal("5.00")),
        LineAnswer(line="2", quantity=1, verdict=Verdict.REJECTED, reason="discontinued"),
    )
    shop.says(RequestAnswered(fo="A-1-F1", lines=lines))
    fo = shop.order.fulfillment_orders["A-1-F1"]
    assert (fo.state, fo.promised, fo.costs["2"]) == ("accepted", later, Decimal("5.00"))
    assert shop.order.units(Bucket.ALLOCATED, fo=fo.id) == {"1": 2, "2": 1, "1.s1": 1}
    assert shop.order.line("1.s1").sku == "CUP"
    assert shop.order.units(Bucket.BACKORDERED) == {"2": 1}  # in-house has none, either
    assert shop.tasks() == {"exception.price"}
    shop.passes(days=19)  # it promised to ship later: nobody is pressed before
    assert not party.chased


def test_a_rejected_order_goes_to_the_next_who_takes_it() -> None:
    shop = ordered(InHouse())
    shop.stock("MUG", 3)
    shop.says(RequestAnswered(fo="A-1-F1", rejected="closed for holidays"))
    second = shop.order.fulfillment_orders["A-1-F2"]
    assert (state(shop), second.strategy, second.supersedes) == ("rejected", "in_house", "A-1-F1")
    assert shop.order.status == "partially_shipped"


def test_a_notice_opens_a_parcel_once() -> None:
    shop = ordered()
    notice = GoodsShipped(
        fo="A-1-F1", notice="N1", lines={"1": 3, "2": 1}, carrier="ups", tracking_number="1Z9"
    )
    shop.says(notice)
    shop.says(notice)  # before the answer, and twice
    assert (state(shop), shop.order.units(Bucket.SHIPPED)) == ("accepted", {"1": 3, "2": 1})
    shop.says(TrackingReported(tracking_number="1Z9", status=ParcelStatus.DELIVERED))
    assert shop.order.units(Bucket.DELIVERED) == {"1": 3, "2": 1}
    shop.says(GoodsShipped(fo="A-1-F1", notice="N2", lines={"2": 2}))
    assert state(shop) == "fulfilled"
    assert shop.order.state.surplus == {"2": 1}
    assert shop.tasks() == {"exception.surplus"}


def test_a_cancellation_is_a_request() -> None:
    party = FakePartner()
    shop = ordered(party=party)
    shop.does(Cancel(lines={"1": 2}))
    (asked,) = party.cancellations
    assert (asked.number, dict(asked.lines)) == ("A-1-F1", {"1": 2})
    with pytest.raises(Refused, match=r"1 can still be cancelled"):
        shop.engine.submit(Cancel(lines={"1": 2}).to("A-1"))
    shop.says(CancellationAnswered(fo="A-1-F1", lines={"1": 1}))
    assert shop.order.units(Bucket.CANCELLED) == {"1": 1}
    assert not shop.order.state.cancellations
    shop.says(GoodsShipped(fo="A-1-F1", notice="N1", lines={"1": 3, "2": 2}))
    assert shop.order.units(Bucket.SHIPPED) == {"1": 3, "2": 2}
    assert shop.tasks() == {"exception.shipped"}


def test_what_left_before_the_answer_makes_the_question_moot() -> None:
    shop = ordered()
    shop.engine.submit(Cancel().to("A-1"))
    shop.says(GoodsShipped(fo="A-1-F1", notice="N1", lines={"1": 3, "2": 2}))
    assert not shop.order.state.cancellations
    assert state(shop) == "fulfilled"


def test_silence_is_pressed_and_never_ships_twice() -> None:
    """Remind, ask for the units back, ask a person; routed again only after an answer."""
    party = FakePartner()
    shop = ordered(InHouse(), party=party)
    shop.stock("MUG", 9)
    shop.passes(days=2)
    assert len(party.chased) == 1
    shop.passes(days=2)
    (asked,) = party.cancellations
    assert dict(asked.lines) == {"1": 3, "2": 2}
    shop.passes(days=4)
    assert set(shop.order.fulfillment_orders) == {"A-1-F1"}
    tasks = {task.name: task for task in shop.engine.tasks()}
    assert set(tasks) == {"overdue.dropship", "overdue.fulfiller"}
    shop.engine.complete(tasks["overdue.dropship"], by="ana", data={"answer": "given up"})
    shop.work()
    assert state(shop) == "cancelled"
    assert shop.order.fulfillment_orders["A-1-F2"].strategy == "in_house"


def test_an_invoice_is_compared_with_order_and_notice() -> None:
    shop = ordered()
    costs = (
        InvoiceLine(line="1", quantity=3, unit_cost=Decimal("3.25")),
        InvoiceLine(line="2", quantity=2, unit_cost=Decimal("4.75")),
    )
    shop.says(InvoiceReceived(fo="A-1-F1", number="I-1", lines=costs))
    names = shop.tasks()
    assert names == {"exception.invoice", "exception.invoice_cost"}
    shop.says(GoodsShipped(fo="A-1-F1", notice="N1", lines={"1": 3, "2": 2}))
    assert shop.tasks() == {"exception.invoice_cost"}


def test_facts_wait_for_an_order_that_is_not_known_yet() -> None:
    shop = ordered()
    other = GoodsShipped(fo="A-2-F1", notice="N1", lines={"1": 1}, tracking_number="T1")
    scan = TrackingReported(tracking_number="T1", status=ParcelStatus.DELIVERED)
    shop.says(scan, other, of="")
    shop.place(Line(sku="MUG", quantity=1), number="A-2")
    assert shop.engine.order("A-2").status == "delivered"
    assert not shop.engine.store.unmatched()


def test_a_substitute_needs_the_customers_word() -> None:
    shop = ordered()
    lines = (LineAnswer(line="2", verdict=Verdict.SUBSTITUTED, substitute="PAN"),)
    shop.says(RequestAnswered(fo="A-1-F1", lines=lines))
    assert [task.name for task in shop.engine.tasks()] == ["substitute"]
    shop.completes("substitute")
    assert shop.order.units(Bucket.SUBSTITUTED) == {"2": 2}
    assert shop.order.line("2.s1").sku == "PAN"
    with pytest.raises(Refused, match="substitute"):
        shop.engine.submit(AcceptSubstitute(fo="A-1-F1", line="2").to("A-1"))


def test_reports_and_notices_agree_in_any_order() -> None:
    """What left before a report is not taken off once more when its notice comes."""
    left = []
    for late in (False, True):
        shop = Shop(ThirdParty(FakePartner(), "3pl"), stock={})
        shop.says(StockReported(sku="MUG", location="3pl", on_hand=5), of="")
        shop.place(Line(sku="MUG", quantity=2))
        assert shop.engine.level("MUG", "3pl").available == 3
        shipped = shop.clock.now() + timedelta(hours=1)
        shop.clock.advance(timedelta(hours=3))
        facts = [
            GoodsShipped(fo="A-1-F1", notice="N1", lines={"1": 2}).at(shipped),
            StockReported(sku="MUG", location="3pl", on_hand=3).at(shipped + timedelta(hours=1)),
        ]
        for fact in reversed(facts) if late else facts:
            shop.engine.observe(fact)
        shop.work()
        left.append(shop.engine.level("MUG", "3pl"))
    assert left[0] == left[1]
    assert (left[0].on_hand, left[0].reserved) == (3, 0)
