"""What a store is asked to list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import attrs

from orderflow.errors import InvalidInput, Problem
from orderflow.model.phases import OrderPhase
from orderflow.model.status import STAGES

__all__ = ["OrderQuery", "TaskQuery"]


def _zoned(_query: object, field: attrs.Attribute[Any], value: datetime | None) -> None:
    if value is not None and value.tzinfo is None:
        problem = Problem(field.name, value, "a moment with a zone is expected: tzinfo=UTC")
        raise InvalidInput("orders", [problem])


def _one_of(known: Sequence[str]) -> Callable[[object, attrs.Attribute[Any], str | None], None]:
    def check(_query: object, field: attrs.Attribute[Any], value: str | None) -> None:
        if value is not None and value not in known:
            problem = Problem(field.name, value, f"one of {', '.join(known)} is expected")
            raise InvalidInput("orders", [problem])

    return check


def _one_or_more(query: object, field: attrs.Attribute[int], given: int) -> None:
    if given < 1:
        problem = Problem(field.name, given, "1 or more is expected")
        raise InvalidInput(type(query).__name__, [problem])


@attrs.frozen
class OrderQuery:
    """Which orders to list, oldest id first. *after* is the last id of the page before.

    ``phase`` tells open orders from completed ones; ``promised_before``, ``placed_before`` and
    ``changed_since`` are moments with a zone: the second gives an age, the last lists orders in
    whose journal something was recorded then or later.

    Raises:
        InvalidInput: A moment has no zone; a phase or stage is none; *limit* is below 1.
    """

    status: str | None = None
    customer: str | None = None
    phase: str | None = attrs.field(default=None, validator=_one_of(tuple(OrderPhase)))
    after: str = ""
    limit: int = attrs.field(default=100, validator=_one_or_more)
    stage: str | None = attrs.field(default=None, validator=_one_of(STAGES))
    channel: str | None = None
    exception: bool | None = None
    sku: str | None = None
    promised_before: datetime | None = attrs.field(default=None, validator=_zoned)
    placed_before: datetime | None = attrs.field(default=None, validator=_zoned)
    changed_since: datetime | None = attrs.field(default=None, validator=_zoned)


@attrs.frozen
class TaskQuery:
    """Which open tasks to list, by key. *after* is the last key of the page before.

    Raises InvalidInput for a *limit* below 1.
    """

    role: str | None = None
    owner: str | None = None
    assignee: str | None = None
    after: str = ""
    limit: int = attrs.field(default=100, validator=_one_or_more)
