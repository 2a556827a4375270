"""The inbox: whom a fact is about, and what becomes of one that nobody knows."""

from __future__ import annotations

from orderflow.engine.pipeline.envelope import digest
from orderflow.engine.pipeline.trips import traveller
from orderflow.model.observations import (
    LabelBought,
    LabelVoided,
    Observation,
    PartyFact,
    StockReported,
    TrackingReported,
    TrackingRetracted,
)
from orderflow.model.stock import StockKey
from orderflow.model.work import Task
from orderflow.ports import Store

__all__ = ["message_of", "subject_of", "unreadable"]


def message_of(observation: Observation) -> str:
    """What a fact is known by: its id, or else its content."""
    return observation.id or digest(observation.content())


def subject_of(observation: Observation, store: Store) -> tuple[str | None, str]:
    """Whom a fact is about, None where that is not known yet; and the reference that tells.

    Carriers give one number to several parcels: a scan whose subject is a parcel is about that one,
    and every other about the parcel that had the number then.
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
        case PartyFact(fo=fo):
            reference = f"request:{fo}"
        case _:
            reference = f"order:{observation.subject}"
    return store.find(reference), reference


def unreadable(digest: str, error: str) -> Task:
    """The task about a payload that cannot be read."""
    reference = f"unreadable:{digest}"
    what = f"what came cannot be read ({error}): have it sent again as it should be, and dismiss it"
    return Task(f"inbox:{reference}", "exception.unreadable", reference, "support", what)
