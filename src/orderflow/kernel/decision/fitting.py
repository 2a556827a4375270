"""What an application's policies give, checked before it becomes part of a decision."""

from __future__ import annotations

from typing import TypeVar

__all__ = ["fitting"]

T = TypeVar("T")


def fitting(given: T, what: str, *kinds: type) -> T:
    """What a policy gave. Raises TypeError for what it may not give.

    >>> fitting(3, "owed", int)
    3
    """
    if isinstance(given, kinds) and (bool in kinds or not isinstance(given, bool)):
        return given
    names = " or ".join("None" if kind is type(None) else f"a {kind.__name__}" for kind in kinds)
    raise TypeError(f"{what} must return {names}, got {given!r}")
