"""Our stores keep their contract, and each mutant breaks the law that names it."""

from __future__ import annotations

import atexit
import itertools
import shutil
import tempfile
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any
from weakref import WeakKeyDictionary

import attrs
import pytest

from orderflow.model.observations import Observation
from orderflow.model.stock import Reserve, StockKey
from orderflow.model.work import Due, Message
from orderflow.ports import Commit, Committed, OrderQuery, Outcome, Short, Stale, Store
from orderflow.stores import MemoryStore, SqlStore
from orderflow.testing import StoreContract
from tests.kit.breaking import what_is_told

FOLDER = tempfile.mkdtemp()
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
COUNT = itertools.count()
URLS: WeakKeyDictionary[SqlStore, str] = WeakKeyDictionary()


class TestMemoryStore(StoreContract):
    def make_store(self) -> MemoryStore:
        return MemoryStore()


class TestSqlStore(StoreContract):
    capabilities = frozenset({"durable"})

    def make_store(self) -> SqlStore:
        url = f"sqlite:///{FOLDER}/{next(COUNT)}.db"
        store = SqlStore(url)
        URLS[store] = url
        return store

    def reopen(self, store: Store) -> Store:
        assert isinstance(store, SqlStore)
        return SqlStore(URLS[store])

    def close_store(self, store: Store) -> None:
        assert isinstance(store, SqlStore)
        store.close()


class KeepsNoJournal(MemoryStore):
    def commit(self, commit: Commit) -> Outcome:
        return super().commit(attrs.evolve(commit, entry=None, expected=None))


class NeverStale(MemoryStore):
    def commit(self, commit: Commit) -> Outcome:
        outcome = super().commit(commit)
        if outcome == Stale():
            return super().commit(attrs.evolve(commit, expected=None))
        return outcome


class StoresWhatIsShort(MemoryStore):
    def commit(self, commit: Commit) -> Outcome:
        outcome = super().commit(commit)
        if isinstance(outcome, Short):
            super().commit(attrs.evolve(commit, stock=()))
        return outcome


class ForgetsReceipts(MemoryStore):
    def commit(self, commit: Commit) -> Outcome:
        return super().commit(attrs.evolve(commit, receipt=None))


class LeasesToEverybody(MemoryStore):
    def claim(self, now: datetime, lease: timedelta, token: str, limit: int) -> Sequence[Due]:
        return super().claim(now, lease * 0, token, limit)


class ShowsNoLease(MemoryStore):
    def leased(self, token: str) -> Sequence[Due]:
        del token
        return ()


class NeverGivesUp(MemoryStore):
    def fail(
        self, due: Due, error: str, now: datetime, retry_at: datetime | None, tell: Message | None
    ) -> None:
        super().fail(due, error, now, retry_at or now + timedelta(minutes=1), tell)


class WithdrawsNothing(MemoryStore):
    def commit(self, commit: Commit) -> Outcome:
        return super().commit(attrs.evolve(commit, withdrawn=()))


class LosesEarlyFacts(MemoryStore):
    def keep(
        self, reference: str, observation: Observation, now: datetime, patience: timedelta
    ) -> None:
        pass


class PagesOverlap(MemoryStore):
    def orders(self, query: OrderQuery) -> Sequence[str]:
        return super().orders(attrs.evolve(query, after=""))


class ReadsThenWrites(MemoryStore):
    """Looks whether stock is there; when all have looked, it grants."""

    def __init__(self) -> None:
        super().__init__()
        self._looked = Barrier(6)

    def commit(self, commit: Commit) -> Outcome:
        wants = commit.stock[0] if commit.stock else None
        if not isinstance(wants, Reserve):
            return super().commit(commit)
        there = self.levels([wants.key])[wants.key].available
        self._looked.wait(timeout=9)
        return Committed() if there else Short((wants.key,))


class GrantsSafetyStock(MemoryStore):
    def _level(self, key: StockKey) -> Any:
        return attrs.evolve(super()._level(key), safety=0)


MUTANTS: dict[Callable[[], Store], tuple[str, str]] = {
    KeepsNoJournal: ("what_is_committed_is_read", "the journal tells []"),
    NeverStale: ("a_stale_commit_changes_nothing", "expected version 0: Committed()"),
    StoresWhatIsShort: ("a_short_commit_changes_nothing", "the order was stored"),
    ForgetsReceipts: ("a_message_is_taken_once", "receipt cart-7 for A-2: Committed()"),
    LeasesToEverybody: ("a_row_is_one_workers_at_a_time", "two workers claimed e1"),
    ShowsNoLease: ("what_follows_is_its_workers", "the one who has the lease sees []"),
    NeverGivesUp: ("a_row_is_done_once", "after one is done and one gave up, ['e2'] are due"),
    WithdrawsNothing: ("what_is_withdrawn_rests", "a withdrawn effect is due"),
    LosesEarlyFacts: ("early_facts_find_their_subject", "it is not kept"),
    PagesOverlap: ("pages_follow_each_other", "pages of orders: ['A-0', 'A-1'], ['A-0'"),
    ReadsThenWrites: ("nothing_is_oversold_at_once", "10 are there, 24 were granted"),
    GrantsSafetyStock: ("stock_is_what_the_memory_store_says", "and should be"),
}


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_mutant_is_caught_by_the_law_that_names_it(mutant: Callable[[], Store]) -> None:
    law, message = MUTANTS[mutant]
    told = what_is_told(StoreContract, law, make_store=mutant)
    assert message in told
    assert f"law {law}: " in told
