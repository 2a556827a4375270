"""Shipping: parcels and units leave the house, to a carrier or to the customer."""

from __future__ import annotations

from orderflow.kernel.decision.checks import known
from orderflow.kernel.decision.draft import Draft
from orderflow.kernel.stock.allocation import waits_to_ship_complete
from orderflow.kernel.work.fulfillment_order import may_work
from orderflow.kernel.work.unit_steps import PICKED_AT_HANDOVER, TO_SHIPPED
from orderflow.model import commands as cmd
from orderflow.model.ledger import Bucket, Slot
from orderflow.model.messages import (
    DeliverParcel,
    HandOverParcel,
)
from orderflow.model.parcel import ParcelStatus

__all__ = ["check_whole", "collect", "deliver", "ship"]


def ship(draft: Draft, body: cmd.Ship) -> None:
    """Hand over a labeled parcel: its units leave the house and the stock."""
    view = known(draft, "parcel.unknown", body.parcel, draft.order.state.parcels)
    if view is None:
        return
    if view.status is not ParcelStatus.LABELED:
        needs = "only a labelled parcel can be handed over"
        draft.refuse("parcel.not_labelled", f"{view.id} is {view.status}; {needs}")
    if view.held_by:
        what = f"{view.id} holds units of {', '.join(view.held_by)}: on hold"
        draft.refuse("parcel.held", what)
    check_whole(draft)
    slots = list(draft.order.ledger.slots(Bucket.PACKED, parcel=view.id))
    for fo in dict.fromkeys([slot.fo for slot, _ in slots] or [view.fo]):
        units = {slot.line: n for slot, n in slots if slot.fo == fo}
        if not may_work(draft, fo, "ship", TO_SHIPPED, units):
            return
    for slot, quantity in slots:
        draft.move_along(slot, Bucket.SHIPPED, quantity)
    draft.send(f"parcel:{view.id}", HandOverParcel())


def check_whole(draft: Draft) -> None:
    """Refuse while a ship-complete order lacks units."""
    if waits_to_ship_complete(draft.order.state):
        totals = draft.order.ledger.totals()
        missing = [f"{n} {b}" for b in (Bucket.OPEN, Bucket.BACKORDERED) if (n := totals.get(b))]
        what = f"{draft.id} ships complete only, and units are {', '.join(missing)}"
        draft.refuse("order.not_whole", f"{what}: wait for them, or cancel them")


def deliver(draft: Draft, body: cmd.Deliver) -> None:
    """Record a delivery by our own people; carriers report theirs."""
    view = known(draft, "parcel.unknown", body.parcel, draft.order.state.parcels)
    if view is None:
        return
    out = list(draft.order.ledger.slots(Bucket.SHIPPED, parcel=view.id))
    if not out:
        draft.refuse("parcel.not_out", f"{view.id} is {view.status}: nothing in it is on its way")
    for slot, units in out:
        draft.move_along(slot, Bucket.DELIVERED, units)
    if out:
        draft.send(f"parcel:{view.id}", DeliverParcel())


def collect(draft: Draft, body: cmd.Collect) -> None:
    """Record that the customer has the units: at the counter, at the pickup point, or digitally."""
    fo = draft.fos.get(body.fo)
    flow = draft.rules.machine(fo.workflow).workflow if fo else None
    source = Bucket.ALLOCATED
    if flow and any(t.moves == PICKED_AT_HANDOVER for t in flow.transitions):
        source = Bucket.PICKED
    there = draft.order.units(source, fo=body.fo)
    units = there if body.units is None else body.units
    if fo is not None and not units:
        draft.refuse("collect.nothing", f"{fo.id} has nothing that can be collected")
    if not may_work(draft, body.fo, "collect", (source, Bucket.SHIPPED), units):
        return
    for line, quantity in units.items():
        draft.move_along(Slot(line, source, body.fo), Bucket.DELIVERED, quantity)
