"""A call that may never return."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from orderflow.errors import raised

__all__ = ["THREAD", "detached"]

T = TypeVar("T")
THREAD = "orderflow-call"
"""The name of the threads."""


def detached(call: Callable[[], T]) -> Future[T]:
    """The future result of *call*, in a thread of its own.

    A call that never returns blocks neither other calls nor the end of the process. It is running
    already, so it cannot be cancelled. ``sys.exit()`` and the like end only the call, with
    RuntimeError.
    """
    answer: Future[T] = Future()
    answer.set_running_or_notify_cancel()

    def run() -> None:
        try:
            answer.set_result(call())
        except raised() as error:
            answer.set_exception(error)
        except BaseException as error:
            ended = RuntimeError(f"the call ended its thread with {error!r}")
            ended.__cause__ = error
            answer.set_exception(ended)

    threading.Thread(target=run, name=THREAD, daemon=True).start()
    return answer
