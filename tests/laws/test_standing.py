"""Each wait has its row or its task, and each row and task its wait (promise 5)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderflow import REMOTE, InHouse, InvalidWorkflow, Phase, State, Transition
from orderflow.engine.row_check import row_mismatches_of
from orderflow.fulfillment import Dropship
from orderflow.kernel.pending.deadlines import answer_deadline
from orderflow.model.commands import Cancel, Reroute
from orderflow.model.observations import TrackingReported
from orderflow.model.parcel import ParcelStatus
from orderflow.model.work import RowKind, Timer
from orderflow.ports import EffectAnswer, EffectAttempt
from orderflow.stores import MemoryStore
from orderflow.testing import FakePartner
from orderflow.workflow import PartnerAnswer
from tests.kernel.values import an_order
from tests.mutants import Law, Mutant, Mutants, Mutate, Patch, law, replace
from tests.shop import Shop

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
DAY = timedelta(days=1)
PLACES = [Shop, lambda: Shop(manual=["pick"]), lambda: Shop(Dropship(FakePartner()), InHouse())]


# --- the laws ------------------------------------------------------------------------------------


@given(late=st.integers(0, 60), window=st.integers(1, 9), done=st.integers(0, 4))
def test_a_partys_time_counts_from_the_answer(late: int, window: int, done: int) -> None:
    answered, time = NOW + late * DAY, window * DAY
    fired = [f"F:supplier:{n}:20260105T090000.000000" for n in range(done)]
    state = an_order({}, done_timers=tuple(fired), answered={"F:overdue.supplier": answered}).state
    if late:
        (timer,) = answer_deadline(state, "supplier", "F", NOW, time)
        assert isinstance(timer, Timer)
        assert timer.due == answered + time
        assert timer.key not in fired


def out_of_line(shop: Shop) -> list[tuple[list[str], list[str]]]:
    """The keys of the waits without a row, and of the rows without a wait, by owner."""
    found = row_mismatches_of(shop.store, shop.engine.rules, shop.order)
    return [([wait.key for wait in missing], list(over)) for _, (missing, over) in found]


@pytest.mark.parametrize("place", PLACES)
def test_each_row_that_is_gone_is_silent(place: Callable[[], Shop]) -> None:
    shop = place().place()
    store = shop.store
    assert isinstance(store, MemoryStore)
    assert not shop.engine.idle_parts("A-1")
    owners = {"order:A-1", *(f"parcel:{view}" for view in shop.order.state.parcels)}
    rows = [key for key, f in store._outbox.items() if f.row.owner in owners]
    waiting = [key for key in rows if store._outbox[key].status == "pending"]
    tasks = [key for key, (owner, _) in store._tasks.items() if owner in owners]
    assert waiting or tasks
    for key in waiting:
        store._outbox[key].status = "withdrawn"
        assert any(key in told for told in shop.engine.idle_parts("A-1")), key
        store._outbox[key].status = "pending"
    for key in tasks:
        gone = store._tasks.pop(key)
        assert any(key in told for told in shop.engine.idle_parts("A-1")), key
        store._tasks[key] = gone
    assert not shop.engine.idle_parts("A-1")


def test_each_row_that_stands_for_nothing_is_found() -> None:
    shop = Shop(manual=["pick"]).place()
    store = shop.store
    assert isinstance(store, MemoryStore)
    (key,) = (key for key, (_, task) in store._tasks.items() if task.name == "pick")
    owner, task = store._tasks[key]
    for name in ("pick", "exception.timer"):
        other = attrs.evolve(task, key=f"{name}:stuck", name=name)
        store._tasks[other.key] = owner, other
        assert any(other.key in over for _, over in out_of_line(shop)), name
        del store._tasks[other.key]


def test_a_timer_that_would_fire_too_early_is_found() -> None:
    shop = Shop(manual=["confirm"]).place()
    store = shop.store
    assert isinstance(store, MemoryStore)
    kept = store._outbox["A-1:reservation"]
    assert (kept.row.kind, kept.status) == (RowKind.TIMER, "pending")
    kept.due -= DAY
    assert ["A-1:reservation"] in [missing for missing, _ in out_of_line(shop)]


def test_what_is_over_takes_its_row_along() -> None:
    shop = Shop(manual=["pick"]).place()
    shop.engine.submit(Cancel().to("A-1", by="ana"))
    assert all(not over for _, over in out_of_line(shop))


def calls(act: Callable[[], object]) -> int:
    """How many Python functions are called meanwhile."""
    count = 0

    def note(_frame: object, event: str, _arg: object) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(note)
    try:
        act()
    finally:
        sys.setprofile(None)
    return count


def test_the_look_costs_no_more_than_a_tenth_of_a_life() -> None:
    shop = Shop()
    looked = commits = 0
    commit = shop.store.commit_all

    def counting(found: Any) -> Any:
        nonlocal commits
        commits += len(found)
        return commit(found)

    shop.store.commit_all = counting  # type: ignore[method-assign, assignment]

    def live() -> None:
        shop.place()
        shop.engine.observe(
            TrackingReported(tracking_number="T1", status=ParcelStatus.DELIVERED).at(
                shop.clock.now()
            )
        )
        for _ in range(3):
            shop.clock.advance(7 * DAY)
            shop.engine.worker.run_until_idle()

    lived = calls(live)
    looked = calls(lambda: list(row_mismatches_of(shop.store, shop.engine.rules, shop.order)))
    assert commits > 3
    assert looked * commits * 10 <= lived, (looked, commits, lived)


def with_own_state(*ways: str) -> Mapping[str, State]:
    """A partner that prints before it ships, and what leads on from there besides "printed"."""
    dests = {"cancel": "cancelled", "close": "incomplete", "despatched": "fulfilled"}
    flow = REMOTE.extend(
        name="print-shop",
        states=[State("printing", Phase.WORKING, PartnerAnswer("printer", DAY))],
        transitions=[
            Transition("accept", "submitted", "printing"),
            Transition("printed", "printing", "accepted"),
            *(Transition(way, "printing", dests[way]) for way in ways),
        ],
        without=[("accept", "submitted")],
    )
    return flow.by_name


@pytest.mark.parametrize("left_out", ["cancel", "close", "despatched"])
def test_a_partners_own_state_can_be_left_in_every_way(left_out: str) -> None:
    ways = {"cancel", "close", "despatched"}
    assert "printing" in with_own_state(*ways)
    with pytest.raises(InvalidWorkflow) as refused:
        with_own_state(*ways - {left_out})
    assert [found.value for found in refused.value.findings] == [left_out]


@pytest.mark.parametrize("lines", [None, {"1": 2}])
@pytest.mark.parametrize("effect", ["submit", "remind"])
def test_what_a_partner_reroutes_it_rejects(effect: str, lines: dict[str, int] | None) -> None:
    class Unwilling(Dropship):
        def perform(self, deed: EffectAttempt) -> EffectAnswer:
            if deed.name == effect:
                return Reroute(fo=deed.subject, lines=lines)
            return super().perform(deed)

    shop = Shop(Unwilling(FakePartner()), InHouse()).place()
    for _ in range(6):
        shop.passes(days=1)
    assert not shop.order.state.cancellations
    fos = shop.order.fulfillment_orders.values()
    assert [(fo.strategy, fo.phase.final) for fo in fos] == [("dropship", True), ("in_house", True)]


# --- the mutants ---------------------------------------------------------------------------------


def counts_from_the_first_moment(patch: Patch) -> None:
    """A party's time is counted from when it was asked, whatever was answered since."""
    replace(patch, "a party's time begins", lambda _state, _task, since: since)


