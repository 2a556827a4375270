"""What a store is asked to list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from types import NoneType
from typing import Any

import attrs

from orderflow.errors import InvalidInput, Problem
from orderflow.model.phases import OrderPhase
from orderflow.model.status import STAGES
from orderflow.ports.asking import check_asked

__all__ = ["OrderQuery", "TaskQuery"]


def _asked(*kinds: type) -> Callable[[object, attrs.Attribute[Any], Any], None]:
    """See that a field is of one of these kinds, and can be asked about."""

    def check(query: object, field: attrs.Attribute[Any], value: object) -> None:
        what = type(query).__name__.removesuffix("Query").lower() + "s"
        if not isinstance(value, kinds):
            right = f"a {' or '.join(kind.__name__ for kind in kinds)} is expected"
            raise InvalidInput(what, [Problem(field.name, value, right)])
        if not isinstance(value, NoneType | bool):
            check_asked(what, field.name, value)

    return check


def _one_of(known: Sequence[str]) -> Callable[[object, attrs.Attribute[Any], str | None], None]:
    def check(_query: object, field: attrs.Attribute[Any], value: str | None) -> None:
        if value is not None and value not in known:
            problem = Problem(field.name, value, f"one of {', '.join(known)} is expected")
            raise InvalidInput("orders", [problem])

    return check


_text, _moment = _asked(str, NoneType), _asked(datetime, NoneType)


@attrs.frozen
class OrderQuery:
    """Which orders to list, oldest id first. *after* is the last id of the page before.

    ``phase`` tells open orders from completed ones; ``promised_before``, ``placed_before`` and
    ``changed_since`` are moments with a zone: the second gives an age, the last lists orders in
    whose journal something was recorded then or later.

    Raises:
        InvalidInput: A moment has no zone; a phase or stage is none; *limit* is below 1; a value
            is of another kind, or can be in no database.
    """

    status: str | None = attrs.field(default=None, validator=_text)
    customer: str | None = attrs.field(default=None, validator=_text)
    phase: str | None = attrs.field(default=None, validator=_one_of(tuple(OrderPhase)))
    after: str = attrs.field(default="", validator=_asked(str))
    limit: int = attrs.field(default=100, validator=_asked(int))
    stage: str | None = attrs.field(default=None, validator=_one_of(STAGES))
    channel: str | None = attrs.field(default=None, validator=_text)
    exception: bool | None = attrs.field(default=None, validator=_asked(bool, NoneType))
    sku: str | None = attrs.field(default=None, validator=_text)
    promised_before: datetime | None = attrs.field(default=None, validator=_moment)
    placed_before: datetime | None = attrs.field(default=None, validator=_moment)
    changed_since: datetime | None = attrs.field(default=None, validator=_moment)


@attrs.frozen
class TaskQuery:
    """Which open tasks to list, by key. *after* is the last key of the page before.

    Raises InvalidInput for a *limit* below 1, and for what can be in no database.
    """

    role: str | None = attrs.field(default=None, validator=_text)
    owner: str | None = attrs.field(default=None, validator=_text)
    assignee: str | None = attrs.field(default=None, validator=_text)
    after: str = attrs.field(default="", validator=_asked(str))
    limit: int = attrs.field(default=100, validator=_asked(int))
