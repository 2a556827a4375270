"""Refunds: what is due and no more, each under a key of its own."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from orderflow.kernel.money.refund import (
    propose_refunds,
    refund_key,
    refund_reported,
    retry_refund,
    update_total,
)
from orderflow.model import events as ev
from orderflow.model.commands import RetryRefund
from orderflow.model.observations import PaymentReported
from orderflow.model.phases import OrderPhase
from orderflow.model.state import PaymentOutcome, Payments, Refund, RefundStatus
from tests.kernel.values import PRICE, a_refund, an_order, codes, making, rules, slot

PENDING, FAILED = RefundStatus.PENDING, RefundStatus.FAILED
PAID, WITHDRAWN = RefundStatus.SUCCEEDED, RefundStatus.WITHDRAWN
AMOUNTS = st.integers(1, 900)


def open_amount(refunds: list[Refund]) -> int:
    return sum(refund.amount for refund in refunds if refund.status.open)


@given(
    kept=st.integers(0, 4),
    gone=st.integers(1, 4),
    captured=st.integers(0, 5_000),
    before=st.lists(st.tuples(AMOUNTS, st.sampled_from(RefundStatus)), max_size=4),
    over=st.booleans(),
)
@example(kept=1, gone=2, captured=2_000, before=[(300, RefundStatus.SUCCEEDED)], over=False)
def test_what_is_proposed_is_what_is_due(
    kept: int, gone: int, captured: int, before: list[tuple[int, RefundStatus]], over: bool
) -> None:
    """Of an open order no more than it gave up; of one that is over all that was paid too much."""
    refunds = {f"A-M{n}": a_refund(n, *told) for n, told in enumerate(before, 1)}
    paid_back = min(captured, sum(r.amount for r in refunds.values() if r.status is PAID))
    payments = Payments(total=kept * PRICE, captured=captured, refunded=paid_back)
    units = {slot("cancelled"): gone} | ({slot("delivered", "F"): kept} if kept else {})
    phase = OrderPhase.COMPLETED if over else OrderPhase.CONFIRMED
    order = an_order(units, refunds=refunds, payments=payments, phase=phase)
    decision = making(order)
    propose_refunds(decision)
    due = payments.net_captured - payments.total
    if not over:
        due = min(due, gone * PRICE - paid_back)
    after = list(decision.order.state.refunds.values())
    assert open_amount(after) == (max(0, due) if captured else open_amount(list(refunds.values())))
    assert [r.amount for r in after[: len(refunds)]] == [r.amount for r in refunds.values()]
    again = making(decision.order)
    propose_refunds(again)
    assert again.events == [], "what is settled stays settled"


def test_a_refund_that_somebody_pays_just_now_is_not_withdrawn() -> None:
    refund = a_refund(1, 500)
    payments = Payments(total=500, captured=500)
    taken = {refund_key(refund): refund.since}
    stands = {slot("delivered", "F"): 1}
    for under_way in ({}, taken):
        order = an_order(stands, refunds={"A-M1": refund}, payments=payments, taken=under_way)
        decision = making(order)
        propose_refunds(decision)
        moved = [ev.RefundMoved("A-M1", WITHDRAWN)]
        assert decision.events == ([] if under_way else moved)


def test_the_last_refund_is_withdrawn_first_and_comes_back_first() -> None:
    refunds = {f"A-M{n}": a_refund(n, 500) for n in (1, 2)}
    payments = Payments(total=500, captured=1000)
    units = {slot("cancelled"): 1, slot("delivered", "F"): 1}
    decision = making(an_order(units, refunds=refunds, payments=payments))
    propose_refunds(decision)
    assert decision.events == [ev.RefundMoved("A-M2", WITHDRAWN)]
    refunds = {"A-M1": a_refund(1, 500, WITHDRAWN)}
    decision = making(an_order(units, refunds=refunds, payments=payments))
    propose_refunds(decision)
    assert decision.events == [ev.RefundMoved("A-M1", PENDING)]


def test_where_a_withdrawn_refund_may_have_been_paid_a_person_looks() -> None:
    payments = Payments(total=0, captured=600)
    for withdrawn, looked_at in ((700, True), (601, True)):
        refunds = {"A-M1": a_refund(1, withdrawn, WITHDRAWN)}
        decision = making(an_order({slot("cancelled"): 2}, refunds=refunds, payments=payments))
        propose_refunds(decision)
        gave_up = [e.key for e in decision.events if isinstance(e, ev.EffectGaveUp)]
        assert gave_up == (["A-M2:refund:0"] if looked_at else [])
    payments = Payments(total=0, captured=1200)
    refunds = {"A-M1": a_refund(1, 400, WITHDRAWN)}
    decision = making(an_order({slot("cancelled"): 3}, refunds=refunds, payments=payments))
    propose_refunds(decision)
    assert decision.events == [ev.RefundMoved("A-M1", PENDING), ev.RefundProposed("A-M2", 800)]


@pytest.mark.parametrize(
    ("fact", "status", "after"),
    [
        (PaymentOutcome.REFUNDED, PENDING, PAID),
        (PaymentOutcome.REFUNDED, FAILED, PAID),
        (PaymentOutcome.REFUNDED, WITHDRAWN, PAID),
        (PaymentOutcome.REFUNDED, PAID, PAID),
        (PaymentOutcome.FAILED, PENDING, FAILED),
        (PaymentOutcome.FAILED, PAID, PAID),
        (PaymentOutcome.FAILED, WITHDRAWN, WITHDRAWN),
        (PaymentOutcome.CAPTURED, PENDING, PENDING),
    ],
)
@pytest.mark.parametrize("reference", ["A-M1", "A-M1:refund:0", "A-M9", "other"])
def test_a_report_moves_the_refund_that_it_names(
    fact: PaymentOutcome, status: RefundStatus, after: RefundStatus, reference: str
) -> None:
    refunds = {"A-M0": a_refund(0, 5), "A-M1": a_refund(1, 5, status)}
    counted = Payments(refunded=5, amounts={f"{fact}:{reference}": 5})
    decision = making(an_order({slot("cancelled"): 1}, refunds=refunds, payments=counted))
    refund_reported(decision, PaymentReported(fact=fact, amount=5, reference=reference))
    moved = status is not after and reference.startswith("A-M1")
    assert decision.events == ([ev.RefundMoved("A-M1", after)] if moved else [])


@pytest.mark.parametrize("reference", ["A-M1", "A-M1:refund:0"])
@pytest.mark.parametrize("more", [0, 1, -1])
def test_of_another_amount_finance_is_asked(reference: str, more: int) -> None:
    counted = Payments(amounts={f"refunded:{reference}": 5 + more})
    order = an_order({slot("cancelled"): 1}, refunds={"A-M1": a_refund(1, 5)}, payments=counted)
    decision = making(order)
    said = PaymentReported(fact=PaymentOutcome.REFUNDED, amount=5 + more, reference=reference)
    refund_reported(decision, said)
    asked = [(e.name, e.role) for e in decision.events if isinstance(e, ev.TaskOpened)]
    assert asked == ([("exception.refund_amount", "finance")] if more else [])


@pytest.mark.parametrize("status", RefundStatus)
def test_only_what_failed_is_tried_again_and_under_a_new_key(status: RefundStatus) -> None:
    refund = a_refund(1, 5, status)
    decision = making(an_order({slot("cancelled"): 1}, refunds={"A-M1": refund}))
    retry_refund(decision, RetryRefund(refund="A-M1"))
    if status is FAILED:
        assert refund_key(decision.order.state.refunds["A-M1"]) != refund_key(refund)
    else:
        assert (codes(decision), decision.events) == ({"refund.not_failed"}, [])


def test_a_refund_that_is_none_is_named_beside_those_that_are() -> None:
    decision = making(an_order({slot("cancelled"): 1}, refunds={"A-M1": a_refund(1, 5)}))
    retry_refund(decision, RetryRefund(refund="A-M7"))
    assert decision.refusals[0].sentence == "there is no refund A-M7; there are: A-M1"


def test_what_is_owed_is_written_down_when_it_has_changed() -> None:
    units = {slot("cancelled"): 1, slot("open"): 2}
    for noted, events in ((3 * PRICE, [ev.AmountDueChanged(2 * PRICE)]), (2 * PRICE, [])):
        decision = making(an_order(units, payments=Payments(total=noted)))
        update_total(decision)
        assert decision.events == events


def test_a_whole_order_owes_its_document_unless_the_policy_says_otherwise() -> None:
    whole = an_order({slot("open"): 2}, payments=Payments(total=7))
    dear = rules(amount_due=lambda _order: 9)
    for policy, events in ((rules(), []), (dear, [ev.AmountDueChanged(9)])):
        decision = making(whole, policy)
        update_total(decision)
        assert decision.events == events
    revised = making(whole)
    revised.revise(whole.document)
    update_total(revised)
    assert revised.events == [ev.AmountDueChanged(2 * PRICE)]
