"""The fold of events of the work on an order and of its units."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from orderflow.model import events as ev
from orderflow.model.folds.builder import Builder, Folder, changed, nothing, setting
from orderflow.model.ledger import Bucket, Slot
from orderflow.model.parcel import ParcelStatus
from orderflow.model.state import (
    CancellationRequest,
    FulfillmentOrder,
    ParcelView,
    Proposal,
    PutAway,
)

__all__ = ["FOLDERS"]


_WORK = frozenset({Bucket.PICKED, Bucket.PACKED, Bucket.SHIPPED})


def _fo_opened(fold: Builder, event: ev.FulfillmentOrderOpened, at: datetime) -> None:
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


def _fo_moved(fold: Builder, event: ev.FulfillmentOrderMoved, at: datetime) -> None:
    orders = fold.now["fulfillment_orders"]
    orders[event.fo] = changed(orders[event.fo], state=event.dest, phase=event.phase, since=at)


def _units(fold: Builder, event: ev.UnitsMoved, at: datetime) -> None:
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
        orders[dest.fo] = changed(orders[dest.fo], round=orders[dest.fo].round + 1)


def _surplus(fold: Builder, event: ev.OverageFound, _at: datetime) -> None:
    surplus = fold.now["surplus"]
    surplus[event.line] = surplus.get(event.line, 0) + event.quantity


def _packed(fold: Builder, event: ev.ParcelPacked, at: datetime) -> None:
    view = ParcelView(event.parcel, event.fo, ParcelStatus.CREATED, at)
    fold.now["parcels"][event.parcel] = view


def _parcel(fold: Builder, event: ev.ParcelMoved, at: datetime) -> None:
    parcels = fold.now["parcels"]
    parcels[event.parcel] = changed(
        parcels[event.parcel],
        status=event.status,
        version=event.parcel_version,
        carrier=event.carrier,
        tracking_number=event.tracking_number,
        lead=event.lead,
        held_by=event.held_by,
        signed=event.signed,
        since=at,
    )


def _put_away(fold: Builder, event: ev.PutAwayRequested, _at: datetime) -> None:
    fold.now["put_aways"][event.put_away] = PutAway(
        event.put_away, event.fo, event.line, event.location, event.quantity
    )


def _put_away_done(fold: Builder, event: ev.PutAwayFinished, _at: datetime) -> None:
    del fold.now["put_aways"][event.put_away]


def _of_fo(change: Callable[[FulfillmentOrder, Any], dict[str, Any]]) -> Callable[..., None]:
    """A folder that changes the fulfillment order of its event."""

    def folder(fold: Builder, event: Any, _at: datetime) -> None:
        orders = fold.now["fulfillment_orders"]
        orders[event.fo] = changed(orders[event.fo], **change(orders[event.fo], event))

    return folder


def _promised(fo: FulfillmentOrder, event: ev.ShippingPromised) -> dict[str, Any]:
    return {"promised": max(filter(None, (fo.promised, event.at)), default=None)}


def _invoiced(fo: FulfillmentOrder, event: ev.InvoiceRecorded) -> dict[str, Any]:
    units = dict(fo.invoiced)
    for line in event.lines:
        units[line.line] = units.get(line.line, 0) + line.quantity
    said = _said(fo, f"invoice {event.invoice}", event.says)
    return {"invoices": (*fo.invoices, event.invoice), "invoiced": units, "said": said}


def _noticed(fo: FulfillmentOrder, event: ev.ShipmentNoticeRecorded) -> dict[str, Any]:
    said = _said(fo, f"notice {event.notice}", event.says)
    return {"notices": (*fo.notices, event.notice), "said": said}


def _said(fo: FulfillmentOrder, document: str, says: str) -> Mapping[str, str]:
    return {**fo.said, document: says} if says else fo.said


def _declined(fold: Builder, event: ev.UnitsReleased, _at: datetime) -> None:
    declined = fold.now["declined"]
    others = (name for name in declined.get(event.line, ()) if name != event.strategy)
    declined[event.line] = (*others, event.strategy)


def _proposed(fold: Builder, event: ev.SubstituteProposed, _at: datetime) -> None:
    proposal = Proposal(event.fo, event.line, event.sku, event.quantity)
    fold.now["proposals"][proposal.id] = proposal


def _proposal_over(fold: Builder, event: ev.SubstituteProposalClosed, _at: datetime) -> None:
    del fold.now["proposals"][f"{event.fo}/{event.line}"]


def _substituted(fold: Builder, event: ev.LineSubstituted, _at: datetime) -> None:
    lines = fold.now["lines"]
    root = lines[event.line].substitutes or event.line
    lines[event.new_line] = changed(
        lines[event.line], sku=event.sku, ordered=event.quantity, substitutes=root
    )
    bucket = Bucket.ALLOCATED if event.fo else Bucket.OPEN
    fold.units[Slot(event.new_line, bucket, event.fo)] = event.quantity


def _cancellation(fold: Builder, event: ev.CancellationRequested, at: datetime) -> None:
    fold.now["cancellations"][event.request] = CancellationRequest(
        event.request, event.fo, event.lines, event.reason, event.reroute, at
    )
    if fold.now["fulfillment_orders"][event.fo].unwanted:
        _want(fold, event.fo, {line: -units for line, units in event.lines.items()})


def _cancellation_over(fold: Builder, event: ev.CancellationClosed, _at: datetime) -> None:
    cancellations = fold.now["cancellations"]
    if event.unwanted:
        _want(fold, cancellations[event.request].fo, event.unwanted)
    if event.left:
        cancellations[event.request] = changed(cancellations[event.request], lines=event.left)
    else:
        del cancellations[event.request]


def _want(fold: Builder, fo: str, more: Mapping[str, int]) -> None:
    """Add to the unwanted units of a fulfillment order."""
    orders = fold.now["fulfillment_orders"]
    units = Counter(orders[fo].unwanted)
    units.update(more)
    orders[fo] = changed(orders[fo], unwanted=dict(+units))


FOLDERS: Mapping[type[ev.Event], Folder] = {
    ev.FulfillmentOrderOpened: _fo_opened,
    ev.FulfillmentOrderMoved: _fo_moved,
    ev.UnitsMoved: _units,
    ev.OverageFound: _surplus,
    ev.ParcelPacked: _packed,
    ev.ParcelMoved: _parcel,
    ev.PutAwayRequested: _put_away,
    ev.PutAwayFinished: _put_away_done,
    ev.PartnerReferenceSet: _of_fo(lambda _fo, event: {"reference": event.reference}),
    ev.ShippingPromised: _of_fo(_promised),
    ev.CostsAgreed: _of_fo(lambda fo, event: {"costs": {**fo.costs, **event.costs}}),
    ev.UnitsReleased: _declined,
    ev.RoutingReset: setting("declined", lambda _event: {}),
    ev.SubstituteProposed: _proposed,
    ev.LineSubstituted: _substituted,
    ev.SubstituteProposalClosed: _proposal_over,
    ev.ShipmentNoticeRecorded: _of_fo(_noticed),
    ev.InvoiceRecorded: _of_fo(_invoiced),
    ev.CancellationRequested: _cancellation,
    ev.CancellationClosed: _cancellation_over,
    ev.ItemIdentified: nothing,
}
"""How each of these events changes an order's state."""
