"""Pseudonyms: erased names that can still be compared."""

from __future__ import annotations

import hashlib
import re

__all__ = ["ALIAS", "pseudonym", "without_hold_ids"]

ALIAS = "forgotten-"
"""The beginning of the customer ids that replace erased ones."""

_MARK = "erased-"
_HANDLE = re.compile(r"(?<=:hold:).+", re.DOTALL)


def pseudonym(name: str) -> str:
    """The pseudonym that replaces *name* after erasure; idempotent."""
    if name.startswith(_MARK):
        return name
    return f"{_MARK}{hashlib.sha256(name.encode()).hexdigest()[:32]}"


def without_hold_ids(key: str) -> str:
    """The key with a hold's id, which is free text, and its tail replaced by a pseudonym."""
    return _HANDLE.sub(lambda found: pseudonym(found[0]), key)
