"""The fold of a parcel's events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

import attrs

from orderflow.model import events as ev
from orderflow.model.folds.builder import changed
from orderflow.model.parcel import Content, Parcel, ParcelStatus, status_of

__all__ = ["fold_events", "fold_parcel"]


def fold_parcel(entries: Iterable[ev.Entry], parcel_id: str) -> Parcel:
    """The parcel from its journal."""
    parcel: Parcel | None = None
    for entry in entries:
        parcel = fold_events(parcel, parcel_id, entry.events, entry.at)
    if parcel is None:
        raise ValueError(f"the journal of {parcel_id} is empty")
    return parcel


def fold_events(
    parcel: Parcel | None, parcel_id: str, events: Iterable[ev.Event], at: datetime
) -> Parcel:
    """The parcel after these events."""
    for event in events:
        if isinstance(event, ev.ParcelOpened):
            created = ParcelStatus.CREATED
            parcel = Parcel(
                parcel_id, event.strategy, 0, event.contents, created, at, sealed=event.sealed
            )
        elif parcel is not None:
            parcel = changed(parcel, **_CHANGES[type(event)](parcel, event))
    assert parcel is not None  # the first event opens it
    status, scanned = status_of(parcel)
    since = (scanned or at) if status is not parcel.status else parcel.since
    if status is ParcelStatus.DELIVERED and scanned:  # dated by its last scan
        since = scanned
    return changed(parcel, status=status, since=since, version=parcel.version + 1)


_CHANGES: Mapping[type[ev.Event], Callable[[Parcel, Any], dict[str, Any]]] = {
    ev.ParcelContentsAdded: lambda parcel, event: {"contents": (*parcel.contents, *event.contents)},
    ev.ParcelContentsRemoved: lambda parcel, event: {
        "contents": _without(parcel.contents, event.contents),
        "taken_out": (*parcel.taken_out, *event.contents),
    },
    ev.ParcelSealed: lambda _parcel, _event: {"sealed": True},
    ev.ParcelLabeled: lambda _parcel, event: {
        "carrier": event.carrier,
        "tracking_number": event.tracking_number,
        "label_voided": False,
    },
    ev.ParcelNumberReused: lambda _parcel, _event: {},
    ev.ParcelHandedOver: lambda _parcel, _event: {"handed_over": True},
    ev.ParcelScanned: lambda parcel, event: {
        "scans": (*parcel.scans, event.scan),
        "silent": False,
    },
    ev.ParcelScanRetracted: lambda parcel, event: {
        "retracted": (*parcel.retracted, event.scan),
        "silent": False,
    },
    ev.ParcelVoided: lambda _parcel, _event: {"voided": True},
    ev.ParcelLabelVoided: lambda _parcel, _event: {"label_voided": True},
    ev.ParcelHeld: lambda parcel, event: {"held_by": _held(parcel, event)},
    ev.ParcelEffectGaveUp: lambda parcel, event: {"gave_up": (*parcel.gave_up, event.key)},
    ev.ParcelTrackingOverdue: lambda _parcel, _event: {"silent": True},
}
"""How each event changes a parcel."""


def _without(there: tuple[Content, ...], gone: tuple[Content, ...]) -> tuple[Content, ...]:
    units = Counter({(c.order, c.fo, c.line): c.quantity for c in gone})
    left = []
    for content in there:
        take = min(content.quantity, units[content.order, content.fo, content.line])
        units[content.order, content.fo, content.line] -= take
        if take < content.quantity:
            left.append(attrs.evolve(content, quantity=content.quantity - take))
    return tuple(left)


def _held(parcel: Parcel, event: ev.ParcelHeld) -> tuple[str, ...]:
    others = {name for name in parcel.held_by if name != event.order}
    return tuple(sorted(others | ({event.order} if event.held else set())))
