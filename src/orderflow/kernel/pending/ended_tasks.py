"""What is no longer waited for after a decision."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from orderflow.model.work import PendingWork, Timer, stuck_key

__all__ = ["no_longer_pending"]


def no_longer_pending(
    old: Mapping[str, PendingWork], new: Mapping[str, PendingWork]
) -> Iterator[str]:
    """The keys of the waits that are over; with a timer ends the task that says it is stuck."""
    for key, wanted in old.items():
        if key not in new:
            yield key
            if isinstance(wanted, Timer):
                yield stuck_key(key)
