"""Checks of the arguments of the engine's methods; errors name the argument."""

from __future__ import annotations

from orderflow.errors import InvalidInput, Problem
from orderflow.model.bounds import MOST_LETTERS
from orderflow.ports.query_check import check_asked

__all__ = ["expect", "expect_kind", "expect_name"]


def expect_kind(name: str, given: object, *kinds: type) -> None:
    """Check an argument's type. Raises TypeError, which names the argument."""
    if not isinstance(given, kinds):
        right = " or ".join(kind.__name__ for kind in kinds)
        raise TypeError(f"{name} is a {right}, not a {type(given).__name__}")


def expect(name: str, given: object, *kinds: type) -> None:
    """Check an argument's type, and that a text can be stored.

    Raises:
        TypeError: It has another type; names the argument.
        InvalidInput: It is a text with half a character or a zero character in it.
    """
    expect_kind(name, given, *kinds)
    if isinstance(given, str):
        check_asked(name, name, given)


def expect_name(name: str, given: object) -> None:
    """Check the name of an actor: a text that is not too long for a name."""
    expect(name, given, str)
    if len(str(given)) > MOST_LETTERS:
        right = f"at most {MOST_LETTERS} characters are expected"
        raise InvalidInput(name, [Problem(name, given, right)])
