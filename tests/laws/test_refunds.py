"""Money comes back exactly, once, and never more of it than was paid."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from orderflow import Line, Order
from orderflow.errors import PortFailed
from orderflow.kernel.decision.draft import Draft
from orderflow.kernel.pending.answers import ANSWERS, AnswerSpec
from orderflow.model import events as ev
from orderflow.model.amount_due import amount_due
from orderflow.model.commands import Cancel, CloseReturn, RequestReturn, RetryRefund
from orderflow.model.document import Charge
from orderflow.model.observations import (
    GoodsReturned,
    ObservationBody,
    PaymentReported,
    TrackingReported,
)
from orderflow.model.parcel import ParcelStatus
from orderflow.model.returns import Disposition, InspectionLine
from orderflow.model.state import PaymentOutcome, RefundStatus
from orderflow.ports import RefundRequest
from tests.mutants import Law, Mutant, Mutants, Mutate, Patch, give_engines, law, original, replace
from tests.shop import Shop

UNITS = 5


class Bank:
    """Pays refunds, once per key; may lose its answer, say no, or say something else."""

    def __init__(self) -> None:
        self.paid: dict[str, int] = {}
        self.loses = self.refuses = False
        self.answers: ObservationBody | None = None

    def refund(self, request: RefundRequest) -> ObservationBody | None:
        fact = PaymentOutcome.FAILED if self.refuses else PaymentOutcome.REFUNDED
        if not self.refuses:
            self.paid.setdefault(request.key, request.amount)
        if self.answers:
            return self.answers
        if self.loses:
            raise PortFailed("the answer got lost")
        return PaymentReported(fact=fact, amount=request.amount, reference=request.key)


class Paid(Shop):
    """One order of some units, paid; it ships at once, or waits for its picker."""

    def __init__(
        self, amount: int, tax: int = 0, postage: int = 0, captured: int = -1, **rules: Any
    ) -> None:
        self.bank = Bank()
        super().__init__(stock={"MUG": UNITS}, payments=self.bank, **rules)
        line = Line(sku="MUG", quantity=UNITS, amount=amount, tax=tax)
        self.place(line, charges=(Charge(code="POST", amount=postage),) if postage else ())
        self.pays(amount + tax + postage if captured < 0 else captured)

    def bring_back(self, units: int, *findings: InspectionLine) -> None:
        """Units come back unannounced, are looked at, and the return is closed."""
        self.says(GoodsReturned(lines={"1": units}))
        rma = list(self.order.state.returns)[-1]
        if not self.order.state.returns[rma].phase.final:
            self.does(CloseReturn(rma=rma, findings=findings))

    @property
    def refunds(self) -> list[tuple[int, RefundStatus]]:
        return [(refund.amount, refund.status) for refund in self.order.state.refunds.values()]


parts = st.lists(st.integers(1, UNITS), min_size=1, max_size=UNITS)


@given(
    amount=st.integers(0, 9_999),
    tax=st.integers(-50, 500),
    postage=st.integers(0, 700),
    parts=parts,
)
def test_what_comes_back_in_parts_adds_up_to_the_line(
    amount: int, tax: int, postage: int, parts: list[int]
) -> None:
    """After each part all that was refunded is the rounded worth of all that came back."""
    if amount + tax < 0:
        tax = -amount
    shop = Paid(amount, tax, postage)
    shop.delivers()
    back = 0
    for part in parts:
        units = min(part, UNITS - back)
        if units:
            shop.bring_back(units)
            back += units
        kept = (2 * (amount + tax) * (UNITS - back) + UNITS) // (2 * UNITS)
        worth = amount + tax - kept + (postage if back == UNITS else 0)
        open_ = [status for _, status in shop.refunds if status is not RefundStatus.SUCCEEDED]
        told, paid = shop.order.state.payments.refunded, sum(shop.bank.paid.values())
        assert (told, paid) == (worth, worth), f"{told} are told and {paid} paid back of {worth}"
        assert not open_, f"not paid back: {open_}"


@given(
    amount=st.integers(1, 9_999), captured=st.integers(0, 12_000), cancelled=st.integers(1, UNITS)
)
def test_never_more_than_was_paid_or_an_open_order_gives_up(
    amount: int, captured: int, cancelled: int
) -> None:
    shop = Paid(amount, captured=captured, manual=["pick"])
    shop.does(Cancel(lines={"1": cancelled}))
    kept = (2 * amount * (UNITS - cancelled) + UNITS) // (2 * UNITS)
    over = cancelled == UNITS  # then what was paid beyond the price goes back, too
    due = max(0, captured - kept if over else min(captured, amount) - kept)
    assert sum(shop.bank.paid.values()) == due


def test_goods_that_are_not_accepted_are_not_refunded() -> None:
    shop = Paid(1000)
    shop.delivers()
    shop.engine.submit(RequestReturn(lines={"1": 3}).to("A-1"))
    rma = next(iter(shop.order.state.returns))
    shop.engine.observe(GoodsReturned(lines={"1": 3}, rma=rma).at(shop.clock.now(), subject="A-1"))
    bad = InspectionLine(line="1", quantity=1, disposition=Disposition.SEND_BACK)
    shop.does(CloseReturn(rma=rma, findings=(bad,)))
    assert shop.refunds == [(400, RefundStatus.SUCCEEDED)]
    (task,) = shop.engine.tasks(role="warehouse")
    form = {"carrier": "post", "tracking_number": "BACK-1"}
    shop.engine.complete(task, by="ana", data=form)
    shop.work()
    shop.says(TrackingReported(tracking_number="BACK-1", status=ParcelStatus.DELIVERED))
    assert shop.order.status == "delivered"
    assert shop.refunds == [(400, RefundStatus.SUCCEEDED)]


def test_a_lost_answer_pays_once_and_a_failure_is_tried_under_a_new_key() -> None:
    shop = Paid(1000, manual=["pick"])
    shop.bank.loses = True
    shop.does(Cancel(lines={"1": 1}))
    shop.bank.loses = False
    shop.passes(minutes=1)
    assert shop.bank.paid == {"A-1-M1:refund:0": 200}
    shop.bank.refuses = True
    shop.does(Cancel(lines={"1": 1}))
    assert shop.refunds[1] == (200, RefundStatus.FAILED)
    (task,) = shop.engine.tasks(role="finance")
    assert "failed: try again" in task.instructions
    shop.bank.refuses = False
    shop.does(RetryRefund(refund="A-1-M2"), by="fin")
    assert shop.bank.paid == {"A-1-M1:refund:0": 200, "A-1-M2:refund:1": 200}


def test_when_no_answer_comes_a_person_looks_first() -> None:
    shop = Paid(1000, manual=["pick"])
    shop.bank.loses = True
    shop.engine.worker.attempts = 1
    shop.does(Cancel(lines={"1": 1}))
    (task,) = shop.engine.tasks(role="finance")
    assert "may have been paid (the provider did not answer): check" in task.instructions
    shop.engine.complete(task, by="fin")
    shop.work()
    assert shop.refunds == [(200, RefundStatus.SUCCEEDED)]


def test_without_a_bank_a_refund_is_a_persons_task() -> None:
    shop = Paid(1000, manual=["pick"])
    shop.opens()
    shop.engine.apply_rules()
    shop.does(Cancel())
    (task,) = shop.engine.tasks(role="finance")
    assert "10.00 EUR" in task.instructions
    shop.engine.complete(task, by="fin")
    shop.work()
    assert (shop.order.payment_status, shop.order.status) == ("refunded", "cancelled")


def test_a_chargeback_takes_a_refund_back_that_was_not_paid_yet() -> None:
    shop = Paid(1000, manual=["pick"])
    shop.bank.loses = True
    shop.does(Cancel(lines={"1": 2}))
    back = PaymentReported(fact=PaymentOutcome.CHARGED_BACK, amount=1000, reference="c1")
    shop.says(back)
    assert shop.refunds == [(400, RefundStatus.WITHDRAWN)]


@given(
    fact=st.sampled_from(PaymentOutcome),
    amount=st.integers(0, 900),
    reference=st.sampled_from(["A-1-M1", "A-1-M1:refund:0", "p1", "A-1"]),
    answers=st.booleans(),
)
def test_a_bank_tells_of_the_refund_that_it_was_asked_for(
    fact: PaymentOutcome, amount: int, reference: str, answers: bool
) -> None:
    """Another fact or reference is no answer; of another amount a person is told.

    What a bank reports without being asked may be about anything, and counts.
    """
    said = PaymentReported(fact=fact, amount=amount, reference=reference)
    shop = Paid(1000, manual=["pick"])
    shop.bank.answers, shop.bank.loses = said if answers else None, not answers
    shop.does(Cancel(lines={"1": 2}))
    if not answers:
        shop.says(said)
    of_it = reference.startswith("A-1-M1")
    is_paid = of_it and fact is PaymentOutcome.REFUNDED
    told = shop.order.state.payments
    if answers:
        ends = {
            PaymentOutcome.REFUNDED: RefundStatus.SUCCEEDED,
            PaymentOutcome.FAILED: RefundStatus.FAILED,
        }
        right = ends.get(fact, RefundStatus.PENDING) if of_it else RefundStatus.PENDING
        seen = (told.captured, told.refunded, shop.refunds[0][1])
        assert seen == (1000, amount if is_paid else 0, right), (
            f"it was answered with {fact}: {seen}"
        )
    else:
        assert told.refunded == (amount if fact is PaymentOutcome.REFUNDED else 0)
    looks = "exception.refund_amount" in shop.tasks()
    assert looks is (is_paid and amount != 400), f"{amount} were paid, and a person looks: {looks}"


def test_a_refund_that_is_told_of_under_its_id_and_under_its_key_is_looked_at() -> None:
    """It may be one payment with two names, or two payments."""
    shop = Paid(1000, manual=["pick"])
    shop.does(Cancel(lines={"1": 2}))
    assert not shop.tasks() & {"exception.refund_amount"}
    shop.says(PaymentReported(fact=PaymentOutcome.REFUNDED, amount=400, reference="A-1-M1"))
    assert "exception.refund_amount" in shop.tasks()


def pays_once_more(patch: Patch) -> None:
    """A refund that was paid is proposed again."""
    propose = original("refunds are proposed")

    def twice(making: Draft) -> None:
        propose(making)
        refunds = making.order.state.refunds
        paid = [r for r in refunds.values() if r.status is RefundStatus.SUCCEEDED]
        if paid and "A-1-again" not in refunds:
            making.emit(ev.RefundProposed("A-1-again", paid[0].amount))

    replace(patch, "refunds are proposed", twice)


def rounds_each_part(patch: Patch) -> None:
    """Shares are cut off, not rounded."""
    replace(patch, "a share of an amount", lambda amount, units, of: amount * units // of)


def refunds_what_was_not_paid(patch: Patch) -> None:
    """The goods' worth is refunded, whatever was captured."""

    def worth(making: Draft) -> None:
        state = making.order.state
        due = making.order.document.total.minor - state.payments.total
        if due and not state.refunds:
            making.emit(ev.RefundProposed(f"{state.id}-M1", due))

    replace(patch, "refunds are proposed", worth)


