"""Arguments from applications: names and functions, checked at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from inspect import iscoroutinefunction
from typing import Any, TypeVar

__all__ = ["name_of", "named", "names", "plain_call"]

F = TypeVar("F", bound=Callable[..., object])


def names(given: Iterable[str]) -> frozenset[str]:
    """The names. Raises TypeError for a text, whose letters would count as names."""
    if isinstance(given, str):
        raise TypeError(f"names are given as a set: {{{given!r}}}, not {given!r}")
    return frozenset(given)


def named(name: str) -> Callable[[F], F]:
    """Give a guard or hook its own name, which stays when its function is renamed.

    >>> @named("credit-limit")
    ... def limit(step): ...
    >>> name_of(limit)
    'credit-limit'
    """
    if not name or callable(name):
        raise TypeError(f"write @named(NAME): it takes a name, got {name!r}")

    def name_it(call: F) -> F:
        call.declared_name = name  # type: ignore[attr-defined]  # functions have attributes
        return call

    return name_it


def name_of(call: Callable[..., Any]) -> str:
    """The name of a guard or hook: its own, or that of its function and module.

    A partial has its function's name, an object its class's.
    """
    called = getattr(call, "func", call)
    for each in (call, called):
        if declared := getattr(each, "declared_name", ""):
            return str(declared)
    return str(getattr(called, "__qualname__", type(called).__qualname__))


def plain_call(given: F, where: str) -> F:
    """The function. Raises TypeError if it is not callable, or async: nothing would await it."""
    if not callable(given):
        raise TypeError(f"{where} takes a function, got {given!r}")
    if iscoroutinefunction(given) or iscoroutinefunction(type(given).__call__):
        raise TypeError(f"{where} takes a plain function; {given!r} is async, and is not awaited")
    return given
