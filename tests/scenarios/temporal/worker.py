"""A worker process that may be killed."""

from __future__ import annotations

import asyncio
import os
from datetime import timedelta
from pathlib import Path

from temporalio.client import Client

from orderflow.engine.clock import RandomIds
from orderflow.runtimes.temporal import TemporalWorker
from tests.scenarios.temporal.server import end_with_parent
from tests.scenarios.temporal.shops import scenario


class Signed(RandomIds):
    """Ids that begin with the process, so that the token of a leased row tells who has it."""

    def new(self, kind: str) -> str:
        return f"{os.getpid()}-{super().new(kind)}"


def work(url: str, folder: str, address: str) -> None:
    """Work the scenario's orders, until killed."""
    end_with_parent()
    asyncio.run(_work(url, Path(folder), address))


async def _work(url: str, folder: Path, address: str) -> None:
    process = scenario(url, folder)
    process.engine.ids = Signed()
    worker = TemporalWorker(process.engine, await Client.connect(address), queue=folder.name)
    worker.poll, worker.silence, worker.marks = 0.1, timedelta(seconds=2), False
    (folder / "ready").touch()
    await worker.run(asyncio.Event())
