"""The check of a store's arguments: one rule, so that all stores answer the same."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from functools import wraps
from itertools import chain
from typing import Any, TypeVar

from orderflow.errors import InvalidInput, Problem

__all__ = ["MOST_ROWS", "asked_alike", "check_asked"]

S = TypeVar("S")

MOST_ROWS = 2**31 - 1
"""The most rows of a page that every database counts."""
_NO_TEXT = re.compile("[\0\ud800-\udfff]")
"""Characters that no database stores: zero, and half a surrogate pair."""
_QUESTIONS = (
    *("assign", "dismiss_unmatched", "given_up_rows", "inbound_shipments", "journal"),
    *("lift", "list_stock_levels", "open_rows", "order", "orders_by_id", "parcel"),
    *("parcels_by_id", "pending_messages", "processed", "purge", "reservations_of"),
    *("reservations_of_order", "resolve", "restricted", "stock_levels", "stock_movements", "task"),
    *("waiting_list",),
)
"""The methods of a store that take names, keys and numbers of rows."""


def check_asked(what: str, name: str, given: object) -> None:
    """Check a name, a moment, or several of them. *name* is the argument's name.

    Raises:
        InvalidInput: A text has characters that no database stores; a *limit* is no number of
            rows; a moment has no zone.
    """
    right = None
    if isinstance(given, str):
        if _NO_TEXT.search(given):
            right = "text without half a character or a zero character in it is expected"
    elif name == "limit":
        if not isinstance(given, int) or given < 1:
            right = "1 or more is expected"
        elif given > MOST_ROWS:
            right = f"at most {MOST_ROWS} is expected"
    elif isinstance(given, datetime):
        if given.tzinfo is None:
            right = "a moment with a zone is expected: tzinfo=UTC"
    elif isinstance(given, Collection) and not isinstance(given, Mapping | bytes):
        for one in given:
            check_asked(what, name, one)
    if right is not None:
        raise InvalidInput(what, [Problem(name, given, right)])


def asked_alike(store: type[S]) -> type[S]:
    """Decorate a class of stores: the arguments of its methods are checked first."""
    for question in (*_QUESTIONS, *({"beside", "known_by"} & {*dir(store)})):
        setattr(store, question, _checked(question, getattr(store, question)))
    return store


def _checked(question: str, ask: Callable[..., Any]) -> Callable[..., Any]:
    names = [*inspect.signature(ask).parameters][1:]

    @wraps(ask)
    def checked(self: object, *given: Any, **named: Any) -> Any:
        for name, value in chain(zip(names, given, strict=False), named.items()):
            # Fast path: most arguments are such names, and every read passes here.
            if type(value) is not str or not value.isascii() or "\0" in value:
                check_asked(question, name, value)
        return ask(self, *given, **named)

    return checked
