"""Journals of released versions fold for ever, to the very states that were stored with them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs
import pytest

from orderflow.model.events import KINDS, UPCASTERS, Entry
from orderflow.model.folds.fold import fold
from orderflow.model.folds.parcel import fold_parcel
from orderflow.stores import codec
from tests.census import possible, said

GOLDEN = sorted((Path(__file__).parent.parent / "golden").glob("*.json"))
NEVER = {
    "TaskOpened.at is left": "whatever opens a task says when; only older entries do not",
}
"""What no journal says, and why."""


@attrs.frozen
class Kept:
    """A stored journal, and the state that was stored beside it."""

    subject: str
    state: str
    journal: Sequence[str]

    def entries(self) -> list[Entry]:
        return [codec.decode_entry(entry) for entry in self.journal]


def kept(path: Path) -> Iterator[Kept]:
    """What a golden file holds: rows, or the first one's mapping by subject."""
    stored: Any = json.loads(path.read_text())
    rows = stored if isinstance(stored, list) else [{"subject": s, **stored[s]} for s in stored]
    return (Kept(row["subject"], row["state"], row["journal"]) for row in rows)


def test_there_is_a_golden_journal() -> None:
    """An empty folder would prove nothing."""
    assert GOLDEN
    assert all(list(kept(path)) for path in GOLDEN)


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_golden_journal_folds(path: Path) -> None:
    """Each stored journal gives exactly the stored state."""
    for found in kept(path):
        kind, _, name = found.subject.partition(":")
        if kind == "order":
            assert fold(found.entries(), name) == codec.decode_state(found.state), found.subject
        else:
            folded = fold_parcel(found.entries(), name)
            assert folded == codec.decode_parcel(found.state), found.subject


def test_golden_journals_say_whatever_a_journal_can_say() -> None:
    """Every kind of event, every optional field said and left; a new one needs a new file."""
    met = {name for path in GOLDEN for found in kept(path) for name in said(found.entries())}
    assert possible() - met == NEVER.keys()


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.__name__)
def test_the_census_misses_what_is_not_there(kind: type[Any]) -> None:
    """It would be told of a kind that no golden journal has."""
    entries = [entry for path in GOLDEN for found in kept(path) for entry in found.entries()]
    without = [
        attrs.evolve(entry, events=tuple(e for e in entry.events if type(e) is not kind))
        for entry in entries
    ]
    assert kind.__name__ in possible() - said(without)


def test_every_older_version_has_an_upcaster() -> None:
    """A kind at version n is reached from each version below it."""
    for number, kind in KINDS.items():
        for version in range(1, kind.version):
            assert (number, version) in UPCASTERS, f"{kind.__name__} lacks one from {version}"
