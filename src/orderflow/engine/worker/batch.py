"""Rows that a worker does together: what came of them, and what is due after them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import attrs

from orderflow.engine.pipeline.envelope import Envelope, LoadedSubjects
from orderflow.model.work import LeasedRow
from orderflow.ports import Commit, Outcome, Stored

__all__ = ["FinishedRows", "NextRows"]

_AT_LEAST_EVERY = 1.0
"""Seconds after which what was done is stored, though more could be done with it."""


@attrs.define
class FinishedRows:
    """What was done and is not stored yet: of each order or parcel one row."""

    messages: list[tuple[LeasedRow, Envelope]] = attrs.field(factory=list)
    commits: list[Commit] = attrs.field(factory=list)
    owners: set[str] = attrs.field(factory=set)
    since: float = attrs.field(factory=time.monotonic)

    def add(self, row: LeasedRow, result: Envelope | Commit) -> None:
        """Keep what came of a row."""
        self.owners |= {row.owner, result.subject}
        if isinstance(result, Commit):
            self.commits.append(result)
        else:
            self.messages.append((row, result))

    def over(self) -> bool:
        """Whether it should be stored now: others may wait for it, and it may be lost."""
        return time.monotonic() - self.since > _AT_LEAST_EVERY


@attrs.define
class NextRows:
    """What is due after a batch, claimed in the transaction that stores the batch.

    Attributes:
        rows: The rows; None where there was nothing to store, and so nothing was claimed.
        reading: What the batch changed, as it stands with that transaction.
    """

    _commit: Callable[[Sequence[Commit]], tuple[Sequence[Outcome], Sequence[LeasedRow]]]
    rows: Sequence[LeasedRow] | None = None
    reading: LoadedSubjects = attrs.field(factory=LoadedSubjects)

    def commit_all(self, commits: Sequence[Commit]) -> Sequence[Outcome]:
        """Store each commit, or nothing of it, and claim what is due then."""
        outcomes, self.rows = self._commit(commits)
        if all(isinstance(outcome, Stored) for outcome in outcomes):
            for part in (part for commit in commits for part in commit.parts):
                self.reading.apply(part)
        return outcomes
