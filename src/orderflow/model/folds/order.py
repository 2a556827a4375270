"""The fold of events of an order as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from orderflow.model import events as ev
from orderflow.model.folds.builder import MAPPINGS, Builder, Folder, changed, nothing, setting
from orderflow.model.ledger import Bucket, Slot
from orderflow.model.state import Hold, LineState, OpenTask, Payments, RequestedEffect, Review

__all__ = ["FOLDERS"]


def _created(fold: Builder, event: ev.OrderCreated, at: datetime) -> None:
    fold.now |= {
        "channel": event.channel,
        "customer": event.customer,
        "currency": event.currency,
        "workflow": event.workflow,
        "lifecycle": event.lifecycle,
        "phase": event.phase,
        "placed_at": at,
        "since": at,
        "terms": event.terms,
        "ship_complete": event.ship_complete,
        "promised": event.promised,
        "payments": Payments(total=event.total),
        "lines": {placed.id: _line(placed) for placed in event.lines},
    }
    fold.now |= {name: {} for name in MAPPINGS if name != "lines"}
    fold.units = {Slot(ln.id, Bucket.OPEN): ln.quantity for ln in event.lines}


def _line(ln: ev.PlacedLine, awaits: str = "") -> LineState:
    what = ln.sku, ln.quantity, ln.stocked, ln.ships, ln.not_before, ln.asks
    return LineState(*what, awaits=awaits)


def _added(fold: Builder, event: ev.LineAdded, _at: datetime) -> None:
    fold.now["lines"][event.line.id] = _line(event.line, event.awaits)
    fold.units[Slot(event.line.id, Bucket.OPEN)] = event.line.quantity


def _raised(fold: Builder, event: ev.QuantityRaised, _at: datetime) -> None:
    lines, slot = fold.now["lines"], Slot(event.line, Bucket.OPEN)
    line = lines[event.line]
    lines[event.line] = changed(line, ordered=line.ordered + event.quantity)
    fold.units[slot] = fold.units.get(slot, 0) + event.quantity


def _total(fold: Builder, event: ev.AmountDueChanged, _at: datetime) -> None:
    fold.now["payments"] = changed(fold.now["payments"], total=event.total)


def _lifecycle(fold: Builder, event: ev.LifecycleMoved, at: datetime) -> None:
    fold.now |= {
        "lifecycle": event.dest,
        "phase": event.phase,
        "since": at,
        "reason": event.reason or (fold.peek("reason") or ""),
    }


def _held(fold: Builder, event: ev.HoldPlaced, at: datetime) -> None:
    fold.now["holds"][event.hold] = Hold(event.hold, event.reason, event.until, event.on, at)


def _unheld(fold: Builder, event: ev.HoldReleased, _at: datetime) -> None:
    del fold.now["holds"][event.hold]


def _task(fold: Builder, event: ev.TaskOpened, _at: datetime) -> None:
    fold.now["tasks"][event.task] = OpenTask(
        event.task, event.name, event.role, event.reason, event.of, event.at
    )


def _task_closed(fold: Builder, event: ev.TaskClosed, at: datetime) -> None:
    closed = fold.now["tasks"].pop(event.task)
    if closed.name.startswith("overdue."):
        fold.now["answered"][event.task] = at


def _escalated(fold: Builder, event: ev.TaskEscalated, _at: datetime) -> None:
    tasks = fold.now["tasks"]
    if opened := tasks.get(event.task):
        reason = event.reason or opened.reason
        tasks[event.task] = changed(opened, role=event.role, reason=reason)
    else:
        fold.now["escalated"][event.task] = event.role


def _gave_up(fold: Builder, event: ev.EffectGaveUp, _at: datetime) -> None:
    fold.now["asked_for"].pop(event.key, None)
    fold.now["gave_up"] = (*(fold.peek("gave_up") or ()), event.key)


def _timer_done(fold: Builder, event: ev.TimerDone, _at: datetime) -> None:
    fold.now["done_timers"] = (*(fold.peek("done_timers") or ()), event.key)


def _asked_for(fold: Builder, event: ev.EffectRequested, _at: datetime) -> None:
    if event.subject:  # earlier releases left it empty
        fold.now["asked_for"][event.key] = RequestedEffect(event.name, event.subject)


def _taken(fold: Builder, event: ev.EffectDeferred, at: datetime) -> None:
    if fold.now["asked_for"].pop(event.key, None) is None:
        fold.now["taken"][event.key] = at


FOLDERS: Mapping[type[ev.Event], Folder] = {
    ev.OrderCreated: _created,
    ev.LifecycleMoved: _lifecycle,
    ev.HoldPlaced: _held,
    ev.HoldReleased: _unheld,
    ev.TaskOpened: _task,
    ev.TaskClosed: _task_closed,
    ev.EffectGaveUp: _gave_up,
    ev.EffectRequested: _asked_for,
    ev.ReservationExpirySet: setting("reserved_until", lambda event: event.until),
    ev.DeliveryConfirmed: setting("receipt_confirmed", lambda _event: True),
    ev.ReviewRequested: setting("review", lambda _event: Review.ASKED),
    ev.TimerDone: _timer_done,
    ev.NoteAdded: nothing,
    ev.WorkReleased: setting("released", lambda _event: True),
    ev.ObservationKept: nothing,
    ev.EffectDeferred: _taken,
    ev.QuantityRaised: _raised,
    ev.LineAdded: _added,
    ev.AmountDueChanged: _total,
    ev.AddressChanged: nothing,
    ev.DeliveryDated: setting("delivered_at", lambda event: event.at),
    ev.PromiseChanged: setting("promised", lambda event: event.promised),
    ev.Overridden: nothing,
    ev.TaskEscalated: _escalated,
    ev.ReviewSettled: setting("review", lambda event: event.review),
    ev.ReviewPostponed: setting("review_after", lambda event: event.until),
}
"""How each of these events changes an order's state."""
