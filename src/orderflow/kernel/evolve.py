"""The fold: what each event makes of an order's state. Total, pure, and the only writer of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import attrs

from orderflow.model import events as ev
from orderflow.model.ledger import Bucket, Ledger, Slot
from orderflow.model.parcel import ParcelStatus
from orderflow.model.returns import Disposition
from orderflow.model.state import (
    AskedFor,
    CancellationRequest,
    FulfillmentOrder,
    Hold,
    LineState,
    OpenTask,
    OrderState,
    ParcelView,
    PaymentFact,
    Payments,
    Proposal,
    PutAway,
    Refund,
    RefundStatus,
    Return,
    Review,
)

__all__ = ["Fold", "fold"]

_MAPPINGS = (
    "lines",
    "holds",
    "fulfillment_orders",
    "parcels",
    "returns",
    "refunds",
    "put_aways",
    "tasks",
    "surplus",
    "cancellations",
    "proposals",
    "declined",
    "taken",
    "asked_for",
)
_FIELDS = tuple(field.name for field in attrs.fields(OrderState))
_WORK = frozenset({Bucket.PICKED, Bucket.PACKED, Bucket.SHIPPED})


class Fold:
    """An order's state being built, one event after the other.

    Works on copies of the mappings, made once: a commit of many events stays linear.
    """

    def __init__(self, state: OrderState | None, order_id: str = "") -> None:
        self.units: dict[Slot, int] = dict(state.ledger.items()) if state else {}
        self.now: dict[str, Any] = {"id": order_id, "version": 0}
        if state is not None:
            self.now = {name: getattr(state, name) for name in _FIELDS}
            for name in _MAPPINGS:
                self.now[name] = dict(self.now[name])

    def apply(self, event: ev.Event, at: datetime) -> None:
        """Fold one event that became true at *at*."""
        _FOLDERS[type(event)](self, event, at)

    def freeze(self, version: int) -> OrderState:
        """The state as it is now; the fold may go on after it."""
        values = dict(self.now)
        for name in _MAPPINGS:
            if name in values:
                values[name] = dict(values[name])
        values |= {"ledger": Ledger(self.units), "version": version}
        return OrderState(**values)


def fold(entries: Iterable[ev.Entry], order_id: str) -> OrderState:
    """The state that a journal tells (promise 8).

    Raises:
        ValueError: The journal is empty.
    """
    building = Fold(None, order_id)
    version = 0
    for entry in entries:
        for event in entry.events:
            building.apply(event, entry.at)
        version = entry.version
    if not version:
        raise ValueError(f"the journal of {order_id} is empty")
    return building.freeze(version)


def _created(fold: Fold, event: ev.OrderCreated, at: datetime) -> None:
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
    fold.now |= {name: {} for name in _MAPPINGS if name != "lines"}
    fold.units = {Slot(ln.id, Bucket.OPEN): ln.quantity for ln in event.lines}


def _line(ln: ev.PlacedLine, awaits: str = "") -> LineState:
    what = ln.sku, ln.quantity, ln.stocked, ln.ships, ln.not_before, ln.asks
    return LineState(*what, awaits=awaits)


def _added(fold: Fold, event: ev.LineAdded, _at: datetime) -> None:
    fold.now["lines"][event.line.id] = _line(event.line, event.awaits)
    fold.units[Slot(event.line.id, Bucket.OPEN)] = event.line.quantity


def _raised(fold: Fold, event: ev.QuantityRaised, _at: datetime) -> None:
    lines, slot = fold.now["lines"], Slot(event.line, Bucket.OPEN)
    line = lines[event.line]
    lines[event.line] = attrs.evolve(line, ordered=line.ordered + event.quantity)
    fold.units[slot] = fold.units.get(slot, 0) + event.quantity


def _total(fold: Fold, event: ev.TotalChanged, _at: datetime) -> None:
    fold.now["payments"] = attrs.evolve(fold.now["payments"], total=event.total)


def _lifecycle(fold: Fold, event: ev.LifecycleMoved, at: datetime) -> None:
    fold.now |= {
        "lifecycle": event.dest,
        "phase": event.phase,
        "since": at,
        "reason": event.reason or fold.now.get("reason", ""),
    }


def _fo_opened(fold: Fold, event: ev.FulfillmentOrderOpened, at: datetime) -> None:
    fold.now["fulfillment_orders"][event.fo] = FulfillmentOrder(
        event.fo,
        event.strategy,
        event.location,
        event.workflow,
        event.state,
        event.phase,
        at,
        event.supersedes,
    )


def _fo_moved(fold: Fold, event: ev.FulfillmentOrderMoved, at: datetime) -> None:
    orders = fold.now["fulfillment_orders"]
    orders[event.fo] = attrs.evolve(orders[event.fo], state=event.dest, phase=event.phase, since=at)


def _units(fold: Fold, event: ev.UnitsMoved, at: datetime) -> None:
    source, dest, units = event.source, event.dest, fold.units
    left = units[source] - event.quantity
    if left:
        units[source] = left
    else:
        del units[source]
    units[dest] = units.get(dest, 0) + event.quantity
    if dest.bucket is Bucket.DELIVERED:
        fold.now["delivered_at"] = at
    elif dest.bucket is Bucket.BACKORDERED:
        fold.now["backordered_at"] = at
    if dest.bucket in _WORK and dest.fo:
        orders = fold.now["fulfillment_orders"]
        orders[dest.fo] = attrs.evolve(orders[dest.fo], round=orders[dest.fo].round + 1)


def _surplus(fold: Fold, event: ev.SurplusFound, _at: datetime) -> None:
    surplus = fold.now["surplus"]
    surplus[event.line] = surplus.get(event.line, 0) + event.quantity


def _packed(fold: Fold, event: ev.ParcelPacked, at: datetime) -> None:
    view = ParcelView(event.parcel, event.fo, ParcelStatus.CREATED, at)
    fold.now["parcels"][event.parcel] = view


def _parcel(fold: Fold, event: ev.ParcelMoved, at: datetime) -> None:
    parcels = fold.now["parcels"]
    parcels[event.parcel] = attrs.evolve(
        parcels[event.parcel],
        status=event.status,
        version=event.parcel_version,
        carrier=event.carrier,
        tracking_number=event.tracking_number,
        lead=event.lead,
        held_by=event.held_by,
        since=at,
    )


def _held(fold: Fold, event: ev.HoldPlaced, _at: datetime) -> None:
    fold.now["holds"][event.hold] = Hold(event.hold, event.reason, event.until, event.on)


def _unheld(fold: Fold, event: ev.HoldReleased, _at: datetime) -> None:
    del fold.now["holds"][event.hold]


_SUMS = {
    PaymentFact.AUTHORISED: "authorised",
    PaymentFact.CAPTURED: "captured",
    PaymentFact.REFUNDED: "refunded",
    PaymentFact.CHARGED_BACK: "charged_back",
}


def _payment(fold: Fold, event: ev.PaymentRecorded, _at: datetime) -> None:
    payments: Payments = fold.now["payments"]
    changes: dict[str, Any] = {"references": (*payments.references, event.reference)}
    if name := _SUMS.get(event.fact):
        changes[name] = getattr(payments, name) + event.amount
    fold.now["payments"] = attrs.evolve(payments, **changes)


def _return_opened(fold: Fold, event: ev.ReturnOpened, at: datetime) -> None:
    fold.now["returns"][event.rma] = Return(
        event.rma,
        event.reason,
        event.workflow,
        event.state,
        event.phase,
        at,
        event.lines,
        to=event.to,
    )


def _refused(fold: Fold, event: ev.ReturnRefused, _at: datetime) -> None:
    returns = fold.now["returns"]
    returns[event.rma] = attrs.evolve(returns[event.rma], refused=event.reason)


def _return_moved(fold: Fold, event: ev.ReturnMoved, at: datetime) -> None:
    returns = fold.now["returns"]
    returns[event.rma] = attrs.evolve(
        returns[event.rma], state=event.dest, phase=event.phase, since=at
    )


def _judged(fold: Fold, event: ev.GoodsJudged, _at: datetime) -> None:
    if event.disposition is Disposition.SEND_BACK:
        _reject(fold, event.rma, event.line, event.quantity)


def _sent_back(fold: Fold, event: ev.UnitsSentBack, _at: datetime) -> None:
    _reject(fold, event.rma, event.line, -event.quantity)


def _reject(fold: Fold, rma: str, line: str, units: int) -> None:
    found = fold.now["returns"][rma]
    rejected = {**found.rejected, line: found.rejected.get(line, 0) + units}
    rejected = {name: n for name, n in rejected.items() if n}
    fold.now["returns"][rma] = attrs.evolve(found, rejected=rejected)


def _refund(fold: Fold, event: ev.RefundProposed, at: datetime) -> None:
    fold.now["refunds"][event.refund] = Refund(event.refund, event.amount, RefundStatus.PENDING, at)


def _refund_moved(fold: Fold, event: ev.RefundMoved, at: datetime) -> None:
    refunds = fold.now["refunds"]
    old = refunds[event.refund]
    again = event.status is RefundStatus.PENDING and old.status is RefundStatus.FAILED
    refunds[event.refund] = attrs.evolve(
        old, status=event.status, since=at, generation=old.generation + again
    )


def _put_away(fold: Fold, event: ev.PutAwayAsked, _at: datetime) -> None:
    fold.now["put_aways"][event.put_away] = PutAway(
        event.put_away, event.fo, event.line, event.location, event.quantity
    )


def _put_away_done(fold: Fold, event: ev.PutAwayDone, _at: datetime) -> None:
    del fold.now["put_aways"][event.put_away]


def _task(fold: Fold, event: ev.TaskOpened, _at: datetime) -> None:
    fold.now["tasks"][event.task] = OpenTask(
        event.task, event.name, event.role, event.reason, event.of
    )


def _task_closed(fold: Fold, event: ev.TaskClosed, _at: datetime) -> None:
    del fold.now["tasks"][event.task]


def _gave_up(fold: Fold, event: ev.EffectGaveUp, _at: datetime) -> None:
    fold.now["asked_for"].pop(event.key, None)
    fold.now["gave_up"] = (*fold.now.get("gave_up", ()), event.key)


def _timer_done(fold: Fold, event: ev.TimerDone, _at: datetime) -> None:
    fold.now["done_timers"] = (*fold.now.get("done_timers", ()), event.key)


def _of_fo(change: Callable[[FulfillmentOrder, Any], dict[str, Any]]) -> Callable[..., None]:
    """A folder that changes the fulfillment order of its event."""

    def folder(fold: Fold, event: Any, _at: datetime) -> None:
        orders = fold.now["fulfillment_orders"]
        orders[event.fo] = attrs.evolve(orders[event.fo], **change(orders[event.fo], event))

    return folder


def _promised(fo: FulfillmentOrder, event: ev.ShippingPromised) -> dict[str, Any]:
    return {"promised": max(filter(None, (fo.promised, event.at)), default=None)}


def _invoiced(fo: FulfillmentOrder, event: ev.InvoiceRecorded) -> dict[str, Any]:
    units = dict(fo.invoiced)
    for line in event.lines:
        units[line.line] = units.get(line.line, 0) + line.quantity
    return {"invoices": (*fo.invoices, event.invoice), "invoiced": units}


def _declined(fold: Fold, event: ev.UnitsDeclined, _at: datetime) -> None:
    declined = fold.now["declined"]
    others = (name for name in declined.get(event.line, ()) if name != event.strategy)
    declined[event.line] = (*others, event.strategy)


def _proposed(fold: Fold, event: ev.SubstituteProposed, _at: datetime) -> None:
    proposal = Proposal(event.fo, event.line, event.sku, event.quantity)
    fold.now["proposals"][proposal.id] = proposal


def _proposal_over(fold: Fold, event: ev.SubstituteDropped, _at: datetime) -> None:
    del fold.now["proposals"][f"{event.fo}/{event.line}"]


def _substituted(fold: Fold, event: ev.LineSubstituted, _at: datetime) -> None:
    lines = fold.now["lines"]
    root = lines[event.line].substitutes or event.line
    lines[event.new_line] = attrs.evolve(
        lines[event.line], sku=event.sku, ordered=event.quantity, substitutes=root
    )
    bucket = Bucket.ALLOCATED if event.fo else Bucket.OPEN
    fold.units[Slot(event.new_line, bucket, event.fo)] = event.quantity


def _cancellation(fold: Fold, event: ev.CancellationAsked, at: datetime) -> None:
    fold.now["cancellations"][event.request] = CancellationRequest(
        event.request, event.fo, event.lines, event.reason, event.reroute, at
    )


def _cancellation_over(fold: Fold, event: ev.CancellationClosed, _at: datetime) -> None:
    del fold.now["cancellations"][event.request]


def _asked_for(fold: Fold, event: ev.EffectAdded, _at: datetime) -> None:
    if event.subject:  # earlier releases did not say
        fold.now["asked_for"][event.key] = AskedFor(event.name, event.subject)


def _taken(fold: Fold, event: ev.EffectTakenOver, at: datetime) -> None:
    if fold.now["asked_for"].pop(event.key, None) is None:
        fold.now["taken"][event.key] = at


def _setting(name: str, value: Callable[[Any], Any]) -> Callable[[Fold, Any, datetime], None]:
    def folder(fold: Fold, event: Any, _at: datetime) -> None:
        fold.now[name] = value(event)

    return folder


def _nothing(_fold: Fold, _event: ev.Event, _at: datetime) -> None:
    """The event is told by the journal alone."""


_FOLDERS: dict[type[ev.Event], Callable[[Fold, Any, datetime], None]] = {
    ev.OrderCreated: _created,
    ev.LifecycleMoved: _lifecycle,
    ev.FulfillmentOrderOpened: _fo_opened,
    ev.FulfillmentOrderMoved: _fo_moved,
    ev.UnitsMoved: _units,
    ev.SurplusFound: _surplus,
    ev.ParcelPacked: _packed,
    ev.ParcelMoved: _parcel,
    ev.HoldPlaced: _held,
    ev.HoldReleased: _unheld,
    ev.PaymentRecorded: _payment,
    ev.ReturnOpened: _return_opened,
    ev.ReturnMoved: _return_moved,
    ev.PutAwayAsked: _put_away,
    ev.PutAwayDone: _put_away_done,
    ev.TaskOpened: _task,
    ev.TaskClosed: _task_closed,
    ev.EffectGaveUp: _gave_up,
    ev.EffectAdded: _asked_for,
    ev.ReservationsDated: _setting("reserved_until", lambda event: event.until),
    ev.ReceiptConfirmed: _setting("receipt_confirmed", lambda _event: True),
    ev.ReviewAsked: _setting("review", lambda _event: Review.ASKED),
    ev.TimerDone: _timer_done,
    ev.NoteAdded: _nothing,
    ev.WorkReleased: _setting("released", lambda _event: True),
    ev.FactKept: _nothing,
    ev.EffectTakenOver: _taken,
    ev.ReferenceGiven: _of_fo(lambda _fo, event: {"reference": event.reference}),
    ev.ShippingPromised: _of_fo(_promised),
    ev.CostsAgreed: _of_fo(lambda fo, event: {"costs": {**fo.costs, **event.costs}}),
    ev.UnitsDeclined: _declined,
    ev.RoutingReset: _setting("declined", lambda _event: {}),
    ev.SubstituteProposed: _proposed,
    ev.LineSubstituted: _substituted,
    ev.SubstituteDropped: _proposal_over,
    ev.NoticeRecorded: _of_fo(lambda fo, event: {"notices": (*fo.notices, event.notice)}),
    ev.InvoiceRecorded: _of_fo(_invoiced),
    ev.CancellationAsked: _cancellation,
    ev.CancellationClosed: _cancellation_over,
    ev.ItemIdentified: _nothing,
    ev.PaymentReminded: _nothing,
    ev.RefundProposed: _refund,
    ev.RefundMoved: _refund_moved,
    ev.GoodsJudged: _judged,
    ev.StrangeGoodsCame: _nothing,
    ev.UnitsSentBack: _sent_back,
    ev.QuantityRaised: _raised,
    ev.LineAdded: _added,
    ev.TotalChanged: _total,
    ev.AddressChanged: _nothing,
    ev.PromiseChanged: _setting("promised", lambda event: event.promised),
    ev.Overridden: _nothing,
    ev.ReturnRefused: _refused,
}
