"""The dispatcher: reports due rows to Temporal, at least once."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError

from orderflow.engine import Engine
from orderflow.engine.erasure import PERSONAL
from orderflow.errors import StoreUnavailable
from orderflow.ports import ScheduledStore
from orderflow.runtimes.links import workflow_id
from orderflow.runtimes.temporal.activities import Activities
from orderflow.runtimes.temporal.driver import Driver
from orderflow.text import legible_log

__all__ = ["Dispatcher"]

_LOG = legible_log()
_LEASE = timedelta(seconds=30)
"""After this, rows that nobody leased are dispatched again."""
_BATCH = 100


class Dispatcher:
    """Finds due rows, and wakes or starts their owners' drivers.

    Any number may run. The workflow's id is a function of the owner, so a repeated dispatch wakes a
    driver that finds nothing new. Without Temporal the rows stay in the outbox.
    """

    def __init__(
        self, engine: Engine, store: ScheduledStore, client: Client, queue: str, silence: timedelta
    ) -> None:
        self._engine, self._store, self._client, self._queue = engine, store, client, queue
        self._silence = silence
        self._stirred = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def stir(self) -> None:
        """Look for due rows at once: something was committed. Callable from any thread."""
        self._loop.call_soon_threadsafe(self._stirred.set)

    async def run(self, stop: asyncio.Event, doing: Activities, poll: float) -> None:
        """Dispatch until *stop* is set, at least every *poll* seconds."""
        while not stop.is_set():
            self._stirred.clear()
            try:
                found = await self._hand_over(doing)
            except (RPCError, StoreUnavailable, OSError) as error:
                _LOG.warning("nothing is handed over: %s", type(error).__name__)
                found = False
            if not found:
                await self._rest(stop, poll)

    async def _rest(self, stop: asyncio.Event, seconds: float) -> None:
        waits = [asyncio.ensure_future(event.wait()) for event in (stop, self._stirred)]
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()

    async def _hand_over(self, doing: Activities) -> bool:
        """Dispatch a batch; returns whether there was any row."""
        await self._client.service_client.check_health()  # else the rows would rest for a lease
        now = self._engine.clock.now()
        owners = await asyncio.to_thread(self._store.dispatch, now, _LEASE, _BATCH)
        await asyncio.gather(*(self._wake(owner, doing) for owner in owners))
        return bool(owners)

    async def _wake(self, owner: str, doing: Activities) -> None:
        if owner.startswith(PERSONAL):  # it names a person, and Temporal must not store names
            await asyncio.to_thread(doing.work, owner)
            return
        await self._client.start_workflow(
            Driver.run,
            owner,
            id=workflow_id(owner, self._queue),
            task_queue=self._queue,
            task_timeout=self._silence,
            start_signal="wake",
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        )
