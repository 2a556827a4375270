"""The only workflow: drives an order, a parcel or a stock level, without its data.

Its rules are in the database, and read by an activity. So its code is the same for every order and
every workflow of an application, and a change of those changes no history.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy, SearchAttributeKey, SearchAttributeUpdate
from temporalio.exceptions import ActivityError

__all__ = ["ADVANCE", "NUMBERS", "PERFORM", "STATUS", "Driver", "EffectCall", "Plan"]

ADVANCE, PERFORM = "orderflow.advance", "orderflow.perform"
STATUS = SearchAttributeKey.for_keyword("OrderStatus")
NUMBERS = SearchAttributeKey.for_keyword_list("OrderNumber")
_AGAIN = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))
_LONG = timedelta(minutes=5)
_UNSERVED = timedelta(hours=1)
"""After this, an effect that no process takes no longer delays continue-as-new."""


@dataclass(frozen=True)
class EffectCall:
    """An effect to perform: its key, its queue, and its timeout in seconds.

    *silence* is the longest time in seconds between heartbeats of its worker.
    """

    key: str
    queue: str
    timeout: float
    silence: float


@dataclass(frozen=True)
class Plan:
    """The pending work of an owner: effects, and the seconds until the next row is due."""

    errands: list[EffectCall]
    wait: float | None
    status: str
    numbers: list[str]


@workflow.defn(name="orderflow")
class Driver:
    """Does the due rows of one owner until none is open."""

    def __init__(self) -> None:
        self._woken = True
        self._out: dict[str, asyncio.Task[None]] = {}
        self._unserved: set[str] = set()

    @workflow.run
    async def run(self, owner: str) -> None:
        """Advance, start effects, wait; all state is in the rows."""
        while True:
            self._woken = False
            plan: Plan = await workflow.execute_local_activity(
                ADVANCE,
                owner,
                result_type=Plan,
                start_to_close_timeout=_LONG,
                retry_policy=_AGAIN,
            )
            self._mark(plan)
            if self._woken:
                continue
            full = workflow.info().is_continue_as_new_suggested()
            if full and not self._out:
                await workflow.wait_condition(workflow.all_handlers_finished)
                workflow.continue_as_new(owner)
            if not full:
                self._send_out(plan.errands)
            elif workflow.patched("sends-while-full"):
                self._send_out(e for e in plan.errands if e.key not in self._unserved)
            if not self._out and plan.wait is None:
                return
            await self._rest(plan.wait)

    @workflow.signal(name="wake")
    def wake(self) -> None:
        """Rows are due."""
        self._woken = True

    def _send_out(self, errands: Iterable[EffectCall]) -> None:
        for errand in errands:
            if errand.key not in self._out:
                self._out[errand.key] = asyncio.create_task(self._perform(errand))

    async def _perform(self, errand: EffectCall) -> None:
        try:
            await workflow.execute_activity(
                PERFORM,
                errand.key,
                task_queue=errand.queue,
                schedule_to_start_timeout=_UNSERVED,
                start_to_close_timeout=timedelta(seconds=errand.timeout + errand.silence),
                heartbeat_timeout=timedelta(seconds=errand.silence),
                retry_policy=_AGAIN,
            )
        except ActivityError:
            self._unserved.add(errand.key)  # started again, by the next run if necessary
        finally:
            del self._out[errand.key]
            self._woken = True

    async def _rest(self, seconds: float | None) -> None:
        wait = None if seconds is None else timedelta(seconds=seconds)
        try:
            await workflow.wait_condition(lambda: self._woken, timeout=wait)
        except TimeoutError:
            return

    def _mark(self, plan: Plan) -> None:
        """Update the search attributes: the order's numbers and status."""
        known = workflow.info().typed_search_attributes
        news: list[SearchAttributeUpdate[Any]] = []
        if plan.status and known.get(STATUS) != plan.status:
            news.append(STATUS.value_set(plan.status))
        if plan.numbers and known.get(NUMBERS) != plan.numbers:
            news.append(NUMBERS.value_set(plan.numbers))
        if news:
            workflow.upsert_search_attributes(news)
