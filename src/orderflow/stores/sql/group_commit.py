"""Group commit: one of the waiting threads commits for all; there is no extra thread."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from threading import Lock

import attrs

from orderflow.errors import StoreUnavailable
from orderflow.ports import Commit, Outcome

__all__ = ["Group"]

Write = Callable[[Sequence[Commit]], list[Outcome]]


@attrs.define(eq=False)
class _Waiting:
    commits: Sequence[Commit]
    outcomes: list[Outcome] | None = None
    error: Exception | None = None

    @property
    def over(self) -> bool:
        return self.outcomes is not None or self.error is not None

    def answer(self) -> list[Outcome]:
        if self.error is not None:
            raise self.error
        assert self.outcomes is not None  # the thread that wrote for all has set it
        return self.outcomes


class Group:
    """Commits of many threads, written together by the first one to get the lock.

    Args:
        write: Writes commits in one transaction, with an outcome for each.
        most: The most commits of a transaction, unless one caller brings more.

    Attributes:
        turn: The lock; a caller that commits and leases holds it, too.
    """

    def __init__(self, write: Write, most: int = 200) -> None:
        self._write, self._most = write, most
        self._queue: deque[_Waiting] = deque()
        self.turn = Lock()

    def before_fork(self) -> None:
        """Nothing: see :meth:`after_fork`."""

    def after_fork(self, *, child: bool) -> None:
        """Reset in a child: it has none of the waiting threads."""
        if child:
            self._queue.clear()
            self.turn = Lock()

    def commit(self, commits: Sequence[Commit]) -> list[Outcome]:
        """The outcomes, written by this thread or by one that waited with it."""
        mine = _Waiting(commits)
        self._queue.append(mine)
        with self.turn:
            while not mine.over:
                self._lead(self._next())
        return mine.answer()

    def _next(self) -> list[_Waiting]:
        led = [self._queue.popleft()]
        count = len(led[0].commits)
        while self._queue and count + len(self._queue[0].commits) <= self._most:
            led.append(self._queue.popleft())
            count += len(led[-1].commits)
        return led

    def _lead(self, led: list[_Waiting]) -> None:
        """Write for all; if that fails and nothing is stored, for each one separately."""
        try:
            outcomes = iter(self._write([commit for each in led for commit in each.commits]))
            for each in led:
                each.outcomes = [next(outcomes) for _ in each.commits]
        except Exception as error:
            unknown = isinstance(error, StoreUnavailable) and error.may_be_stored
            for each in led:
                if len(led) == 1 or unknown:
                    each.error = error
                else:
                    self._lead([each])
        except BaseException:
            for each in led:
                each.error = StoreUnavailable("who wrote it was interrupted", may_be_stored=True)
            raise
