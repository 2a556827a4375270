"""A worker process that may be killed."""

from __future__ import annotations

import asyncio
import os
from datetime import timedelta
from pathlib import Path

from temporalio.client import Client
from temporalio.service import RPCError
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from orderflow.engine.clock import RandomIds
from orderflow.runtimes.temporal import TemporalWorker
from tests.scenarios.temporal.server import end_with_parent
from tests.scenarios.temporal.shops import scenario


class Signed(RandomIds):
    """Ids that begin with the process, so that the token of a leased row tells who has it."""

    def new(self, kind: str) -> str:
        return f"{os.getpid()}-{super().new(kind)}"


def work(url: str, folder: str, address: str) -> None:
    """Work the scenario's orders, until killed.

    A server that is away when a process starts ends it, as the library promises; who starts
    processes tries again.
    """
    end_with_parent()
    starting = retry_if_exception_type((RuntimeError, RPCError))
    tries = Retrying(retry=starting, stop=stop_after_delay(30), wait=wait_fixed(0.2), reraise=True)
    tries(lambda: asyncio.run(_work(url, Path(folder), address)))


async def _work(url: str, folder: Path, address: str) -> None:
    process = scenario(url, folder)
    process.engine.ids = Signed()
    worker = TemporalWorker(process.engine, await Client.connect(address), queue=folder.name)
    worker.poll, worker.silence, worker.marks = 0.1, timedelta(seconds=2), False
    (folder / "ready").touch()
    await worker.run(asyncio.Event())
