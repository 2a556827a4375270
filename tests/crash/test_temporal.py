"""Workers on Temporal, and its server, are killed in the midst of work: the orders end the same.

``make temporal`` does more of it.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from orderflow.engine.doctor import examine
from tests.crash.scenario import Process
from tests.crash.world import Points, World
from tests.forked import kill, started
from tests.postgres import running
from tests.scenarios.temporal.server import Server
from tests.scenarios.temporal.shops import differences, events, played, scenario
from tests.scenarios.temporal.worker import work
from tests.scenarios.temporal.working import due_rows, held_by, wait_for

KILLS = int(os.environ.get("TEMPORAL_KILLS", "4"))
LIVES = max(1, KILLS // 15)
"""Shops that live apart, each through its share of the kills: they may be played side by side."""
SEED = int(os.environ.get("CRASH_SEED", random.SystemRandom().randrange(10**6)))
WORKERS = 2


class Killer:
    """When a worker is killed, and which: a worker that has rows in hand, in the midst of them.

    Each third kill may hit any worker while something is due: a hand-over dies half-way too. Each
    fourth takes the server along.
    """

    def __init__(self, kills: int, chance: random.Random) -> None:
        self.left, self.chance = kills, chance

    def victim(self, workers: list[int], holders: set[int]) -> int | None:
        """One of the stopped workers, or nobody at this moment."""
        found = [pid for pid in workers if pid in holders or self.left % 3 == 0]
        return self.chance.choice(found) if found else None

    def takes_the_server(self) -> bool:
        return self.left % 4 == 1


class Fleet:
    """Worker processes of one shop, and who kills them."""

    def __init__(
        self, url: str, folder: Path, server: Server, process: Process, killer: Killer
    ) -> None:
        self._process, self._server, self._killer = process, server, killer
        self._told = url, str(folder), server.address
        self._steps = len(process.steps())
        self._step, self._at_first = 0, killer.left
        self._workers = [started(work, *self._told) for _ in range(WORKERS)]

    def settle(self) -> None:
        """Wait until nothing is due; meanwhile somebody may be killed.

        Kills are spread over the steps; what a step was too short for is left to the next ones.
        Where a hand-over died half-way its rows rest for a lease, so the clock goes on.
        """
        self._step += 1
        spared = self._at_first * (self._steps - self._step) // self._steps
        since = time.monotonic()
        while due_rows(self._process.store, self._process.clock.now()):
            if self._killer.left > spared and self._killer.chance.random() < 0.5:
                self._strike()
            time.sleep(0.02)
            if time.monotonic() - since > 2:
                self._process.clock.advance(timedelta(seconds=31))
                since = time.monotonic()

    def _strike(self) -> None:
        """Kill a worker in the midst of work, if one is.

        The workers are stopped before it is looked who has what, so that none finishes it first.
        """
        pids = [worker.pid or 0 for worker in self._workers]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        rows = due_rows(self._process.store, self._process.clock.now())
        victim = self._killer.victim(pids, held_by(rows)) if rows else None
        if victim is not None:
            self._kill(pids.index(victim))
        for pid in pids:
            if pid != victim:
                os.kill(pid, signal.SIGCONT)

    def _kill(self, number: int) -> None:
        kill(self._workers[number])
        if self._killer.takes_the_server():
            self._server.kill()
            self._server.start()
        self._killer.left -= 1
        self._workers[number] = started(work, *self._told)

    def close(self) -> None:
        for worker in self._workers:
            kill(worker)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    yield server
    server.stop()


@pytest.mark.parametrize("life", range(LIVES))
def test_workers_and_the_server_are_killed(tmp_path: Path, server: Server, life: int) -> None:
    """The scenario is played until every kill has fallen into work; each time it ends the same."""
    print(f"CRASH_SEED={SEED}")
    killer = Killer(KILLS // LIVES + (life < KILLS % LIVES), random.Random(f"{SEED}-{life}"))
    (tmp_path / "local").mkdir()
    local = Process(f"sqlite:///{tmp_path}/local.db", tmp_path / "local", Points())
    local.play()
    times = 0
    while killer.left:
        times += 1
        folder = tmp_path / f"{tmp_path.name}-{times}"
        folder.mkdir()
        survives(folder, server, killer, local)
    local.store.close()


def survives(folder: Path, server: Server, killer: Killer, local: Process) -> None:
    """Play the scenario while workers are killed; it ends as the one that nobody disturbed."""
    url = running().database("temporal")
    process = scenario(url, folder)
    fleet = Fleet(url, folder, server, process, killer)
    before = killer.left
    try:
        wait_for((folder / "ready").exists)
        played(process, fleet.settle)
    finally:
        fleet.close()
    assert killer.left < before
    process.check()
    assert list(examine(process.engine)) == []
    assert differences(events(process.engine), events(local.engine)) == {}
    world = World(folder / "world", Points())
    assert world.things() == local.world.things()
    process.store.close()
