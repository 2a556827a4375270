"""Packing: units are put into parcels, and taken out of them."""

from __future__ import annotations

from orderflow.kernel.decision.checks import known, not_held
from orderflow.kernel.decision.draft import Draft
from orderflow.kernel.work.fulfillment_order import enter, may_work
from orderflow.kernel.work.unit_steps import TO_PACKED
from orderflow.model import commands as cmd
from orderflow.model import events as ev
from orderflow.model.document import Terms
from orderflow.model.ledger import Bucket, Slot
from orderflow.model.messages import (
    OpenParcel,
    SealParcel,
    VoidParcel,
)
from orderflow.model.parcel import Content, ParcelStatus

__all__ = ["pack", "seal", "take_units_out", "unpack"]


def pack(draft: Draft, body: cmd.Pack) -> None:
    """Move picked units into a new parcel, or into an open one."""
    if not body.units:
        draft.refuse("pack.nothing", "name the units that were packed")
    state = draft.order.state
    view = state.parcels.get(body.into) if body.into else None
    there = draft.context.parcel
    if there is not None and (there.sealed or there.voided):
        draft.refuse("parcel.closed", f"{there.id} is {there.status}, nothing goes into it")
    if there is not None and there.lead != state.id and state.terms == Terms.CASH_ON_DELIVERY:
        what = (
            f"parcel {there.id} belongs to order {there.lead}, and {state.id} is paid on delivery"
        )
        draft.refuse("parcel.collects", f"{what}: pack it into a parcel of its own")
    if not may_work(draft, body.fo, "pack", TO_PACKED, body.units):
        return
    parcel = body.into or f"{state.id}-P{len(state.parcels) + 1}"
    if view is None:
        draft.emit(ev.ParcelPacked(parcel, body.fo))
    for line, units in body.units.items():
        slot = Slot(line, Bucket.PICKED, body.fo)
        draft.move(slot, slot._replace(bucket=Bucket.PACKED, parcel=parcel), units)
    contents = tuple(Content(state.id, body.fo, line, n) for line, n in body.units.items())
    told = OpenParcel(parcel, draft.fos[body.fo].strategy, contents, sealed=body.into is None)
    draft.send(f"parcel:{parcel}", told)


def seal(draft: Draft, body: cmd.Seal) -> None:
    """Seal an open parcel: nothing more goes into it."""
    view = known(draft, "parcel.unknown", body.parcel, draft.order.state.parcels)
    if view is None:
        return
    if view.status is not ParcelStatus.CREATED:
        draft.refuse("parcel.closed", f"{view.id} is {view.status} already")
    elif not_held(draft):
        draft.send(f"parcel:{view.id}", SealParcel())
        draft.emit(ev.NoteAdded(f"parcel {view.id} sealed"))


def unpack(draft: Draft, parcel: str) -> None:
    """Unpack a parcel that has not left; its units return to `picked`."""
    view = draft.order.state.parcels[parcel]
    draft.emit(
        ev.ParcelMoved(
            parcel, ParcelStatus.VOIDED, view.version, view.carrier, view.tracking_number
        )
    )
    draft.send(f"parcel:{parcel}", VoidParcel())
    take_units_out(draft, parcel)


def take_units_out(draft: Draft, parcel: str) -> None:
    """Move the units of a voided parcel back to `picked`."""
    slots = list(draft.order.ledger.slots(Bucket.PACKED, parcel=parcel))
    for slot, units in slots:
        draft.move(slot, Slot(slot.line, Bucket.PICKED, slot.fo), units)
    for fo in {slot.fo for slot, _ in slots if not draft.fos[slot.fo].phase.final}:
        enter(draft, fo, "pack", TO_PACKED)
