"""Prepares stores for a fork of their process, so that parent and children can use them."""

from __future__ import annotations

import os
from typing import Protocol
from weakref import WeakSet

__all__ = ["Forks", "watch"]


class Forks(Protocol):
    """A store that a child process inherits."""

    def before_fork(self) -> None:
        """In the parent, on the forking thread: close what a child must not inherit."""

    def after_fork(self, *, child: bool) -> None:
        """In the parent, or in the *child*, which has only the thread that forked."""


_STORES: WeakSet[Forks] = WeakSet()


def watch(store: Forks) -> None:
    """Call a store at each fork, as long as it exists."""
    _STORES.add(store)


def _before() -> None:
    for store in list(_STORES):
        store.before_fork()


def _after(*, child: bool) -> None:
    for store in list(_STORES):
        store.after_fork(child=child)


if hasattr(os, "register_at_fork"):  # where processes can fork
    os.register_at_fork(
        before=_before,
        after_in_parent=lambda: _after(child=False),
        after_in_child=lambda: _after(child=True),
    )
