"""What the engine's methods are given: told by name where it cannot be."""

from __future__ import annotations

from orderflow.errors import InvalidInput, Problem
from orderflow.model.bounds import MOST_LETTERS
from orderflow.ports.query_check import check_asked

__all__ = ["expect", "expect_kind", "expect_name"]


def expect_kind(name: str, given: object, *kinds: type) -> None:
    """See that an argument is of one of these kinds. Raises TypeError, which names it."""
    if not isinstance(given, kinds):
        right = " or ".join(kind.__name__ for kind in kinds)
        raise TypeError(f"{name} is a {right}, not a {type(given).__name__}")


def expect(name: str, given: object, *kinds: type) -> None:
    """See that an argument is of one of these kinds, and a text one that can be stored.

    Raises:
        TypeError: It is of another kind; names the argument.
        InvalidInput: It is a text with half a character or a zero character in it.
    """
    expect_kind(name, given, *kinds)
    if isinstance(given, str):
        check_asked(name, name, given)


def expect_name(name: str, given: object) -> None:
    """The same of who does something: a text that is not too long for a name."""
    expect(name, given, str)
    if len(str(given)) > MOST_LETTERS:
        right = f"at most {MOST_LETTERS} characters are expected"
        raise InvalidInput(name, [Problem(name, given, right)])
