"""The parcel's own decisions: labels, scans, and its messages to the orders in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime

import attrs

from orderflow.model import events as ev
from orderflow.model.folds.parcel import fold_events
from orderflow.model.messages import (
    DeliverParcel,
    Dispatched,
    EffectFailed,
    HandOverParcel,
    HoldParcel,
    OpenParcel,
    ParcelChanged,
    SealParcel,
    TakeUnitsOut,
    TimerFired,
    VoidParcel,
)
from orderflow.model.observations import (
    LabelBought,
    LabelVoided,
    TrackingReported,
    TrackingRetracted,
)
from orderflow.model.parcel import Content, Parcel, ParcelStatus, Scan
from orderflow.model.pseudonym import pseudonym
from orderflow.model.work import Message

__all__ = ["ParcelDecision", "decide_parcel", "said_otherwise"]


@attrs.frozen
class ParcelDecision:
    """What an observation or a message changes on a parcel."""

    parcel: Parcel
    events: tuple[ev.Event, ...]
    messages: tuple[Message, ...]
    references: tuple[str, ...]


def decide_parcel(
    parcel: Parcel | None,
    parcel_id: str,
    body: object,
    now: datetime,
    at: datetime,
    bearer: str = "",
) -> ParcelDecision:
    """Decide an observation about a parcel. *at* is when it happened; a repeat changes nothing.

    A time after *now* counts as *now*: else no later scan would count, and no person would look
    for the parcel until then. *bearer* is another parcel with this one's tracking number.
    """
    told = [_as_of(event, now) for event in _events(parcel, body, at)]
    numbers = [event.tracking_number for event in told if isinstance(event, ev.ParcelLabeled)]
    reused = [ev.ParcelNumberReused(n, bearer, min(at, now)) for n in numbers if bearer]
    events = (*told, *reused)
    after = fold_events(parcel, parcel_id, events, now)
    return ParcelDecision(
        after,
        events,
        tuple(_told(parcel, after)) if events else (),
        tuple(_names(parcel, after, reused)),
    )


def _names(
    before: Parcel | None, after: Parcel, reused: Iterable[ev.ParcelNumberReused]
) -> Iterator[str]:
    """The new names by which messages from outside find a parcel."""
    if before is None:
        yield f"parcel:{after.id}"
    fresh = after.followed_by if after.tracking_number or after.handed_over else ""
    if fresh and (before is None or before.followed_by != fresh):
        yield f"tracking:{fresh}"
    yield from (f"reused:{event.tracking_number}" for event in reused)


def _as_of(event: ev.Event, now: datetime) -> ev.Event:
    if isinstance(event, ev.ParcelScanned) and event.scan.occurred_at > now:
        return ev.ParcelScanned(attrs.evolve(event.scan, occurred_at=now))
    return event


def _told(before: Parcel | None, after: Parcel) -> Iterator[Message]:
    """A message to each order for which the parcel looks different now."""
    if before is None and after.status is ParcelStatus.CREATED:
        return  # the order that opened it knows
    for order in after.orders:
        held_by = tuple(name for name in after.held_by if name != order)
        told = ParcelChanged(
            after.id,
            after.status,
            after.version,
            after.carrier,
            after.tracking_number,
            after.lead,
            held_by,
            after.signed,
        )
        if before is None or _view(before, order) != _view(after, order):
            yield Message(f"{after.id}:{after.version}>{order}", f"order:{order}", told)


def _view(parcel: Parcel, order: str) -> tuple[object, ...]:
    own = [content for content in parcel.contents if content.order == order]
    others = set(parcel.held_by) - {order}
    return parcel.status, parcel.tracking_number, own, others, parcel.signed


def _events(parcel: Parcel | None, body: object, at: datetime) -> Iterator[ev.Event]:
    """The events of a message; none where they are true already."""
    match body:
        case OpenParcel(strategy=strategy, contents=contents, sealed=sealed):
            yield _filled(parcel, strategy, contents, sealed=sealed)
        case Dispatched(carrier=carrier, tracking_number=number):
            yield _filled(parcel, body.strategy, body.contents, sealed=True)
            if parcel is None and number:
                yield ev.ParcelLabeled(carrier, number)
            if parcel is None:
                yield ev.ParcelHandedOver()
        case _:
            assert parcel is not None  # the engine loads it, or keeps the observation as unmatched
            if (event := _event(parcel, body, at)) is not None:
                yield event


def _filled(
    parcel: Parcel | None, strategy: str, contents: tuple[Content, ...], *, sealed: bool
) -> ev.Event:
    if parcel is None:
        return ev.ParcelOpened(strategy, contents, sealed)
    return ev.ParcelContentsAdded(contents)


def _event(parcel: Parcel, body: object, at: datetime) -> ev.Event | None:
    match body:
        case LabelBought(carrier=carrier, tracking_number=number):
            known = parcel.tracking_number == number and (parcel.has_label or parcel.voided)
            return None if known else ev.ParcelLabeled(carrier, number)
        case TrackingReported():
            scan = _scan(body, at)
            known = any(there.id in (scan.id, pseudonym(scan.id)) for there in parcel.scans)
            return None if known else ev.ParcelScanned(scan)
        case TrackingRetracted(event=scan_id):
            known = not {scan_id, pseudonym(scan_id)}.isdisjoint(parcel.retracted)
            return None if known else ev.ParcelScanRetracted(scan_id)
        case DeliverParcel():
            scan = Scan("by hand", ParcelStatus.DELIVERED, at, to_recipient=True)
            return None if scan in parcel.scans else ev.ParcelScanned(scan)
        case TakeUnitsOut(contents=contents):
            return ev.ParcelContentsRemoved(contents)
        case HoldParcel(order=order, held=held):
            return None if held == (order in parcel.held_by) else ev.ParcelHeld(order, held)
        case EffectFailed(key=key):
            return None if key in parcel.gave_up else ev.ParcelEffectGaveUp(key)
    known, event = _ONCE[type(body)](parcel)
    return None if known else event


_ONCE: Mapping[type, Callable[[Parcel], tuple[bool, ev.Event]]] = {
    LabelVoided: lambda parcel: (parcel.label_voided, ev.ParcelLabelVoided()),
    HandOverParcel: lambda parcel: (parcel.handed_over, ev.ParcelHandedOver()),
    SealParcel: lambda parcel: (parcel.sealed, ev.ParcelSealed()),
    VoidParcel: lambda parcel: (parcel.voided, ev.ParcelVoided()),
    TimerFired: lambda parcel: (parcel.silent or parcel.status.final, ev.ParcelTrackingOverdue()),
}
"""Observations that can become true once."""


def _scan(body: TrackingReported, at: datetime) -> Scan:
    identity = (
        body.event
        or f"{body.tracking_number}/{body.status}/{body.code}/{at.isoformat()}/{body.place}"
    )
    return Scan(identity, body.status, at, body.code, body.place, body.to_recipient, body.signed)


def said_otherwise(parcel: Parcel, body: TrackingReported, at: datetime) -> Scan | None:
    """The earlier scan with the same carrier's event id and other content.

    If the person was erased, only the remaining fields are compared.
    """
    scan = _scan(body, at)
    left = attrs.evolve(scan, id=pseudonym(scan.id), code="", place="")
    came = (there for there in parcel.scans if body.event and there.id in (scan.id, left.id))
    return next((there for there in came if there not in (scan, left)), None)
