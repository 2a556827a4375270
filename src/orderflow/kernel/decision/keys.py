"""The keys of what states wait for: another one each time that a state is entered anew."""

from __future__ import annotations

from collections.abc import Iterable

from orderflow.model.work import effect_key

__all__ = ["own_key"]


def own_key(subject: str, name: str, first: int, over: Iterable[str]) -> str:
    """The key of what a subject's state waits for.

    Args:
        subject: The order, the fulfillment order or the return.
        name: The effect or the step.
        first: The generation where no state was entered anew.
        over: The keys that are over for good, of timers and of states that were entered anew.
    """
    prefix = effect_key(subject, name, 0)[:-1]
    again = sum(key.startswith(prefix) and key.removeprefix(prefix).isdigit() for key in over)
    return effect_key(subject, name, first + again)
