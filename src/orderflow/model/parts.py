"""Long lists, read a part at a time: only the first of ten thousand faults matter."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from pydantic import ValidationError, ValidatorFunctionWrapHandler
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

__all__ = ["list_by_parts", "names_by_parts"]

_PART, _FAULTS = 10, 100
"""Elements that are read together, and faults after which reading stops."""


def list_by_parts(given: Any, read: ValidatorFunctionWrapHandler) -> Any:
    """Read a list a part at a time; after too many faults, report those found."""
    if not isinstance(given, list | tuple) or len(given) <= _PART:
        return read(given)
    found: list[Any] = []
    faults: list[InitErrorDetails] = []
    for at in range(0, len(given), _PART):
        try:
            found += read(given[at : at + _PART])
        except ValidationError as error:
            faults += (_fault(each, at) for each in error.errors(include_url=False))
            if len(faults) >= _FAULTS:
                break
    if faults:
        raise ValidationError.from_exception_data("list", faults)
    return tuple(found)


def names_by_parts(given: Any, read: ValidatorFunctionWrapHandler) -> Any:
    """Read a mapping a part at a time; after too many faults, report those found."""
    if not isinstance(given, Mapping) or len(given) <= _PART:
        return read(given)
    found: dict[Any, Any] = {}
    faults: list[InitErrorDetails] = []
    items = iter(given.items())
    while part := dict(islice(items, _PART)):
        try:
            found |= read(part)
        except ValidationError as error:
            faults += map(_fault, error.errors(include_url=False))
            if len(faults) >= _FAULTS:
                break
    if faults:
        raise ValidationError.from_exception_data("mapping", faults)
    return found


def _fault(found: ErrorDetails, after: int = 0) -> InitErrorDetails:
    """A fault in a part of a list, as one of the list; the part begins *after* so many elements."""
    place = found["loc"]
    if after and place and isinstance(place[0], int):
        place = (place[0] + after, *place[1:])
    words: Any = found["msg"]
    kind = PydanticCustomError(found["type"], words, found.get("ctx"))
    return InitErrorDetails(type=kind, loc=place, input=found["input"])
