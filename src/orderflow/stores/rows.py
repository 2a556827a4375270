"""What a commit adds to the outbox and to the tasks, the same for every store."""

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
"""Messages settle what is true before effects act on it."""


@attrs.frozen
class NewRow:
    """A row of the outbox as it is added. *data* holds the body of a message."""

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
    """The key of a row where a person was erased: without ids of commands and handles of holds.

    Messages and watchers are known by what caused them, effects and timers by what they are for.
    """
    caused = kind in (RowKind.MESSAGE.value, RowKind.WATCH.value)
    return pseudonym(key) if caused else without_hold_ids(key)


def erased_subject(key: str, subject: str) -> str:
    """What a row is about where a person was erased: a hold by no handle that somebody chose."""
    return pseudonym(subject) if f":hold:{subject}" in key else subject


def message_row(message: Message, now: datetime) -> NewRow:
    """The outbox row of a message."""
    name = stored_name(message.body)
    return NewRow(message.key, RowKind.MESSAGE, name, message.to, message.to, message.body, now)


def matched_row(reference: str, fact: Observation, subject: str, now: datetime) -> NewRow:
    """The outbox row that sends a fact from the inbox to the subject that it is about."""
    return message_row(Message(f"inbox:{reference}:{kept_as(fact)}", subject, fact), now)


def kept_as(fact: Observation) -> str:
    """What tells a fact in the inbox from others: its id, and its content where that is no id."""
    content = digest(fact.content())
    return content if fact.id in (None, content) else f"{fact.id}:{content}"


def unmatched_row(reference: str, due: datetime) -> NewRow:
    """The outbox row that asks what became of a reference that nobody knew."""
    owner = f"inbox:{reference}"
    return NewRow(unmatched_key(reference), RowKind.TIMER, "unmatched", owner, owner, {}, due)


def restricted_row(kept: Restricted, data: Mapping[str, Any]) -> NewRow:
    """The outbox row of what a law keeps: the timer that erases it carries it."""
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
    """The row of a task that is opened; nobody has claimed it yet."""
    row = {name: getattr(task, name) for name in ("key", "name", "subject", "role", "due")}
    form = {"instructions": task.instructions, "fields": encode_form(task.fields)}
    return row | form | {"owner": owner, "assignee": ""}


def derived_columns(state: OrderState) -> dict[str, Any]:
    """What an order is listed by that follows from its state."""
    return {"stage": stage(state), "exception": "exception" in overlays(state)}


def state_row(state: OrderState) -> dict[str, Any]:
    """The columns of an order's state, but for the state itself."""
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
    """The columns of a parcel, but for the parcel itself."""
    return {"id": parcel.id, "version": parcel.version, "status": parcel.status.value}


def entry_row(entry: Entry) -> dict[str, Any]:
    """The columns of a journal entry, but for the entry itself."""
    return {name: getattr(entry, name) for name in ("subject", "version", "at", "actor", "cause")}


def sku_rows(state: OrderState) -> list[dict[str, Any]]:
    """The rows by which an order is found by its SKUs."""
    skus = dict.fromkeys(line.sku for line in state.lines.values())
    return [{"sku": sku, "order_id": state.id, "customer": state.customer} for sku in skus]
