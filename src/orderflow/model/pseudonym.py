"""Names that are kept to be known again, when they must not be read any more."""

from __future__ import annotations

import hashlib
import re

__all__ = ["ALIAS", "pseudonym", "without_hold_ids"]

ALIAS = "forgotten-"
"""How the names begin that stand for people who were forgotten."""

_MARK = "erased-"
_HANDLE = re.compile(r"(?<=:hold:).+", re.DOTALL)


def pseudonym(name: str) -> str:
    """What stands for *name* where a person was erased; for what is disguised already itself."""
    if name.startswith(_MARK):
        return name
    return f"{_MARK}{hashlib.sha256(name.encode()).hexdigest()[:32]}"


def without_hold_ids(key: str) -> str:
    """A key without the handle of a hold, which somebody chose, and what follows it."""
    return _HANDLE.sub(lambda found: pseudonym(found[0]), key)
