"""One process that works a shop's orders through Temporal; start as many as you like.

ORDERFLOW_DB=postgresql://shop@db/shop python docs/examples/temporal_worker.py

Where Temporal is, and how it is spoken to, is set as for its own tools: ``TEMPORAL_ADDRESS``,
``TEMPORAL_NAMESPACE``, ``TEMPORAL_API_KEY``, ``TEMPORAL_TLS_CLIENT_CERT_PATH`` and so on, or a
profile in its configuration file.
"""

import asyncio
import os
import signal
from typing import Any

from temporalio.client import Client
from temporalio.envconfig import ClientConfig

from orderflow import Engine, InHouse
from orderflow.ports import Store
from orderflow.runtimes.temporal import TemporalWorker, prepare
from orderflow.stores import SqlStore


def make_engine(store: Store) -> Engine:
    """The shop, as its web application makes it, too."""
    return Engine(store, [InHouse()])


async def main() -> None:
    """Work until the process is told to end; what was begun is finished."""
    said: dict[str, Any] = {**ClientConfig.load_client_connect_config()}
    client = await Client.connect(**{"target_host": "localhost:7233", **said})
    await prepare(client)
    store = SqlStore(os.environ["ORDERFLOW_DB"])
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await TemporalWorker(make_engine(store), client).run(stop)
    store.close()


if __name__ == "__main__":
    asyncio.run(main())
