"""Queries that list orders and tasks of a store."""

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
    """Check the type and value of each field."""
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
    """A page of orders, by id. *after* is the last id of the previous page.

    ``phase`` separates open from completed orders; ``promised_before``, ``placed_before`` and
    ``changed_since`` are moments with a zone; the last one finds orders with a journal entry
    recorded then or later.

    Raises:
        InvalidInput: A moment has no zone; a phase or stage is unknown; *limit* is below 1; a
            value is of another type, or no database can hold it.
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
    """A page of open tasks, by key. *after* is the last key of the previous page.

    Raises InvalidInput for a *limit* below 1, and for a value that no database can hold.
    """

    role: str | None = attrs.field(default=None, metadata=_TEXT)
    owner: str | None = attrs.field(default=None, metadata=_TEXT)
    assignee: str | None = attrs.field(default=None, metadata=_TEXT)
    after: str = attrs.field(default="", metadata=_NAME)
    limit: int = attrs.field(default=100, metadata=_ROWS)

    __attrs_post_init__ = _check
