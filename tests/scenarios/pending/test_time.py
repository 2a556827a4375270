"""Promises are dated on business days, looked after before they are late, and escalated."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderflow import InvalidInput
from orderflow.calendars import BusinessCalendar, Hours
from orderflow.kernel.decision.draft import Draft
from orderflow.model import events as ev
from orderflow.model.commands import Cancel, CloseTask, Edit, Fire, SaveDraft
from orderflow.policies import Windows, promised_within
from tests.mutants import (
    AT_DEADLINE,
    ENDED,
    Law,
    Mutant,
    Mutants,
    Mutate,
    Patch,
    law,
    replace,
)
from tests.shop import Shop, new_order

BERLIN = BusinessCalendar("Europe/Berlin", "DE")
CALENDARS = [
    BERLIN,
    BusinessCalendar("Asia/Riyadh", "SA", ends=time(22)),
    BusinessCalendar("America/New_York", "US", region="NY", closed=[date(2026, 7, 2)]),
]
MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))
PROMISED = datetime(2026, 1, 9, 17, tzinfo=UTC)


@given(calendar=st.sampled_from(CALENDARS), moment=MOMENTS, days=st.integers(0, 9))
def test_business_days_are_counted_as_on_a_wall_calendar(
    calendar: BusinessCalendar, moment: datetime, days: int
) -> None:
    due = calendar.add(moment, days)
    local, begun = due.astimezone(calendar.zone), moment.astimezone(calendar.zone)
    assert due > moment
    assert local.time() == calendar.ends
    assert calendar.works_on(local.date())
    between = (local.date() - begun.date()).days
    worked = [calendar.works_on(begun.date() + timedelta(n)) for n in range(between + 1)]
    late = worked[0] and begun.time() >= calendar.cut_off
    assert sum(worked) - late == days + 1


@given(calendar=st.sampled_from(CALENDARS), moments=st.lists(MOMENTS, min_size=2, max_size=2))
def test_what_comes_later_is_not_due_earlier(
    calendar: BusinessCalendar, moments: list[datetime]
) -> None:
    first, second = sorted(moments)
    assert calendar.add(first, 2) <= calendar.add(second, 2)


@given(moment=MOMENTS, zone=st.sampled_from(["Europe/London", "Asia/Kathmandu", "Pacific/Apia"]))
def test_hours_never_lead_back_nor_out_of_the_day(moment: datetime, zone: str) -> None:
    hours = Hours(zone, time(8), time(19, 30))
    found = hours.next(moment)
    assert moment <= found <= moment + timedelta(hours=13)
    assert hours.opens <= found.astimezone(ZoneInfo(zone)).time() < hours.closes
    assert hours.next(found) == found


def test_easter_the_weekend_and_the_cut_off() -> None:
    thursday = datetime(2026, 4, 2, 10, tzinfo=UTC)  # before Good Friday; clocks are on summer time
    assert BERLIN.add(thursday, 1) == datetime(2026, 4, 7, 16, tzinfo=UTC)
    assert BERLIN.add(thursday + timedelta(hours=3), 1) == datetime(2026, 4, 8, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda: BusinessCalendar("Berlin", "DE"), "zone: .*'Berlin'"),
        (lambda: BusinessCalendar("Europe/Berlin", "XX"), "country: .*'XX'"),
        (lambda: BusinessCalendar("Europe/Berlin", "DE", "ZZ"), "country: .*'DE-ZZ'"),
        (lambda: BusinessCalendar("Europe/Berlin", "DE", ends=time(9)), "ends: "),
        (lambda: Hours("Europe/Berlin", time(9), time(9)), "closes: "),
    ],
)
def test_a_calendar_names_what_is_wrong(make: Callable[[], object], what: str) -> None:
    with pytest.raises(InvalidInput, match=what):
        make()


def test_a_policy_dates_what_the_document_does_not() -> None:
    dated = Shop(promise=promised_within(BERLIN, 2)).place()
    assert dated.order.state.promised == datetime(2026, 1, 7, 17, tzinfo=UTC)
    agreed = Shop(promise=promised_within(BERLIN, 2)).place(promised=PROMISED)
    assert agreed.order.state.promised == PROMISED
    assert Shop().place().order.state.promised is None


def test_a_draft_is_promised_when_it_is_placed() -> None:
    shop = Shop(promise=promised_within(BERLIN, 2))
    draft = SaveDraft(order=new_order())
    assert shop.engine.submit(draft.to()).state.promised is None
    shop.passes(days=7)
    placed = shop.engine.submit(Fire(trigger="place").to("A-1"))
    assert placed.state.promised == datetime(2026, 1, 14, 17, tzinfo=UTC)


def test_a_late_order_goes_to_another_role_and_ends_by_itself() -> None:
    shop = Shop().place(promised=PROMISED)
    shop.passes(days=3)
    assert shop.roles() == {}
    shop.passes(days=1)
    assert shop.roles() == {"promise": "support"}
    shop.passes(days=1)
    assert shop.roles() == {"promise": "supervisor"}
    (wait,) = [w for w in shop.engine.explain("A-1").pending if w.name == "promise"]
    assert wait.sentence == (
        "supervisor: A-1 was promised for 2026-01-09 17:00 UTC, and not delivered"
    )
    assert len(shop.events(ev.TaskEscalated)) == 1
    shop.delivers()
    assert shop.roles() == {}
    assert shop.engine.idle_parts("A-1") == ()


def test_who_looked_before_is_asked_again_when_it_is_late() -> None:
    shop = Shop().place(promised=PROMISED)
    shop.passes(days=4)
    shop.engine.submit(CloseTask(task="A-1:promise").to("A-1", by="ana"))
    shop.passes(days=1)
    assert shop.roles() == {"promise": "supervisor"}


def test_a_promise_shorter_than_the_window_is_only_kept_or_late() -> None:
    shop = Shop().place(promised=datetime(2026, 1, 5, 20, tzinfo=UTC))
    assert shop.roles() == {}
    shop.passes(hours=12)
    assert shop.roles() == {"promise": "supervisor"}


def test_another_date_ends_the_task_and_is_watched_in_its_turn() -> None:
    shop = Shop().place(promised=PROMISED)
    shop.passes(days=5)
    assert shop.roles() == {"promise": "supervisor"}
    later = PROMISED + timedelta(days=7)
    shop.does(Edit(promised=later))
    assert "promise" not in shop.roles()
    shop.passes(days=6)
    assert shop.roles()["promise"] == "support"


def test_what_was_delivered_or_cancelled_is_never_late() -> None:
    shop = Shop().place(promised=PROMISED)
    shop.delivers()
    shop.passes(days=6)
    assert shop.roles() == {}
    shop = Shop(manual=["pick"]).place(promised=PROMISED)
    shop.passes(days=6)
    shop.does(Cancel())
    assert (shop.roles(), shop.order.status) == ({}, "cancelled")


def test_a_task_that_takes_too_long_goes_to_another_role() -> None:
    shop = Shop(manual=["pick"], windows=Windows(escalation=timedelta(days=2))).place()
    shop.passes(days=1)
    assert shop.roles() == {"pick": "warehouse"}
    shop.passes(days=1)
    assert shop.roles() == {"pick": "supervisor"}
    (task,) = shop.engine.tasks()
    shop.engine.complete(task, by="ana")
    shop.work()
    assert (shop.order.status, shop.roles()) == ("shipped", {})


def test_an_opened_task_is_escalated_once() -> None:
    windows = Windows(escalation=timedelta(days=2), tracking=timedelta(days=90))
    shop = Shop(windows=windows).place(promised=PROMISED)
    shop.passes(days=4)
    shop.passes(days=3)
    assert shop.roles() == {"promise": "supervisor"}
    shop.passes(days=30)
    roles = [event.role for event in shop.events(ev.TaskEscalated)]
    assert roles == ["supervisor"]


def stays_silent(patch: Patch) -> None:
    """Nobody is told that a promise was not kept."""
    patch.setitem(AT_DEADLINE, "late", lambda *_: None)


def stays_open(patch: Patch) -> None:
    """The task stays when the goods are delivered."""
    patch.setitem(ENDED, "promise", lambda *_: False)


def loses_escalations(patch: Patch) -> None:
    """A task that takes too long stays where it is."""
    patch.setitem(AT_DEADLINE, "escalation", lambda *_: None)


def promises_anew(patch: Patch) -> None:
    """The policy overrides what was agreed."""

    def dates(making: Draft) -> None:
        order, policy = making.order, making.rules.promise
        placed = any(isinstance(event, ev.LifecycleMoved) for event in making.events)
        day = policy(order, making.context.now) if policy and placed else None
        if day is not None and day != order.state.promised:
            making.emit(ev.PromiseChanged(day))

    replace(patch, "a promise is dated", dates)


LAWS: dict[Mutate, Law] = {
    stays_silent: law(test_a_late_order_goes_to_another_role_and_ends_by_itself),
    stays_open: law(test_a_late_order_goes_to_another_role_and_ends_by_itself),
    loses_escalations: law(test_a_task_that_takes_too_long_goes_to_another_role),
    promises_anew: law(test_a_policy_dates_what_the_document_does_not),
}
MUTANTS = Mutants("time", LAWS)


@MUTANTS.each
def test_mutant_is_caught(mutant: Mutant[Mutate], monkeypatch: Patch) -> None:
    mutant.how(monkeypatch)
    mutant.breaks(LAWS[mutant.how])
