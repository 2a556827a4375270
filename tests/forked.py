"""Processes that are killed, and start again in no time.

They are forked from one that has imported what they run. To start Python and import it anew takes
more work than what is to be disturbed, and proves nothing.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess

__all__ = ["ForkServerProcess", "kill", "started"]

_FORKS = get_context("forkserver")
_FORKS.set_forkserver_preload(["__main__", "tests.crash.actor", "tests.scenarios.temporal.worker"])


def started(run: Callable[..., None], *arguments: str) -> ForkServerProcess:
    """A process that runs this; it ends with the tests."""
    process = _FORKS.Process(target=run, args=arguments, daemon=True)
    process.start()
    return process


def kill(process: ForkServerProcess) -> None:
    """Kill it. Raises AssertionError where it has come to an end of its own."""
    process.kill()
    process.join(30)
    assert process.exitcode == -signal.SIGKILL, f"{process.name} ended by itself"
