"""What is no longer waited for after a decision."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from orderflow.model.work import Timer, Wanted, stuck_key

__all__ = ["ended"]


def ended(old: Mapping[str, Wanted], new: Mapping[str, Wanted]) -> Iterator[str]:
    """The keys of the waits that are over; with a timer ends the task that says it is stuck."""
    for key, wanted in old.items():
        if key not in new:
            yield key
            if isinstance(wanted, Timer):
                yield stuck_key(key)
