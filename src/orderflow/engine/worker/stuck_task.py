"""The task about a message or a timer that keeps failing."""

from __future__ import annotations

from orderflow.model.work import LeasedRow, RowKind, Task, stuck_key

__all__ = ["stuck_task"]


def stuck_task(row: LeasedRow, told: str) -> Task:
    """The task about a row that keeps failing, with its error."""
    what = f"a message to {row.owner} keeps failing: {told}"
    if row.kind is RowKind.TIMER:
        about = row.subject or row.owner
        what = f"the deadline {row.name} of {about} keeps failing: {told}"
    return Task(stuck_key(row.key), f"exception.{row.kind}", row.owner, "support", what)
