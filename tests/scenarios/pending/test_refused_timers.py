"""An order whose own timer is refused ends as any other does."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from orderflow import ORDER, OrderPhase, Refusal, State, Transition
from orderflow.kernel.decide import Context, Decision, decide
from orderflow.kernel.decision.step import Step
from orderflow.kernel.pending.deadlines import all_reached
from orderflow.kernel.pending.state_work import needless_timer
from orderflow.model import commands as cmd
from orderflow.model.messages import ParcelChanged
from orderflow.model.observations import GoodsReturned
from orderflow.model.parcel import ParcelStatus
from orderflow.model.state import OpenTask
from orderflow.workflow import TimerFor, UnitsPending, Workflow
from tests.mutants import Law, Mutant, Mutants, Mutate, Patch, law, replace
from tests.scenarios.pending.timed_lives import DAY
from tests.shop import Shop

BLOCKED = "exception.blocked"


def never(_step: Step) -> Refusal | None:
    return Refusal("not.now", "it is not the time for it")


def own_tries(shop: Shop) -> list[str]:
    """The rows of the order's own timer."""
    return [row.key for row in shop.store.open_rows("order:A-1") if ":state:" in row.key]


def within(days: int) -> Workflow[Step]:
    """Whatever is not delivered in so many days is cancelled."""
    confirmed = State("confirmed", OrderPhase.CONFIRMED, TimerFor(days * DAY, "cancel"))
    return ORDER.extend(name="timed", states=[confirmed])


@settings(max_examples=30)
@given(within_days=st.integers(0, 25), delivered=st.integers(0, 25), back=st.integers(0, 2))
@example(within_days=10, delivered=2, back=0)
@example(within_days=2, delivered=10, back=0)
@example(within_days=2, delivered=10, back=2)
def test_a_timer_is_over_when_the_customer_has_all(
    within_days: int, delivered: int, back: int
) -> None:
    """What left in time is not cancelled; the order completes as if it had no timer."""
    shop = Shop(lifecycle=within(within_days), manual=["pick"]).place()
    shop.pays(1000)
    if shop.order.state.phase.final:
        return
    shop.does(cmd.Pick(fo="A-1-F1", units={"1": 2}))
    shop.passes(days=delivered)
    shop.delivers()
    if back:
        shop.says(GoodsReturned(lines={"1": back}))
    assert all_reached(shop.order)
    assert not own_tries(shop), f"{own_tries(shop)} are of a timer that is of no use"
    assert BLOCKED not in shop.tasks(), "there is a task of a timer that is of no use"
    shop.passes(days=40)
    assert shop.order.state.phase is OrderPhase.COMPLETED
    assert not shop.tasks() - {"refund"}


def test_a_timer_that_is_refused_keeps_no_order_open() -> None:
    """Whatever it would do: the task is over with the order."""
    late = State("late", OrderPhase.CONFIRMED, UnitsPending())
    ways: list[Transition[Step]] = [
        Transition("escalate", "confirmed", "late", guards=[never]),
        Transition("complete", "late", "completed"),
        Transition("cancel", "late", "cancelled"),
    ]
    confirmed = State("confirmed", OrderPhase.CONFIRMED, TimerFor(DAY, "escalate"))
    flow = ORDER.extend(name="late", states=[confirmed, late], transitions=ways)
    shop = Shop(lifecycle=flow).place()
    shop.pays(1000)
    shop.passes(days=2)
    assert shop.tasks() == {BLOCKED}
    shop.delivers()
    shop.passes(days=20)
    assert shop.order.status == "completed", "it never completes"
    assert (shop.tasks(), own_tries(shop)) == (set(), [])


def test_the_task_of_a_timer_is_over_when_all_is_delivered() -> None:
    """While the goods travel it says why they cannot be cancelled."""
    shop = Shop(lifecycle=within(2)).place()
    shop.pays(1000)
    shop.passes(days=3)
    (key,) = shop.order.state.tasks
    assert shop.tasks() == {BLOCKED}
    assert "cancel.nothing_left" in shop.refused(cmd.CloseTask(task=key))
    shop.delivers()
    assert (shop.tasks(), own_tries(shop)) == (set(), [])


