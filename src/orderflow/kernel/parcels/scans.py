"""Scans: the units in a parcel follow its carrier's reports."""

from __future__ import annotations

from orderflow.kernel.decision.draft import Draft
from orderflow.kernel.returns.goods import STANDS, date_delivery, rematch_returned_units
from orderflow.kernel.work.packing import take_units_out
from orderflow.model import events as ev
from orderflow.model.ledger import SETTLED, Bucket
from orderflow.model.messages import ParcelChanged
from orderflow.model.parcel import AT_SENDER, ParcelStatus
from orderflow.model.phases import OrderPhase

__all__ = ["parcel_changed"]

_GONE = (ParcelStatus.LOST, ParcelStatus.RETURNED_TO_SENDER)


_WITH_THE_CARRIER = (
    Bucket.PACKED,
    Bucket.SHIPPED,
    Bucket.DELIVERED,
    Bucket.RETURNING_UNDELIVERED,
    Bucket.RETURNED_UNDELIVERED,
    Bucket.LOST,
)


def parcel_changed(draft: Draft, body: ParcelChanged) -> None:
    """Move the parcel's units to the bucket of its status; run hooks."""
    before = draft.order.state.parcels[body.parcel].status
    _follow(draft, body)
    view = draft.order.state.parcels[body.parcel]
    if view.status is not before:
        draft.run_parcel_hooks(view)


def _follow(draft: Draft, body: ParcelChanged) -> None:
    view = draft.order.state.parcels[body.parcel]
    if body.version <= view.version:
        return
    if view.status is ParcelStatus.VOIDED:
        if body.status is not ParcelStatus.VOIDED and body.status not in AT_SENDER:
            reason = f"{view.id} was voided, but the carrier reports it {body.status}"
            draft.keep_observation("parcel_changed", reason, view.id)
        return
    draft.emit(
        ev.ParcelMoved(
            body.parcel,
            body.status,
            body.version,
            body.carrier,
            body.tracking_number,
            body.lead,
            body.held_by,
            body.signed,
        )
    )
    if body.status is ParcelStatus.VOIDED:
        take_units_out(draft, body.parcel)
    dest = STANDS.get(body.status)
    if dest is None:
        return
    _ask_about_what_was_found(draft, body)
    held = draft.order.ledger.slots(*_WITH_THE_CARRIER, parcel=body.parcel)
    for slot, units in list(held):
        if slot.bucket is not dest:
            draft.move_along(slot, dest, units)
    rematch_returned_units(draft)
    date_delivery(draft)
    there = dest not in SETTLED and draft.order.ledger.total(dest, parcel=body.parcel)
    if there and draft.order.state.phase is OrderPhase.COMPLETED:
        reason = (
            f"{body.parcel} is {body.status}, but the order is completed: reopen it, or "
            "close this task"
        )
        draft.open_task("exception.after_all", "support", reason, body.parcel)


def _ask_about_what_was_found(draft: Draft, body: ParcelChanged) -> None:
    """Open a task for a parcel that is on its way after its units were cancelled or sent again."""
    if given_up := draft.order.ledger.total(Bucket.CANCELLED, parcel=body.parcel):
        reason = f"{given_up} units in {body.parcel} were cancelled, but it is {body.status}"
        draft.open_task("exception.found", "support", reason, body.parcel)
    if body.status not in _GONE and not draft.order.ledger.total(parcel=body.parcel):
        reason = (
            f"the units of parcel {body.parcel} were sent again, but it is {body.status}: recall it"
        )
        draft.open_task("exception.found", "support", reason, body.parcel)
