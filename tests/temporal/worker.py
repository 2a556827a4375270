"""A worker process that may be killed: python -m tests.temporal.worker URL FOLDER ADDRESS QUEUE."""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import timedelta
from pathlib import Path

from temporalio.client import Client

from orderflow.engine.time import RandomIds
from orderflow.runtimes.temporal import TemporalWorker
from tests.temporal.shops import scenario


class Signed(RandomIds):
    """Ids that begin with the process, so that the token of a leased row tells who has it."""

    def new(self, kind: str) -> str:
        return f"{os.getpid()}-{super().new(kind)}"


async def main(url: str, folder: Path, address: str, queue: str) -> None:
    process = scenario(url, folder)
    process.engine.ids = Signed()
    worker = TemporalWorker(process.engine, await Client.connect(address), queue=queue)
    worker.poll, worker.silence, worker.marks = 0.1, timedelta(seconds=2), False
    (folder / "ready").touch()
    await worker.run(asyncio.Event())


if __name__ == "__main__":
    url, folder, address, queue = sys.argv[1:]
    asyncio.run(main(url, Path(folder), address, queue))
