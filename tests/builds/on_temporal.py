"""Orders that an earlier build began on a running Temporal end there; ``make builds`` runs it."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from temporalio.client import Client, WorkflowHistory
from temporalio.workflow import NondeterminismError

from orderflow.runtimes.temporal import driver
from tests.builds.ending import Successor
from tests.builds.shop import FOLDER
from tests.builds.wheel import environment, unpacked
from tests.scenarios.temporal.server import Server
from tests.scenarios.temporal.test_drivers import histories, replayed
from tests.scenarios.temporal.working import Working


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    yield server
    server.stop()


def begin(url: str, folder: Path, server: Server) -> int:
    """Have a process of the earlier build begin orders through Temporal; how it ended."""
    command = [sys.executable, "-m", "tests.builds.begin_on_temporal"]
    command += [url, server.address, folder.name]
    build = environment(earlier := unpacked(), **{FOLDER: str(folder)})
    return subprocess.run(command, cwd=earlier, env=build, check=False, timeout=300).returncode


async def drivers(server: Server, successor: Successor, queue: str) -> list[WorkflowHistory]:
    """The histories of the drivers of all orders and parcels."""
    orders = list(successor.engine.orders())
    owners = [f"order:{order.id}" for order in orders]
    owners += [f"parcel:{parcel}" for order in orders for parcel in order.state.parcels]
    client: Client = await server.client()
    return [history for owner in owners for history in await histories(client, owner, queue)]


def test_orders_begun_on_temporal_under_an_earlier_build_end(
    postgres: str, tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert begin(postgres, tmp_path, server) == -signal.SIGKILL, "it was to be killed"
    successor = Successor(postgres, tmp_path)
    successor.looked_at()
    successor.hears_again()
    left = asyncio.run(drivers(server, successor, tmp_path.name))
    assert len(left) > 12
    asyncio.run(replayed(left))
    with Working(successor.engine, server, queue=tmp_path.name) as working:
        monkeypatch.setattr(successor.engine.worker, "run_until_idle", working.settle)
        successor.ended()
    asyncio.run(replayed(asyncio.run(drivers(server, successor, tmp_path.name))))
    successor.store.close()
    monkeypatch.setattr(driver, "ADVANCE", "orderflow.go_on")  # the replay has teeth
    with pytest.raises(NondeterminismError):
        asyncio.run(replayed(left))
