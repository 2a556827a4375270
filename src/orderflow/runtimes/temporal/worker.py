"""A process that works orders through Temporal."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import (
    AddSearchAttributesRequest,
    ListSearchAttributesRequest,
)
from temporalio.client import Client
from temporalio.worker import Worker, WorkerDeploymentConfig
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from orderflow.engine import Engine
from orderflow.ports import ScheduledStore
from orderflow.runtimes.temporal.activities import Activities, Lane
from orderflow.runtimes.temporal.dispatcher import Dispatcher
from orderflow.runtimes.temporal.driver import NUMBERS, STATUS, Driver

__all__ = ["TemporalWorker", "prepare"]

_RUNNER = SandboxedWorkflowRunner(
    restrictions=SandboxRestrictions.default.with_passthrough_modules("orderflow")
)


class TemporalWorker:
    """Works an engine's orders through Temporal, in place of ``engine.worker``.

    Any number may run, on any number of machines, over one PostgreSQL database. Engine, workflows,
    strategies and hooks stay the same.

    Args:
        engine: The engine; its store is a :class:`~orderflow.stores.SqlStore`.
        client: The connected client, with TLS, API key and payload codec as needed.
        queue: The task queue, and the beginning of every workflow's id.
        lanes: Separate task queues for effects, by the code of a fulfillment strategy, or by the
            effect's name where no strategy performs it: ``notify``, ``refund``. The same in every
            process.
        serves: The lanes of this process, besides the queue; None is all of them.
        deployment: The version of this process, so that other versions can run as well.

    Attributes:
        poll: Seconds between two searches for due rows.
        threads: Concurrent decisions of this process, and effects without a lane.
        silence: The longest time without a heartbeat, before another worker takes over.
        grace: The time for running work to finish at the end of the process.
        marks: Whether drivers have search attributes; :func:`prepare` registers them.
    """

    poll = 1.0
    threads = 20
    silence = timedelta(seconds=10)
    grace = timedelta(seconds=30)
    marks = True

    def __init__(
        self,
        engine: Engine,
        client: Client,
        *,
        queue: str = "orderflow",
        lanes: Mapping[str, Lane] | None = None,
        serves: Collection[str] | None = None,
        deployment: WorkerDeploymentConfig | None = None,
    ) -> None:
        if not isinstance(engine.store, ScheduledStore):
            raise TypeError(f"a SqlStore can be shared, not a {type(engine.store).__name__}")
        self._engine, self._store, self._client, self._queue = engine, engine.store, client, queue
        self._lanes = dict(lanes or {})
        self._serves = self._lanes.keys() if serves is None else serves
        self._deployment: Any = {"deployment_config": deployment} if deployment else {}
        if unknown := set(self._serves) - self._lanes.keys():
            raise ValueError(f"no lane is called {', '.join(sorted(unknown))}")

    async def run(self, stop: asyncio.Event) -> None:
        """Work until *stop* is set; running work is finished within *grace*.

        Raises RPCError where Temporal is unreachable at the start; later it waits for it.
        """
        hand_over = Dispatcher(self._engine, self._store, self._client, self._queue, self.silence)
        with ThreadPoolExecutor(self.threads) as threads:
            doing = Activities(
                self._engine,
                self._store,
                threads,
                self._queue,
                self._lanes,
                self.silence,
                hand_over.stir,
                marks=self.marks,
            )
            async with AsyncExitStack() as workers:
                for worker in self._workers(doing):
                    await workers.enter_async_context(worker)
                await hand_over.run(stop, doing, self.poll)

    def _workers(self, doing: Activities) -> list[Worker]:
        own = Worker(
            self._client,
            task_queue=self._queue,
            workflows=[Driver],
            activities=[doing.advance, doing.perform],
            workflow_runner=_RUNNER,
            max_concurrent_activities=self.threads,
            max_concurrent_local_activities=self.threads,
            sticky_queue_schedule_to_start_timeout=self.silence,
            graceful_shutdown_timeout=self.grace,
            **self._deployment,
        )
        return [own, *(self._lane(code, doing) for code in self._serves)]

    def _lane(self, code: str, doing: Activities) -> Worker:
        lane = self._lanes[code]
        return Worker(
            self._client,
            task_queue=f"{self._queue}-{code}",
            activities=[doing.perform],
            max_concurrent_activities=lane.concurrency,
            max_task_queue_activities_per_second=lane.per_second,
            graceful_shutdown_timeout=self.grace,
            **self._deployment,
        )


async def prepare(client: Client) -> None:
    """Register the search attributes ``OrderStatus`` and ``OrderNumber``.

    Where the client may not do so, as on Temporal Cloud, add them on its pages: a Keyword, and a
    KeywordList.
    """
    wanted = {
        STATUS.name: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
        NUMBERS.name: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD_LIST,
    }
    service = client.operator_service
    known = await service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace)
    )
    if missing := wanted.keys() - known.custom_attributes.keys():
        await service.add_search_attributes(
            AddSearchAttributesRequest(
                namespace=client.namespace,
                search_attributes={name: wanted[name] for name in missing},
            )
        )
