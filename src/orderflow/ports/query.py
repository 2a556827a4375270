"""What a store is asked to list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from types import NoneType
from typing import Any

import attrs

from orderflow.errors import InvalidInput, Problem
from orderflow.model.phases import OrderPhase
from orderflow.model.status import STAGES
from orderflow.ports.query_check import check_asked

__all__ = ["OrderQuery", "TaskQuery"]


_TEXT, _NAME = {"kinds": (str, NoneType)}, {"kinds": (str,)}
_MOMENT = {"kinds": (datetime, NoneType)}
_FLAG = {"kinds": (bool, NoneType)}
_ROWS = {"kinds": (int,)}
_PHASE = _TEXT | {"known": tuple(OrderPhase)}
_STAGE = _TEXT | {"known": STAGES}


def _check(query: OrderQuery | TaskQuery) -> None:
    """See that each field is of its kind, and can be asked about."""
    what = type(query).__name__.removesuffix("Query").lower() + "s"
    fields: Sequence[attrs.Attribute[Any]] = query.__attrs_attrs__
    for field in fields:
        value, kinds = getattr(query, field.name), field.metadata["kinds"]
        known = field.metadata.get("known", (value,))
        right = ""
        if not isinstance(value, kinds):
            right = f"a {' or '.join(kind.__name__ for kind in kinds)} is expected"
        elif value is not None and value not in known:
            right = f"one of {', '.join(known)} is expected"
        if right:
            raise InvalidInput(what, [Problem(field.name, value, right)])
        if not isinstance(value, NoneType | bool):
            check_asked(what, field.name, value)


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

    status: str | None = attrs.field(default=None, metadata=_TEXT)
    customer: str | None = attrs.field(default=None, metadata=_TEXT)
    phase: str | None = attrs.field(default=None, metadata=_PHASE)
    after: str = attrs.field(default="", metadata=_NAME)
    limit: int = attrs.field(default=100, metadata=_ROWS)
    stage: str | None = attrs.field(default=None, metadata=_STAGE)
    channel: str | None = attrs.field(default=None, metadata=_TEXT)
    exception: bool | None = attrs.field(default=None, metadata=_FLAG)
    sku: str | None = attrs.field(default=None, metadata=_TEXT)
    promised_before: datetime | None = attrs.field(default=None, metadata=_MOMENT)
    placed_before: datetime | None = attrs.field(default=None, metadata=_MOMENT)
    changed_since: datetime | None = attrs.field(default=None, metadata=_MOMENT)

    __attrs_post_init__ = _check


@attrs.frozen
class TaskQuery:
    """Which open tasks to list, by key. *after* is the last key of the page before.

    Raises InvalidInput for a *limit* below 1, and for what can be in no database.
    """

    role: str | None = attrs.field(default=None, metadata=_TEXT)
    owner: str | None = attrs.field(default=None, metadata=_TEXT)
    assignee: str | None = attrs.field(default=None, metadata=_TEXT)
    after: str = attrs.field(default="", metadata=_NAME)
    limit: int = attrs.field(default=100, metadata=_ROWS)

    __attrs_post_init__ = _check
