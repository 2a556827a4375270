"""Unmatched observations: their subject, and the task about those without one."""

from __future__ import annotations

from datetime import datetime

from orderflow.engine.pipeline.envelope import digest
from orderflow.engine.pipeline.trips import traveller
from orderflow.errors import UnreadableRow
from orderflow.model.observations import (
    LabelBought,
    LabelVoided,
    Observation,
    PartnerObservation,
    StockReported,
    TrackingReported,
    TrackingRetracted,
)
from orderflow.model.stock import StockKey
from orderflow.model.work import LeasedRow, Task
from orderflow.ports import Commit, Store

__all__ = ["message_of", "subject_of", "unmatched", "unreadable"]


def message_of(observation: Observation) -> str:
    """The id of an observation, or else the digest of its content."""
    return observation.id or digest(observation.content())


def subject_of(observation: Observation, store: Store) -> tuple[str | None, str]:
    """The subject of an observation, or None, and the reference that identifies it.

    Carriers reuse numbers: a scan whose subject is a parcel is about that one, every other about
    the parcel that had the number then.
    """
    match observation.body:
        case TrackingReported(tracking_number=number) | TrackingRetracted(tracking_number=number):
            reference, named = f"tracking:{number}", observation.subject
            if named and (parcel := store.parcel(named)) and parcel.followed_by == number:
                return f"parcel:{named}", reference
            message = message_of(observation)
            return traveller(observation, observation.body, message, store), reference
        case LabelBought(parcel=name) | LabelVoided(parcel=name):
            reference = f"parcel:{name}"
            return (reference if store.parcel(name) else None), reference
        case StockReported(sku=sku, location=location):
            reference = f"stock:{StockKey(sku, location)}"
            return reference, reference
        case PartnerObservation(fo=fo):
            reference = f"request:{fo}"
        case _:
            reference = f"order:{observation.subject}"
    return store.resolve(reference), reference


def unmatched(store: Store, row: LeasedRow, now: datetime) -> Commit:
    """The commit of an unmatched item's timer: it opens a task."""
    reference = row.owner.removeprefix("inbox:")
    what = (
        f"observations about {reference} match no order or parcel: find the order, or dismiss them"
    )
    task = Task(row.key, "exception.unmatched", row.owner, "support", what)
    wanted = (task,) if _is_kept(store, reference) else ()
    return Commit(row.owner, now, pending_work=wanted, acknowledges=row.key)


def _is_kept(store: Store, reference: str) -> bool:
    """Whether there are items of a reference; True also where any row cannot be read."""
    try:
        return any(item.reference == reference for item in store.unmatched())
    except UnreadableRow:
        return True


def unreadable(digest: str, error: str) -> Task:
    """The task about a payload that cannot be read."""
    reference = f"unreadable:{digest}"
    what = (
        f"a message could not be read ({error}): have the sender correct it, then dismiss this one"
    )
    return Task(f"inbox:{reference}", "exception.unreadable", reference, "support", what)
