"""The outbox rows and tasks of a commit, the same for every store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import attrs

from orderflow.model.content import digest
from orderflow.model.events import Entry
from orderflow.model.messages import stored_name
from orderflow.model.observations import Observation
from orderflow.model.parcel import Parcel
from orderflow.model.pseudonym import pseudonym, without_hold_ids
from orderflow.model.state import OrderState
from orderflow.model.status import overlays, stage, status
from orderflow.model.work import Effect, Message, RowKind, Task, Timer, unmatched_key
from orderflow.ports import Commit, Restricted, WatcherCall
from orderflow.stores.codec import encode_form

__all__ = [
    "PRIORITY",
    "NewRow",
    "derived_columns",
    "entry_row",
    "erased_key",
    "erased_subject",
    "kept_as",
    "matched_row",
    "message_row",
    "parcel_row",
    "restricted_row",
    "rows_of",
    "sku_rows",
    "state_row",
    "task_row",
    "tasks_of",
    "unmatched_row",
]

PRIORITY = {RowKind.MESSAGE: 0, RowKind.TIMER: 1, RowKind.EFFECT: 2, RowKind.WATCH: 3}
"""Messages first: they settle the state before effects act on it."""


@attrs.frozen
class NewRow:
    """A new row of the outbox. *data* is the body of a message."""

    key: str
    kind: RowKind
    name: str
    owner: str
    subject: str
    data: object
    due: datetime


def rows_of(commit: Commit) -> Iterator[NewRow]:
    """The outbox rows of a commit: messages, effects, timers, watchers."""
    for message in commit.messages:
        yield message_row(message, commit.now)
    for wanted in commit.pending_work:
        if isinstance(wanted, Effect):
            yield NewRow(
                wanted.key,
                RowKind.EFFECT,
                wanted.name,
                commit.subject,
                wanted.subject,
                wanted.data,
                commit.now,
            )
        elif isinstance(wanted, Timer):
            due = wanted.due
            party: Mapping[str, Any] = {"party": wanted.party}
            yield NewRow(
                wanted.key, RowKind.TIMER, wanted.name, commit.subject, wanted.subject, party, due
            )
    for watch in commit.watches:
        yield _watch_row(watch, commit)


def erased_key(key: str, kind: str) -> str:
    """The row's key after an erasure: ids of commands and holds replaced by pseudonyms.

    Keys of messages and watchers name their cause, those of effects and timers their purpose.
    """
    caused = kind in (RowKind.MESSAGE.value, RowKind.WATCH.value)
    return pseudonym(key) if caused else without_hold_ids(key)


def erased_subject(key: str, subject: str) -> str:
    """The row's subject after an erasure: a hold's id replaced by a pseudonym."""
    return pseudonym(subject) if f":hold:{subject}" in key else subject


def message_row(message: Message, now: datetime) -> NewRow:
    """The outbox row of a message."""
    name = stored_name(message.body)
    return NewRow(message.key, RowKind.MESSAGE, name, message.to, message.to, message.body, now)


def matched_row(reference: str, fact: Observation, subject: str, now: datetime) -> NewRow:
    """The outbox row that sends an unmatched observation to its subject."""
    return message_row(Message(f"inbox:{reference}:{kept_as(fact)}", subject, fact), now)


def kept_as(fact: Observation) -> str:
    """The key of an unmatched observation: its id, and its content where it has none of its own."""
    content = digest(fact.content())
    return content if fact.id in (None, content) else f"{fact.id}:{content}"


def unmatched_row(reference: str, due: datetime) -> NewRow:
    """The outbox row of a timer for an unknown reference."""
    owner = f"inbox:{reference}"
    return NewRow(unmatched_key(reference), RowKind.TIMER, "unmatched", owner, owner, {}, due)


def restricted_row(kept: Restricted, data: Mapping[str, Any]) -> NewRow:
    """The outbox row of retained data: the timer that erases it."""
    about = kept.kept
    return NewRow(kept.key, RowKind.TIMER, about.kind, kept.owner, about.order, data, about.until)


def _watch_row(watch: WatcherCall, commit: Commit) -> NewRow:
    told = {"hook": watch.hook, "point": watch.point, "name": watch.name}
    owner = commit.subject
    return NewRow(watch.key, RowKind.WATCH, watch.hook, owner, watch.subject, told, commit.now)


def tasks_of(commit: Commit) -> Iterator[Task]:
    """The tasks that a commit opens."""
    return (wanted for wanted in commit.pending_work if isinstance(wanted, Task))


def task_row(task: Task, owner: str) -> dict[str, Any]:
    """The row of a new task, without assignee."""
    row = {name: getattr(task, name) for name in ("key", "name", "subject", "role", "due")}
    form = {"instructions": task.instructions, "fields": encode_form(task.fields)}
    return row | form | {"owner": owner, "assignee": ""}


def derived_columns(state: OrderState) -> dict[str, Any]:
    """The columns for lists of orders that derive from the state."""
    return {"stage": stage(state), "exception": "exception" in overlays(state)}


def state_row(state: OrderState) -> dict[str, Any]:
    """The columns of an order's state, except the encoded state."""
    return {
        "id": state.id,
        "version": state.version,
        "status": status(state),
        "phase": state.phase.value,
        "customer": state.customer,
        "channel": state.channel,
        "placed_at": state.placed_at,
        "promised": state.promised,
        **derived_columns(state),
    }


def parcel_row(parcel: Parcel) -> dict[str, Any]:
    """The columns of a parcel, except the encoded parcel."""
    return {"id": parcel.id, "version": parcel.version, "status": parcel.status.value}


def entry_row(entry: Entry) -> dict[str, Any]:
    """The columns of a journal entry, except the encoded entry."""
    return {name: getattr(entry, name) for name in ("subject", "version", "at", "actor", "cause")}


def sku_rows(state: OrderState) -> list[dict[str, Any]]:
    """The index rows of an order by its SKUs."""
    skus = dict.fromkeys(line.sku for line in state.lines.values())
    return [{"sku": sku, "order_id": state.id, "customer": state.customer} for sku in skus]
