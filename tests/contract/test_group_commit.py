"""Of the threads that wait to commit one commits for all; each has its own outcome."""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event, Semaphore

import pytest

from orderflow.errors import StoreUnavailable
from orderflow.ports import Commit, Outcome, Stale, Stored
from orderflow.stores import SqlStore
from orderflow.stores.sql.group_commit import Group
from orderflow.testing.commits import order_commit

NAMES = ["A-1", "A-2", "A-3", "A-4"]


class Queue(deque):  # type: ignore[type-arg]
    """A queue that tells how many have come."""

    def __init__(self) -> None:
        super().__init__()
        self.come = Semaphore(0)

    def append(self, waiting: object) -> None:
        super().append(waiting)
        self.come.release()


class Writer:
    """Writes batches: the first one waits until the others stand in the queue."""

    def __init__(self, write: Callable[[Sequence[Commit]], list[Outcome]]) -> None:
        self.write, self.batches = write, list[list[str]]()
        self.begun, self.go = Event(), Event()
        self.group = Group(self)
        self.queue = self.group._queue = Queue()

    def __call__(self, commits: Sequence[Commit]) -> list[Outcome]:
        self.batches.append([commit.subject.removeprefix("order:") for commit in commits])
        if len(self.batches) == 1:
            self.begun.set()
            assert self.go.wait(10)
        return self.write(commits)

    def together(self, names: Sequence[str]) -> dict[str, Future[list[Outcome]]]:
        """Commit one order first; while it is written, the others come, each in its thread."""
        with ThreadPoolExecutor(len(names) + 1) as pool:
            pool.submit(self.group.commit, [order_commit("first", 0)])
            assert self.begun.wait(10)
            found = {}
            for name in names:
                found[name] = pool.submit(self.group.commit, [order_commit(name, 0)])
            for _ in ("first", *names):
                assert self.queue.come.acquire(timeout=10)
            self.go.set()
        return found


def test_those_who_wait_are_committed_in_one_transaction(tmp_path: object) -> None:
    store = SqlStore(f"sqlite:///{tmp_path}/orders.db")
    store.commit(order_commit("A-3", 0))
    writer = Writer(store._write)
    found = {name: future.result() for name, future in writer.together(NAMES).items()}
    assert [sorted(batch) for batch in writer.batches] == [["first"], NAMES]
    assert found == {name: [Stale() if name == "A-3" else Stored()] for name in NAMES}
    assert sorted(store.orders_by_id([*NAMES, "first"])) == [*NAMES, "first"]
    store.close()


def test_one_that_cannot_be_written_fails_alone() -> None:
    def write(commits: Sequence[Commit]) -> list[Outcome]:
        if any(commit.subject == "order:A-2" for commit in commits):
            raise TypeError("a set cannot be stored")
        return [Stored() for _ in commits]

    writer = Writer(write)
    found = writer.together(NAMES)
    assert isinstance(found.pop("A-2").exception(), TypeError)
    assert [future.result() for future in found.values()] == [[Stored()]] * 3
    assert len(writer.batches) == 1 + 1 + 4


def test_none_is_written_again_where_the_first_time_may_have_counted() -> None:
    def write(commits: Sequence[Commit]) -> list[Outcome]:
        if len(commits) > 1:
            raise StoreUnavailable("the cable was cut", may_be_stored=True)
        return [Stored()]

    writer = Writer(write)
    for future in writer.together(NAMES).values():
        with pytest.raises(StoreUnavailable, match="may have been stored"):
            future.result()
    assert len(writer.batches) == 2


def test_an_interrupted_leader_leaves_nobody_waiting() -> None:
    def write(commits: Sequence[Commit]) -> list[Outcome]:
        if len(commits) > 1:
            raise KeyboardInterrupt
        return [Stored()]

    errors = [future.exception() for future in Writer(write).together(NAMES).values()]
    kinds = sorted(type(error).__name__ for error in errors)
    assert kinds == ["KeyboardInterrupt", *["StoreUnavailable"] * 3]


def test_a_caller_with_more_than_a_batch_holds_is_served() -> None:
    batches: list[int] = []

    def write(commits: Sequence[Commit]) -> list[Outcome]:
        batches.append(len(commits))
        return [Stored()] * len(commits)

    group = Group(write, most=2)
    assert group.commit([order_commit(name, 0) for name in NAMES]) == [Stored()] * 4
    assert batches == [4]
