"""Journals of released versions fold for ever, to the very states that were stored with them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orderflow.model.events import KINDS, UPCASTERS
from orderflow.model.folds.fold import fold
from orderflow.model.folds.parcel import fold_parcel
from orderflow.stores import codec

GOLDEN = sorted((Path(__file__).parent.parent / "golden").glob("*.json"))


def test_there_is_a_golden_journal() -> None:
    """An empty folder would prove nothing."""
    assert GOLDEN


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_golden_journal_folds(path: Path) -> None:
    """Each stored journal gives exactly the stored state."""
    for subject, kept in json.loads(path.read_text()).items():
        entries = [codec.decode_entry(entry) for entry in kept["journal"]]
        kind, _, name = subject.partition(":")
        if kind == "order":
            assert fold(entries, name) == codec.decode_state(kept["state"]), subject
        else:
            assert fold_parcel(entries, name) == codec.decode_parcel(kept["state"]), subject


def test_every_older_version_has_an_upcaster() -> None:
    """A kind at version n is reached from each version below it."""
    for number, kind in KINDS.items():
        for version in range(1, kind.version):
            assert (number, version) in UPCASTERS, f"{kind.__name__} lacks one from {version}"
