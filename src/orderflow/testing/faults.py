"""Faults on demand: a port or store fails at its n-th call, or callers interleave."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar, cast

import attrs

from orderflow.errors import PortFailed

__all__ = ["Called", "Fault", "Faulty", "SimulatedCrash", "interleave"]

_COMMITS = ("commit_all", "commit_and_claim")

P = TypeVar("P")
T = TypeVar("T")


class SimulatedCrash(BaseException):
    """The process died here: no error handler may continue."""


@attrs.frozen
class Fault:
    """When a call fails.

    Attributes:
        call: The method's name.
        number: The number of the call, from 1.
        after: Whether the call takes effect and only its answer is lost.
        error: The error to raise: the port's, or :class:`SimulatedCrash`.
    """

    call: str
    number: int = 1
    after: bool = False
    error: BaseException = attrs.field(factory=lambda: PortFailed("no answer in time"))


@attrs.frozen
class Called:
    """One call of a port: its method and its arguments."""

    call: str
    given: tuple[Any, ...]


class Faulty(Generic[P]):
    """A store or any other port that fails on demand and records its calls.

    >>> from orderflow.testing import FakeCarrier
    >>> late = Faulty(FakeCarrier(), Fault("hand_over", after=True))
    >>> try:
    ...     late.port.hand_over("A-1-P1:ship:0", "the label")
    ... except PortFailed as error:
    ...     print(error)
    no answer in time
    >>> [called.call for called in late.calls]
    ['hand_over']

    Attributes:
        port: The port to give to the engine or the strategy.
        calls: Its calls, oldest first.

    Args:
        inner: The port, or its fake.
        faults: The faults to raise.
        only: The methods that are recorded and can fail; empty means all of them. A store's
            ``commit_all`` and ``commit_and_lease`` count as a ``commit``.
    """

    def __init__(self, inner: P, *faults: Fault, only: Sequence[str] = ()) -> None:
        self.inner, self.only = inner, only
        self.port = cast(P, _Front(self))
        self.calls: list[Called] = []
        self.expect(*faults)

    def expect(self, *faults: Fault) -> None:
        """Replace the faults, and count the calls from 1 again."""
        self._faults = {(fault.call, fault.number): fault for fault in faults}
        self._counts: Counter[str] = Counter()

    def _call(self, name: str, *given: Any, **named: Any) -> Any:
        counted = "commit" if name in _COMMITS else name
        self._counts[counted] += 1
        self.calls.append(Called(name, (*given, *named.values())))
        fault = self._faults.pop((counted, self._counts[counted]), None)
        if fault is not None and not fault.after:
            raise fault.error
        answer = getattr(self.inner, name)(*given, **named)
        if fault is not None:
            raise fault.error
        return answer


class _Front:
    """Has the interface of the port."""

    def __init__(self, faulty: Faulty[Any]) -> None:
        self._faulty = faulty

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._faulty.inner, name)
        only = self._faulty.only
        looked_at = not only or name in only or (name in _COMMITS and "commit" in only)
        if not callable(found) or not looked_at:
            return found

        def call(*given: Any, **named: Any) -> Any:
            return self._faulty._call(name, *given, **named)

        return call


def interleave(
    store: P,
    callers: Sequence[Callable[[P], T]],
    turns: Sequence[int],
    at: Sequence[str] = ("commit",),
) -> list[T | BaseException]:
    """The result or error of each caller; they interleave in a given order, without sleeping.

    One caller runs at a time. It stops before each call in *at*; then the next of *turns* (a
    caller's number) continues. When the turns are used up, the first unfinished caller does.

    Args:
        store: The store of all callers.
        callers: Each gets a stopping view of the store; build an engine on it.
        turns: The caller to continue, at each stop. Turns of finished callers are skipped.
        at: The calls at which a caller stops; a ``commit`` is as for :class:`Faulty`.
    """
    at = (*at, *_COMMITS) if "commit" in at else at
    stage = _Stage(len(callers), turns)
    results: list[Any] = [None] * len(callers)

    def run(number: int) -> None:
        view = _Stopping(store, at, lambda: stage.stop(number))
        stage.stop(number)
        try:
            results[number] = callers[number](cast(P, view))
        except BaseException as error:
            results[number] = error
        finally:
            stage.leave(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(callers))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


class _Stage:
    """Lets one caller run at a time."""

    def __init__(self, callers: int, turns: Sequence[int]) -> None:
        self._changed = threading.Condition()
        self._turns, self._left, self._waiting = list(turns), set(range(callers)), set[int]()
        self._on: int | None = None

    def stop(self, number: int) -> None:
        """Wait for this caller's turn."""
        with self._changed:
            self._waiting.add(number)
            self._on = None
            self._next()
            self._changed.wait_for(lambda: self._on == number)
            self._waiting.discard(number)

    def leave(self, number: int) -> None:
        """Mark this caller as finished."""
        with self._changed:
            self._left.discard(number)
            self._on = None
            self._next()

    def _next(self) -> None:
        """Choose the next caller, once all have stopped."""
        if self._on is not None or not self._left or self._waiting != self._left:
            return
        while self._turns and self._turns[0] not in self._left:
            self._turns.pop(0)
        self._on = self._turns.pop(0) if self._turns else min(self._left)
        self._changed.notify_all()


class _Stopping:
    """A view of a store that stops before some of its calls."""

    def __init__(self, store: object, at: Sequence[str], stop: Callable[[], None]) -> None:
        self._store, self._at, self._stop = store, at, stop

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        if name not in self._at:
            return found

        def call(*given: Any, **named: Any) -> Any:
            self._stop()
            return found(*given, **named)

        return call
