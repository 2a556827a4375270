"""Pending work, as data: effects, tasks, timers and messages."""

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
    """An action in the outside world. All its attempts carry its *key*.

    *subject* is the order, FO or parcel that it is for.
    """

    name: str
    subject: str = ""
    key: str = ""
    data: Mapping[str, Any] = attrs.field(factory=dict)


def effect_key(subject: str, name: str, generation: int) -> str:
    """The idempotency key: a function of subject, effect and generation."""
    return f"{subject}:{name}:{generation}"


def unmatched_key(reference: str) -> str:
    """The key of the timer, and then the task, about a reference that no subject has."""
    return f"inbox:{reference}:unmatched"


def stuck_key(row: str) -> str:
    """The key of the task for a stuck message or timer, by the key of its row."""
    return f"{row}:stuck"


@attrs.frozen
class FormField:
    """A field to fill in when a task is completed.

    *kind* is ``text``, ``number`` or ``date``; *choices* are the allowed texts.
    """

    name: str
    kind: str = "text"
    required: bool = True
    choices: tuple[str, ...] = ()


@attrs.frozen
class Task:
    """A step that a person does. Completing it issues the step's command.

    *fields* is the form to fill in; *assignee* is who claimed it, empty if unclaimed.
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
    """A moment at which the subject acts. *party* names whose answer is due by then."""

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
    """A note that a hook writes into the journal; codes, not personal data."""

    text: str


@attrs.frozen
class Message:
    """A message to another boundary, committed with its cause. *to* is like ``order:A-1``."""

    key: str
    to: str
    body: object


class RowKind(StrEnum):
    """The kind of an outbox row. Messages go first, then timers, effects, watchers."""

    MESSAGE = "message"
    TIMER = "timer"
    EFFECT = "effect"
    WATCH = "watch"


@attrs.frozen
class LeasedRow(HoldsMappings):
    """An outbox row that a worker has leased.

    *owner* is the boundary that it belongs to (``order:A-1``); *token* fences a late worker.
    """

    key: str
    kind: RowKind
    name: str
    owner: str
    subject: str
    data: Mapping[str, Any]
    attempts: int
    token: str