def keeps_rows_of_nothing(patch: Patch) -> None:
    """What is no longer waited for keeps its row."""
    replace(patch, "what is no longer waited for", lambda _old, _new: ())


def trusts_the_waits(patch: Patch) -> None:
    """What is waited for is taken to be there."""
    replace(patch, "a row stands for a wait", lambda *_asked: True)


def asks_back_what_was_rejected(patch: Patch) -> None:
    """What a partner has rerouted is asked back of it."""
    replace(patch, "what an answer says", lambda _effect, reply: reply)


def lets_a_partner_keep_units(patch: Patch) -> None:
    """Nobody asks how a partner's own state is left."""
    replace(patch, "how a partner's state is left", lambda _workflow: ())


LAWS: dict[Mutate, Law] = {
    counts_from_the_first_moment: law(test_a_partys_time_counts_from_the_answer),
    keeps_rows_of_nothing: Law("promise 5", test_what_is_over_takes_its_row_along),
    trusts_the_waits: law(test_each_row_that_is_gone_is_silent, PLACES[1]),
    asks_back_what_was_rejected: law(test_what_a_partner_reroutes_it_rejects, "submit", None),
    lets_a_partner_keep_units: law(test_a_partners_own_state_can_be_left_in_every_way, "close"),
}
MUTANTS = Mutants("standing", LAWS)


@MUTANTS.each
def test_mutant_is_caught(mutant: Mutant[Mutate], monkeypatch: Patch) -> None:
    mutant.how(monkeypatch)
    mutant.breaks(LAWS[mutant.how])
