"""The parcel's own decisions: labels, scans, and what it tells the orders in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import attrs

from orderflow.kernel.folding.building import changed
from orderflow.kernel.forms import LABEL, TRACE
from orderflow.kernel.rules import Rules
from orderflow.model import events as ev
from orderflow.model.disguise import disguised
from orderflow.model.messages import (
    Delivered,
    Despatched,
    EffectFailed,
    HandOver,
    HoldParcel,
    OpenParcel,
    ParcelChanged,
    SealParcel,
    TakeOut,
    TimerFired,
    VoidParcel,
)
from orderflow.model.observations import (
    LabelBought,
    LabelVoided,
    TrackingReported,
    TrackingRetracted,
)
from orderflow.model.parcel import AT_SENDER, Content, Parcel, ParcelStatus, Scan, status_of
from orderflow.model.work import Effect, Message, Task, Timer, Wanted, effect_key

__all__ = ["ParcelDecision", "decide_parcel", "fold_parcel", "parcel_waits"]


@attrs.frozen
class ParcelDecision:
    """What a fact or a message changes on a parcel."""

    parcel: Parcel
    events: tuple[ev.Event, ...]
    messages: tuple[Message, ...]
    references: tuple[str, ...]


def decide_parcel(
    parcel: Parcel | None, parcel_id: str, body: object, now: datetime, at: datetime
) -> ParcelDecision:
    """Decide a fact about a parcel. *at* is when it happened; a repeated one changes nothing."""
    events = tuple(_events(parcel, body, at))
    after = _fold(parcel, parcel_id, events, now)
    fresh = after.followed_by if after.tracking_number or after.handed_over else ""
    known = parcel is not None and parcel.followed_by == fresh
    return ParcelDecision(
        after,
        events,
        tuple(_told(parcel, after)) if events else (),
        (f"tracking:{fresh}",) if fresh and not known else (),
    )


def _told(before: Parcel | None, after: Parcel) -> Iterator[Message]:
    """A message to each order for which the parcel looks different now."""
    if before is None and after.status is ParcelStatus.CREATED:
        return  # who opened it knows
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
    """What a message makes true of a parcel; nothing where it is true already."""
    match body:
        case OpenParcel(strategy=strategy, contents=contents, sealed=sealed):
            yield _filled(parcel, strategy, contents, sealed=sealed)
        case Despatched(carrier=carrier, tracking_number=number):
            yield _filled(parcel, body.strategy, body.contents, sealed=True)
            if parcel is None and number:
                yield ev.ParcelLabelled(carrier, number)
            if parcel is None:
                yield ev.ParcelHandedOver()
        case _:
            assert parcel is not None  # the engine loads it, or keeps the fact in the inbox
            if (event := _event(parcel, body, at)) is not None:
                yield event


def _filled(
    parcel: Parcel | None, strategy: str, contents: tuple[Content, ...], *, sealed: bool
) -> ev.Event:
    if parcel is None:
        return ev.ParcelOpened(strategy, contents, sealed)
    return ev.ParcelFilled(contents)


def _event(parcel: Parcel, body: object, at: datetime) -> ev.Event | None:
    match body:
        case LabelBought(carrier=carrier, tracking_number=number):
            known = parcel.tracking_number == number
            return None if known else ev.ParcelLabelled(carrier, number)
        case TrackingReported():
            scan = _scan(body, at)
            known = any(there.id in (scan.id, disguised(scan.id)) for there in parcel.scans)
            return None if known else ev.ParcelScanned(scan)
        case TrackingRetracted(event=scan_id):
            known = not {scan_id, disguised(scan_id)}.isdisjoint(parcel.retracted)
            return None if known else ev.ParcelScanRetracted(scan_id)
        case Delivered():
            scan = Scan("by hand", ParcelStatus.DELIVERED, at, to_recipient=True)
            return None if scan in parcel.scans else ev.ParcelScanned(scan)
        case TakeOut(contents=contents):
            return ev.ParcelTakenOut(contents)
        case HoldParcel(order=order, held=held):
            return None if held == (order in parcel.held_by) else ev.ParcelHeld(order, held)
        case EffectFailed(key=key):
            return None if key in parcel.gave_up else ev.ParcelEffectGaveUp(key)
    known, event = _ONCE[type(body)](parcel)
    return None if known else event


_ONCE: Mapping[type, Callable[[Parcel], tuple[bool, ev.Event]]] = {
    LabelVoided: lambda parcel: (parcel.label_voided, ev.ParcelLabelVoided()),
    HandOver: lambda parcel: (parcel.handed_over, ev.ParcelHandedOver()),
    SealParcel: lambda parcel: (parcel.sealed, ev.ParcelSealed()),
    VoidParcel: lambda parcel: (parcel.voided, ev.ParcelVoided()),
    TimerFired: lambda parcel: (parcel.silent or parcel.status.final, ev.ParcelWentSilent()),
}
"""Facts that can become true once."""


def _scan(body: TrackingReported, at: datetime) -> Scan:
    identity = (
        body.event
        or f"{body.tracking_number}/{body.status}/{body.code}/{at.isoformat()}/{body.place}"
    )
    return Scan(identity, body.status, at, body.code, body.place, body.to_recipient, body.signed)


def fold_parcel(entries: Iterable[ev.Entry], parcel_id: str) -> Parcel:
    """The parcel that its journal tells."""
    parcel: Parcel | None = None
    for entry in entries:
        parcel = _fold(parcel, parcel_id, entry.events, entry.at)
    if parcel is None:
        raise ValueError(f"the journal of {parcel_id} is empty")
    return parcel


def _fold(
    parcel: Parcel | None, parcel_id: str, events: Iterable[ev.Event], at: datetime
) -> Parcel:
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
    return changed(parcel, status=status, since=since, version=parcel.version + 1)


_CHANGES: Mapping[type[ev.Event], Callable[[Parcel, Any], dict[str, Any]]] = {
    ev.ParcelFilled: lambda parcel, event: {"contents": (*parcel.contents, *event.contents)},
    ev.ParcelTakenOut: lambda parcel, event: {
        "contents": _without(parcel.contents, event.contents),
        "taken_out": (*parcel.taken_out, *event.contents),
    },
    ev.ParcelSealed: lambda _parcel, _event: {"sealed": True},
    ev.ParcelLabelled: lambda _parcel, event: {
        "carrier": event.carrier,
        "tracking_number": event.tracking_number,
        "label_voided": False,
    },
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
    ev.ParcelWentSilent: lambda _parcel, _event: {"silent": True},
}
"""What each event changes on a parcel."""


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


def parcel_waits(parcel: Parcel, rules: Rules) -> dict[str, Wanted]:
    """What the parcel itself waits for, by key."""
    return {wanted.key: wanted for wanted in _waits(parcel, rules)}


def _waits(parcel: Parcel, rules: Rules) -> Iterator[Wanted]:
    label = effect_key(parcel.id, "label", parcel.generation)
    void = effect_key(parcel.id, "void_label", parcel.generation)
    if parcel.status is ParcelStatus.CREATED and not parcel.sealed:
        what = f"put more into {parcel.id}, or seal it"
        yield Task(f"{parcel.id}:seal", "seal", parcel.id, rules.steps.role("seal"), what)
    elif parcel.status is ParcelStatus.CREATED and not parcel.held_by:
        if label in parcel.gave_up:
            what = f"buy a label for {parcel.id} and type its tracking number"
            yield Task(
                f"{label}:task", "label", parcel.id, rules.steps.role("label"), what, fields=LABEL
            )
        else:
            yield Effect("label", parcel.id, label)
    if parcel.voided and parcel.sealed and not parcel.label_voided:
        if not parcel.tracking_number:
            void += ":unknown"  # one may have been bought, and the answer got lost
        if void in parcel.gave_up:
            label_known = f"void the label {parcel.tracking_number}"
            unknown = f"see whether a label was bought for {parcel.id}, and void it"
            what = f"have {parcel.carrier} {label_known}" if parcel.tracking_number else unknown
            yield Task(f"{void}:task", "void_label", parcel.id, rules.steps.role("label"), what)
        else:
            yield Effect("void_label", parcel.id, void)
    if parcel.status not in AT_SENDER and not parcel.status.final:
        key = f"{parcel.id}:tracking:{len(parcel.scans) + len(parcel.retracted)}"
        if parcel.status is ParcelStatus.DAMAGED:
            what = f"{parcel.carrier} damaged {parcel.followed_by}: ask what comes of it, report it"
            name = "exception.damaged"
            yield Task(f"{key}:damaged", name, parcel.id, "support", what, fields=TRACE)
        elif parcel.silent:
            what = f"{parcel.carrier} says nothing of {parcel.followed_by}: ask, and report"
            yield Task(f"{key}:trace", "exception.trace", parcel.id, "support", what, fields=TRACE)
        else:
            heard = max((scan.occurred_at for scan in parcel.scans), default=parcel.since)
            due = max(heard, parcel.since) + rules.windows.tracking
            yield Timer(key, "tracking", parcel.id, due, parcel.carrier)
