"""Suppliers and logistics providers: what is asked of them, and what each of their answers does."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from orderflow import Engine, InHouse, Line, NewOrder, Refused
from orderflow.errors import PortFailed
from orderflow.fulfillment import Dropship, ThirdParty
from orderflow.model.commands import Cancel, Receive, Substitute
from orderflow.model.ledger import Bucket
from orderflow.model.observations import (
    CancellationAnswered,
    Fact,
    GoodsShipped,
    InvoiceLine,
    InvoiceReceived,
    LineAnswer,
    RequestAnswered,
    RequestReceived,
    StockReported,
    TrackingReported,
    Verdict,
)
from orderflow.model.order import Order
from orderflow.model.parcel import ParcelStatus
from orderflow.ports import GiveUp, PartyRequest
from orderflow.simulation import SequentialIds, VirtualClock
from orderflow.stores import MemoryStore
from orderflow.testing import check_order, check_stock

MUGS = Line(sku="MUG", quantity=3, unit_price=Decimal("6.50"), substitutes=("CUP",))
POTS = Line(sku="POT", quantity=2, unit_price=Decimal("9.00"))


class Silent:
    """A party that only takes notes."""

    def __init__(self) -> None:
        self.requests: dict[str, PartyRequest] = {}
        self.asked: dict[str, GiveUp] = {}
        self.reminded: list[str] = []

    def submit(self, request: PartyRequest) -> Fact | None:
        self.requests[request.key] = request
        return None

    def give_up(self, request: GiveUp) -> Fact | None:
        self.asked[request.key] = request
        return None

    def remind(self, key: str, number: str) -> None:
        self.reminded.append(f"{key} {number}")


class Shop:
    """One order for three mugs and two pots at one party."""

    def __init__(self, *others: InHouse, lines: tuple[Line, ...] = (MUGS, POTS)) -> None:
        self.clock, self.party = VirtualClock(), Silent()
        supplier = Dropship(self.party, cost=lambda line: line.unit_price / 2)
        self.engine = Engine(
            MemoryStore(), [supplier, *others], clock=self.clock, ids=SequentialIds()
        )
        self.engine.place(NewOrder(number="A-1", currency="GBP", lines=lines))
        self.work()

    def work(self) -> None:
        self.engine.worker.run_until_idle()
        check_order(self.engine, "A-1")
        check_stock(self.engine)

    def says(self, fact: Fact) -> None:
        self.engine.observe(fact.at(self.clock.now()))
        self.work()

    def passes(self, time: timedelta) -> None:
        self.clock.advance(time)
        self.work()

    @property
    def order(self) -> Order:
        return self.engine.order("A-1")

    def state(self, fo: str = "A-1-F1") -> str:
        return self.order.fulfillment_orders[fo].state


def test_the_purchase_order_names_costs_and_number() -> None:
    shop = Shop()
    (request,) = shop.party.requests.values()
    assert request.number == "A-1-F1"
    assert [(ln.sku, ln.quantity, ln.unit_cost) for ln in request.lines] == [
        ("MUG", 3, Decimal("3.25")),
        ("POT", 2, Decimal("4.50")),
    ]


def test_what_a_party_rejects_that_it_was_asked_to_give_up_is_cancelled() -> None:
    """It is not routed to the next one; what was not asked back is."""
    shop = Shop(InHouse())
    shop.engine.change_stock(Receive(sku="MUG", quantity=9).to(id="r-1"))
    shop.engine.submit(Cancel(lines={"1": 2, "2": 1}).to("A-1", by="customer"))
    shop.work()
    rejected = LineAnswer(line="1", verdict=Verdict.REJECTED, reason="gone")
    shop.says(RequestAnswered(fo="A-1-F1", lines=(rejected,)))
    assert shop.order.units(Bucket.CANCELLED) == {"1": 2}
    assert shop.order.units(Bucket.SHIPPED) == {"1": 1}
    assert shop.order.units(Bucket.ALLOCATED) == {"2": 2}
    assert [asked.lines for asked in shop.order.state.cancellations.values()] == [{"2": 1}]
    shop.says(RequestAnswered(fo="A-1-F1", rejected="we stop"))
    assert shop.order.units(Bucket.CANCELLED) == {"1": 2, "2": 1}
    assert shop.order.state.cancellations == {}


class Away(Silent):
    """A party that cannot be reached by software."""

    def submit(self, request: PartyRequest) -> Fact | None:
        raise PortFailed(f"nobody takes {request.number}")


def test_whom_a_person_says_to_have_accepted_has_the_request_and_is_asked_to_give_it_up() -> None:
    engine = Engine(MemoryStore(), [Dropship(Away())], ids=SequentialIds())
    engine.worker.attempts = 1
    engine.place(NewOrder(number="A-2", currency="GBP", lines=(POTS,)))
    engine.worker.run_until_idle()
    engine.fire("A-2", "accept", on="A-2-F1", by="ana")
    engine.submit(Cancel().to("A-2", by="customer"))
    assert [asked.lines for asked in engine.order("A-2").state.cancellations.values()] == [{"1": 2}]


def test_received_is_not_answered() -> None:
    shop = Shop()
    shop.says(RequestReceived(fo="A-1-F1", reference="PO-77"))
    assert shop.state() == "submitted"
    assert shop.engine.store.find("request:PO-77") == "order:A-1"


def test_an_answer_line_by_line() -> None:
    """Mugs are accepted in parts, backordered and substituted; pots re-priced and rejected."""
    shop = Shop(InHouse())
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
    assert {task.name for task in shop.engine.tasks()} == {"exception.price"}
    shop.passes(timedelta(days=19))  # it promised to ship later: nobody is pressed before
    assert not shop.party.reminded


def test_a_rejected_order_goes_to_the_next_who_takes_it() -> None:
    shop = Shop(InHouse())
    shop.engine.change_stock(Receive(sku="MUG", quantity=3).to(id="r1"))
    shop.says(RequestAnswered(fo="A-1-F1", rejected="closed for holidays"))
    second = shop.order.fulfillment_orders["A-1-F2"]
    assert (shop.state(), second.strategy, second.supersedes) == ("rejected", "in_house", "A-1-F1")
    assert shop.order.status == "partially_shipped"


def test_a_notice_opens_a_parcel_once() -> None:
    shop = Shop()
    notice = GoodsShipped(
        fo="A-1-F1", notice="N1", lines={"1": 3, "2": 1}, carrier="ups", tracking_number="1Z9"
    )
    shop.says(notice)
    shop.says(notice)  # before the answer, and twice
    assert (shop.state(), shop.order.units(Bucket.SHIPPED)) == ("accepted", {"1": 3, "2": 1})
    shop.says(TrackingReported(tracking_number="1Z9", status=ParcelStatus.DELIVERED))
    assert shop.order.units(Bucket.DELIVERED) == {"1": 3, "2": 1}
    shop.says(GoodsShipped(fo="A-1-F1", notice="N2", lines={"2": 2}))
    assert shop.state() == "fulfilled"
    assert shop.order.state.surplus == {"2": 1}
    assert {task.name for task in shop.engine.tasks()} == {"exception.surplus"}


def test_a_cancellation_is_a_request() -> None:
    shop = Shop()
    shop.engine.submit(Cancel(lines={"1": 2}).to("A-1"))
    shop.work()
    (asked,) = shop.party.asked.values()
    assert (asked.number, dict(asked.lines)) == ("A-1-F1", {"1": 2})
    with pytest.raises(Refused, match=r"1 can still be cancelled"):
        shop.engine.submit(Cancel(lines={"1": 2}).to("A-1"))
    shop.says(CancellationAnswered(fo="A-1-F1", lines={"1": 1}))
    assert shop.order.units(Bucket.CANCELLED) == {"1": 1}
    assert not shop.order.state.cancellations
    shop.says(GoodsShipped(fo="A-1-F1", notice="N1", lines={"1": 3, "2": 2}))
    assert shop.order.units(Bucket.SHIPPED) == {"1": 3, "2": 2}
    assert {task.name for task in shop.engine.tasks()} == {"exception.shipped"}


def test_what_left_before_the_answer_makes_the_question_moot() -> None:
    shop = Shop()
    shop.engine.submit(Cancel().to("A-1"))
    shop.says(GoodsShipped(fo="A-1-F1", notice="N1", lines={"1": 3, "2": 2}))
    assert not shop.order.state.cancellations
    assert shop.state() == "fulfilled"


def test_silence_is_pressed_and_never_ships_twice() -> None:
    """Remind, ask for the units back, ask a person; routed again only after an answer."""
    shop = Shop(InHouse())
    shop.engine.change_stock(Receive(sku="MUG", quantity=9).to(id="r1"))
    shop.passes(timedelta(days=2))
    assert len(shop.party.reminded) == 1
    shop.passes(timedelta(days=2))
    (asked,) = shop.party.asked.values()
    assert dict(asked.lines) == {"1": 3, "2": 2}
    shop.passes(timedelta(days=4))
    assert set(shop.order.fulfillment_orders) == {"A-1-F1"}
    tasks = {task.name: task for task in shop.engine.tasks()}
    assert set(tasks) == {"overdue.dropship", "overdue.fulfiller"}
    shop.engine.complete(tasks["overdue.dropship"], by="ana", data={"answer": "given up"})
    shop.work()
    assert shop.state() == "cancelled"
    assert shop.order.fulfillment_orders["A-1-F2"].strategy == "in_house"


def test_an_invoice_is_compared_with_order_and_notice() -> None:
    shop = Shop()
    costs = (
        InvoiceLine(line="1", quantity=3, unit_cost=Decimal("3.25")),
        InvoiceLine(line="2", quantity=2, unit_cost=Decimal("4.75")),
    )
    shop.says(InvoiceReceived(fo="A-1-F1", number="I-1", lines=costs))
    names = {task.name for task in shop.engine.tasks()}
    assert names == {"exception.invoice", "exception.invoice_cost"}
    shop.says(GoodsShipped(fo="A-1-F1", notice="N1", lines={"1": 3, "2": 2}))
    assert {task.name for task in shop.engine.tasks()} == {"exception.invoice_cost"}


def test_facts_wait_for_an_order_that_is_not_known_yet() -> None:
    shop = Shop()
    other = GoodsShipped(fo="A-2-F1", notice="N1", lines={"1": 1}, tracking_number="T1")
    shop.says(TrackingReported(tracking_number="T1", status=ParcelStatus.DELIVERED))
    shop.says(other)
    line = Line(sku="MUG", quantity=1)
    shop.engine.place(NewOrder(number="A-2", currency="GBP", lines=(line,)))
    shop.work()
    assert shop.engine.order("A-2").status == "delivered"
    assert not shop.engine.store.inbox()


def test_a_substitute_needs_the_customers_word() -> None:
    shop = Shop()
    lines = (LineAnswer(line="2", verdict=Verdict.SUBSTITUTED, substitute="PAN"),)
    shop.says(RequestAnswered(fo="A-1-F1", lines=lines))
    (task,) = shop.engine.tasks()
    assert task.name == "substitute"
    shop.engine.complete(task, by="ana")
    shop.work()
    assert shop.order.units(Bucket.SUBSTITUTED) == {"2": 2}
    assert shop.order.line("2.s1").sku == "PAN"
    with pytest.raises(Refused, match="substitute"):
        shop.engine.submit(Substitute(fo="A-1-F1", line="2").to("A-1"))


def test_reports_and_notices_agree_in_any_order() -> None:
    """What left before a report is not taken off once more when its notice comes."""
    left = []
    for late in (False, True):
        clock, party = VirtualClock(), Silent()
        engine = Engine(MemoryStore(), [ThirdParty(party, "3pl")], clock=clock)
        engine.observe(StockReported(sku="MUG", location="3pl", on_hand=5).at(clock.now()))
        line = Line(sku="MUG", quantity=2)
        engine.place(NewOrder(number="A-1", currency="GBP", lines=(line,)))
        engine.worker.run_until_idle()
        assert engine.level("MUG", "3pl").available == 3
        shipped = clock.now() + timedelta(hours=1)
        clock.advance(timedelta(hours=3))
        facts = [
            GoodsShipped(fo="A-1-F1", notice="N1", lines={"1": 2}).at(shipped),
            StockReported(sku="MUG", location="3pl", on_hand=3).at(shipped + timedelta(hours=1)),
        ]
        for fact in reversed(facts) if late else facts:
            engine.observe(fact)
        engine.worker.run_until_idle()
        check_order(engine, "A-1")
        check_stock(engine)
        left.append(engine.level("MUG", "3pl"))
    assert left[0] == left[1]
    assert (left[0].on_hand, left[0].reserved) == (3, 0)
