"""Each event as a sentence."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import attrs

from orderflow.model import events as ev
from orderflow.money import Money

__all__ = ["sentence"]

_SENTENCES: Mapping[type[ev.Event], Callable[[Any], str]] = {
    ev.OrderCreated: lambda e: (
        f"order came in: {len(e.lines)} lines, {sum(ln.quantity for ln in e.lines)} units, "
        f"by {e.channel}"
    ),
    ev.LifecycleMoved: lambda e: f"order is {e.dest}" + (f" ({e.reason})" if e.reason else ""),
    ev.FulfillmentOrderOpened: lambda e: (
        f"{e.fo} given to {e.strategy}" + (f" at {e.location}" if e.location else "")
    ),
    ev.FulfillmentOrderMoved: lambda e: f"{e.fo} is {e.dest}",
    ev.UnitsMoved: lambda e: (
        f"{e.quantity} × line {e.source.line}: {e.source.bucket} → {e.dest.bucket}"
    ),
    ev.OverageFound: lambda e: f"{e.quantity} × line {e.line} that nobody owes",
    ev.ParcelPacked: lambda e: f"parcel {e.parcel} packed",
    ev.ParcelMoved: lambda e: (
        f"parcel {e.parcel} is {e.status} ({e.tracking_number or 'no number'})"
    ),
    ev.HoldPlaced: lambda e: f"on hold ({e.hold}): {e.reason}",
    ev.HoldReleased: lambda e: f"hold {e.hold} released",
    ev.ReturnOpened: lambda e: f"return {e.rma} opened: {e.reason}",
    ev.ReturnMoved: lambda e: f"return {e.rma} is {e.dest}",
    ev.PutAwayRequested: lambda e: f"{e.quantity} × line {e.line} to be put away",
    ev.PutAwayFinished: lambda e: f"{e.put_away} is back on its shelf",
    ev.TaskOpened: lambda e: f"task for {e.role}: {e.reason}",
    ev.TaskClosed: lambda e: f"task {e.task} closed",
    ev.EffectGaveUp: lambda e: f"{e.key} failed for good",
    ev.EffectRequested: lambda e: f"{e.name} asked for",
    ev.ReservationExpirySet: lambda e: (
        f"stock kept until {e.until:%Y-%m-%d %H:%M}" if e.until else "stock is firm"
    ),
    ev.DeliveryConfirmed: lambda e: f"receipt confirmed by {e.by}",
    ev.ReviewRequested: lambda _e: "customer asked for a review",
    ev.TimerDone: lambda e: _over(e.key),
    ev.NoteAdded: lambda e: e.text,
    ev.WorkReleased: lambda _e: "work released",
    ev.EffectDeferred: lambda e: f"{e.key} is taken care of",
    ev.DunningSent: lambda _e: "customer reminded to pay",
    ev.RefundMoved: lambda e: f"refund {e.refund} is {e.status}",
    ev.InspectionDeferred: lambda e: f"return {e.rma} was inspected before its goods were reported",
    ev.GoodsInspected: lambda e: f"{e.quantity} × line {e.line} of {e.rma}: {e.disposition}",
    ev.UnexpectedGoodsReceived: lambda e: (
        f"{e.quantity} × {e.sku} came back that is not of this order"
    ),
    ev.QuantityRaised: lambda e: f"{e.quantity} more of line {e.line} ordered",
    ev.LineAdded: lambda e: (
        f"line {e.line.id} added: {e.line.quantity} × {e.line.sku}"
        + (f", for what is accepted with {e.awaits}" if e.awaits else "")
    ),
    ev.AddressChanged: lambda _e: "what has not left goes to another address",
    ev.DeliveryDated: lambda e: (
        f"delivered {e.at:%Y-%m-%d %H:%M}" if e.at else "nothing of it was delivered"
    ),
    ev.PromiseChanged: lambda e: f"promised for {e.promised:%Y-%m-%d %H:%M}",
    ev.Overridden: lambda e: f"{e.command} done past {', '.join(e.codes) or 'nothing'}: {e.reason}",
    ev.ReturnRefusedByPartner: lambda e: f"return {e.rma} is not taken back: {e.reason}",
    ev.UnitsSentBack: lambda e: f"{e.quantity} × line {e.line} of {e.rma} sent back",
    ev.TaskEscalated: lambda e: f"task {e.task} goes to {e.role}{e.reason and ': ' + e.reason}",
    ev.ReviewSettled: lambda e: f"no review is asked for ({e.reason})",
    ev.ReviewPostponed: lambda e: f"review not asked for before {e.until:%Y-%m-%d %H:%M}",
    ev.ObservationKept: lambda e: f"fact kept ({e.fact}): {e.reason}",
}


def sentence(event: ev.Event, currency: str = "") -> str:
    """What happened, in a few words; sums of money in a *currency*, else in minor units."""

    def money(minor: int) -> str:
        return str(Money(minor, currency)) if currency else str(minor)

    match event:
        case ev.PaymentRecorded(fact=fact, amount=amount, reference=reference):
            return f"payment {fact}: {money(amount)} ({reference})"
        case ev.RefundProposed(refund=refund, amount=amount):
            return f"refund {refund}: {money(amount)} to be paid back"
        case ev.AmountDueChanged(total=total):
            return f"the total is {money(total)}"
    tell = _SENTENCES.get(type(event))
    return tell(event) if tell else _plainly(event)


def _over(key: str) -> str:
    """What is over: a timer, or what a state waited for that is entered anew."""
    anew = key.rpartition(":")[2].isdigit() and ":state:" not in key
    return f"{key} is over: its state is entered anew" if anew else f"timer {key} fired"


def _plainly(event: ev.Event) -> str:
    """The kind of the event in words, and its fields."""
    kind = re.sub("(?<=[a-z])(?=[A-Z])", " ", type(event).__name__).lower()
    told = _shown(event)
    return f"{kind}: {told}" if told else kind


def _shown(value: Any) -> str:
    """A value in words: no brackets, no quotes, nothing that is empty."""
    if isinstance(value, Mapping):
        return ", ".join(f"{_shown(key)}: {_shown(item)}" for key, item in value.items())
    if isinstance(value, tuple | list | set | frozenset):
        return ", ".join(map(_shown, value))
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if attrs.has(type(value)):
        given = ((field.name, getattr(value, field.name)) for field in attrs.fields(type(value)))
        return ", ".join(f"{name} {_shown(item)}" for name, item in given if item)
    return str(value)
