"""Each broken store breaks the law that names it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import attrs

from orderflow.model.observations import Observation
from orderflow.model.stock import Reserve, StockKey
from orderflow.model.work import LeasedRow, Message, Task
from orderflow.ports import Commit, OrderQuery, Outcome, Short, Stale, Store, Stored
from orderflow.stores import MemoryStore
from orderflow.testing import StoreContract
from orderflow.testing.commits import MUG
from tests.mutants import Mutant, Mutants, kept


class KeepsNoJournal(MemoryStore):
    def commit(self, commit: Commit) -> Outcome:
        return super().commit(attrs.evolve(commit, entry=None, expected_version=None))


class NeverStale(MemoryStore):
    def commit(self, commit: Commit) -> Outcome:
        outcome = super().commit(commit)
        if outcome == Stale():
            return super().commit(attrs.evolve(commit, expected_version=None))
        return outcome


class StoresWhatIsShort(MemoryStore):
    def commit(self, commit: Commit) -> Outcome:
        outcome = super().commit(commit)
        if isinstance(outcome, Short):
            super().commit(attrs.evolve(commit, stock=()))
        return outcome


class ForgetsReceipts(MemoryStore):
    def commit(self, commit: Commit) -> Outcome:
        return super().commit(attrs.evolve(commit, processed=None))


class LeasesToEverybody(MemoryStore):
    def lease(self, now: datetime, lease: timedelta, token: str, limit: int) -> Sequence[LeasedRow]:
        return super().lease(now, lease * 0, token, limit)


class NeverGivesUp(MemoryStore):
    def record_failure(
        self,
        due: LeasedRow,
        error: str,
        now: datetime,
        retry_at: datetime | None,
        tell: Message | Task | None,
    ) -> None:
        super().record_failure(due, error, now, retry_at or now + timedelta(minutes=1), tell)


class OpensTheLatesTask(MemoryStore):
    def record_failure(
        self,
        due: LeasedRow,
        error: str,
        now: datetime,
        retry_at: datetime | None,
        tell: Message | Task | None,
    ) -> None:
        super().record_failure(due, error, now, retry_at, tell)
        if isinstance(tell, Task):
            self._open(tell, due.owner)


class WithdrawsNothing(MemoryStore):
    def commit(self, commit: Commit) -> Outcome:
        return super().commit(attrs.evolve(commit, withdrawn=()))


class FinishesTheWithdrawn(MemoryStore):
    def _write_work(self, commit: Commit) -> None:
        if commit.acknowledges:
            self._outbox[commit.acknowledges].status = "done"
        super()._write_work(commit)


class LosesEarlyFacts(MemoryStore):
    def park(
        self, reference: str, observation: Observation, now: datetime, patience: timedelta
    ) -> None:
        pass


class PagesOverlap(MemoryStore):
    def order_ids(self, query: OrderQuery) -> Sequence[str]:
        return super().order_ids(attrs.evolve(query, after=""))


class ReadsThenWrites(MemoryStore):
    """Looks whether stock is there; when all have looked, it grants."""

    def __init__(self) -> None:
        super().__init__()
        self._looked = Barrier(6)

    def commit(self, commit: Commit) -> Outcome:
        wants = commit.stock[0] if commit.stock else None
        if not isinstance(wants, Reserve):
            return super().commit(commit)
        there = self.stock_levels([wants.key])[wants.key].available
        self._looked.wait(timeout=9)
        return Stored() if there else Short((wants.key,))


class GrantsSafetyStock(MemoryStore):
    def _level(self, key: StockKey) -> Any:
        return attrs.evolve(super()._level(key), safety=0)


class CommitsBackwards(MemoryStore):
    def commit_all(self, commits: Sequence[Commit]) -> Sequence[Outcome]:
        return super().commit_all(commits[::-1])[::-1]


class StoresWhatFollowsApart(MemoryStore):
    def commit(self, commit: Commit) -> Outcome:
        outcome = super().commit(attrs.evolve(commit, with_it=()))
        for part in commit.with_it:
            super().commit(part)
        return outcome


class OvertakesMessages(MemoryStore):
    def _messages(self, owner: str, but: str | None = None) -> list[Any]:
        return [] if but is None else super()._messages(owner, but)


class ClaimsBeforeItCommits(MemoryStore):
    def commit_and_lease(
        self, commits: Sequence[Commit], now: datetime, lease: timedelta, token: str, limit: int
    ) -> tuple[Sequence[Outcome], Sequence[LeasedRow]]:
        rows = self.lease(now, lease, token, limit)
        return self.commit_all(commits), rows


class ClaimsByKey(MemoryStore):
    def lease(self, now: datetime, lease: timedelta, token: str, limit: int) -> Sequence[LeasedRow]:
        rows = super().lease(now, lease, token, limit)
        return sorted(rows, key=lambda due: due.key)


class LetsTheLateOverwrite(MemoryStore):
    def lease_valid(self, due: LeasedRow) -> bool:
        return bool(due.key)


class AppliesBackwards(MemoryStore):
    def commit(self, commit: Commit) -> Outcome:
        return super().commit(attrs.evolve(commit, stock=commit.stock[::-1]))


class LocksWhatItTakes(MemoryStore):
    """Who finds a lock taken is sent away at once, where others would wait for ever."""

    def __init__(self) -> None:
        super().__init__()
        self._both = Barrier(4)

    def commit(self, commit: Commit) -> Outcome:
        if len(commit.stock) < 2:
            return super().commit(commit)
        self._both.wait(timeout=9)
        (first, *_) = commit.stock
        return super().commit(commit) if first.key == MUG else Short((first.key,))


class KeepsForEver(MemoryStore):
    def lift(self, key: str) -> None:
        """Nothing is erased."""


MUTANTS = Mutants(
    "stores",
    (
        KeepsNoJournal,
        NeverStale,
        StoresWhatIsShort,
        ForgetsReceipts,
        LeasesToEverybody,
        NeverGivesUp,
        WithdrawsNothing,
        FinishesTheWithdrawn,
        LosesEarlyFacts,
        PagesOverlap,
        ReadsThenWrites,
        GrantsSafetyStock,
        CommitsBackwards,
        StoresWhatFollowsApart,
        OvertakesMessages,
        ClaimsBeforeItCommits,
        ClaimsByKey,
        OpensTheLatesTask,
        LetsTheLateOverwrite,
        AppliesBackwards,
        LocksWhatItTakes,
        KeepsForEver,
    ),
)


@MUTANTS.each
def test_mutant_is_caught_by_the_law_that_names_it(mutant: Mutant[Callable[[], Store]]) -> None:
    mutant.breaks(kept(StoreContract, mutant.law, make_store=mutant.how))
