"""Checks of unmatched items: each has the right reference, and a timer or task."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from orderflow.engine.doctor.checks import Finding, readable_or_finding
from orderflow.engine.pipeline.envelope import digest
from orderflow.engine.pipeline.unmatched import subject_of, unreadable
from orderflow.model.work import unmatched_key
from orderflow.ports import Store, UnmatchedItem

__all__ = ["inbox_findings"]


def inbox_findings(store: Store) -> Iterator[Finding]:
    """Findings about unmatched items."""
    for item in store.unmatched():
        yield from readable_or_finding(f"inbox:{item.reference}", _of_item(store, item))


def _of_item(store: Store, item: UnmatchedItem) -> Iterator[Finding]:
    owner = f"inbox:{item.reference}"
    if item.observation is not None:
        _, reference = subject_of(item.observation, store)
        asks = store.task(unmatched_key(item.reference))
        asked = bool(store.open_rows(owner)) or asks is not None
    else:
        task = unreadable(digest({"payload": item.payload}), item.error)
        reference = task.subject
        holder, found = store.task(owner) or ("", None)
        # Its sentence is of the release that opened it.
        as_opened = found and attrs.evolve(found, assignee="", instructions=task.instructions)
        asked = (holder, as_opened) == (owner, task)
    if reference != item.reference:
        yield Finding(0, owner, "what is kept there is known by another name")
    elif not asked:
        yield Finding(5, owner, "it is kept, and nobody is asked about it")
