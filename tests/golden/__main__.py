"""Writes a golden file: ``python -m tests.golden 0.2.0-all TEST_FILES -k "not mutant"``.

The tests are run, and of all journals that the library wrote meanwhile to stores in memory, the
smallest few are kept that say together whatever any of them says. A file that is there stays as it
is: each release adds its own.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from orderflow.model.events import Entry
from orderflow.model.folds.fold import fold
from orderflow.model.folds.parcel import fold_parcel
from orderflow.stores import MemoryStore, codec
from tests.census import possible, said


@attrs.frozen
class Kept:
    """A journal as it is stored, the state beside it, the test that they are from."""

    subject: str
    test: str
    state: str
    journal: tuple[str, ...]
    says: frozenset[str]

    @property
    def size(self) -> int:
        """How many characters it takes."""
        return len(self.state) + sum(map(len, self.journal))


class Harvest:
    """A plugin: for whatever can be said, the smallest journal that says it."""

    def __init__(self) -> None:
        self.smallest: dict[str, Kept] = {}
        self._stores: list[MemoryStore] = []
        make = MemoryStore.__init__

        def made(store: MemoryStore) -> None:
            make(store)
            self._stores.append(store)

        pytest.MonkeyPatch().setattr(MemoryStore, "__init__", made)

    def pytest_runtest_teardown(self, item: pytest.Item) -> None:
        """Look through the stores of a test."""
        while self._stores:
            store = self._stores.pop()
            for subject, entries in store._journals.items():
                self._take(store, subject, entries, item.nodeid)

    def _take(self, store: MemoryStore, subject: str, entries: list[Entry], test: str) -> None:
        says = frozenset(said(entries))
        if len(entries) > 30 and says <= self.smallest.keys():
            return  # it is long, and says nothing new
        kind, _, name = subject.partition(":")
        if kind == "order" and store._orders[name].state == fold(entries, name):
            state = codec.encode_state(store._orders[name].state)
        elif kind == "parcel" and store._parcels[name] == fold_parcel(entries, name):
            state = codec.encode_parcel(store._parcels[name])
        else:
            return  # a test made it so
        found = Kept(subject, test, state, tuple(map(codec.encode_entry, entries)), says)
        for each in says:
            if each not in self.smallest or found.size < self.smallest[each].size:
                self.smallest[each] = found

    def few(self) -> Iterator[Kept]:
        """Few small journals that say all of it: the rarest first, then what says most for it."""
        left = set(self.smallest)
        found = set(self.smallest.values())
        while left:
            best = max(sorted(found, key=str), key=lambda kept: len(kept.says & left) / kept.size)
            left -= best.says
            yield best


def main(name: str, *tests: str) -> None:
    """Write the file, and say what is missing in it."""
    path = Path(__file__).parent / f"{name}.json"
    if path.exists():
        sys.exit(f"{path} is there: what was stored is never written again")
    harvest = Harvest()
    pytest.main(["-q", "-p", "no:cacheprovider", *tests], plugins=[harvest])
    found = sorted(harvest.few(), key=lambda kept: (kept.subject, kept.test))
    rows: list[dict[str, Any]] = [
        {"subject": k.subject, "test": k.test, "state": k.state, "journal": k.journal}
        for k in found
    ]
    path.write_text(json.dumps(rows, indent=1) + "\n")
    print(*sorted(possible() - set(harvest.smallest)), sep="\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
