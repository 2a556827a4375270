"""A time limit for what might wait for ever."""

from __future__ import annotations

import faulthandler
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import NoReturn

import pytest

LONGEST = timedelta(minutes=30)
"""Many times what any test takes, on a machine that has other things to do as well."""


@contextmanager
def within(limit: timedelta) -> Iterator[None]:
    """Raise TimeoutError in the main thread, wherever it waits; all stacks are printed before."""

    def end(*_: object) -> NoReturn:
        faulthandler.dump_traceback(sys.__stderr__ or 2)
        raise TimeoutError(f"not done within {limit}")

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, limit.total_seconds())
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture(autouse=True)
def limited() -> Iterator[None]:
    """No test goes on for longer than the longest may, its long form included."""
    with within(LONGEST):
        yield
