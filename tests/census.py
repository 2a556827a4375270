"""What a journal can say, and what some journals do say: kinds of events, and optional fields.

A field is optional where it has a default, or may be None. It is met twice: once as something, once
as nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import attrs

from orderflow.model.events import KINDS, Entry

__all__ = ["possible", "said"]


def possible() -> set[str]:
    """All that journals can say."""
    kinds: list[type[Any]] = [Entry, *KINDS.values()]
    return {name for kind in kinds for name in _possible(kind)}


def said(entries: Iterable[Entry]) -> set[str]:
    """What these say."""
    return {name for entry in entries for name in _said(entry)}


def _possible(kind: Any) -> Iterator[str]:
    yield kind.__name__
    for name, hint, default in _fields(kind):
        if default is not attrs.NOTHING:
            yield from (f"{kind.__name__}.{name} is said", f"{kind.__name__}.{name} is left")
        for inner in _inside(hint):
            yield from _possible(inner)


def _said(value: Any) -> Iterator[str]:
    kind: Any = type(value)
    if isinstance(value, Mapping):
        yield from (name for item in value.values() for name in _said(item))
    elif _has_fields(kind):
        yield kind.__name__
        for name, _, default in _fields(kind):
            item = getattr(value, name)
            if default is not attrs.NOTHING:
                yield f"{kind.__name__}.{name} is {'left' if item == default else 'said'}"
            yield from _said(item)
    elif isinstance(value, tuple):
        yield from (name for item in value for name in _said(item))


def _has_fields(kind: Any) -> bool:
    return isinstance(kind, type) and (attrs.has(kind) or hasattr(kind, "_field_defaults"))


@cache
def _fields(kind: Any) -> tuple[tuple[str, Any, Any], ...]:
    """The fields of a class: name, annotation, and what it is where nothing is said."""
    if attrs.has(kind):
        defaults = {field.name: field.default for field in attrs.fields(kind)}
    else:
        defaults = {name: kind._field_defaults.get(name, attrs.NOTHING) for name in kind._fields}
    hints = get_type_hints(kind)
    return tuple((name, hints[name], _nothing(hints[name], defaults[name])) for name in defaults)


def _nothing(hint: Any, default: Any) -> Any:
    if isinstance(default, attrs.Factory):  # type: ignore[arg-type]  # it is a class
        return default.factory()
    return None if default is attrs.NOTHING and type(None) in get_args(hint) else default


def _inside(hint: Any) -> Iterator[type[Any]]:
    """The classes with fields in an annotation."""
    if get_origin(hint) in (UnionType, Union, tuple, Mapping):
        for part in get_args(hint):
            yield from _inside(part)
    elif _has_fields(hint):
        yield hint
