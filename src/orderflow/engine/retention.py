"""Puts aside what laws keep of an order, before its person is erased."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import attrs

from orderflow.engine.anonymization import anonymous, is_blank, is_forgotten
from orderflow.engine.pipeline.fault import rule_errors_of
from orderflow.engine.pipeline.handle import Handler
from orderflow.errors import NotFound, Refused
from orderflow.kernel.decision.retention import ROWS, Keep, Part
from orderflow.kernel.decision.roles import missing_role
from orderflow.model.events import Entry
from orderflow.model.order import Order
from orderflow.model.pseudonym import pseudonym
from orderflow.ports import DocumentStore, Kept, Restricted
from orderflow.text import legible_log

__all__ = ["AUDITOR", "Retainer"]

AUDITOR = "auditor"
"""The role that may read retained data."""
_LOG = legible_log()


class Retainer:
    """Retains data by the rules' retention; only auditors can read it."""

    def __init__(self, handler: Handler, documents: DocumentStore | None) -> None:
        self._handler, self._store, self._documents = handler, handler.store, documents

    def restrict(self, order: Order, entries: Sequence[Entry]) -> None:
        """Put aside what a law keeps of an ended order; idempotent.

        Data put aside before a crash stays, though it is erased at its source. So does data of an
        earlier erasure: later data is kept next to it.
        """
        kept = list(self._kept(order, entries))
        if not kept:
            return
        known = {each.key: each.documents for each in self._store.restricted(order=order.id)}
        self._store.restrict(
            [
                attrs.evolve(each, documents={**known.get(each.key, {}), **each.documents})
                for each in kept
            ]
        )

    def _kept(self, order: Order, entries: Sequence[Entry]) -> Iterator[Restricted]:
        over, retention = max(entry.at for entry in entries), self._handler.rules.retention
        person, since = self._person(order), _since(order)
        for kind, keep in retention.rows.items():
            part = _part(kind, order, entries)
            came = part.document or part.entries or not since
            if came and (until := self._until(keep, over)):
                about = Kept(order.id, kind, until, keep.because)
                yield Restricted(about, person, part.document, part.entries, since=since)
        for pattern, found in self._filed(order.id, over).items():
            keep = retention.documents[pattern]
            if until := self._until(keep, over):
                about = Kept(order.id, f"documents {pattern}", until, keep.because)
                yield Restricted(about, person, documents=found, since=since)

    def _person(self, order: Order) -> str:
        """The pseudonym of an order's person; after an erasure, that of the retained data."""
        known = self._store.restricted(order=order.id) if is_forgotten(order) else ()
        return next((each.person for each in known), person_of(order))

    def _until(self, keep: Keep, over: datetime) -> datetime | None:
        """When retained data is erased; None where that has passed."""
        until = keep.until(over)
        return until if until > self._handler.clock.now() else None

    def _filed(self, order: str, over: datetime) -> dict[str, dict[str, bytes]]:
        """The documents of an order that a law keeps, by pattern and name."""
        found: dict[str, dict[str, bytes]] = {}
        retention = self._handler.rules.retention
        if self._documents is None or not retention.documents:
            return found
        for name in self._documents.filed(order):
            pattern, content = retention.pattern(name, over), self._documents.read(order, name)
            if pattern is not None and content is not None:
                found.setdefault(pattern, {})[name] = content
        return found

    def read(self, order: str, by: str) -> tuple[Restricted, ...]:
        """The retained data of an order, for an auditor. Raises NotFound, Refused."""
        with rule_errors_of(f"order:{order}"):
            to = "to read what is restricted"
            refused = missing_role(self._handler.rules, by, frozenset({AUDITOR}), to)
        if refused:
            raise Refused([refused])
        if self._store.order(order) is None:
            raise NotFound(f"there is no order {order}")
        _LOG.info("what is kept of %s is read by %s", order, by)
        return tuple(self._store.restricted(order=order))


def _since(order: Order) -> str:
    """The pseudonym of the erased person; empty before an erasure. Each erasure makes a new one."""
    return order.state.customer if is_forgotten(order) else ""


def _part(kind: str, order: Order, entries: Sequence[Entry]) -> Part:
    """A part of an order; after an erasure, its later data only."""
    if not is_forgotten(order):
        return ROWS[kind].of(order.document, entries)
    part = ROWS[kind].of(order.document, [each for each in entries if not is_blank(each)])
    blank = ROWS[kind].of(anonymous(order.document, order.state.customer), ()).document
    came = {name: value for name, value in part.document.items() if value != blank[name]}
    return Part(came, part.entries)


def person_of(order: Order) -> str:
    """The pseudonym of an order's person; of a guest's order, that of its id."""
    return pseudonym(order.state.customer or f"order:{order.id}")
