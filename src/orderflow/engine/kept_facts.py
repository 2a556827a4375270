"""Unmatched observations about an order: erased with its person."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import attrs

from orderflow.engine.anonymization import ERASED
from orderflow.engine.pipeline.envelope import digest
from orderflow.engine.pipeline.unmatched import subject_of, unreadable
from orderflow.errors import InvalidInput, UnreadableRow
from orderflow.model.observations import Observation, PartnerObservation
from orderflow.model.order import Order
from orderflow.model.pseudonym import pseudonym
from orderflow.model.reading import read_json
from orderflow.ports import Store, UnmatchedItem
from orderflow.text import legible_log

__all__ = ["erase_kept_facts", "kept_facts"]

_LOG = legible_log()


def kept_facts(store: Store, order: Order) -> Collection[str]:
    """The references whose unmatched items are all about an order or its parcels."""
    try:
        items = store.unmatched()
    except UnreadableRow as error:
        _LOG.warning("the inbox cannot be read: what it keeps of %s stays (%s)", order.id, error)
        return ()
    found: dict[str, bool] = {}
    for item in items:
        found[item.reference] = found.get(item.reference, True) and _is_of(item, order, store)
    return [reference for reference, is_theirs in found.items() if is_theirs]


def erase_kept_facts(store: Store, order: Order, now: datetime) -> None:
    """Replace the kept observations by an erased item, whose task reports the erasure."""
    for reference in kept_facts(store, order):
        why = f"it was about {order.id}, and was erased with its person"
        task = unreadable(digest({"payload": pseudonym(reference)}), why)
        task = attrs.evolve(task, instructions=f"a fact was kept here; {why}: dismiss it")
        store.park_unreadable(ERASED, why, now, task)  # first: a crash in between starts again
        store.dismiss_unmatched(reference)


def _is_of(item: UnmatchedItem, order: Order, store: Store) -> bool:
    """Whether an item is about the order, by the ids that it names or by its match."""
    fact = item.observation or _readable(item.payload)
    if fact is None:
        return False
    names = {order.id, *order.state.parcels}
    asked = fact.body.fo if isinstance(fact.body, PartnerObservation) else ""
    subject, _ = subject_of(fact, store)
    return (
        fact.subject in names
        or asked.removeprefix(f"{order.id}-F").isdecimal()
        or subject in {f"order:{order.id}", *(f"parcel:{parcel}" for parcel in order.state.parcels)}
    )


def _readable(payload: str) -> Observation | None:
    try:
        return read_json(Observation, payload, "observation")
    except InvalidInput:
        return None
