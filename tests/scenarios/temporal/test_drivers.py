"""One driver for every order: definitions change under it, its history ends, Temporal goes away."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from datetime import timedelta
from pathlib import Path
from queue import Queue
from typing import Any

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHistory
from temporalio.worker import Replayer

from orderflow import (
    IN_HOUSE,
    Committed,
    Effect,
    Engine,
    Hooks,
    InHouse,
    Line,
    NewOrder,
    Order,
    Phase,
    State,
    Step,
    TaskFor,
    Transition,
    Workflow,
)
from orderflow.model.observations import TrackingReported
from orderflow.model.parcel import ParcelStatus
from orderflow.ports import EffectAttempt
from orderflow.runtimes.temporal import Lane, driver, workflow_id
from orderflow.runtimes.temporal.driver import Driver
from orderflow.runtimes.temporal.worker import _RUNNER
from orderflow.simulation import VirtualClock
from orderflow.stores import SqlStore
from orderflow.workflow import TimerFor
from tests.scenarios.temporal.server import Server
from tests.scenarios.temporal.shops import close
from tests.scenarios.temporal.working import Working, wait_for

TIMES = int(os.environ.get("TEMPORAL_EVENTS", "24"))
LIMIT = 40
"""Events after which Temporal suggests to continue a history as new."""
WAKE = 7
"""Events of a wake: the signal, a timer's end, a task scheduled, started and completed, what the
look found, a timer's start."""
EAGER = {"poll": 0.05}
"""Looks for due rows often, so that waiting for each of many takes less time."""
LOOKS = min(TIMES, 5 * LIMIT)
"""Enough for a history of fifty times the limit; it is the same again after that."""
CONTINUED = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW
POSTER = Line(sku="POSTER", quantity=1, stocked=False)


def checked(version: int, passed: str, wait: TimerFor | None = None) -> Workflow[Step]:
    """In-house work with a person's check, whose trigger is named by the version; or a wait."""
    check = wait or TaskFor("inspector", trigger=passed)
    return IN_HOUSE.extend(
        name="checked",
        version=version,
        states=[State("quality_check", Phase.WORKING, check)],
        transitions=[
            Transition("picked", "picking", "quality_check"),
            Transition("look_again", "quality_check", "quality_check"),
            Transition(passed, "quality_check", "packing"),
        ],
        without=[("picked", "picking")],
    )


class Checked(InHouse):
    code = "checked"

    def __init__(self, workflow: Workflow[Step]) -> None:
        super().__init__()
        self.workflow = workflow


def shop(url: str, workflow: Workflow[Step], *older: Workflow[Step]) -> Engine:
    return Engine(SqlStore(url), [Checked(workflow)], workflows=older)


def place(engine: Engine, name: str) -> Order:
    return engine.place(NewOrder(number=name, currency="EUR", lines=(POSTER,)), id=name)


async def histories(client: Client, owner: str, queue: str) -> list[WorkflowHistory]:
    """The histories of an owner's drivers: one where it was never continued as new."""
    asked = f"WorkflowId = '{workflow_id(owner, queue)}'"
    runs = [run async for run in client.list_workflows(asked)]
    handles = [client.get_workflow_handle(run.id, run_id=run.run_id) for run in runs]
    return [await handle.fetch_history() for handle in handles]


def kinds(history: WorkflowHistory) -> Counter[int]:
    return Counter(event.event_type for event in history.events)


async def looked_at(server: Server, owner: str, queue: str) -> list[WorkflowHistory]:
    return await histories(await server.client(), owner, queue)


def fired_triggers(engine: Engine, order: str) -> list[str]:
    events = [event for entry in engine.journal(order) for event in entry.events]
    return [str(getattr(event, "trigger", "")) for event in events]


async def replayed(found: list[WorkflowHistory]) -> None:
    """Raises where the driver's code does not fit a history."""
    replayer = Replayer(workflows=[Driver], workflow_runner=_RUNNER)
    for history in found:
        await replayer.replay_workflow(history)