def keeps_the_postage(patch: Patch) -> None:
    """Postage stays owed when nothing is kept."""

    def owed(order: Order) -> int:
        return amount_due(order) or sum(c.amount for c in order.document.charges)

    give_engines(patch, amount_due=owed)


def takes_any_report_for_an_answer(patch: Patch) -> None:
    """Whatever a bank reports answers a refund."""
    anything = AnswerSpec((PaymentReported,), outcomes=tuple(PaymentOutcome))
    replace(patch, "what may answer an effect", {**ANSWERS, "refund": anything})


def overlooks_the_amount(patch: Patch) -> None:
    """Nobody looks at how much was paid back."""
    replace(patch, "what was paid back is looked at", lambda *_of: None)


LAWS: dict[Mutate, Law] = {
    pays_once_more: law(test_what_comes_back_in_parts_adds_up_to_the_line),
    rounds_each_part: law(test_what_comes_back_in_parts_adds_up_to_the_line),
    keeps_the_postage: law(test_what_comes_back_in_parts_adds_up_to_the_line),
    refunds_what_was_not_paid: law(test_never_more_than_was_paid_or_an_open_order_gives_up),
    takes_any_report_for_an_answer: law(test_a_bank_tells_of_the_refund_that_it_was_asked_for),
    overlooks_the_amount: law(test_a_bank_tells_of_the_refund_that_it_was_asked_for),
}
MUTANTS = Mutants("refunds", LAWS)


@MUTANTS.each
def test_mutant_is_caught(mutant: Mutant[Mutate], monkeypatch: Patch) -> None:
    mutant.how(monkeypatch)
    mutant.breaks(LAWS[mutant.how])
