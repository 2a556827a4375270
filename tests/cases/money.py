"""What is owed, paid, collected and paid back."""

from __future__ import annotations

from typing import Any

from orderflow import Charge, InHouse, Steps
from orderflow.model.commands import Cancel
from orderflow.model.observations import GoodsReturned
from orderflow.policies import when_paid
from orderflow.testing import FakeCarrier
from tests.cases.shop import Shop, case, expect, line


def half_price(**rules: Any) -> Shop:
    """60.00 and 40.00 at half price; 50.00 are paid."""
    shop = Shop(**rules)
    for sku in "AB":
        shop.stock(sku, 1)
    half = Charge(code="HALF", amount=-5000)
    shop.place(line("A", price="60.00"), line("B", price="40.00"), charges=[half])
    shop.pay(5000)
    return shop


@case("a discount on the order, and the dearer article comes back", "high")
def discount_returned() -> None:
    """60.00 and 40.00 were sold at half price; the article of 60.00 is returned.

    Right: its share of the discount goes with it. 30.00 are paid back, 20.00 stay owed. Kind: every
    charge below zero shrinks with the goods that it was given for (returns, cancellations, edits
    down, cash on delivery), and nothing that is owed falls below zero.
    """
    shop = half_price()
    shop.deliver()
    shop.hear(GoodsReturned(lines={"1": 1}))
    expect({"paid back": [3000], "owed": 2000}, {"paid back": shop.bank.paid, "owed": shop.owed()})


@case("a discount on the order, and the dearer article is cancelled before the pick", "high")
def discount_cancelled() -> None:
    """The same order, of which the article of 60.00 is cancelled.

    Right: 20.00 are owed. Kind: the same; the way by which goods go does not matter.
    """
    shop = half_price(steps=Steps(manual=frozenset({"pick"})))
    shop.do(Cancel(lines={"1": 1}))
    expect(2000, shop.owed())


@case("money that the bank gave back, and nobody knows for what, is asked about", "high")
def goodwill_then_return() -> None:
    """5.00 and 5.00 are paid; the bank reports 2.00 paid back (a scratch); one article comes back.

    Right: finance is asked what the 2.00 were for, and until it says so software pays nothing.
    Kind: refunds that are not ours. One of the amount of a proposal is that proposal, one that says
    what it is for is that; of all others a person decides, or it is paid twice, or too little.
    """
    shop = Shop()
    for sku in "AB":
        shop.stock(sku, 1)
    shop.place(*(line(sku, price="5.00") for sku in "AB"))
    shop.pay(1000)
    shop.deliver()
    before = set(shop.tasks())
    shop.pay(200, "goodwill-1", fact="refunded")
    asked = bool(set(shop.tasks()) - before)
    shop.hear(GoodsReturned(lines={"2": 1}))
    right = {"finance is asked": True, "paid": []}
    expect(right, {"finance is asked": asked, "paid": shop.bank.paid})


@case("who was given money back is not asked to pay it", "high")
def goodwill_is_not_a_debt() -> None:
    """13.00 are paid, the goods delivered, and 5.00 given back as goodwill.

    Right: nobody is dunned for the 5.00, and the order completes once finance has said what they
    were for. Kind: the same.
    """
    shop = Shop()
    shop.place(line("P", price="13.00", stocked=False), terms="prepaid")
    shop.pay(1300)
    shop.deliver()
    shop.pay(500, "goodwill-1", fact="refunded")
    shop.days(40)
    expect({"dunned": []}, {"dunned": shop.tasks("overdue.payment")})


@case("say that the price was reduced after the sale", "high", open=True)
def reduction() -> None:
    """A shop and a customer agree on a lower price, or a small difference is given up.

    To become possible: one command with a reason. What is owed falls, money beyond it goes back
    through the bank once, an invoice is reminded of the lower sum, later returns count the reduced
    price. Kind: money that changes without goods.
    """


def authorised_and_failed() -> Shop:
    """A prepaid order of 10.00 whose authorisation a1 failed."""
    shop = Shop(release=when_paid)
    shop.stock("A", 1)
    shop.place(line("A", price="10.00"), terms="prepaid")
    shop.pay(1000, "a1", fact="authorised")
    shop.pay(1000, "a1", fact="failed")
    return shop


@case("an authorisation that failed is none", "high")
def authorisation_failed() -> None:
    """A prepaid order is authorised, then the authorisation fails; eight days pass.

    Right: cancelled as unpaid, its stock free again. Kind: authorisations end: voided, expired,
    declined late, replaced.
    """
    shop = authorised_and_failed()
    shop.days(8)
    got = {"status": shop.status(), "reserved": shop.engine.level("A").reserved}
    expect({"status": "cancelled", "reserved": 0}, got)


@case("an authorisation in place of a failed one does not count twice", "high")
def authorised_anew() -> None:
    """After the failed authorisation of 10.00 another one of 10.00 comes.

    Right: 10.00 are authorised. Kind: the same.
    """
    shop = authorised_and_failed()
    shop.pay(1000, "a2", fact="authorised")
    expect(1000, shop.engine.order("A-1").state.payments.authorised)


class Doors(FakeCarrier):
    """A carrier of whom is known what it collects at doors."""

    def collects(self) -> int:
        """Minor units that the labels still standing collect."""
        asked = {self.labels[request.key].tracking_number: request for request in self.asked}
        for label in self.voided:
            del asked[label.tracking_number]
        return sum(request.collect.minor for request in asked.values() if request.collect)

    def expect(self, right: int, shop: Shop) -> None:
        """Pass where it collects what is right, or a person is told."""
        expect(right, right if shop.tasks("exception") else self.collects())


def cash_on_delivery() -> tuple[Shop, Doors]:
    """30.00, 20.00 and postage of 5.00 in two labelled parcels."""
    carrier = Doors()
    shop = Shop(InHouse("north", "south", carrier=carrier), steps=Steps(manual=frozenset({"ship"})))
    shop.stock("A", 1, "north")
    shop.stock("B", 1, "south")
    shop.place(
        line("A", price="30.00"),
        line("B", price="20.00"),
        charges=[Charge(code="POST", amount=500)],
        terms="cash_on_delivery",
    )
    return shop, carrier


@case("cash on delivery: a line is cancelled after the labels were bought", "high")
def collects_after_cancel() -> None:
    """Of two labelled parcels the line of 30.00 is cancelled.

    Right: the labels that stand collect the 25.00 that are owed (one is bought anew), or a person
    has a task. Kind: whatever changes what is owed between label and hand-over.
    """
    shop, carrier = cash_on_delivery()
    shop.do(Cancel(lines={"1": 1}))
    carrier.expect(shop.owed(), shop)


@case("cash on delivery: paid online before the parcels leave", "high")
def collects_after_payment() -> None:
    """All 55.00 are paid online while the labelled parcels wait.

    Right: nothing is collected at the door, or a person has a task. Kind: the same.
    """
    shop, carrier = cash_on_delivery()
    shop.pay(5500)
    carrier.expect(0, shop)


@case("ask the bank to capture what was authorised", "medium", open=True)
def capture() -> None:
    """A prepaid order with an authorised payment ships; the port of payments can only refund.

    To become possible: the engine asks for a capture, whole or for each shipment, once per key,
    never beyond what was authorised and what has left.
    """
