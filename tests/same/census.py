"""What exists, and what of it occurs in the recorded lives."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from pathlib import Path
from typing import get_args

from orderflow.model.commands import AnyCommand
from orderflow.model.events import KINDS
from orderflow.model.observations import AnyObservation

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "refusals.md"


def _kinds(union: object) -> set[str]:
    """The kinds of the bodies in a union."""
    whole, _ = get_args(union)
    return {str(body.model_fields["kind"].default) for body in get_args(whole)}


def existing() -> dict[str, set[str]]:
    """All that may be said and may happen, by what it is."""
    listed = re.findall(r"^\| `([^`]+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return {
        "command": _kinds(AnyCommand),
        "observation": _kinds(AnyObservation),
        "event": {kind.__name__ for kind in KINDS.values()},
        "refusal": set(listed),
    }


def missing(census: Set[str]) -> dict[str, set[str]]:
    """What exists and does not occur."""
    return {
        what: {name for name in names if f"{what} {name}" not in census}
        for what, names in existing().items()
    }


def census_of(census: Set[str]) -> Iterator[str]:
    """A line for each kind of thing: how much of it occurs, and what does not."""
    for what, lacking in missing(census).items():
        all_of_it = len(existing()[what])
        names = f"; missing: {', '.join(sorted(lacking))}" if lacking else ""
        yield f"{all_of_it - len(lacking)} of {all_of_it} kinds of {what}s{names}"
    for what in ("effect", "timer", "task", "watch", "message"):
        found = sorted(each.partition(" ")[2] for each in census if each.startswith(f"{what} "))
        if found:
            yield f"{len(found)} kinds of {what}: {', '.join(found)}"
