"""Immutable mappings inside immutable values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from operator import attrgetter
from typing import Any, NoReturn, TypeVar

import attrs

__all__ = ["Frozen", "HoldsMappings", "frozen"]

K = TypeVar("K")
V = TypeVar("V")


def _fixed(*_given: object, **_named: object) -> NoReturn:
    raise TypeError("this mapping is part of an immutable value: make a dict(…) of it, change that")


class Frozen(dict[K, V]):
    """A read-only dict; it can be pickled and copied.

    >>> fixed = Frozen(mug=2)
    >>> fixed | {"tee": 1}
    {'mug': 2, 'tee': 1}
    """

    __slots__ = ()

    __setitem__ = __delitem__ = __ior__ = _fixed
    clear = pop = popitem = setdefault = update = _fixed

    def __reduce__(self) -> tuple[Any, ...]:
        return Frozen, (dict(self),)

    def __copy__(self) -> Frozen[K, V]:
        return self


_EMPTY: Frozen[Any, Any] = Frozen()


def frozen(given: Mapping[K, V]) -> Frozen[K, V]:
    """A read-only copy of the mapping."""
    if type(given) is Frozen:
        return given
    return Frozen(given) if given else _EMPTY


@cache
def _mappings_of(kind: type[Any]) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
    names = (f.name for f in attrs.fields(kind) if str(f.type).startswith("Mapping["))
    return tuple((name, attrgetter(name)) for name in names)


class HoldsMappings:
    """The root of attrs values with mappings: they are frozen, however the value is made."""

    __slots__ = ()

    def __attrs_post_init__(self) -> None:
        for name, get in _mappings_of(type(self)):  # type: ignore[arg-type]  # a class is hashable
            there = get(self)
            if type(there) is not Frozen:
                object.__setattr__(self, name, frozen(there))
