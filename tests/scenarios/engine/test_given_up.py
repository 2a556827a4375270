"""No row is given up in silence, and none counts against what only another release knows."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from orderflow import IN_HOUSE, ORDER, Engine, Hooks, InHouse
from orderflow.engine.worker.performers import Performers
from orderflow.kernel.pending.deadline_passed import DEADLINE_PASSED
from orderflow.kernel.pending.ended_tasks import no_longer_pending
from orderflow.kernel.pending.order import pending_work
from orderflow.model.messages import EffectFailed, StockGranted
from orderflow.model.stock import StockKey
from orderflow.model.work import Effect, Message, PendingWork, Timer
from orderflow.ports import Commit, WatcherCall
from orderflow.simulation import VirtualClock
from orderflow.stores import MemoryStore, SqlStore
from tests.cases.shop import POSTER, order

TIMERS = sorted(
    {*DEADLINE_PASSED, "reservation", "confirmation", "payment", "hold", "state", "rest"}
)
OWNERS = ("order:A-1", "parcel:A-1-P1")


class Ground:
    """Engines of several releases on one store, and a clock."""

    def __init__(self) -> None:
        self.clock, self.store = VirtualClock(), MemoryStore()

    def engine(self, *strategies: InHouse, **rules: Any) -> Engine:
        return Engine(self.store, strategies or [InHouse()], clock=self.clock, **rules)

    def work(self, engine: Engine, times: int = 60, minutes: int = 1) -> None:
        for _ in range(times):
            engine.worker.run_until_idle()
            self.clock.advance(timedelta(minutes=minutes))


def break_down(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing be decided, performed or watched."""

    def fails(*_: Any, **__: Any) -> Any:
        raise KeyError("a bug")

    monkeypatch.setattr(engine._handler.preparer, "prepare", fails)
    monkeypatch.setattr(Performers, "perform", fails)
    monkeypatch.setattr(Hooks, "watcher", lambda *_: fails)


def row(owner: str, what: str, now: datetime) -> Commit:
    """A commit that adds a row of an owner: a message, a watch, an effect, or a timer so named."""
    match what:
        case "message":
            body = EffectFailed("none", "pick", "A-1")
            return Commit(owner, now, messages=(Message("row", owner, body),))
        case "watch":
            return Commit(
                owner, now, watches=(WatcherCall("row", "hook", "failed", "pick", "A-1"),)
            )
        case "effect":
            return Commit(owner, now, pending_work=(Effect("label", "A-1-P1", "row"),))
    return Commit(owner, now, pending_work=(Timer("row", what, "A-1", now),))


