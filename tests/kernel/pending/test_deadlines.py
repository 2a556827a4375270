"""Deadlines: what an order waits for as time passes, and what is done when the time has come."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderflow.calendars import Hours
from orderflow.errors import Refusal
from orderflow.kernel.money.payment import amount_differs, charged_back
from orderflow.kernel.orders.review import feedback_given
from orderflow.kernel.pending.deadline_passed import (
    DEADLINE_PASSED,
    cancel_unpaid,
    is_cancelled_when_unpaid,
)
from orderflow.kernel.pending.deadlines import (
    TASK_IS_OVER,
    all_delivered,
    answer_deadline,
    deadlines,
    is_signed,
    with_escalation,
)
from orderflow.model import events as ev
from orderflow.model.document import Terms
from orderflow.model.messages import TimerFired
from orderflow.model.observations import Feedback, FeedbackGiven, PaymentReported
from orderflow.model.order import Order
from orderflow.model.parcel import ParcelStatus
from orderflow.model.phases import OrderPhase
from orderflow.model.state import Hold, OpenTask, ParcelView, PaymentOutcome, Payments, Review
from orderflow.model.work import Task, Timer
from orderflow.policies import Windows
from tests.kernel.values import (
    NOW,
    RULES,
    a_return,
    an_fo,
    an_order,
    making,
    moves,
    rules,
    slot,
)

DAY = timedelta(days=1)
HELD = {"h": Hold("h", "look")}
DELIVERED = {slot("delivered", "F", "P"): 1}
UNPAID = Payments(total=500)


def timers(order: Order, given_rules: Any = RULES) -> dict[str, datetime]:
    return {timer.name: timer.due for timer in deadlines(order, given_rules)}


def delivered(**state: Any) -> Order:
    return an_order(DELIVERED, **{"delivered_at": NOW, "released": True, **state})


# --- the promise ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "due"),
    [
        ({"promised": NOW + 5 * DAY}, {"at_risk": NOW + 4 * DAY}),
        ({"promised": NOW + DAY / 2}, {"late": NOW + DAY / 2}),
        ({"promised": None}, {}),
        ({"promised": NOW + 5 * DAY, "phase": OrderPhase.COMPLETED}, {}),
    ],
)
def test_a_promise_is_looked_after_a_day_before(state: dict[str, Any], due: object) -> None:
    assert timers(an_order({slot("open"): 1}, released=True, **state)) == due


def test_a_promise_that_neared_passes_next_and_then_nothing() -> None:
    promised = NOW + 5 * DAY
    order = an_order({slot("open"): 1}, released=True, promised=promised)
    for expected in ("at_risk", "late"):
        (timer,) = deadlines(order, RULES)
        assert timer.name == expected
        done = (*order.state.done_timers, timer.key)
        order = order.with_state(attrs.evolve(order.state, done_timers=done))
    assert list(deadlines(order, RULES)) == []
    moved = order.with_state(attrs.evolve(order.state, promised=promised + DAY))
    assert timers(moved) == {"at_risk": promised}


@pytest.mark.parametrize("bucket", ["delivered", "returning", "returned", "cancelled"])
def test_a_promise_that_was_kept_is_not_looked_after(bucket: str) -> None:
    units = {slot(bucket, "F", "P"): 1}
    assert timers(an_order(units, released=True, promised=NOW + DAY)) == {}
    units[slot("shipped", "F", "P")] = 1
    assert timers(an_order(units, released=True, promised=NOW + 3 * DAY)) != {}


@given(st.integers(-3, 8))
def test_a_task_about_a_promise_ends_when_it_is_safe(days: int) -> None:
    order = an_order({slot("open"): 1}, promised=NOW + 5 * DAY)
    assert TASK_IS_OVER["promise"](order, RULES, NOW + days * DAY) == (days < 4)
    assert TASK_IS_OVER["promise"](delivered(promised=NOW), RULES, NOW + days * DAY)


@pytest.mark.parametrize(
    ("name", "opened", "role", "escalated"),
    [
        ("at_risk", False, "promise", False),
        ("late", False, "escalation", False),
        ("late", True, "escalation", True),
    ],
)
def test_who_is_told_of_a_promise(name: str, opened: bool, role: str, escalated: bool) -> None:
    task = OpenTask("A:promise", "promise", "support", "soon", "A", NOW)
    tasks = {"A:promise": task} if opened else {}
    decision = making(an_order({slot("open"): 1}, promised=NOW, tasks=tasks))
    DEADLINE_PASSED[name](decision, TimerFired("k", name, "A"))
    (event,) = decision.events
    assert isinstance(event, ev.TaskEscalated if escalated else ev.TaskOpened)
    assert event.role == RULES.steps.role(role)
    told = "was promised for" if name == "late" else "is promised for"
    assert f"A {told} 2026-01-05 09:00 UTC" in event.reason


# --- the customer ---------------------------------------------------------------------------------


def test_after_the_delivery_the_customer_has_time_and_is_asked_for_a_review() -> None:
    windows = Windows(confirmation=3 * DAY, review=2 * DAY)
    found = timers(delivered(), rules(windows=windows))
    assert found == {"confirmation": NOW + 3 * DAY, "review": NOW + 2 * DAY}


@pytest.mark.parametrize(
    ("state", "names"),
    [
        ({"receipt_confirmed": True}, {"review"}),
        ({"phase": OrderPhase.COMPLETED}, {"review"}),
        ({"review": Review.ASKED}, {"confirmation"}),
        ({"review": Review.WITHHELD}, {"confirmation"}),
        ({"holds": HELD}, {"confirmation"}),
        ({"returns": {"R1": a_return("approved", {"1": 1})}}, {"confirmation"}),
        ({"returns": {"R1": a_return("declined", {"1": 1})}}, {"confirmation", "review"}),
        ({"delivered_at": None}, set()),
    ],
)
def test_the_customer_is_left_alone(state: dict[str, Any], names: set[str]) -> None:
    assert timers(delivered(**state)).keys() == names


def test_a_review_is_asked_for_by_day_and_not_before_it_was_put_off_to() -> None:
    hours = Hours("UTC", time(8), time(10))
    windows = rules(windows=Windows(review=timedelta(hours=2), review_hours=hours))
    assert timers(delivered(), windows)["review"] == datetime(2026, 1, 6, 8, tzinfo=UTC)
    later = delivered(review_after=NOW + 9 * DAY)
    assert timers(later, windows)["review"] == NOW + 9 * DAY


@pytest.mark.parametrize("signed", [(True, True), (True, False), (False, False)])
def test_only_a_signature_for_all_of_it_confirms_at_once(signed: tuple[bool, bool]) -> None:
    units = {slot("delivered", "F", f"P{n}"): 1 for n in range(2)}
    parcels = {
        f"P{n}": ParcelView(f"P{n}", "F", ParcelStatus.DELIVERED, NOW, signed=is_)
        for n, is_ in enumerate(signed)
    }
    order = an_order(units, delivered_at=NOW, parcels=parcels)
    assert is_signed(order) == all(signed)
    window = timedelta() if all(signed) else RULES.windows.confirmation
    assert timers(order)["confirmation"] == NOW + window


@pytest.mark.parametrize(
    ("others", "reached"),
    [("shipped", False), ("open", False), ("cancelled", True), ("returning", True)],
)
def test_all_is_reached_when_no_live_unit_is_left(others: str, reached: bool) -> None:
    units = {**DELIVERED, slot(others, "F", "Q"): 1}
    assert all_delivered(an_order(units, delivered_at=NOW)) == reached
    assert not all_delivered(an_order(units))
    assert not all_delivered(an_order({slot("cancelled"): 1}, delivered_at=NOW))


@pytest.mark.parametrize(("hour", "asked"), [(9, True), (10, False), (7, False)])
def test_a_review_that_is_due_at_night_is_put_off(hour: int, asked: bool) -> None:
    hours = rules(windows=Windows(review_hours=Hours("UTC", time(8), time(10))))
    now = NOW.replace(hour=hour)
    decision = making(delivered(), hours, now=now)
    DEADLINE_PASSED["review"](decision, TimerFired("k", "review", "A"))
    if asked:
        assert [effect.data for effect in decision.effects] == [{"template": "review-request"}]
        assert decision.order.state.review is Review.ASKED
    else:
        assert decision.effects == []
        assert (decision.order.state.review_after or now) > now


@pytest.mark.parametrize("feedback", Feedback)
@pytest.mark.parametrize("before", Review)
def test_what_a_customer_says_settles_the_review(feedback: Feedback, before: Review) -> None:
    decision = making(delivered(review=before))
    feedback_given(decision, FeedbackGiven(feedback=feedback, reference="T-7"))
    now = Review.GIVEN if feedback is Feedback.REVIEW or before is Review.GIVEN else Review.WITHHELD
    assert decision.order.state.review is now
    complaint = feedback is Feedback.COMPLAINT
    reasons = [task.reason for task in decision.order.state.tasks.values()]
    assert reasons == ["the customer complains (T-7): answer, then close this task"] * complaint


# --- the money ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "waits"),
    [
        ({}, True),
        ({"released": True}, False),
        ({"phase": OrderPhase.PLACED}, False),
        ({"holds": HELD}, False),
        ({"tasks": {"A:overdue.payment": OpenTask("", "", "", "", "A")}}, False),
    ],
)
def test_work_that_is_kept_back_waits_for_its_money(state: dict[str, Any], waits: bool) -> None:
    order = an_order({slot("open"): 1}, since=NOW - DAY, **state)
    assert timers(order) == ({"payment": NOW + 6 * DAY} if waits else {})


def test_what_was_added_waits_since_it_was() -> None:
    fos = {"F": attrs.evolve(an_fo("F", "scheduled"), since=NOW + DAY), "G": an_fo("G")}
    units = {slot("allocated", "F"): 1, slot("allocated", "G"): 1}
    order = an_order(units, released=True, fulfillment_orders=fos)
    assert timers(order, rules(release=lambda _order: False)) == {"payment": NOW + 8 * DAY}
    assert timers(order, rules(release=lambda _order: True)) == {}


PREPAID, INVOICE, CASH = Terms.PREPAID, Terms.INVOICE, Terms.CASH_ON_DELIVERY
WEEKLY = rules(windows=Windows(reminder=7 * DAY, cash=2 * DAY, payment=3 * DAY))


@pytest.mark.parametrize(
    ("terms", "payments", "expected"),
    [
        (CASH, UNPAID, {"cash": NOW + 2 * DAY}),
        (INVOICE, UNPAID, {"reminder": NOW + 7 * DAY}),
        (PREPAID, UNPAID, {}),
        (PREPAID, Payments(total=500, captured=1), {"payment": NOW + 3 * DAY}),
        (CASH, Payments(total=500, captured=500), {}),
        (INVOICE, Payments(total=500, captured=500, charged_back=500), {}),
    ],
)
def test_what_was_delivered_before_it_is_paid(
    terms: Terms, payments: Payments, expected: dict[str, datetime]
) -> None:
    order = delivered(terms=terms, payments=payments)
    found = timers(order, WEEKLY)
    assert {k: v for k, v in found.items() if k not in ("confirmation", "review")} == expected
    held = timers(delivered(terms=terms, payments=payments, holds=HELD), WEEKLY)
    assert "reminder" not in held


def test_patience_begins_again_when_its_task_was_closed() -> None:
    state = an_order({slot("open"): 1}).state
    for times in range(3):
        (timer,) = answer_deadline(state, "carrier", "F", NOW, 2 * DAY)
        assert timer.due == NOW + (times + 1) * 2 * DAY
        state = attrs.evolve(state, done_timers=(*state.done_timers, timer.key))
    tasks = {"F:overdue.carrier": OpenTask("", "", "", "", "F")}
    assert list(answer_deadline(attrs.evolve(state, tasks=tasks), "carrier", "F", NOW, DAY)) == []
    assert list(answer_deadline(attrs.evolve(state, tasks=tasks), "payment", "F", NOW, DAY))


@pytest.mark.parametrize(("sent", "reminded"), [(0, True), (3, True), (4, False)])
def test_after_the_last_reminder_a_person_asks(sent: int, reminded: bool) -> None:
    keys = tuple(f"A:reminder:{n}" for n in range(sent))
    decision = making(delivered(payments=UNPAID, done_timers=keys))
    DEADLINE_PASSED["reminder"](decision, TimerFired("k", "reminder", "A"))
    assert bool(decision.effects) == reminded
    reasons = [task.reason for task in decision.order.state.tasks.values()]
    assert reasons == ([] if reminded else ["5.00 EUR of A are not paid after 3 reminders"])


def test_cash_that_is_not_reported_is_asked_for() -> None:
    decision = making(delivered(payments=UNPAID))
    DEADLINE_PASSED["cash"](decision, TimerFired("k", "cash", "A"))
    (task,) = decision.order.state.tasks.values()
    assert (task.name, task.role) == ("overdue.cash", "finance")
    assert task.reason == "5.00 EUR of A are due on delivery, and not reported"


@pytest.mark.parametrize("terms", Terms)
@pytest.mark.parametrize("released", [False, True])
@pytest.mark.parametrize(
    ("payments", "in_sight"),
    [
        (UNPAID, False),
        (Payments(total=500, captured=1), True),
        (Payments(total=500, authorised=1), True),
        (Payments(), True),
    ],
)
def test_an_order_is_given_up_when_no_money_is_in_sight(
    terms: Terms, released: bool, payments: Payments, in_sight: bool
) -> None:
    state = an_order({slot("open"): 1}, terms=terms, released=released, payments=payments).state
    assert is_cancelled_when_unpaid(state) == (terms is PREPAID and not released and not in_sight)


@pytest.mark.parametrize("units", [{slot("open"): 2}, {}])
def test_an_unpaid_order_is_cancelled_with_all_that_it_has(units: dict[Any, int]) -> None:
    decision = making(an_order(units))
    cancel_unpaid(decision)
    assert moves(decision) == [("open", "cancelled", n) for n in units.values()]
    assert (decision.order.state.lifecycle, decision.order.state.reason) == ("cancelled", "unpaid")


def test_an_unpaid_order_that_may_not_be_cancelled_stays_as_it_is() -> None:
    refused = Refusal("cancel.no", "not once it is engraved")
    order = an_order({slot("open"): 2})
    decision = making(order, rules(cancellable=lambda _order, _units: refused))
    cancel_unpaid(decision)
    assert (decision.events, decision.refusals) == ([], [refused])


@given(counts=st.integers(1, 9), amount=st.integers(1, 9), failed=st.booleans())
def test_of_two_amounts_the_greatest_counts_and_a_person_asks(
    counts: int, amount: int, failed: bool
) -> None:
    fact = PaymentOutcome.FAILED if failed else PaymentOutcome.CAPTURED
    paid = Payments(total=9, captured=counts, amounts={"captured:p": counts})
    decision = making(an_order(DELIVERED, payments=paid))
    amount_differs(decision, PaymentReported(fact=fact, amount=amount, reference="p"), counts)
    if failed or amount == counts:
        assert decision.events == []
        return
    after = decision.order.state
    assert after.payments.captured == max(counts, amount)
    (task,) = after.tasks.values()
    assert (task.of, task.role) == ("A/captured:p", "finance")
    low, high = sorted((counts, amount))
    kept = [event.reason for event in decision.events if isinstance(event, ev.ObservationKept)]
    assert kept == [f"p was captured with different amounts: {low} and {high}"]


def test_a_chargeback_is_finances_task() -> None:
    decision = making(delivered())
    charged_back(
        decision, PaymentReported(fact=PaymentOutcome.CHARGED_BACK, amount=500, reference="c")
    )
    (task,) = decision.order.state.tasks.values()
    assert (task.name, task.role) == ("exception.charged_back", "finance")
    assert task.reason.startswith("the customer's bank charged back 5.00 EUR (c)")


# --- tasks that take too long ---------------------------------------------------------------------

PICK = Task("F:pick:0:task", "pick", "F", "warehouse", "pick F")


def escalated(task: Task = PICK, window: timedelta | None = DAY, **state: Any) -> list[Any]:
    order = an_order({slot("allocated", "F"): 1}, **state)
    found = with_escalation(
        order.state, rules(windows=Windows(escalation=window)), {task.key: task}
    )
    return sorted(found.values(), key=lambda wanted: isinstance(wanted, Timer))


def test_a_task_goes_to_another_role_after_its_time() -> None:
    task, timer = escalated()
    assert (task, timer.name, timer.subject, timer.due) == (PICK, "escalation", PICK.key, NOW + DAY)
    assert escalated(done_timers=(timer.key,)) == [PICK]
    assert escalated(window=None) == [PICK]
    (other,) = escalated(escalated={PICK.key: "supervisor"})
    assert other.role == "supervisor"
    assert escalated(attrs.evolve(PICK, subject="nobody")) == [attrs.evolve(PICK, subject="nobody")]


def test_a_task_that_was_opened_waits_since_then() -> None:
    opened = OpenTask("A:look", "look", "support", "why", "A", NOW + 3 * DAY)
    task = Task("A:look", "look", "A", "support", "why")
    assert escalated(task, tasks={"A:look": opened})[1].due == NOW + 4 * DAY
    assert escalated(task, since=NOW + DAY)[1].due == NOW + 2 * DAY


def test_escalation_gives_the_task_to_the_supervisor() -> None:
    decision = making(an_order({slot("allocated", "F"): 1}))
    DEADLINE_PASSED["escalation"](decision, TimerFired("k", "escalation", PICK.key))
    assert decision.events == [ev.TaskEscalated(PICK.key, "supervisor")]


@pytest.mark.parametrize("name", ["overdue.cash", "overdue.reminder"])
def test_a_task_about_money_ends_when_none_is_missing(name: str) -> None:
    for payments in (UNPAID, Payments(total=500, captured=499), Payments(total=500, captured=500)):
        order = delivered(payments=payments)
        assert TASK_IS_OVER[name](order, RULES, NOW) == (not payments.outstanding)


def test_a_task_about_a_payment_ends_when_no_work_is_kept_back_or_it_is_paid() -> None:
    def ended(order: Order) -> bool:
        return TASK_IS_OVER["overdue.payment"](order, RULES, NOW)

    assert not ended(an_order({slot("open"): 1}))
    assert ended(an_order({slot("open"): 1}, released=True))
    assert ended(an_order({slot("cancelled"): 1}))
    half = Payments(total=500, captured=1)
    assert not ended(delivered(terms=PREPAID, payments=half))
    assert ended(delivered(terms=INVOICE, payments=half))
    assert ended(delivered(terms=PREPAID, payments=UNPAID))
