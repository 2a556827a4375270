"""The canonical content of a message, whose digest makes its id idempotent.

Only fields that differ from their defaults count: an optional field of a later release does not
change the content of a message that leaves it at its default.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from enum import Enum
from functools import cache
from typing import Any

from pydantic import BaseModel

__all__ = ["content_of", "digest"]

_START = datetime(1970, 1, 1, tzinfo=UTC)
_PLAIN = frozenset({str, int, bool, float, type(None)})
_NO_DEFAULT = object()


def digest(content: Mapping[str, Any]) -> str:
    """The digest of a content."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]


def content_of(sent: BaseModel, *without: str) -> dict[str, Any]:
    """The fields that differ from their defaults, as JSON; *kind*, the body's name, always.

    Defaults count the same written out or left out; so do different notations of one moment or of
    one decimal number.
    """
    given, found = sent.__dict__, {}
    for name, default in _defaults(type(sent)):
        value = given[name]
        plain = value if type(value) in _PLAIN else _plain(value)
        if plain != default and name not in without:
            found[name] = plain
    return found


@cache
def _defaults(model: type[BaseModel]) -> list[tuple[str, Any]]:
    """The fields of a model, each with its default in canonical form."""
    return [
        (
            name,
            _NO_DEFAULT
            if name == "kind" or field.is_required()
            else _plain(field.get_default(call_default_factory=True)),
        )
        for name, field in model.model_fields.items()
    ]


def _plain(value: Any) -> Any:
    match value:
        case BaseModel():
            return content_of(value)
        case Mapping():
            return {name: _plain(item) for name, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case Enum():
            return value.value
        case datetime():
            return (value - _START) // timedelta(microseconds=1)
        case date():
            return value.isoformat()
        case Decimal():
            digits = len(value.as_tuple().digits)
            exactly = Context(prec=digits, Emin=MIN_EMIN, Emax=MAX_EMAX)
            return exactly.to_sci_string(exactly.plus(value.normalize(exactly)))
        case _:
            return value
