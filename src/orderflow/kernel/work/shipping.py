"""Shipping: parcels and units leave the house, to a carrier or to the customer."""

from __future__ import annotations

from orderflow.kernel.decision.checks import known
from orderflow.kernel.decision.draft import Deciding
from orderflow.kernel.stock.allocation import keeps_waiting
from orderflow.kernel.work.fulfillment_order import may_work
from orderflow.kernel.work.unit_steps import TAKEN_PICKED, TO_SHIPPED
from orderflow.model import commands as cmd
from orderflow.model.ledger import Bucket, Slot
from orderflow.model.messages import (
    Delivered,
    HandOver,
)
from orderflow.model.parcel import ParcelStatus

__all__ = ["check_whole", "collect", "deliver", "ship"]


def ship(deciding: Deciding, body: cmd.Ship) -> None:
    """Hand a labelled parcel over: its units leave the house and the stock."""
    view = known(deciding, "parcel.unknown", body.parcel, deciding.order.state.parcels)
    if view is None:
        return
    if view.status is not ParcelStatus.LABELLED:
        needs = "only a labelled parcel can be handed over"
        deciding.refuse("parcel.not_labelled", f"{view.id} is {view.status}; {needs}")
    if view.held_by:
        what = f"{view.id} holds units of {', '.join(view.held_by)}: on hold"
        deciding.refuse("parcel.held", what)
    check_whole(deciding)
    slots = list(deciding.order.ledger.slots(Bucket.PACKED, parcel=view.id))
    for fo in dict.fromkeys([slot.fo for slot, _ in slots] or [view.fo]):
        units = {slot.line: n for slot, n in slots if slot.fo == fo}
        if not may_work(deciding, fo, "ship", TO_SHIPPED, units):
            return
    for slot, quantity in slots:
        deciding.walk(slot, Bucket.SHIPPED, quantity)
    deciding.tell(f"parcel:{view.id}", HandOver())


def check_whole(deciding: Deciding) -> None:
    """Refuse while an order that is to leave at once lacks units."""
    if keeps_waiting(deciding.order.state):
        totals = deciding.order.ledger.totals()
        missing = [f"{n} {b}" for b in (Bucket.OPEN, Bucket.BACKORDERED) if (n := totals.get(b))]
        what = f"{deciding.id} is to leave at once and whole, and units are {', '.join(missing)}"
        deciding.refuse("order.not_whole", f"{what}: wait for them, or cancel them")


def deliver(deciding: Deciding, body: cmd.Deliver) -> None:
    """Somebody of ours delivered a parcel; a carrier's parcels it reports itself."""
    view = known(deciding, "parcel.unknown", body.parcel, deciding.order.state.parcels)
    if view is None:
        return
    out = list(deciding.order.ledger.slots(Bucket.SHIPPED, parcel=view.id))
    if not out:
        deciding.refuse(
            "parcel.not_out", f"{view.id} is {view.status}: nothing in it is on its way"
        )
    for slot, units in out:
        deciding.walk(slot, Bucket.DELIVERED, units)
    if out:
        deciding.tell(f"parcel:{view.id}", Delivered())


def collect(deciding: Deciding, body: cmd.Collect) -> None:
    """The customer has the units: at the counter, at the pickup point, or by wire."""
    fo = deciding.fos.get(body.fo)
    flow = deciding.rules.machine(fo.workflow).workflow if fo else None
    source = Bucket.ALLOCATED
    if flow and any(t.moves == TAKEN_PICKED for t in flow.transitions):
        source = Bucket.PICKED
    there = deciding.order.units(source, fo=body.fo)
    units = there if body.units is None else body.units
    if fo is not None and not units:
        deciding.refuse("collect.nothing", f"{fo.id} has nothing that can be collected")
    if not may_work(deciding, body.fo, "collect", (source, Bucket.SHIPPED), units):
        return
    for line, quantity in units.items():
        deciding.walk(Slot(line, source, body.fo), Bucket.DELIVERED, quantity)
