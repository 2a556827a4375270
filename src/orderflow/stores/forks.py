"""What stores do when their process forks, so that parent and children may go on with them."""

from __future__ import annotations

import os
from typing import Protocol
from weakref import WeakSet

__all__ = ["Forks", "watch"]


class Forks(Protocol):
    """A store that a child inherits."""

    def before_fork(self) -> None:
        """In the parent, on the thread that forks: let go of what a child must not have."""

    def after_fork(self, *, child: bool) -> None:
        """In the parent, or in the *child*, where only the thread that forked is left."""


_STORES: WeakSet[Forks] = WeakSet()


def watch(store: Forks) -> None:
    """Tell a store of each fork, for as long as it lives."""
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
