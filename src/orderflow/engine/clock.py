"""The system's clock and random ids; checks of an application's own clock and ids."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime

from pydantic import TypeAdapter

from orderflow.calendars import in_utc
from orderflow.engine.pipeline.fault import as_rule_failure
from orderflow.errors import raised
from orderflow.kernel.decision.return_types import bounded, check_type
from orderflow.model.bounds import Code, Id
from orderflow.ports import Clock, Ids

__all__ = ["CheckedClock", "CheckedIds", "RandomIds", "SystemClock"]


class SystemClock:
    """The system's clock."""

    def now(self) -> datetime:
        """The current time, in UTC."""
        return datetime.now(UTC)


class RandomIds:
    """Ids of 16 hexadecimal digits."""

    def new(self, kind: str) -> str:
        """A new id; the kind is its first letter."""
        return f"{kind[0]}{secrets.token_hex(8)}"


class CheckedClock:
    """Checks an application's clock. Raises RuleFailed where it returns no moment."""

    def __init__(self, inner: Clock) -> None:
        self.inner = inner

    def now(self) -> datetime:
        """The current time, in UTC."""
        try:
            now = check_type(self.inner.now(), "the clock", datetime)
            if now.utcoffset() is None:
                raise ValueError(f"the clock must give a time zone, got {now!r}")
            return in_utc(now)
        except raised() as error:
            raise as_rule_failure(error, "the time") from error


_NAMES: Mapping[str, TypeAdapter[str]] = {"order": TypeAdapter(Code)}
"""The type of an id by its kind, as for ids that callers send; ``Id`` for all other kinds."""
_NAME: TypeAdapter[str] = TypeAdapter(Id)


class CheckedIds:
    """Checks an application's ids. Raises RuleFailed for one that no caller could send."""

    def __init__(self, inner: Ids) -> None:
        self.inner = inner

    def new(self, kind: str) -> str:
        """A new id for a kind of thing."""
        try:
            found = check_type(self.inner.new(kind), "ids", str)
            return bounded(found, "ids", _NAMES.get(kind, _NAME))
        except raised() as error:
            raise as_rule_failure(error, f"an id of a new {kind}") from error
