"""What a bank says it paid back is looked at by a person before anything more is paid."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from orderflow.kernel.decide import Context, Decision, decide
from orderflow.kernel.decision.draft import Draft
from orderflow.model import commands as cmd
from orderflow.model.messages import EffectFailed
from orderflow.model.observations import GoodsReturned, ObservationBody, PaymentReported
from orderflow.model.state import PaymentOutcome, Refund, RefundStatus
from orderflow.ports import RefundRequest
from tests.laws.test_refunds import Bank, Paid
from tests.mutants import Law, Mutant, Mutants, Mutate, Patch, law, original, replace

ASKED = "exception.refund_amount"
DUE = 400
PAID, FAILED = PaymentOutcome.REFUNDED, PaymentOutcome.FAILED


class Stingy(Bank):
    """Pays each refund, and says that it paid so many hundredths of it."""

    def __init__(self, *parts: int) -> None:
        super().__init__()
        self.parts, self.asked = list(parts), list[str]()

    def refund(self, request: RefundRequest) -> ObservationBody | None:
        self.asked.append(request.key)
        assert len(self.asked) < 50, "it is asked for ever"
        told = request.amount * (self.parts.pop(0) if self.parts else 100) // 100
        return PaymentReported(fact=PAID, amount=told, reference=request.key)


class Silent(Bank):
    """Takes each refund, and says what came of it later."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = list[str]()

    def refund(self, request: RefundRequest) -> None:
        self.asked.append(request.key)


def asked_for(shop: Paid) -> list[str]:
    """The tasks of who is asked how much was paid back."""
    return [key for key, task in shop.order.state.tasks.items() if task.name == ASKED]


@settings(max_examples=40)
@given(parts=st.lists(st.integers(0, 120), max_size=4), more=st.booleans())
@example(parts=[0, 0, 0], more=False)
@example(parts=[99, 50], more=True)
def test_one_answer_of_finance_is_one_more_refund_at_most(parts: list[int], more: bool) -> None:
    """Whatever comes meanwhile; and when nobody is asked any more, all that is due went back."""
    shop = Paid(1000)
    shop.bank = bank = Stingy(*parts)
    shop.opens(payments=bank)
    shop.delivers()
    shop.says(GoodsReturned(lines={"1": 2}))
    assert len(bank.asked) == 1, "software pays while a person is asked"
    for _ in range(8):
        times = len(bank.asked)
        if not (tasks := asked_for(shop)):
            break
        if more:
            shop.says(GoodsReturned(lines={"1": 1}))
            more = False
        shop.passes(days=2)
        assert len(bank.asked) == times, "software pays while a person is asked"
        shop.does(*(cmd.CloseTask(task=key) for key in tasks))
        assert len(bank.asked) <= times + 1, "it is asked for ever"
    payments = shop.order.state.payments
    assert not asked_for(shop)
    assert payments.net_captured <= payments.total, "not all went back that is due"


def reported(fact: PaymentOutcome, amount: int, reference: str) -> PaymentReported:
    return PaymentReported(fact=fact, amount=amount, reference=reference)


REPORTS = st.builds(
    reported,
    st.sampled_from([PAID, PAID, FAILED]),
    st.sampled_from([0, 100, 300, DUE, 500]),
    st.sampled_from(["A-1-M1", "A-1-M1:refund:0", "the bank's own"]),
)


def ends(reports: tuple[PaymentReported, ...]) -> tuple[object, ...]:
    """Where an order stands after a bank that was asked said all of this."""
    shop = Paid(1000)
    shop.bank = bank = Silent()
    shop.opens(payments=bank)
    shop.delivers()
    shop.says(GoodsReturned(lines={"1": 2}))
    for each in reports:
        shop.says(each)
    state = shop.order.state
    looked_at = {key: task.reason for key, task in state.tasks.items() if task.name == ASKED}
    failed = sum(r.amount for r in state.refunds.values() if r.status is RefundStatus.FAILED)
    due = max(0, state.payments.net_captured - state.payments.total)
    assert failed <= due, f"{due} are due, and {failed} are to be tried again"
    return state.payments.refunded, state.refunds["A-1-M1"].status, sorted(state.tasks), looked_at


@settings(max_examples=20)
@given(reports=st.lists(REPORTS, min_size=2, max_size=3))
@example(reports=[reported(PAID, 300, "A-1-M1:refund:0"), reported(PAID, DUE, "A-1-M1:refund:0")])
@example(reports=[reported(PAID, DUE, "A-1-M1:refund:0"), reported(PAID, 500, "A-1-M1:refund:0")])
@example(reports=[reported(PAID, DUE, "A-1-M1:refund:0"), reported(PAID, DUE, "A-1-M1")])
@example(reports=[reported(PAID, DUE, "the bank's own"), reported(FAILED, 0, "A-1-M1:refund:0")])
def test_whatever_a_bank_says_first_the_end_is_one(reports: list[PaymentReported]) -> None:
    first, *others = {repr(ends(order)) for order in permutations(reports)}
    assert not others, f"it depends on what comes first: {first} or {others}"


