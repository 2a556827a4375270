"""What the engine's methods are given: told by name where it cannot be."""

from __future__ import annotations

from orderflow.errors import InvalidInput, Problem

__all__ = ["expect", "expect_kind"]


def expect_kind(name: str, given: object, *kinds: type) -> None:
    """See that an argument is of one of these kinds. Raises TypeError, which names it."""
    if not isinstance(given, kinds):
        right = " or ".join(kind.__name__ for kind in kinds)
        raise TypeError(f"{name} is a {right}, not a {type(given).__name__}")


def expect(name: str, given: object, *kinds: type) -> None:
    """See that an argument is of one of these kinds, and a text one that can be stored.

    Raises:
        TypeError: It is of another kind; names the argument.
        InvalidInput: It is a text with half a character in it.
    """
    expect_kind(name, given, *kinds)
    if isinstance(given, str):
        try:
            given.encode()
        except UnicodeEncodeError:
            right = "text without half a character in it is expected"
            raise InvalidInput(name, [Problem(name, given, right)]) from None
