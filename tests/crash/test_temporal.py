"""Workers on Temporal, and its server, are killed at random moments: the orders end the same.

``make temporal`` does more of it.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from orderflow.engine.doctor import examine
from tests.conftest import ROOT
from tests.crash.scenario import Process
from tests.crash.world import Points, World
from tests.postgres import running
from tests.temporal.server import Server, end_with_parent
from tests.temporal.shops import events, played, scenario
from tests.temporal.working import due_rows, wait_for

KILLS = int(os.environ.get("TEMPORAL_KILLS", "4"))
SEED = int(os.environ.get("CRASH_SEED", random.SystemRandom().randrange(10**6)))
WORKERS = 2


class Fleet:
    """Worker processes, and who kills them: each time something was done, at random."""

    def __init__(self, url: str, folder: Path, server: Server, process: Process) -> None:
        self._process, self._server, self._folder = process, server, folder
        self._command = [sys.executable, "-m", "tests.temporal.worker", url, str(folder)]
        self._command += [server.address, folder.name]
        self._chance, self._left = random.Random(SEED), KILLS
        self._workers = [self._start() for _ in range(WORKERS)]

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self._command, cwd=ROOT, preexec_fn=end_with_parent)  # noqa: PLW1509 (it only calls prctl)

    def settle(self) -> None:
        """Wait until nothing is due; meanwhile somebody may be killed.

        Where a hand-over died half-way its rows rest for a lease, so the clock goes on.
        """
        since = time.monotonic()
        while due_rows(self._process.store, self._process.clock.now()):
            if self._left and self._chance.random() < 0.05:
                self._kill()
            time.sleep(0.02)
            if time.monotonic() - since > 2:
                self._process.clock.advance(timedelta(seconds=31))
                since = time.monotonic()

    def _kill(self) -> None:
        self._left -= 1
        number = self._chance.randrange(WORKERS)
        self._workers[number].kill()
        self._workers[number].wait()
        if self._left % 4 == 1:
            self._server.kill()
            self._server.start()
        self._workers[number] = self._start()

    def all_killed(self) -> bool:
        return self._left == 0

    def close(self) -> None:
        for worker in self._workers:
            worker.kill()
            worker.wait()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    yield server
    server.stop()


def test_workers_and_the_server_are_killed(tmp_path: Path, server: Server) -> None:
    print(f"CRASH_SEED={SEED}")
    (tmp_path / "local").mkdir()
    local = Process(f"sqlite:///{tmp_path}/local.db", tmp_path / "local", Points())
    local.play()
    url = running().database("temporal")
    process = scenario(url, tmp_path)
    fleet = Fleet(url, tmp_path, server, process)
    try:
        wait_for((tmp_path / "ready").exists)
        played(process, fleet.settle)
    finally:
        fleet.close()
    assert fleet.all_killed()
    process.check()
    assert list(examine(process.engine)) == []
    assert events(process.engine) == events(local.engine)
    world = World(tmp_path / "world", Points())
    assert world.things() == local.world.things()
    local.store.close()
    process.store.close()