@pytest.mark.parametrize("owner", OWNERS)
@pytest.mark.parametrize("what", ["message", "watch", "effect", *TIMERS])
def test_a_row_that_fails_for_long_leaves_a_row_or_a_task(
    owner: str, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What came true is tried on, and a person knows; the rest is given up, and they are told."""
    ground = Ground()
    engine = ground.engine()
    engine.place(order("A-1", POSTER))
    engine.worker.run_until_idle()
    ground.store.commit(row(owner, what, ground.clock.now()))
    with monkeypatch.context() as broken:
        break_down(engine, broken)
        ground.work(engine, 12, minutes=60)
    left = {pending.key for each in OWNERS for pending in ground.store.open_rows(each)}
    tasks = {task.key: task.instructions for task in engine.tasks()}
    if what in ("watch", "effect"):
        assert "row:gave_up" in left
    else:
        assert "row" in left
        assert "a bug" in tasks["row:stuck"]
    ground.work(engine, 2, minutes=120)
    names = {task.key: task.name for task in engine.tasks()}
    assert "row:stuck" not in names
    if what == "watch":
        assert "exception.hook" in names.values()


def test_a_timer_that_gave_up_before_has_a_task() -> None:
    """A message of an earlier release says that a timer gave up: somebody is told."""
    ground = Ground()
    engine = ground.engine()
    engine.place(order("A-1", POSTER))
    engine.worker.run_until_idle()
    found = engine.order("A-1")
    timers = [
        w for w in pending_work(found, engine._handler.rules).values() if isinstance(w, Timer)
    ]
    for number, timer in enumerate(timers):
        failed = EffectFailed(timer.key, timer.name, timer.subject)
        message = Message(f"m{number}", "order:A-1", failed)
        ground.store.commit(Commit("order:A-1", ground.clock.now(), messages=(message,)))
    engine.worker.run_until_idle()
    assert len(list(engine.tasks())) == len(timers)


def test_with_a_timer_ends_the_task_that_says_it_is_stuck() -> None:
    now = VirtualClock().now()
    old: dict[str, PendingWork] = {
        "t": Timer("t", "late", "A-1", now),
        "e": Effect("pick", "A-1-F1", "e"),
    }
    assert list(no_longer_pending(old, {})) == ["t", "t:stuck", "e"]
    assert list(no_longer_pending(old, old)) == []


@pytest.mark.parametrize("kind", ["lifecycle", "strategy", "workflow", "watcher", "message"])
def test_what_another_release_knows_is_left_to_it(kind: str) -> None:
    """An old release works for hours on what it lacks; it counts no attempt, and opens no task."""
    ground, hooks = Ground(), Hooks()
    told: list[str] = []
    hooks.committed("confirm", name="crm")(lambda done: told.append(done.name))

    class Engraved(InHouse):
        code = "engraved"
        workflow = IN_HOUSE.extend(name="engraved")

    class Later(InHouse):
        workflow = IN_HOUSE.extend(name="in_house", version=2)

    newer: dict[str, tuple[tuple[InHouse, ...], dict[str, Any]]] = {
        "lifecycle": ((), {"lifecycle": ORDER.extend(name="mine")}),
        "message": ((), {"lifecycle": ORDER.extend(name="mine")}),
        "strategy": ((Engraved(),), {}),
        "workflow": ((Later(),), {"workflows": [IN_HOUSE]}),
        "watcher": ((), {"hooks": hooks}),
    }
    strategies, rules = newer[kind]
    new, old = ground.engine(*strategies, **rules), ground.engine()
    new.place(order("A-1", POSTER))
    if kind == "watcher":
        new.worker.do(ground.store.lease(ground.clock.now(), new.worker.lease, "t", 1))
    if kind == "message":
        granted = Message("m", "order:A-1", StockGranted(StockKey("P", "main"), "1", 1))
        ground.store.commit(Commit("order:A-1", ground.clock.now(), messages=(granted,)))
    ground.work(old, 180)
    assert list(old.tasks()) == []
    assert {pending.attempts for pending in ground.store.open_rows("order:A-1")} <= {0}
    ground.work(new, 3)
    assert new.order("A-1").status == "shipped"
    assert told == (["confirm"] if kind == "watcher" else [])


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_a_row_that_is_put_off_counts_no_attempt(kind: str, tmp_path: Path) -> None:
    store = MemoryStore() if kind == "memory" else SqlStore(f"sqlite:///{tmp_path}/orders.db")
    now, minute = VirtualClock().now(), timedelta(minutes=1)
    store.commit(row("order:A-1", "late", now))
    (late,) = store.lease(now, minute, "late", 1)
    (due,) = store.lease(now + minute, minute, "current", 1)
    store.postpone(late, "it is another's", now + 9 * minute)
    assert store.lease_valid(due)
    store.postpone(due, "unknown here", now + 3 * minute)
    (left,) = store.open_rows("order:A-1")
    assert (left.attempts, left.error, left.status) == (1, "unknown here", "pending")
    assert list(store.lease(now + 2 * minute, minute, "early", 1)) == []
    assert [found.attempts for found in store.lease(now + 3 * minute, minute, "next", 1)] == [2]
