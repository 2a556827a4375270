"""Timers of weeks on Temporal's server that skips time: a month takes a moment."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from temporalio.testing import WorkflowEnvironment

from orderflow import Engine, InHouse, Line, NewOrder
from orderflow.engine import SystemClock
from orderflow.model.observations import TrackingReported
from orderflow.model.parcel import ParcelStatus
from orderflow.runtimes.temporal import TemporalWorker
from orderflow.stores import SqlStore
from tests.scenarios.temporal.shops import close

POSTER = Line(sku="POSTER", quantity=1, stocked=False)
_SERVER = Path(sys.executable).parent / "temporal-test-server"


class ServersClock(SystemClock):
    """What time it is on the server; in the loop's own thread, what it was when it last looked."""

    def __init__(self) -> None:
        self._latest = super().now()
        self._ask: Callable[[], datetime] = lambda: self._latest

    def of(self, environment: WorkflowEnvironment) -> None:
        loop = asyncio.get_running_loop()
        self._ask = lambda: asyncio.run_coroutine_threadsafe(
            environment.get_current_time(), loop
        ).result(30)

    async def look(self, environment: WorkflowEnvironment) -> None:
        self._latest = max(self._latest, await environment.get_current_time())

    def now(self) -> datetime:
        if threading.current_thread() is not threading.main_thread():
            self._latest = max(self._latest, self._ask())
        return self._latest


async def lived(engine: Engine) -> datetime:
    """An order's life, until its driver ends; when that was."""
    skipping = WorkflowEnvironment.start_time_skipping(test_server_existing_path=str(_SERVER))
    async with asyncio.timeout(120), await skipping as environment:
        assert isinstance(engine.clock, ServersClock)
        engine.clock.of(environment)
        worker = TemporalWorker(engine, environment.client)
        worker.marks, worker.poll, stop = False, 0.05, asyncio.Event()
        running = asyncio.create_task(worker.run(stop))
        engine.place(NewOrder(number="A-1", currency="EUR", lines=(POSTER,)))
        while engine.order("A-1").status != "shipped":
            await asyncio.sleep(0.02)
        (parcel,) = engine.order("A-1").state.parcels.values()
        number = parcel.tracking_number
        fact = TrackingReported(tracking_number=number, status=ParcelStatus.DELIVERED)
        engine.observe(fact.at(engine.clock.now()))
        while engine.order("A-1").status != "delivered":
            await asyncio.sleep(0.02)
        while engine.order("A-1").status != "completed":
            await environment.sleep(timedelta(days=1))  # the server's, which is a moment
            await engine.clock.look(environment)
        stop.set()
        await running
        return await environment.get_current_time()


def test_weeks_pass_by_temporals_clock(tmp_path: Path) -> None:
    engine = Engine(SqlStore(f"sqlite:///{tmp_path}/orders.db"), [InHouse()], clock=ServersClock())
    began = engine.clock.now()
    ended = asyncio.run(lived(engine))
    assert engine.order("A-1").status == "completed"
    timers = [entry for entry in engine.journal("A-1") if "TimerDone" in repr(entry.events)]
    assert len(timers) >= 2
    assert ended - began > timedelta(days=13)
    assert timers[-1].at - began > timedelta(days=13)
    close(engine)
