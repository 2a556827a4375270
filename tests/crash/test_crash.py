"""Killed at any statement, commit or call, a process that starts again ends as if nothing was.

Each test forks a process that kills itself with SIGKILL at one moment, then plays on from the step
that it had begun, and compares everything that is stored, and everything that was made outside,
with a run that was not killed. ``make test`` takes a sample, ``make crash`` every moment.

A sample is played whole. All others begin where the undisturbed run begins the step in which they
die. Where all stands at its end as in the undisturbed run, the rest is the same play, and is not
played again; where anything differs it is played to its end, as what counts is how it ends.
"""

from __future__ import annotations

import os
import random
import signal
import traceback
from collections.abc import Callable
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import attrs
import pytest
from sqlalchemy import update

from orderflow.engine.worker.worker import FailedRow, Worker
from orderflow.ports import Commit
from orderflow.stores.sql.schema import outbox
from tests.crash.places import OnPostgresql, OnSqlite, Place
from tests.crash.scenario import ORDERS, Picture, Process, ending, picture, standing
from tests.crash.world import Points, World

SEED = int(os.environ.get("CRASH_SEED", random.SystemRandom().randrange(10**6)))
ALL = os.environ.get("CRASH_POINTS") == "all"
STEPS = 31
WHOLE = 20 if ALL else 2
SAMPLE = range(STEPS) if ALL else sorted(random.Random(SEED).sample(range(STEPS), 2))
"""The steps in which processes are killed."""


@attrs.frozen
class Lab:
    """Fresh places of one kind, and what is there when nobody is killed."""

    fresh: Callable[[Path], Place]
    points: list[str]
    first: list[int]
    """The number of the first point of each step; then the one after the last."""
    after: list[Picture]
    """How all stands at the end of each step."""
    undisturbed: Picture

    @classmethod
    def at(cls, fresh: Callable[[Path], Place], folder: Path) -> Lab:
        place, points = fresh(folder), Points()
        process = Process(place.url, folder, points)
        first, after = [1], []
        for step in range(STEPS):
            process.play(to=step + 1)
            first.append(points.count + 1)
            after.append(standing(place.rows(), process.world))
        names = list(points.names)
        process.check()
        process.store.close()
        return cls(fresh, names, first, after, ending(place.rows(), process.world))

    def step(self, point: int) -> int:
        """The step in which a point is."""
        return next(step for step in range(STEPS) if point < self.first[step + 1])

    def inside(self, step: int) -> range:
        """The points of a step."""
        return range(self.first[step], self.first[step + 1])

    def crash(self, fatal: int, folder: Path) -> Picture:
        """Die at point *fatal* of the whole play, start again, finish; what is there then."""
        folder.mkdir()
        place = self.fresh(folder)
        assert dies(lambda: Process(place.url, folder, Points(fatal)).play()), "it came late"
        return finished(place, Process(place.url, folder, Points()))


class Step:
    """A play that has come to the beginning of a step, in which it dies again and again."""

    def __init__(self, lab: Lab, step: int, folder: Path) -> None:
        folder.mkdir()
        self.lab, self.end, self.place = lab, step + 1, lab.fresh(folder)
        self.points = Points()
        self.process = Process(self.place.url, folder, self.points)
        self.process.play(to=step)
        assert self.points.count + 1 == lab.first[step]
        self.place.keep()

    def crash(self, fatal: int, again: type[Process] = Process) -> Process:
        """Die at point *fatal*, start again, finish the step."""
        self.place.put_back()
        self.points.fatal = fatal
        assert dies(lambda: self.process.play(to=self.end)), "it came late"
        process = again(self.place.url, self.place.folder, Points())
        process.play(to=self.end)
        return process

    def stands(self, process: Process) -> bool:
        """Whether all is as at the end of this step when nobody was killed."""
        return standing(self.place.rows(), process.world) == self.lab.after[self.end - 1]

    def ends(self, fatal: int, again: type[Process] = Process) -> Picture:
        """Die at point *fatal*, start again; what is there in the end."""
        process = self.crash(fatal, again)
        return self.lab.undisturbed if self.stands(process) else finished(self.place, process)


def finished(place: Place, process: Process) -> Picture:
    """Play to the end; what is there then."""
    try:
        process.play()
        process.check()
        return ending(place.rows(), process.world)
    finally:
        process.store.close()


def dies(effect: Callable[[], object]) -> bool:
    """Do it in a forked process; True where that was killed, False where it came to its end."""
    child = os.fork()
    if child == 0:
        try:
            effect()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    assert killed or os.WEXITSTATUS(status) == 0, "the process failed; see its traceback"
    return killed