@pytest.mark.parametrize(("opened", "stays"), [(4, True), (6, False)])
def test_a_task_that_was_there_before_the_timer_stays(opened: int, stays: bool) -> None:
    """It tells of something else."""
    shop = Shop(lifecycle=within(5)).place()
    shop.pays(1000)
    since = shop.order.state.since + opened * DAY
    task = OpenTask("A-1:exception.blocked", BLOCKED, "support", "look", "A-1", since)
    order = shop.order.with_state(attrs.evolve(shop.order.state, tasks={task.id: task}))
    (parcel,) = order.state.parcels
    body = ParcelChanged(parcel, ParcelStatus.DELIVERED, 99, "post", "T-1")
    told = decide(shop.engine.rules, order, body, Context(since + 9 * DAY))
    assert isinstance(told, Decision)
    assert all_reached(told.order)
    assert (task.id in told.order.state.tasks) is stays


def test_a_timer_runs_where_no_other_end_is_near() -> None:
    """An order that is not confirmed, or does not complete by itself, waits for it still."""
    ways: list[Transition[Step]] = [Transition("finish", "confirmed", "completed")]
    by_hand = within(2).extend(
        name="by hand", transitions=ways, without=[("complete", "confirmed")]
    )
    for flow, runs in ((within(2), False), (by_hand, True)):
        shop = Shop(lifecycle=flow).place()
        shop.delivers()
        assert bool(own_tries(shop)) is runs
        placed = attrs.evolve(shop.order.state, phase=OrderPhase.PLACED)
        assert needless_timer(shop.order.with_state(placed), shop.engine.rules) is None


@pytest.mark.parametrize("base", [ORDER, within(2)], ids=["no timer", "a timer"])
@pytest.mark.parametrize("said", [cmd.SendDunning(), cmd.PlaceHold(hold="h", reason="look")])
def test_what_blocks_the_end_blocks_no_command(said: Any, base: Workflow[Step]) -> None:
    """The end is tried again with whatever comes, and its task is over when it is reached."""
    ready: list[str] = []

    def checked(_step: Step) -> Refusal | None:
        return None if ready else Refusal("books.open", "the books are open")

    ways: list[Transition[Step]] = [
        Transition("complete", "confirmed", "completed", guards=[checked])
    ]
    flow = base.extend(name="books", transitions=ways, without=[("complete", "confirmed")])
    shop = Shop(lifecycle=flow).place()
    shop.delivers()
    shop.passes(days=20)
    assert BLOCKED in shop.tasks()
    shop.does(said)
    assert shop.order.state.phase is OrderPhase.CONFIRMED
    assert BLOCKED in shop.tasks()
    ready.append("they are closed")
    shop.does(*([cmd.ReleaseHold(hold="h")] if shop.order.state.holds else []))
    shop.pays(1000)
    assert (shop.order.status, shop.tasks()) == ("completed", set())


def tries_for_ever(patch: Patch) -> None:
    """A timer that would cancel is tried again, whatever the customer has."""
    replace(patch, "a timer is of no use", lambda *_asked: None)


def keeps_what_is_blocked_open(patch: Patch) -> None:
    """The task of a refused timer keeps its order open."""
    replace(patch, "what keeps an order open", lambda order: order.is_busy)


LAWS: dict[Mutate, Law] = {
    tries_for_ever: law(test_a_timer_is_over_when_the_customer_has_all, 10, 2, 0),
    keeps_what_is_blocked_open: law(test_a_timer_that_is_refused_keeps_no_order_open),
}
MUTANTS = Mutants("refused_timers", LAWS)


@MUTANTS.each
def test_mutant_is_caught(mutant: Mutant[Mutate], monkeypatch: Patch) -> None:
    mutant.how(monkeypatch)
    mutant.breaks(LAWS[mutant.how])