def test_a_refund_that_failed_and_is_not_due_any_more_is_nobodys_task() -> None:
    shop = Paid(1000)
    shop.bank = bank = Silent()
    shop.opens(payments=bank)
    shop.delivers()
    shop.says(GoodsReturned(lines={"1": 2}))
    shop.says(reported(FAILED, DUE, "A-1-M1:refund:0"))
    assert shop.tasks() == {"refund"}
    shop.says(reported(PAID, DUE, "the bank's own"))
    assert not shop.tasks(), "what is paid is still asked for"
    assert shop.refused(cmd.RetryRefund(refund="A-1-M1")) == {"refund.not_failed"}
    shop.says(GoodsReturned(lines={"1": 2}))
    assert shop.refunds == [(DUE, RefundStatus.FAILED)], "it is due again, and had failed"
    shop.does(cmd.RetryRefund(refund="A-1-M1"))
    assert bank.asked == ["A-1-M1:refund:0", "A-1-M1:refund:1"]


@pytest.mark.parametrize("told", ["before", "after"])
def test_a_refund_that_waits_is_kept_back_while_finance_is_asked(told: str) -> None:
    """What somebody has taken may still be answered; what nobody took is not asked for."""
    shop = Paid(1000)
    shop.bank = bank = Silent()
    shop.opens(payments=bank)
    shop.delivers()
    shop.says(GoodsReturned(lines={"1": 2}))
    if told == "before":
        shop.says(reported(PAID, 300, "A-1-M1"))
    shop.says(GoodsReturned(lines={"1": 1}))
    if told == "after":
        shop.says(reported(PAID, 300, "A-1-M1"))
        shop.says(reported(FAILED, 0, "A-1-M2:refund:0"))
        shop.does(cmd.RetryRefund(refund="A-1-M2"))
    times = len(bank.asked)
    shop.passes(hours=1)
    assert len(bank.asked) == times == (1 if told == "before" else 2)
    shop.does(*(cmd.CloseTask(task=key) for key in asked_for(shop)))
    assert set(bank.asked[times:]) == (
        {"A-1-M2:refund:0"} if told == "before" else {"A-1-M2:refund:1", "A-1-M3:refund:0"}
    )


def test_what_somebody_took_has_its_time_while_finance_is_asked() -> None:
    shop = Paid(1000)
    shop.bank = bank = Silent()
    shop.opens(payments=bank)
    shop.delivers()
    shop.says(GoodsReturned(lines={"1": 2}))
    shop.says(GoodsReturned(lines={"1": 1}))
    shop.says(reported(PAID, 300, "A-1-M1"))
    shop.passes(days=3)
    assert shop.tasks() == {ASKED, "overdue.payments"}


def test_who_fails_at_a_refund_that_is_kept_back_makes_no_second_task() -> None:
    """The refund is waited for all the same: its own task comes when finance has answered."""
    shop = Paid(1000)
    shop.bank = bank = Bank()
    shop.opens(payments=bank)
    shop.delivers()
    bank.loses = True
    shop.says(GoodsReturned(lines={"1": 2}))
    shop.says(GoodsReturned(lines={"1": 1}))
    shop.says(reported(PAID, 300, "A-1-M1"))
    assert asked_for(shop)
    failed = EffectFailed("A-1-M2:refund:0", "refund", "A-1-M2")
    told = decide(shop.engine.rules, shop.order, failed, Context(shop.clock.now()))
    assert isinstance(told, Decision)
    assert set(told.order.state.tasks) == set(shop.order.state.tasks), "it has a task of its own"


def pays_on(patch: Patch) -> None:
    """Software pays the rest while a person is asked how much was paid."""
    replace(patch, "finance is asked", lambda _state: False)


def keeps_what_failed(patch: Patch) -> None:
    """A refund that failed is somebody's task, whether it is due or not."""
    under_way = original("a refund is under way")

    def kept(state: object, refund: Refund) -> bool:
        return bool(under_way(state, refund)) or refund.status is RefundStatus.FAILED

    replace(patch, "a refund is under way", kept)


def looks_once(patch: Patch) -> None:
    """A task that asks how much was paid stays as it was, whatever is told later."""
    look = original("what was paid back is looked at")

    def once(making: Draft, refund: Refund) -> None:
        if f"{making.id}/{refund.id}:{ASKED}" not in making.order.state.tasks:
            look(making, refund)

    replace(patch, "what was paid back is looked at", once)


ORDERLY = test_whatever_a_bank_says_first_the_end_is_one
LESS_FIRST = [reported(PAID, 300, "A-1-M1"), reported(PAID, DUE, "A-1-M1")]
LAWS: dict[Mutate, Law] = {
    pays_on: law(test_one_answer_of_finance_is_one_more_refund_at_most, [0, 0, 0], False),
    keeps_what_failed: law(test_a_refund_that_failed_and_is_not_due_any_more_is_nobodys_task),
    looks_once: law(ORDERLY, LESS_FIRST),
}
MUTANTS = Mutants("refund_amounts", LAWS)


@MUTANTS.each
def test_mutant_is_caught(mutant: Mutant[Mutate], monkeypatch: Patch) -> None:
    mutant.how(monkeypatch)
    mutant.breaks(LAWS[mutant.how])
