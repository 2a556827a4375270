"""The receipt is confirmed, and a review asked for: once, by day, only where it is welcome."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orderflow import Customer
from orderflow.calendars import Hours
from orderflow.kernel.decide import Decision
from orderflow.kernel.pending.deadlines import deadlines
from orderflow.model import events as ev
from orderflow.model.commands import (
    CloseReturn,
    ConfirmDelivery,
    PlaceHold,
    ReleaseHold,
    Reopen,
    RequestReturn,
)
from orderflow.model.messages import TimerFired
from orderflow.model.observations import (
    Feedback,
    FeedbackGiven,
    GoodsReturned,
    TrackingReported,
    TrackingRetracted,
)
from orderflow.model.parcel import ParcelStatus
from orderflow.model.state import Review
from orderflow.policies import Windows
from tests.mutants import Law, Mutant, Mutants, Mutate, Patch, forget_events, law, original, replace
from tests.shop import Shop

HOURS = Hours("America/New_York", time(9), time(17))
WITHHELD: list[dict[str, Any]] = [
    {"gift": True},
    {"gift_message": "for you"},
    {"customer": Customer(id="C-1", opted_out=True)},
]


def delivered(**order: Any) -> Shop:
    shop = Shop().place(**order)
    shop.delivers()
    return shop


def is_day(moment: datetime) -> bool:
    return time(9) <= moment.astimezone(ZoneInfo("America/New_York")).time() < time(17)


def asked(shop: Shop) -> int:
    assert len(shop.events(ev.ReviewRequested)) == shop.told.count("review-request")
    return shop.told.count("review-request")


# --- the receipt ---------------------------------------------------------------------------------


def confirmed_by(shop: Shop) -> list[str]:
    return [event.by for event in shop.events(ev.DeliveryConfirmed)]


def test_the_customer_confirms_the_receipt() -> None:
    shop = delivered()
    shop.engine.submit(ConfirmDelivery().to("A-1", by="customer"))
    assert (confirmed_by(shop), shop.order.status) == (["customer"], "completed")


def test_the_window_confirms_it() -> None:
    shop = delivered()
    shop.passes(days=13)
    assert shop.order.status == "delivered"
    shop.passes(days=1)
    assert (confirmed_by(shop), shop.order.status) == (["window"], "completed")


def test_the_recipients_signature_confirms_it() -> None:
    shop = Shop().place()
    shop.delivers(signed=True)
    assert (confirmed_by(shop), shop.order.status) == (["carrier"], "completed")


@pytest.mark.parametrize("backwards", [False, True])
def test_a_signature_that_is_taken_back_confirms_nothing(backwards: bool) -> None:
    shop = Shop().place()
    number = shop.order.state.parcels["A-1-P1"].tracking_number
    done = ParcelStatus.DELIVERED
    told = [
        TrackingReported(tracking_number=number, status=done, event="E1"),
        TrackingRetracted(tracking_number=number, event="E2"),
        TrackingReported(tracking_number=number, status=done, event="E2", signed=True),
    ]
    for fact in told[::-1] if backwards else told:
        shop.engine.observe(fact.at(shop.clock.now()))
    shop.work()
    assert (confirmed_by(shop), shop.order.status) == ([], "delivered")


# --- the review ----------------------------------------------------------------------------------


def test_a_review_is_asked_for_once_after_the_last_delivery() -> None:
    shop = delivered()
    shop.passes(days=6)
    assert asked(shop) == 0
    shop.passes(days=30)
    shop.engine.submit(Reopen(reason="a second look").to("A-1", by="ana"))
    shop.passes(days=30)
    assert asked(shop) == 1


@pytest.mark.parametrize("order", WITHHELD, ids=["gift", "gift message", "opted out"])
def test_some_are_never_asked(order: dict[str, Any]) -> None:
    shop = delivered(**order)
    shop.passes(days=30)
    assert (asked(shop), shop.order.status) == (0, "completed")


@pytest.mark.parametrize("feedback", Feedback)
def test_who_has_spoken_is_not_asked(feedback: Feedback) -> None:
    shop = delivered()
    shop.says(FeedbackGiven(feedback=feedback, reference="T-7"))
    complains = feedback is Feedback.COMPLAINT
    assert shop.roles() == ({"exception.complaint": "support"} if complains else {})
    shop.passes(days=30)
    assert asked(shop) == 0
    for task in shop.engine.tasks():
        shop.engine.complete(task, by="ana")
    shop.passes(days=30)
    assert (asked(shop), shop.order.status) == (0, "completed")


@given(st.permutations([*Feedback, Feedback.REVIEW]))
def test_what_customers_say_converges(said: list[Feedback]) -> None:
    shop = delivered()
    for feedback in said:
        shop.says(FeedbackGiven(feedback=feedback))
    assert shop.order.state.review is Review.GIVEN
    assert shop.roles() == {"exception.complaint": "support"}


def test_an_open_return_or_a_hold_puts_it_off() -> None:
    shop = delivered()
    shop.engine.submit(RequestReturn(lines={"1": 1}).to("A-1", by="customer"))
    shop.engine.submit(PlaceHold(hold="look", reason="odd").to("A-1"))
    shop.passes(days=8)
    assert asked(shop) == 0
    shop.engine.submit(ReleaseHold(hold="look").to("A-1"))
    shop.passes(days=1)
    assert asked(shop) == 0
    (rma,) = shop.order.state.returns
    shop.says(GoodsReturned(rma=rma, lines={"1": 1}))
    if not shop.order.state.returns[rma].phase.final:
        shop.does(CloseReturn(rma=rma))
    assert asked(shop) == 1


def test_nobody_is_asked_about_what_came_back() -> None:
    shop = delivered()
    shop.says(GoodsReturned(lines={"1": 2}))
    shop.passes(days=60)
    assert asked(shop) == 0


@settings(report_multiple_bugs=False)
@given(minutes=st.integers(0, 3 * 24 * 60), late=st.integers(0, 24 * 60))
def test_it_comes_in_the_permitted_hours_though_the_worker_is_late(minutes: int, late: int) -> None:
    shop = Shop(windows=Windows(review=timedelta(days=1), review_hours=HOURS)).place()
    shop.clock.advance(timedelta(minutes=minutes))
    shop.delivers()
    (wait,) = [w for w in shop.engine.explain("A-1").pending if w.name == "review"]
    assert wait.due is not None
    assert is_day(wait.due)
    assert wait.due <= shop.clock.now() + timedelta(days=2)
    shop.clock.move_to(wait.due + timedelta(minutes=late))
    shop.work()
    if not asked(shop):
        (wait,) = [w for w in shop.engine.explain("A-1").pending if w.name == "review"]
        assert wait.due is not None
        shop.clock.move_to(wait.due)
        shop.work()
    (entry,) = [
        entry
        for entry in shop.engine.journal("A-1")
        if any(isinstance(event, ev.ReviewRequested) for event in entry.events)
    ]
    assert is_day(entry.at)


def test_a_timer_that_is_not_waited_for_does_nothing() -> None:
    """A worker took it before the complaint came, and is slow."""
    shop = delivered()
    timers = {w.name: w for w in deadlines(shop.order, shop.engine.rules)}
    assert set(timers) == {"confirmation", "review"}
    shop.says(FeedbackGiven(feedback=Feedback.COMPLAINT))
    before = shop.order
    stale = timers["review"]
    answer = shop.engine._handler.ask(
        before, TimerFired(stale.key, stale.name, stale.subject), "system", ""
    )
    assert isinstance(answer, Decision)
    assert (answer.events, answer.pending_work, answer.withdrawn) == ((), (), ())


# --- mutants -------------------------------------------------------------------------------------


def asks_though_goods_come_back(patch: Patch) -> None:
    """A return does not keep the request back."""
    replace(patch, "nothing says not now", lambda _state: True)


def asks_who_complained(patch: Patch) -> None:
    """A complaint is a task, and the request goes out all the same."""
    forget_events(patch, ev.ReviewSettled)


def asks_at_night(patch: Patch) -> None:
    """What is late is sent at once."""
    patch.setattr(Hours, "next", lambda _hours, moment: moment)


def stale_timers_count(patch: Patch) -> None:
    """A timer is believed, whatever has happened since it was set."""
    waits = original("which timers count")

    def everything(*args: Any) -> Any:
        class All(dict[str, Any]):
            def __contains__(self, _key: object) -> bool:
                return True

        return All(waits(*args))

    replace(patch, "which timers count", everything)


LAWS: dict[Mutate, Law] = {
    asks_though_goods_come_back: law(test_an_open_return_or_a_hold_puts_it_off),
    asks_at_night: law(test_it_comes_in_the_permitted_hours_though_the_worker_is_late),
    asks_who_complained: law(test_who_has_spoken_is_not_asked, Feedback.COMPLAINT),
    stale_timers_count: law(test_a_timer_that_is_not_waited_for_does_nothing),
}
MUTANTS = Mutants("review", LAWS)


@MUTANTS.each
def test_mutant_is_caught(mutant: Mutant[Mutate], monkeypatch: Patch) -> None:
    mutant.how(monkeypatch)
    mutant.breaks(LAWS[mutant.how])