def test_a_definition_is_edited_under_a_waiting_order(
    postgres: str, tmp_path: Path, server: Server
) -> None:
    old, new, queue = checked(1, "ok"), checked(2, "passed"), tmp_path.name
    engine = shop(postgres, old)
    with Working(engine, server, queue=queue) as working:
        place(engine, "A-1")
        working.settle()
        assert [task.role for task in engine.tasks()] == ["inspector"]
    close(engine)
    engine = shop(postgres, new, old)
    with Working(engine, server, queue=queue) as working:
        place(engine, "A-2")
        working.settle()
        tasks = list(engine.tasks(role="inspector"))
        fired = {engine.complete(task, by="ivo").id for task in tasks}
        working.settle()
    assert fired == {"A-1", "A-2"}
    triggers = {
        name: [trigger for trigger in fired_triggers(engine, name) if trigger in ("ok", "passed")]
        for name in fired
    }
    assert triggers == {"A-1": ["ok"], "A-2": ["passed"]}
    assert {engine.order(name).status for name in fired} == {"shipped"}
    for name in fired:
        found = asyncio.run(looked_at(server, f"order:{name}", queue))
        failed = EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED
        assert found
        assert [kinds(history)[failed] for history in found] == [0] * len(found)
        asyncio.run(replayed(found))
    close(engine)


def rests(working: Working, owner: str, queue: str) -> bool:
    """Whether an owner's driver has ended its look, and waits."""
    handle = working.client.get_workflow_handle(workflow_id(owner, queue))
    said = asyncio.run_coroutine_threadsafe(handle.describe(), working.loop).result(30)
    return not said.raw_description.HasField("pending_workflow_task")


