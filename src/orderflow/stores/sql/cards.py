"""The card of the rules: one row, with a digest that reveals manual changes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from sqlalchemy import Connection, select

from orderflow.stores.sql.schema import rules
from orderflow.stores.sql.statements import putting

__all__ = ["get", "odd_cards", "put"]

_ID = 1


def _digest(card: str) -> str:
    return hashlib.sha256(card.encode()).hexdigest()


def put(connection: Connection, card: str) -> None:
    """Store a card, replacing the previous one."""
    keeping = putting(connection.dialect.name, rules, ("id",), ("digest", "card"))
    connection.execute(keeping, {"id": _ID, "digest": _digest(card), "card": card})


def get(connection: Connection) -> str | None:
    """The stored card."""
    card: str | None = connection.scalar(select(rules.c.card).where(rules.c.id == _ID))
    return card


def odd_cards(connection: Connection) -> Iterator[tuple[str, str]]:
    """(subject, problem) of inconsistent cards."""
    for row in connection.execute(select(rules)):
        if row.id != _ID:
            yield "rules", "a card of the rules that nobody reads"
        if row.digest != _digest(str(row.card)):
            yield "rules", "the card of the rules is not as the engine left it"
