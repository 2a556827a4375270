"""Money comes first, in parts, late, twice, back, at the door, or not at all."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderflow import Line, Refused
from orderflow.errors import PortFailed
from orderflow.model import events as ev
from orderflow.model.commands import (
    Cancel,
    CloseTask,
    Pack,
    Pick,
    PlaceHold,
    ReleaseHold,
    RequestReturn,
)
from orderflow.model.document import Charge, Terms
from orderflow.model.observations import GoodsReturned, ObservationBody
from orderflow.model.state import PaymentOutcome, Payments, RefundStatus
from orderflow.money import Money
from orderflow.policies import Windows, when_paid
from orderflow.ports import RefundRequest
from tests.mutants import Law, Mutant, Mutants, Mutate, Patch, ask_nobody, law, replace
from tests.shop import Shop

PREPAID, INVOICE, CASH = Terms.PREPAID, Terms.INVOICE, Terms.CASH_ON_DELIVERY
WEEKLY = Windows(reminder=timedelta(days=7), reminders=2, tracking=timedelta(days=99))


# --- paid first ----------------------------------------------------------------------------------


def test_a_prepaid_order_is_worked_when_it_is_paid_in_parts() -> None:
    shop = Shop(release=when_paid).place(terms=PREPAID)
    shop.pays(1000, PaymentOutcome.AUTHORISED, "auth")
    shop.pays(400, ref="1")
    shop.pays(400, ref="1")  # reported twice
    assert (shop.order.payment_status, shop.order.status) == ("partially_paid", "confirmed")
    shop.pays(600, ref="2")
    assert (shop.order.payment_status, shop.order.status) == ("paid", "shipped")


def test_a_prepaid_order_without_money_is_cancelled_and_its_stock_is_free() -> None:
    shop = Shop(release=when_paid).place(terms=PREPAID)
    shop.pays(1000, PaymentOutcome.FAILED, "declined")
    shop.passes(days=6)
    assert shop.engine.level("MUG").available == 18
    shop.passes(days=1)
    assert (shop.order.status, shop.order.state.reason) == ("cancelled", "unpaid")
    assert shop.engine.level("MUG").available == 20
    assert shop.roles() == {}


def test_a_prepaid_order_without_money_leaves_the_waiting_list() -> None:
    mugs = Line(sku="MUG", quantity=25, amount=1000)
    shop = Shop(release=when_paid).place(mugs, terms=PREPAID)
    assert shop.engine.level("MUG").backordered == 5
    shop.passes(days=7)
    assert shop.order.status == "cancelled"
    assert shop.engine.level("MUG").backordered == 0


def test_money_that_comes_after_that_goes_back() -> None:
    shop = Shop(release=when_paid).place(terms=PREPAID)
    shop.passes(days=7)
    assert shop.order.payment_status == "nothing_due"
    shop.pays(1000)
    (refund,) = shop.order.state.refunds.values()
    assert (refund.amount, refund.status) == (1000, RefundStatus.PENDING)
    (task,) = shop.engine.tasks(role="finance")
    shop.engine.complete(task, by="fin")
    shop.work()
    assert (shop.order.status, shop.order.payment_status) == ("cancelled", "refunded")


class Mute:
    """Pays refunds, and never says so."""

    def __init__(self) -> None:
        self.paid: dict[str, int] = {}

    def refund(self, request: RefundRequest) -> ObservationBody | None:
        self.paid[request.key] = request.amount
        raise PortFailed("the answer got lost")


def test_what_may_have_been_paid_back_is_not_paid_back_again() -> None:
    """Nobody knows of a refund, and another is reported: what is left then, a person looks at."""
    bank = Mute()
    shop = Shop(release=when_paid, payments=bank, manual=["pick"]).place(terms=PREPAID)
    shop.pays(1000)
    shop.does(Cancel())
    shop.pays(900, PaymentOutcome.REFUNDED, "by hand")
    shop.passes(days=9)
    assert list(bank.paid.values()) == [1000]
    assert shop.roles() == {"refund": "finance"}
    (task,) = shop.engine.tasks()
    assert task.subject == "A-1-M2"
    assert "check; if it was not, pay it" in task.instructions


@pytest.mark.parametrize("fact", [PaymentOutcome.AUTHORISED, PaymentOutcome.CAPTURED])
def test_where_some_money_is_in_sight_a_person_decides(fact: PaymentOutcome) -> None:
    shop = Shop(release=when_paid).place(terms=PREPAID)
    shop.pays(1, fact)
    shop.passes(days=7)
    assert (shop.order.status, shop.roles()) == ("confirmed", {"overdue.payment": "support"})
    shop.pays(1000, ref="all")
    assert (shop.order.status, shop.roles()) == ("shipped", {})


@pytest.mark.parametrize("terms", [INVOICE, CASH])
def test_what_is_paid_last_does_not_wait_for_its_payment(terms: Any) -> None:
    shop = Shop(release=when_paid).place(terms=terms)
    assert (shop.order.status, shop.order.payment_status) == ("shipped", "unpaid")


def test_a_hold_stops_the_clock() -> None:
    shop = Shop(release=when_paid).place(terms=PREPAID)
    shop.engine.submit(PlaceHold(hold="look", reason="odd").to("A-1"))
    shop.passes(days=9)
    assert shop.order.status == "confirmed"
    shop.does(ReleaseHold(hold="look"))
    assert shop.order.status == "cancelled"


# --- paid after delivery -------------------------------------------------------------------------


def test_reminders_repeat_and_then_a_person_asks_until_it_is_paid() -> None:
    shop = Shop(windows=WEEKLY).place()
    shop.delivers()
    for week, reminders in ((1, 1), (2, 2), (3, 2)):
        shop.passes(days=7)
        assert shop.told.count("payment-reminder") == reminders, week
    (task,) = shop.engine.tasks(role="finance")
    assert task.instructions == "10.00 EUR of A-1 are not paid after 2 reminders"
    shop.engine.complete(task, by="fin", data={"answer": "waiting"})
    shop.passes(days=7)
    (task,) = shop.engine.tasks(role="finance")
    shop.engine.complete(task, by="fin", data={"answer": "paid"})
    shop.work()
    assert (shop.order.payment_status, shop.order.status) == ("paid", "completed")
    shop.passes(days=90)
    assert (shop.told.count("payment-reminder"), shop.roles()) == (2, {})


def test_who_has_paid_is_not_reminded() -> None:
    shop = Shop(windows=WEEKLY).place()
    shop.delivers()
    shop.passes(days=7)
    shop.pays(1000)
    shop.passes(days=30)
    assert shop.told.count("payment-reminder") == 1


def test_nobody_is_reminded_of_what_came_back_or_while_it_does() -> None:
    shop = Shop(windows=WEEKLY).place()
    shop.delivers()
    shop.engine.submit(RequestReturn(lines={"1": 2}).to("A-1", by="customer"))
    shop.passes(days=8)
    assert shop.told == []
    (rma,) = shop.order.state.returns
    shop.says(GoodsReturned(rma=rma, lines={"1": 2}))
    shop.passes(days=30)
    assert "payment-reminder" not in shop.told


def test_without_a_window_nobody_is_reminded() -> None:
    shop = Shop().place()
    shop.delivers()
    shop.passes(days=90)
    assert "payment-reminder" not in shop.told


# --- cash on delivery ----------------------------------------------------------------------------


def test_the_carrier_is_told_what_to_collect() -> None:
    shop = Shop().place(terms=CASH, charges=(Charge(code="POST", amount=390),))
    assert [asked.collect for asked in shop.carrier.asked] == [Money(1390, "EUR")]
    shop = Shop().place()
    assert [asked.collect for asked in shop.carrier.asked] == [None]


@given(
    amount=st.integers(0, 9_999),
    tax=st.integers(0, 99),
    postage=st.integers(0, 500),
    paid=st.integers(0, 3_000),
    parts=st.lists(st.integers(1, 3), min_size=1, max_size=4),
    reported=st.booleans(),
)
def test_what_all_parcels_collect_adds_up_to_what_is_owed(
    amount: int, tax: int, postage: int, paid: int, parts: list[int], reported: bool
) -> None:

    line = Line(sku="MUG", quantity=sum(parts), amount=amount, tax=tax)
    charges = (Charge(code="POST", amount=postage),)
    shop = Shop(manual=["pick", "pack"]).place(line, terms=CASH, charges=charges)
    shop.pays(paid, ref="ahead")
    for number, units in enumerate(parts):
        some = {"1": units}
        shop.engine.submit(Pick(fo="A-1-F1", units=some).to("A-1"))
        shop.engine.submit(Pack(fo="A-1-F1", units=some).to("A-1"))
        shop.work()
        if reported and (cash := shop.carrier.asked[-1].collect):
            shop.pays(cash.minor, ref=f"cash-{number}")
    collected = sum(asked.collect.minor for asked in shop.carrier.asked if asked.collect)
    assert collected == max(0, amount + tax + postage - paid)


def test_cash_that_is_not_reported_is_asked_for() -> None:
    shop = Shop().place(terms=CASH)
    shop.delivers()
    shop.passes(days=6)
    assert shop.roles() == {}
    shop.passes(days=1)
    (task,) = shop.engine.tasks(role="finance")
    assert "10.00 EUR of A-1 are due on delivery" in task.instructions
    shop.pays(1000)  # the carrier reports it after all
    assert shop.roles() == {}
    shop.passes(days=30)
    assert (shop.roles(), shop.order.status) == ({}, "completed")


def test_two_orders_cash_is_not_collected_with_one_parcel() -> None:
    shop = Shop(manual=["pick", "pack"]).place(terms=CASH)
    shop.place(Line(sku="MUG", quantity=1, unit_price=Decimal(5)), number="A-2", terms=CASH)
    for order, units in (("A-1", 2), ("A-2", 1)):
        shop.engine.submit(Pick(fo=f"{order}-F1", units={"1": units}).to(order))
    shop.does(Pack(fo="A-1-F1", units={"1": 2}, into="BOX"))
    with pytest.raises(Refused, match="and A-2 is paid on delivery"):
        shop.engine.submit(Pack(fo="A-2-F1", units={"1": 1}, into="BOX").to("A-2"))


# --- charged back --------------------------------------------------------------------------------


@pytest.mark.parametrize("days", [0, 30])
def test_a_chargeback_is_a_persons_task_after_completion_too(days: int) -> None:
    shop = Shop(windows=WEEKLY).place()
    shop.pays(1000)
    shop.delivers()
    shop.passes(days=days)
    assert (shop.order.status == "completed") == bool(days)
    for _ in range(2):  # reported twice
        shop.pays(1000, PaymentOutcome.CHARGED_BACK, "cb-1")
    assert shop.roles() == {"exception.charged_back": "finance"}
    assert shop.order.payment_status == "charged_back"
    shop.engine.submit(CloseTask(task="A-1:exception.charged_back").to("A-1", by="fin"))
    shop.passes(days=60)
    assert (shop.roles(), shop.order.status) == ({}, "completed")
    assert "payment-reminder" not in shop.told


# --- mutants -------------------------------------------------------------------------------------


def expires_though_paid(patch: Patch) -> None:
    """An order is cancelled as unpaid though some money came."""
    replace(patch, "an unpaid order expires", lambda _state: True)


def never_expires(patch: Patch) -> None:
    """An unpaid order keeps its stock."""
    replace(patch, "an unpaid order expires", lambda _state: False)


def reminds_who_has_paid(patch: Patch) -> None:
    """Reminders go on after the payment."""
    patch.setattr(Payments, "outstanding", 1)


def collects_all_with_each_parcel(patch: Patch) -> None:
    """Every carrier collects the whole price."""
    replace(
        patch,
        "what a carrier collects",
        lambda order, _parcel: max(0, order.state.payments.total - order.state.payments.kept),
    )


def chargebacks_are_only_counted(patch: Patch) -> None:
    """Nobody hears of a chargeback."""
    ask_nobody(patch, "exception.charged_back")


LAWS: dict[Mutate, Law] = {
    expires_though_paid: law(
        test_where_some_money_is_in_sight_a_person_decides, PaymentOutcome.CAPTURED
    ),
    never_expires: law(test_a_prepaid_order_without_money_is_cancelled_and_its_stock_is_free),
    reminds_who_has_paid: law(test_who_has_paid_is_not_reminded),
    collects_all_with_each_parcel: law(test_what_all_parcels_collect_adds_up_to_what_is_owed),
    chargebacks_are_only_counted: law(test_a_chargeback_is_a_persons_task_after_completion_too, 30),
}
MUTANTS = Mutants("money", LAWS)


@MUTANTS.each
def test_mutant_is_caught(mutant: Mutant[Mutate], monkeypatch: Patch) -> None:
    mutant.how(monkeypatch)
    mutant.breaks(LAWS[mutant.how])


def test_the_journal_tells_of_each_reminder() -> None:
    shop = Shop(windows=WEEKLY).place()
    shop.delivers()
    shop.passes(days=7)
    assert len(shop.events(ev.DunningSent)) == 1
