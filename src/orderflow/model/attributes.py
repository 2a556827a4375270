"""The application's own data, which goes with what it sends: JSON, bounded and frozen."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer

from orderflow.model.frozen import frozen

__all__ = ["Attributes"]

_DEPTH, _VALUES, _LETTERS, _DIGITS = 50, 10_000, 100_000, 100
_WHOLE = 10**_DIGITS


def _freeze(value: Any, name: str = "") -> Any:
    if isinstance(value, Mapping):
        within = f"{name}." if name else ""
        return frozen({_text(key): _freeze(item, f"{within}{key}") for key, item in value.items()})
    if isinstance(value, list | tuple):
        return tuple(_freeze(item, f"{name}.{at}") for at, item in enumerate(value))
    if isinstance(value, str):
        return _letters(value, name)
    if isinstance(value, int):
        if abs(value) < _WHOLE:
            return value
        raise ValueError(f"{name} has more than {_DIGITS} digits: write it as text")
    if value is None or (type(value) is float and isfinite(value)):
        return value
    raise ValueError(f"{name} is a {type(value).__name__}: JSON cannot carry it; write it as text")


def _text(key: object) -> str:
    if isinstance(key, str):
        return _letters(key, "a name")
    raise ValueError(f"names are texts, {key!r} is none")


def _letters(text: str, name: str) -> str:
    if len(text) > _LETTERS:
        raise ValueError(f"{name} is a text of more than {_LETTERS} characters")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{name} has a half of a character in it, which no text can") from None
    return text


def _walkable(given: Any) -> Any:
    """Data that what comes later can walk: not too deep, not too much, not within itself."""
    found, level = 0, [given]
    for _ in range(_DEPTH):
        within: list[Any] = []
        for one in level:
            if isinstance(one, Mapping | list | tuple):
                found += len(one)
                if found > _VALUES:
                    raise ValueError(f"at most {_VALUES} values are expected")
                within += one.values() if isinstance(one, Mapping) else one
        level = within
        if not level:
            return given
    raise ValueError(f"at most {_DEPTH} levels of lists and names are expected")


def _thaw(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _thaw(item) for key, item in value.items()}
    return list(map(_thaw, value)) if isinstance(value, tuple) else value


Attributes = Annotated[
    Mapping[str, Any],
    Field(max_length=_VALUES),
    BeforeValidator(_walkable),
    AfterValidator(_freeze),
    PlainSerializer(_thaw, return_type=dict[str, Any]),
    Field(
        description=f"At most {_DEPTH} levels, {_VALUES} values, {_LETTERS} characters in each.",
    ),
]
"""The application's own data, frozen through and through."""