def test_the_history_of_an_order_with_thousands_of_events_stays_short(
    postgres: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Drivers are continued as new, and nothing is lost: each watcher is told of each event.

    A driver that is at work takes what came meanwhile along, and one that waits for nothing ends.
    So each event is awaited until the driver rests, and the check waits for a timer: each is a wake
    of one driver. Nothing makes histories longer than that.
    """
    folder, queue = tmp_path_factory.mktemp("bounded"), tmp_path.name
    server = Server(folder, f"limit.historyCount.suggestContinueAsNew={LIMIT}")
    told: Queue[str] = Queue()
    hooks, flow = Hooks(), checked(1, "ok", TimerFor(timedelta(days=2), "ok"))

    @hooks.committed("look_again", name="note", workflow=flow)
    def note(done: Committed) -> None:
        told.put(done.key)

    engine, heard = Engine(SqlStore(postgres), [Checked(flow)], hooks=hooks), set[str]()
    try:
        with Working(engine, server, queue=queue, settings=EAGER) as working:
            place(engine, "A-1")
            working.settle()
            for number in range(TIMES):
                wait_for(lambda: rests(working, "order:A-1", queue), every=0.01)
                engine.fire("A-1", "look_again", on="A-1-F1", id=str(number))
                while len(heard) <= number:  # it may be told twice
                    heard.add(told.get(timeout=60))
            working.settle()
            engine.fire("A-1", "ok", on="A-1-F1")
            working.settle()
            (parcel,) = engine.order("A-1").state.parcels.values()
            for number in range(TIMES):
                fact = TrackingReported(
                    tracking_number=parcel.tracking_number,
                    status=(ParcelStatus.IN_TRANSIT, ParcelStatus.ATTEMPTED)[number % 2],
                )
                engine.observe(fact.at(engine.clock.now() + timedelta(seconds=number)))
            working.settle()
            runs = asyncio.run(looked_at(server, "order:A-1", queue))
            its = asyncio.run(looked_at(server, f"parcel:{parcel.id}", queue))
            asyncio.run(replayed([*runs, *its]))
    finally:
        server.stop()
    assert len(heard) == TIMES
    assert len(list(engine.store.journal(f"parcel:{parcel.id}"))) > TIMES
    assert sum(kinds(history)[EventType.EVENT_TYPE_MARKER_RECORDED] for history in runs) > TIMES
    assert sum(kinds(history)[CONTINUED] for history in runs) >= TIMES * WAKE // (2 * LIMIT)
    stays_short(runs)
    stays_short(its)
    close(engine)


def stays_short(runs: list[WorkflowHistory]) -> None:
    """Each is continued at the first wake past the limit, or when what it sent out is back."""
    for history in runs:
        found = kinds(history)
        errands = found[EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED]
        assert found.total() < (2 * LIMIT if errands else LIMIT + 2 * WAKE)
        if found[CONTINUED]:
            assert found.total() >= LIMIT


class Noted:
    """Performs, and notes the keys."""

    def __init__(self) -> None:
        self.keys: set[str] = set()

    def perform(self, effect: EffectAttempt) -> None:
        self.keys.add(effect.key)


@pytest.mark.parametrize(("unserved", "runs"), [("3600", 1), ("1", 2)])
def test_a_lane_that_nobody_serves_holds_up_nothing_else_of_its_order(
    postgres: str,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    unserved: str,
    runs: int,
) -> None:
    """Its other effects are performed; and its driver is continued when it has waited enough."""
    monkeypatch.setattr(driver, "_UNSERVED", timedelta(seconds=int(unserved)))
    setting = f"limit.historyCount.suggestContinueAsNew={LIMIT}"
    server = Server(tmp_path_factory.mktemp("lane"), setting)
    bell, wrapper, flow, hooks = Noted(), Noted(), checked(1, "ok"), Hooks()

    @hooks.after("confirm")
    def wrap(_step: Step) -> list[Effect]:
        return [Effect("wrap")]

    @hooks.after("look_again", workflow=flow)
    def ring(_step: Step) -> list[Effect]:
        return [Effect("ring")]

    performers = {"ring": bell, "wrap": wrapper}
    engine = Engine(SqlStore(postgres), [Checked(flow)], hooks=hooks, performers=performers)
    its = "order:A-1", tmp_path.name
    options: dict[str, Any] = {"queue": tmp_path.name, "lanes": {"wrap": Lane()}}
    try:
        with Working(engine, server, serves=(), settings=EAGER, **options):
            place(engine, "A-1")
            wait_for(lambda: engine.order("A-1").status == "in_progress")
            for number in range(1, LOOKS + 1):
                engine.fire("A-1", "look_again", on="A-1-F1", id=str(number))
                wait_for(lambda number=number: len(bell.keys) == number)  # type: ignore[misc]  # bound at once
            assert not wrapper.keys
            wait_for(lambda: len(asyncio.run(looked_at(server, *its))) >= runs)
        with Working(engine, server, **options) as working:
            wait_for(lambda: len(wrapper.keys) == 1)
            working.settle()
            found = asyncio.run(looked_at(server, *its))
            asyncio.run(replayed(found))
    finally:
        server.stop()
    assert max(kinds(history).total() for history in found) > LIMIT
    continued = [kinds(history)[CONTINUED] for history in found]
    assert sum(continued) == len(found) - 1 >= runs - 1
    close(engine)


def test_orders_are_accepted_while_temporal_is_away(
    postgres: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    server = Server(tmp_path_factory.mktemp("away"))
    engine = shop(postgres, checked(1, "ok"))
    try:
        with Working(engine, server, queue=tmp_path.name) as working:
            place(engine, "A-1")
            working.settle()
            server.kill()
            for number in range(2, 5):
                assert place(engine, f"A-{number}").status == "placed"
            server.start()
            working.settle()
    finally:
        server.stop()
    assert len(list(engine.tasks(role="inspector"))) == 4
    close(engine)


def test_a_repeated_hand_over_is_absorbed(postgres: str, tmp_path: Path, server: Server) -> None:
    """Handed over again and again, an order is done once, and its driver is one."""
    clock, told = VirtualClock(), Counter[str]()
    hooks, flow = Hooks(), checked(1, "ok")

    @hooks.committed("picked", name="note", workflow=flow)
    def note(done: Committed) -> None:
        told[done.key] += 1

    engine = Engine(SqlStore(postgres), [Checked(flow)], hooks=hooks, clock=clock)
    with Working(engine, server, queue=tmp_path.name) as working:
        place(engine, "A-1")

        async def again() -> None:
            await asyncio.gather(*(wake(working, "order:A-1", tmp_path.name) for _ in range(20)))

        asyncio.run_coroutine_threadsafe(again(), working.loop).result(60)
        working.settle()
    assert list(told.values()) == [1]
    runs = asyncio.run(looked_at(server, "order:A-1", tmp_path.name))
    assert len(runs) == 1
    close(engine)


async def wake(working: Working, owner: str, queue: str) -> None:
    await working.client.start_workflow(
        Driver.run,
        owner,
        id=workflow_id(owner, queue),
        task_queue=queue,
        start_signal="wake",
    )
