"""Lives of today beside the digests that are kept, and beside what the base shows."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from multiprocessing import Pool

import attrs

from tests.same import real
from tests.same.changes import CHANGES, Change, changed
from tests.same.flows import replay_flow
from tests.same.recordings import Digests, digests_of
from tests.same.replay import ASPECTS, Told, replay
from tests.same.wire import Json

CORES = 2
LINES_SHOWN = 40


@attrs.define
class Seen:
    """What was seen of many lives."""

    digests: dict[str, Digests] = attrs.field(factory=dict)
    counts: Counter[str] = attrs.field(factory=Counter)
    census: set[str] = attrs.field(factory=set)

    def add(self, name: str, digests: Digests, told: Told) -> None:
        self.digests[name] = digests
        self.counts.update(told.counts)
        self.census |= told.census

    def __str__(self) -> str:
        names = ("lives", "commands", "observations", "worker ticks", "port calls", "rows")
        return ", ".join(f"{self.counts[name]} {name}" for name in names)


def lived(life: Json | str) -> Told:
    """A recorded life, or one of real data by its name, lived now."""
    if isinstance(life, str):
        return real.LIVES[life]()
    return replay(life) if "steps" in life else replay_flow(life)


def name_of(life: Json | str) -> str:
    return life if isinstance(life, str) else str(life["life"])


def _seen(life: Json | str) -> tuple[str, Digests, Told]:
    """What a process tells of a life: the lines stay where they are."""
    told = lived(life)
    digests = digests_of(told)
    told.lines = {}
    return name_of(life), digests, told


def look_at(lives: Sequence[Json | str], cores: int = CORES) -> Seen:
    """Live all of them, the longest first."""
    seen = Seen()
    longest = sorted(lives, key=lambda life: -len(str(life)) if isinstance(life, dict) else -1e9)
    if cores == 1:
        for life in longest:
            seen.add(*_seen(life))
        return seen
    with Pool(cores) as pool:
        for done, found in enumerate(pool.imap_unordered(_seen, longest), start=1):
            seen.add(*found)
            if done % 50 == 0:
                print(f"{done} of {len(longest)}", flush=True)
    return seen


def differing(kept: Mapping[str, Digests], found: Mapping[str, Digests]) -> dict[str, list[str]]:
    """The aspects that differ, of each life in which one does; a life that is not kept differs."""
    aspects = {
        name: [aspect for aspect in ASPECTS if kept.get(name, {}).get(aspect) != digests[aspect]]
        for name, digests in found.items()
    }
    return {name: found for name, found in sorted(aspects.items()) if found}


def difference(
    before: Mapping[str, str],
    now: Mapping[str, str],
    aspects: Sequence[str],
    changes: Sequence[Change] = CHANGES,
) -> Iterator[str]:
    """What differs between two tellings of a life that is not meant to, as a unified diff."""
    for aspect in aspects:
        old = changed(before.get(aspect, ""), aspect, changes).splitlines()
        new = now[aspect].splitlines()
        if aspect == "tables":  # their lines are sorted, and names may have changed
            old, new = sorted(old), sorted(new)
        found = list(
            difflib.unified_diff(old, new, f"base {aspect}", f"now {aspect}", "", "", 1, "")
        )
        yield from islice(found, LINES_SHOWN)
        if len(found) > LINES_SHOWN:
            yield f"… and {len(found) - LINES_SHOWN} more lines of {aspect}"
