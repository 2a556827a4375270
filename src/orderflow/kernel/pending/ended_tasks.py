"""Pending work that ends with a decision."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from orderflow.model.work import PendingWork, Timer, stuck_key

__all__ = ["no_longer_pending"]


def no_longer_pending(
    old: Mapping[str, PendingWork], new: Mapping[str, PendingWork]
) -> Iterator[str]:
    """Keys of work that is no longer pending, with the "stuck" tasks of its deadlines."""
    for key, wanted in old.items():
        if key not in new:
            yield key
            if isinstance(wanted, Timer):
                yield stuck_key(key)
