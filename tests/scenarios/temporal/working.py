"""A worker on Temporal in this process, beside the tests, in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from temporalio.client import Client
from tenacity import retry, retry_if_result, stop_after_delay, wait_fixed

from orderflow import Engine
from orderflow.runtimes.temporal import TemporalWorker, prepare
from orderflow.stores import SqlStore
from tests.scenarios.temporal.server import Server


class Working:
    """A worker that runs until the ``with`` is left."""

    def __init__(self, engine: Engine, server: Server, **options: Any) -> None:
        self.engine, self.server, self.options = engine, server, options
        self.client: Client
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self._error: BaseException | None = None

    async def _run(self) -> None:
        try:
            self.loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
            self.client = await self.server.client(**self.options.pop("connection", {}))
            await prepare(self.client)
            settings: Mapping[str, Any] = self.options.pop("settings", {})
            worker = TemporalWorker(self.engine, self.client, **self.options)
            vars(worker).update({"poll": 0.1, "silence": timedelta(seconds=2), **settings})
            self._ready.set()
            await worker.run(self._stop)
        except BaseException as error:
            self._error = error
            raise
        finally:
            self._ready.set()

    def __enter__(self) -> Working:
        self._thread.start()
        assert self._ready.wait(60), "no worker within a minute"
        assert self._error is None, self._error
        return self

    def __exit__(self, *error: object) -> None:
        self.loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(60)
        assert not self._thread.is_alive(), "the worker does not end"
        assert self._error is None, self._error

    def settle(self, seconds: float = 60) -> None:
        """Wait until nothing is due."""
        assert isinstance(self.engine.store, SqlStore)
        store, clock = self.engine.store, self.engine.clock
        wait_for(lambda: not due_rows(store, clock.now()), seconds)


def due_rows(store: SqlStore, now: datetime) -> list[Any]:
    """The open rows that are due, with those that become due while they are looked for."""
    now += timedelta(seconds=1)
    moment = int(now.timestamp()) * 1_000_000 + now.microsecond
    asked = "select * from orderflow_outbox where status = 'pending' and due <= :now"
    with store._own.engine.connect() as connection:
        return list(connection.execute(text(asked), {"now": moment}))


def held_by(rows: list[Any]) -> set[int]:
    """The processes of :mod:`tests.scenarios.temporal.worker` that took some of these rows last."""
    return {int(row.token.partition("-")[0]) for row in rows if row.token and row.leased_until}


def wait_for(done: Callable[[], bool], seconds: float = 60, every: float = 0.05) -> None:
    """Ask until it is so. Raises RetryError where it is not within so many seconds."""
    waiting = retry_if_result(lambda found: not found)
    retry(retry=waiting, stop=stop_after_delay(seconds), wait=wait_fixed(every))(done)()
