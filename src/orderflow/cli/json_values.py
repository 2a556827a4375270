"""Values as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any

import attrs

from orderflow.model.events import Event
from orderflow.model.ledger import Ledger, Slot

__all__ = ["plain"]


def plain(value: Any) -> Any:
    """An attrs value, and all in it, as dicts, lists, strings and numbers."""
    match value:
        case Ledger():
            return [{**plain(slot), "units": units} for slot, units in value.items()]
        case Slot():
            return {name: plain(part) for name, part in value._asdict().items() if part}
        case Event():
            return {"event": type(value).__name__, **_fields(value)}
        case datetime():
            return value.isoformat()
        case Enum():
            return value.value
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case tuple() | list() | frozenset():
            return [plain(item) for item in value]
    return _fields(value) if attrs.has(type(value)) else value


def _fields(value: Any) -> dict[str, Any]:
    return {field.name: plain(getattr(value, field.name)) for field in attrs.fields(type(value))}
