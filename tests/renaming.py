"""Classes and functions under other names, as after a release that moved and renamed them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def renamed(*things: Any) -> Iterator[None]:
    """Within it, these classes or functions have other names, and are in another module."""
    before = [(each, each.__name__, each.__qualname__, each.__module__) for each in things]
    for number, each in enumerate(things):
        each.__name__ = each.__qualname__ = f"Renamed{number}"
        each.__module__ = "moved"
    try:
        yield
    finally:
        for each, name, qualified, module in before:
            each.__name__, each.__qualname__, each.__module__ = name, qualified, module
