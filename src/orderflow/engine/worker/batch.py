"""Batches of a worker: the results of its rows, and the rows due next."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import attrs

from orderflow.engine.pipeline.envelope import Envelope, LoadedSubjects
from orderflow.model.work import LeasedRow
from orderflow.ports import Commit, Outcome, Stored

__all__ = ["FinishedRows", "NextRows"]

_AT_LEAST_EVERY = 1.0
"""Seconds after which results are stored, even if the batch could grow."""


@attrs.define
class FinishedRows:
    """Results that are not stored yet: one row of each order or parcel."""

    messages: list[tuple[LeasedRow, Envelope]] = attrs.field(factory=list)
    commits: list[Commit] = attrs.field(factory=list)
    owners: set[str] = attrs.field(factory=set)
    since: float = attrs.field(factory=time.monotonic)

    def add(self, row: LeasedRow, result: Envelope | Commit) -> None:
        """Add the result of a row."""
        self.owners |= {row.owner, result.subject}
        if isinstance(result, Commit):
            self.commits.append(result)
        else:
            self.messages.append((row, result))

    def over(self) -> bool:
        """Whether to store now: other rows may depend on it, and a crash would lose it."""
        return time.monotonic() - self.since > _AT_LEAST_EVERY


@attrs.define
class NextRows:
    """The rows due after a batch, leased in the transaction that stores the batch.

    Attributes:
        rows: The rows; None where nothing was stored, and so nothing leased.
        reading: The subjects that the batch changed, as of that transaction.
    """

    _commit: Callable[[Sequence[Commit]], tuple[Sequence[Outcome], Sequence[LeasedRow]]]
    rows: Sequence[LeasedRow] | None = None
    reading: LoadedSubjects = attrs.field(factory=LoadedSubjects)

    def commit_all(self, commits: Sequence[Commit]) -> Sequence[Outcome]:
        """Store each commit, or nothing of it, and lease the rows due then."""
        outcomes, self.rows = self._commit(commits)
        if all(isinstance(outcome, Stored) for outcome in outcomes):
            for part in (part for commit in commits for part in commit.parts):
                self.reading.apply(part)
        return outcomes
