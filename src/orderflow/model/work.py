"""What is still to be done, as data: effects, tasks, timers and messages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

import attrs

from orderflow.model.frozen_mapping import HoldsMappings
from orderflow.text import legible

__all__ = [
    "Effect",
    "FormField",
    "LeasedRow",
    "Message",
    "NewTask",
    "Note",
    "PendingWork",
    "RowKind",
    "Task",
    "Timer",
    "effect_key",
    "stuck_key",
    "unmatched_key",
]


@attrs.frozen
class Effect(HoldsMappings):
    """A deed in the outside world. All its attempts carry its *key*.

    *subject* is the order, FO or parcel it is for; *outbound* effects rest while an order is held.
    """

    name: str
    subject: str = ""
    key: str = ""
    data: Mapping[str, Any] = attrs.field(factory=dict)


def effect_key(subject: str, name: str, generation: int) -> str:
    """The idempotency key: a function of subject, effect and generation."""
    return f"{subject}:{name}:{generation}"


def unmatched_key(reference: str) -> str:
    """The key of the timer, and then the task, that asks what a reference is that nobody knew."""
    return f"inbox:{reference}:unmatched"


def stuck_key(row: str) -> str:
    """The key of the task that says that a message or a timer is stuck, by the key of its row."""
    return f"{row}:stuck"


@attrs.frozen
class FormField:
    """Something that a person fills in when a task is completed.

    *kind* is ``text``, ``number`` or ``date``; *choices* are the texts that may be chosen from.
    """

    name: str
    kind: str = "text"
    required: bool = True
    choices: tuple[str, ...] = ()


@attrs.frozen
class Task:
    """A step that a person does. Completing it issues the command of its step.

    *fields* is the form to fill in; *assignee* is who claimed it, empty where nobody did.
    """

    key: str
    name: str
    subject: str
    role: str
    instructions: str = attrs.field(converter=legible)
    due: datetime | None = None
    fields: tuple[FormField, ...] = ()
    assignee: str = ""


@attrs.frozen
class Timer:
    """A moment to wake up. *party* names who is waited for until then."""

    key: str
    name: str
    subject: str
    due: datetime
    party: str = ""


PendingWork = Effect | Task | Timer


@attrs.frozen
class NewTask:
    """A task that a hook opens."""

    name: str
    role: str
    instructions: str = ""


@attrs.frozen
class Note:
    """A remark that a hook writes into the journal; codes, not personal data."""

    text: str


@attrs.frozen
class Message:
    """A fact for another boundary, committed with its cause. *to* is like ``order:A-1``."""

    key: str
    to: str
    body: object


class RowKind(StrEnum):
    """What a row of the outbox is. Messages go first, then timers, effects, watchers."""

    MESSAGE = "message"
    TIMER = "timer"
    EFFECT = "effect"
    WATCH = "watch"


@attrs.frozen
class LeasedRow(HoldsMappings):
    """A row of the outbox that a worker has claimed.

    *owner* is the boundary it belongs to (``order:A-1``); *token* fences a late worker.
    """

    key: str
    kind: RowKind
    name: str
    owner: str
    subject: str
    data: Mapping[str, Any]
    attempts: int
    token: str
