"""What an application gives to rules: names and functions, checked where they are given."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from inspect import iscoroutinefunction
from typing import TypeVar

__all__ = ["names", "plain_call"]

F = TypeVar("F", bound=Callable[..., object])


def names(given: Iterable[str]) -> frozenset[str]:
    """The names. Raises TypeError for a text, whose letters would be taken for names."""
    if isinstance(given, str):
        raise TypeError(f"names are given as a set: {{{given!r}}}, not {given!r}")
    return frozenset(given)


def plain_call(given: F, where: str) -> F:
    """The function. Raises TypeError where it is none, or async: nobody would await it."""
    if not callable(given):
        raise TypeError(f"{where} takes a function, got {given!r}")
    if iscoroutinefunction(given) or iscoroutinefunction(type(given).__call__):
        raise TypeError(f"{where} takes a plain function; {given!r} is async, and is not awaited")
    return given
