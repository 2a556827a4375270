"""Checks of the values that an application's policies return."""

from __future__ import annotations

from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from orderflow.model.bounds import IN_WORDS

__all__ = ["bounded", "check_type"]

T = TypeVar("T")


def check_type(given: T, what: str, *kinds: type) -> T:
    """The policy's return value, checked. Raises TypeError for a wrong type.

    >>> check_type(3, "amount_due", int)
    3
    """
    if isinstance(given, kinds) and (bool in kinds or not isinstance(given, bool)):
        return given
    names = " or ".join("None" if kind is type(None) else f"a {kind.__name__}" for kind in kinds)
    raise TypeError(f"{what} must return {names}, got {given!r}")


def bounded(given: T, what: str, field: TypeAdapter[T]) -> T:
    """The policy's return value, within the bounds of input. Raises ValueError beyond them.

    >>> from orderflow.model.bounds import NoneOrMore
    >>> bounded(3, "amount_due", TypeAdapter(NoneOrMore))
    3
    """
    try:
        return field.validate_python(given)
    except ValidationError as error:
        found = error.errors(include_url=False)[0]
        right = IN_WORDS.get(found.get("ctx", {}).get("pattern", ""), found["msg"])
        raise ValueError(f"{what} gave {given!r}: {right}") from None
