"""The application's own data in what it sends: JSON, bounded and frozen."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer

from orderflow.model.frozen_mapping import frozen
from orderflow.text import shown

__all__ = ["Attributes"]

_DEPTH, _VALUES, _LETTERS, _DIGITS = 50, 10_000, 100_000, 100
_NAME = 1_000
"""Characters of a name."""
_WHOLE = 10**_DIGITS
_Path = tuple["_Path", object] | None
"""The path to a value: the parent's path, and the name or number there. Only for errors."""


def _freeze(value: Any, path: _Path = None) -> Any:
    if isinstance(value, Mapping):
        return frozen({_name(key): _freeze(item, (path, key)) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return tuple(_freeze(item, (path, at)) for at, item in enumerate(value))
    if (fault := _fault(value)) is not None:
        raise ValueError(f"{_dotted(path)} {fault}")
    return value


def _fault(value: object) -> str | None:
    """Why a value that is no list or mapping is not allowed; None if it is."""
    if isinstance(value, str):
        return _fault_of_text(value, _LETTERS)
    if isinstance(value, int):
        few = abs(value) < _WHOLE
        return None if few else f"has more than {_DIGITS} digits: write it as text"
    if value is None or (type(value) is float and isfinite(value)):
        return None
    return f"is a {type(value).__name__}: JSON cannot carry it; write it as text"


def _fault_of_text(text: str, most: int) -> str | None:
    if len(text) > most:
        return f"is a text of more than {most} characters"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "has a half of a character in it, which no text can"
    return None


def _name(key: object) -> str:
    if not isinstance(key, str):
        raise ValueError(f"names are texts, {shown(key)} is none")
    if (fault := _fault_of_text(key, _NAME)) is not None:
        raise ValueError(f"a name {fault}")
    return key


def _dotted(path: _Path) -> str:
    steps: list[str] = []
    while path is not None:
        path, step = path
        steps.append(str(step))
    return ".".join(reversed(steps))


def _walkable(given: Any) -> Any:
    """The data, with bounded depth and size and without circles, so that recursion is safe."""
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
        description=f"At most {_DEPTH} levels, {_VALUES} values, {_LETTERS} characters in each, "
        f"{_NAME} in a name.",
    ),
]
"""The application's own data, deeply frozen."""
