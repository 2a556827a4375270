"""Killed at any statement, commit or call, a process that starts again ends as if nothing was.

Each test forks a process that kills itself with SIGKILL at one moment, then plays on from the step
that it had begun, and compares everything that is stored, and everything that was made outside,
with a run that was not killed. ``make test`` takes a sample, ``make crash`` every moment.
"""

from __future__ import annotations

import os
import random
import signal
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from orderflow.engine.worker import Failed, Worker
from orderflow.ports import Commit
from tests.crash.scenario import ORDERS, Picture, Process, picture
from tests.crash.world import Points, World
from tests.postgres import running

SEED = int(os.environ.get("CRASH_SEED", random.SystemRandom().randrange(10**6)))
ALL = os.environ.get("CRASH_POINTS") == "all"
SAMPLE = 10
CHUNKS = 40


@attrs.frozen
class Lab:
    """Fresh databases of one kind, and what they look like at the end when nobody is killed."""

    fresh: Callable[[Path], str]
    points: list[str]
    undisturbed: Picture

    def crash(self, fatal: int, folder: Path) -> Picture:
        """Die at point *fatal*, start again, finish; what is there then."""
        folder.mkdir()
        url = self.fresh(folder)
        assert dies(lambda: Process(url, folder, Points(fatal)).play()), f"point {fatal} came late"
        process = Process(url, folder, Points())
        try:
            process.play()
            process.check()
            return picture(process)
        finally:
            process.store.close()


def dies(deed: Callable[[], object]) -> bool:
    """Do it in a forked process; True where that was killed, False where it came to its end."""
    child = os.fork()
    if child == 0:
        try:
            deed()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    assert killed or os.WEXITSTATUS(status) == 0, "the process failed; see its traceback"
    return killed


def on_sqlite(folder: Path) -> str:
    return f"sqlite:///{folder}/orders.db"


def on_postgresql(_folder: Path) -> str:
    return running().database("crash")


@pytest.fixture(scope="module", params=[on_sqlite, on_postgresql], ids=["sqlite", "postgresql"])
def lab(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Lab:
    folder, points = tmp_path_factory.mktemp("undisturbed"), Points()
    process = Process(request.param(folder), folder, points)
    process.play()
    names = list(points.names)
    process.check()
    return Lab(request.param, names, picture(process))


def test_the_scenario_goes_everywhere(lab: Lab, tmp_path: Path) -> None:
    """So that the crashes below have something to break."""
    process = Process(lab.fresh(tmp_path), tmp_path, Points())
    process.play()
    orders = {name: process.engine.order(name) for name in ORDERS}
    strategies = {fo.strategy for o in orders.values() for fo in o.fulfillment_orders.values()}
    expected = {"in_house", "dropship", "third_party", "pickup", "handover", "digital"}
    assert strategies == expected
    shared = process.store.parcel("BOX")
    assert shared is not None
    assert shared.orders == ("B-1", "B-2")
    assert [orders[name].status for name in ("C-1", "D-2")] == ["cancelled"] * 2
    assert orders["H-1"].return_status == "partially_returned"
    assert {kind.split()[0] for kind in lab.undisturbed.things} >= {
        *("pick", "label", "hand", "submit", "give", "provide", "notify"),
    }
    assert picture(process) == lab.undisturbed  # played again, it is the same
    assert len(lab.points) > 1_000


def chosen(lab: Lab, chunk: int) -> list[int]:
    every = range(1, len(lab.points) + 1)
    if ALL:
        return list(every)[chunk::CHUNKS]
    return sorted(random.Random(SEED).sample(every, SAMPLE)) if chunk == 0 else []


@pytest.mark.parametrize("chunk", range(CHUNKS if ALL else 1))
def test_a_killed_process_ends_as_if_nothing_was(lab: Lab, chunk: int, tmp_path: Path) -> None:
    points = chosen(lab, chunk)
    print(f"CRASH_SEED={SEED}: points {points}")
    for fatal in points:
        found = lab.crash(fatal, tmp_path / str(fatal))
        assert found.things == lab.undisturbed.things, (fatal, lab.points[fatal - 1])
        assert found.tables == lab.undisturbed.tables, (fatal, lab.points[fatal - 1])


def around_the_calls(points: list[str]) -> list[int]:
    """The first commits after calls to the outside: where what came of them is stored."""
    found, called = [], False
    for number, name in enumerate(points, start=1):
        if called and name == "after commit":
            found.append(number)
        called = (called and name != "after commit") or name.startswith("after the call")
    return found


def test_a_killed_process_calls_again_with_the_same_key(lab: Lab, tmp_path: Path) -> None:
    """Dead between a call and its result, it must call twice; the thing is made once."""
    calls = [n for n, name in enumerate(lab.points, start=1) if name.startswith("after the call")]
    for fatal in random.Random(SEED).sample(calls, 3):
        folder = tmp_path / str(fatal)
        found = lab.crash(fatal, folder)
        made = [(kind, key) for kind, key, _ in World(folder / "world", Points()).calls()]
        assert len(made) > len(set(made)), lab.points[fatal - 1]
        assert found.things == lab.undisturbed.things


def test_an_effect_acknowledged_apart_from_its_result_is_found(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The crashes have teeth: with this fault, at least one of them ends otherwise."""

    def careless(self: Worker, done: object, *more: Any) -> list[Failed]:
        messages = [(row, message) for row, message in done.messages if row.kind == "effect"]  # type: ignore[attr-defined]
        now = self._clock.now()
        self._store.commit_all([Commit(row.owner, now, done=row.key) for row, _ in messages])
        without = {row.key: attrs.evolve(message, done=None) for row, message in messages}
        done.messages = [(row, without.get(row.key, m)) for row, m in done.messages]  # type: ignore[attr-defined]
        return correct(self, done, *more)  # type: ignore[arg-type]

    correct = Worker._store_done
    monkeypatch.setattr(Worker, "_store_done", careless)
    folder, points = tmp_path / "whole", Points()
    folder.mkdir()
    Process(lab.fresh(folder), folder, points).play()
    found = []
    for fatal in around_the_calls(points.names)[:4]:
        try:
            found.append(lab.crash(fatal, tmp_path / str(fatal)) == lab.undisturbed)
        except Exception:  # it may end in an error as well
            found.append(False)
    assert not all(found)
