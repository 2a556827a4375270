"""Keys of states' pending work: a new key each time that a state is entered again."""

from __future__ import annotations

from collections.abc import Iterable

from orderflow.model.work import effect_key

__all__ = ["own_key"]


def own_key(subject: str, name: str, first: int, over: Iterable[str]) -> str:
    """The key of the pending work of a subject's state.

    Args:
        subject: The order, the fulfillment order or the return.
        name: The effect or the step.
        first: The generation if no state was entered twice.
        over: The retired keys, of timers and of states that were entered again.
    """
    prefix = effect_key(subject, name, 0)[:-1]
    again = sum(key.startswith(prefix) and key.removeprefix(prefix).isdigit() for key in over)
    return effect_key(subject, name, first + again)
