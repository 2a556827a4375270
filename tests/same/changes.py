"""What was changed on purpose since the base: old names and the new ones.

A change is a regular expression and what takes its place, and where: in the recorded ``inputs``, in
one aspect of what is seen, or ``everywhere``. Inputs were recorded with old names; what the base
shows has them, too. Afterwards both have to be equal to what is there now. Whoever renames
something that can be seen adds a line here; when the base moves on, the list is empty again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

INPUTS = "inputs"
EVERYWHERE = "everywhere"


class Change(NamedTuple):
    """``Change("refusals", r"order[.]on_hold", "order.held")``."""

    aspect: str
    old: str
    new: str


CHANGES: tuple[Change, ...] = ()


def changed(text: str, aspect: str, changes: Sequence[Change] = CHANGES) -> str:
    """A text of an aspect, as it is after what was changed on purpose."""
    for change in changes:
        if change.aspect in (aspect, EVERYWHERE):
            text = re.sub(change.old, change.new, text, flags=re.MULTILINE)
    return text