@pytest.fixture(scope="module", params=[OnSqlite, OnPostgresql], ids=["sqlite", "postgresql"])
def lab(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return Lab.at(request.param, tmp_path_factory.mktemp("undisturbed"))


def test_the_scenario_goes_everywhere(lab: Lab, tmp_path: Path) -> None:
    """So that the crashes below have something to break."""
    process = Process(lab.fresh(tmp_path).url, tmp_path, Points())
    assert len(process.steps()) == STEPS
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
    assert [*chain(*map(lab.inside, range(STEPS)))] == [*range(1, len(lab.points) + 1)]


def test_a_process_killed_in_a_whole_play_ends_as_if_nothing_was(lab: Lab, tmp_path: Path) -> None:
    points = random.Random(SEED).sample(range(1, len(lab.points) + 1), WHOLE)
    print(f"CRASH_SEED={SEED}: points {points}")
    for fatal in points:
        compare(lab, fatal, lab.crash(fatal, tmp_path / str(fatal)))


@pytest.mark.parametrize("number", SAMPLE)
def test_a_process_killed_in_a_step_ends_as_if_nothing_was(
    lab: Lab, number: int, tmp_path: Path
) -> None:
    """The first point of the step is played to the end: who starts at its beginning ends equal."""
    step, (first, *others) = Step(lab, number, tmp_path / "step"), lab.inside(number)
    points = others if ALL else random.Random(SEED).sample(others, min(4, len(others)))
    print(f"CRASH_SEED={SEED}: points {first}, {points}")
    compare(lab, first, finished(step.place, step.crash(first)))
    for fatal in points:
        compare(lab, fatal, step.ends(fatal))


def compare(lab: Lab, fatal: int, found: Picture) -> None:
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
        found = Step(lab, lab.step(fatal), folder).ends(fatal)
        made = [(kind, key) for kind, key, _ in World(folder / "world", Points()).calls()]
        assert len(made) > len(set(made)), lab.points[fatal - 1]
        assert found.things == lab.undisturbed.things


def test_an_effect_acknowledged_apart_from_its_result_is_found(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The crashes have teeth: with this fault, at least one of them ends otherwise."""

    def careless(self: Worker, done: object, *more: Any) -> list[FailedRow]:
        messages = [(row, message) for row, message in done.messages if row.kind == "effect"]  # type: ignore[attr-defined]
        now = self._clock.now()
        self._store.commit_all(
            [Commit(row.owner, now, acknowledges=row.key) for row, _ in messages]
        )
        without = {row.key: attrs.evolve(message, done=None) for row, message in messages}
        done.messages = [(row, without.get(row.key, m)) for row, m in done.messages]  # type: ignore[attr-defined]
        return correct(self, done, *more)  # type: ignore[arg-type]

    correct = Worker._store_done
    monkeypatch.setattr(Worker, "_store_done", careless)
    (tmp_path / "whole").mkdir()
    its = Lab.at(lab.fresh, tmp_path / "whole")
    assert its.undisturbed == lab.undisturbed  # where nobody is killed it does no harm

    def otherwise(fatal: int) -> bool:
        step = Step(its, its.step(fatal), tmp_path / str(fatal))
        try:
            return step.ends(fatal) != lab.undisturbed
        except Exception:  # it may end in an error as well
            return True

    assert any(map(otherwise, around_the_calls(its.points)[:4]))


class Greedy(Process):
    """One that starts again leases for itself what is not due yet."""

    lease = timedelta(days=3650)

    def __init__(self, *told: Any) -> None:
        super().__init__(*told)
        now = self.clock.day(self._next / 24)
        later = update(outbox).where(outbox.c.status == "pending", outbox.c.due > now)
        with self.store._own.write() as connection:
            leased = connection.execute(later.values(leased_until=now + self.lease))
        assert leased.rowcount


class Hasty(Greedy):
    """Its leases are over when anything is due."""

    lease = timedelta(hours=1)


def test_a_fault_that_shows_in_a_later_step_is_found(lab: Lab, tmp_path: Path) -> None:
    """The short cut has teeth: what stands otherwise is played on, until it does harm or not.

    Leases are not among what must be equal in the end.
    """
    number = STEPS - 6
    step, fatal = Step(lab, number, tmp_path / "step"), lab.first[number]
    for again in (Greedy, Hasty):
        assert not step.stands(step.crash(fatal, again))
    assert step.ends(fatal, Greedy) != lab.undisturbed
    assert step.ends(fatal, Hasty) == lab.undisturbed
