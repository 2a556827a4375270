"""Reused tracking numbers: the parcel that a carrier's scan is about.

A number belongs to a parcel from its label, or from the shipment notice that named it, until
another parcel gets it; older scans are the first parcel's. Less than a day before its label a scan
already belongs to the new parcel, unless the previous parcel had that very scan: carriers' clocks
differ, and some report only the date.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from orderflow.engine.pipeline.envelope import Envelope, Refusals
from orderflow.errors import Refusal
from orderflow.kernel.parcels.parcel import said_otherwise
from orderflow.model.events import ParcelLabeled, ParcelNumberReused, ParcelScanned
from orderflow.model.observations import Observation, TrackingReported, TrackingRetracted
from orderflow.model.parcel import Parcel
from orderflow.model.pseudonym import pseudonym
from orderflow.ports import Store

__all__ = ["came_otherwise", "traveller"]

_A_DAY = timedelta(days=1)


class _Bearer(NamedTuple):
    """A parcel that has or had a number: since when, and which parcel had it before."""

    subject: str
    since: datetime | None
    before: str
    scans: frozenset[str]


def traveller(
    observation: Observation, body: TrackingReported | TrackingRetracted, message: str, store: Store
) -> str | None:
    """The parcel that had a number at the time of a scan; None is unknown here.

    A repeated *message* belongs to the parcel that had it; a retraction to the parcel that has the
    scan.
    """
    number, at = body.tracking_number, observation.occurred_at
    last = store.resolve(f"tracking:{number}")
    if last is None or store.resolve(f"reused:{number}") is None:
        return last
    bearers = _bearers(last, number, store)
    for bearer in bearers:
        taken_back = isinstance(body, TrackingRetracted) and not bearer.scans.isdisjoint(
            (body.event, pseudonym(body.event))
        )
        if taken_back or store.processed(bearer.subject, message):
            return bearer.subject
    theirs = (b for b in bearers if not b.before or (b.since and at > b.since - _A_DAY))
    return next(theirs).subject


def _bearers(last: str, number: str, store: Store) -> list[_Bearer]:
    """The parcels that have or had a number, the latest first."""
    found: dict[str, _Bearer] = {}
    subject = last
    while subject and subject not in found:
        found[subject] = _bearer(subject, number, store)
        subject = found[subject].before
    *later, first = found.values()
    return [*later, first._replace(before="")]


def _bearer(subject: str, number: str, store: Store) -> _Bearer:
    """A parcel's number by its journal."""
    since, before, scans = None, "", set[str]()
    for entry in store.journal(subject):
        for event in entry.events:
            match event:
                case ParcelLabeled(tracking_number=given) if given == number:
                    since = since or entry.at
                case ParcelNumberReused(tracking_number=given) if given == number:
                    since, before = event.since, f"parcel:{event.before}"
                case ParcelScanned(scan=scan):
                    scans.add(scan.id)
    return _Bearer(subject, since, before, frozenset(scans))


def came_otherwise(parcel: Parcel, envelope: Envelope, store: Store) -> Refusals:
    """The refusal of a known scan whose content differs: its event's id was used before.

    A scan ahead of our clock is stored with its time of arrival; the processed message shows
    whether it is a repetition.
    """
    body, at = envelope.body, envelope.at
    if not isinstance(body, TrackingReported) or at is None:
        return ()
    there = said_otherwise(parcel, body, at)
    if there is None or (
        envelope.processed and _digest(envelope, there.id, store) == envelope.processed[2]
    ):
        return ()
    sentence = f"the event {body.event} came before with another content; give this one its own id"
    return (Refusal("id_reused", sentence),)


def _digest(envelope: Envelope, scan: str, store: Store) -> str | None:
    """The digest of the message that brought a scan to a parcel."""
    subject = envelope.subject
    for entry in store.journal(subject):
        if any(isinstance(e, ParcelScanned) and e.scan.id == scan for e in entry.events):
            receipt = store.processed(subject, entry.cause.removeprefix(f"{subject}/"))
            return receipt.digest if receipt else None
    return None
