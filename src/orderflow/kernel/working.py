"""The working steps on a fulfillment order: pick, pack, ship, put away."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from functools import cache

from orderflow.kernel.allocating import keeps_waiting
from orderflow.kernel.backordering import backorder
from orderflow.kernel.checks import known, not_held
from orderflow.kernel.deciding import Deciding
from orderflow.kernel.step import Step
from orderflow.model import commands as cmd
from orderflow.model import events as ev
from orderflow.model.document import Terms
from orderflow.model.ledger import WORK_ORDER, Bucket, Slot
from orderflow.model.messages import (
    Delivered,
    HandOver,
    OpenParcel,
    SealParcel,
    VoidParcel,
)
from orderflow.model.parcel import Content, ParcelStatus
from orderflow.model.state import FulfillmentOrder
from orderflow.model.stock import Cause, Move, StockKey
from orderflow.workflow import Transition, Workflow

__all__ = [
    "UNIT_STEPS",
    "collect",
    "complete_work",
    "deliver",
    "finish_put_away",
    "pack",
    "pick",
    "seal",
    "ship",
    "take_out",
    "unpack",
    "way",
]

_TO_PICKED = Bucket.ALLOCATED, Bucket.PICKED
_TO_PACKED = Bucket.PICKED, Bucket.PACKED
_TO_SHIPPED = Bucket.PACKED, Bucket.SHIPPED
_TAKEN_PICKED = Bucket.PICKED, Bucket.SHIPPED
_TAKEN_AT_ONCE = Bucket.ALLOCATED, Bucket.SHIPPED

UNIT_STEPS: Mapping[str, tuple[Bucket, Bucket]] = {
    "pick": _TO_PICKED,
    "pack": _TO_PACKED,
    "collect": _TAKEN_PICKED,
    "hand_over": _TAKEN_AT_ONCE,
    "provide": _TAKEN_AT_ONCE,
}
"""The steps that units wait for where they stand, and the move that each makes."""


def pick(deciding: Deciding, body: cmd.Pick) -> None:
    """Move allocated units to picked; short ones leave the FO and are waited for."""
    if not body.units and not body.short:
        deciding.refuse("pick.nothing", "name the units that were picked, or those that were short")
    together = {
        line: body.units.get(line, 0) + body.short.get(line, 0)
        for line in {**body.units, **body.short}
    }
    for line in body.short:
        if line in deciding.lines and not deciding.lines[line].stocked:
            reason = f"line {line} is not kept in stock, so it cannot be short: pick or cancel it"
            deciding.refuse("pick.not_stocked", reason)
    _check_items(deciding, body)
    if not _may_work(deciding, body.fo, "pick", _TO_PICKED, together):
        return
    location = deciding.fos[body.fo].location
    for item in body.items:
        deciding.emit(
            ev.ItemIdentified(body.fo, item.line, item.quantity, item.lot, item.serial, item.expiry)
        )
    for line, units in body.units.items():
        slot = Slot(line, Bucket.ALLOCATED, body.fo)
        deciding.move(slot, slot._replace(bucket=Bucket.PICKED), units)
    for line, units in body.short.items():
        key = StockKey(deciding.lines[line].sku, location)
        deciding.stock.append(Move(key, -units, Cause.SHORT_PICK, body.fo))
        deciding.unreserve(line, body.fo, units)
        backorder(deciding, Slot(line, Bucket.ALLOCATED, body.fo), units, key)


def _check_items(deciding: Deciding, body: cmd.Pick) -> None:
    """What a line asks for must be taken down of each unit that was picked."""
    for line, units in body.units.items():
        asks = deciding.lines[line].asks if line in deciding.lines else ()
        told = [item for item in body.items if item.line == line]
        for ask in asks:
            have = sum(item.quantity for item in told if getattr(item, ask))
            if have != units:
                what = f"{units} of line {line} were picked, {ask} was given for {have}"
                deciding.refuse(f"pick.{ask}_missing", what)
        if "serial" in asks and any(item.quantity > 1 for item in told):
            deciding.refuse("pick.serial_shared", f"line {line}: one serial number is for one unit")


def pack(deciding: Deciding, body: cmd.Pack) -> None:
    """Move picked units into a new parcel, or into one that is open."""
    if not body.units:
        deciding.refuse("pack.nothing", "name the units that were packed")
    state = deciding.order.state
    view = state.parcels.get(body.into) if body.into else None
    there = deciding.context.parcel
    if there is not None and (there.sealed or there.voided):
        deciding.refuse("parcel.closed", f"{there.id} is {there.status}, nothing goes into it")
    if there is not None and there.lead != state.id and state.terms == Terms.CASH_ON_DELIVERY:
        what = f"{there.id} is {there.lead}'s, and its carrier would not collect for {state.id}"
        deciding.refuse("parcel.collects", f"{what}: pack it into a parcel of its own")
    if not _may_work(deciding, body.fo, "pack", _TO_PACKED, body.units):
        return
    parcel = body.into or f"{state.id}-P{len(state.parcels) + 1}"
    if view is None:
        deciding.emit(ev.ParcelPacked(parcel, body.fo))
    for line, units in body.units.items():
        slot = Slot(line, Bucket.PICKED, body.fo)
        deciding.move(slot, slot._replace(bucket=Bucket.PACKED, parcel=parcel), units)
    contents = tuple(Content(state.id, body.fo, line, n) for line, n in body.units.items())
    told = OpenParcel(parcel, deciding.fos[body.fo].strategy, contents, sealed=body.into is None)
    deciding.tell(f"parcel:{parcel}", told)


def seal(deciding: Deciding, body: cmd.Seal) -> None:
    """An open parcel gets nothing more."""
    view = known(deciding, "parcel.unknown", body.parcel, deciding.order.state.parcels)
    if view is None:
        return
    if view.status is not ParcelStatus.CREATED:
        deciding.refuse("parcel.closed", f"{view.id} is {view.status} already")
    elif not_held(deciding):
        deciding.tell(f"parcel:{view.id}", SealParcel())
        deciding.emit(ev.NoteAdded(f"parcel {view.id} sealed"))


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
    _check_whole(deciding)
    slots = list(deciding.order.ledger.slots(Bucket.PACKED, parcel=view.id))
    for fo in dict.fromkeys([slot.fo for slot, _ in slots] or [view.fo]):
        units = {slot.line: n for slot, n in slots if slot.fo == fo}
        if not _may_work(deciding, fo, "ship", _TO_SHIPPED, units):
            return
    for slot, quantity in slots:
        deciding.walk(slot, Bucket.SHIPPED, quantity)
    deciding.tell(f"parcel:{view.id}", HandOver())


def _check_whole(deciding: Deciding) -> None:
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
    if flow and any(t.moves == _TAKEN_PICKED for t in flow.transitions):
        source = Bucket.PICKED
    there = deciding.order.units(source, fo=body.fo)
    units = there if body.units is None else body.units
    if fo is not None and not units:
        deciding.refuse("collect.nothing", f"{fo.id} has nothing that can be collected")
    if not _may_work(deciding, body.fo, "collect", (source, Bucket.SHIPPED), units):
        return
    for line, quantity in units.items():
        deciding.walk(Slot(line, source, body.fo), Bucket.DELIVERED, quantity)


_GIVEN_UP = Bucket.CANCELLED, Bucket.SUBSTITUTED
"""The buckets of units that a fulfillment order no longer answers for."""


def finish_put_away(deciding: Deciding, body: cmd.FinishPutAway) -> None:
    """Cancelled units are back on the shelf: their stock is free."""
    there = deciding.order.state.put_aways
    put_away = known(deciding, "put_away.unknown", body.put_away, there)
    if put_away is None:
        return
    deciding.emit(ev.PutAwayDone(put_away.id))
    deciding.unreserve(put_away.line, put_away.fo, put_away.quantity)


def unpack(deciding: Deciding, parcel: str) -> None:
    """Take a parcel apart that has not left: its units, whose ever they are, are picked again."""
    view = deciding.order.state.parcels[parcel]
    deciding.emit(
        ev.ParcelMoved(
            parcel, ParcelStatus.VOIDED, view.version, view.carrier, view.tracking_number
        )
    )
    deciding.tell(f"parcel:{parcel}", VoidParcel())
    take_out(deciding, parcel)


def take_out(deciding: Deciding, parcel: str) -> None:
    """The units of a parcel that was voided are picked again."""
    slots = list(deciding.order.ledger.slots(Bucket.PACKED, parcel=parcel))
    for slot, units in slots:
        deciding.move(slot, Slot(slot.line, Bucket.PICKED, slot.fo), units)
    for fo in {slot.fo for slot, _ in slots}:
        _enter(deciding, fo, "pack", _TO_PACKED)


def complete_work(deciding: Deciding) -> None:
    """Fire the completions of the FOs that this decision touched."""
    while deciding.touched:
        fo = deciding.fos[min(deciding.touched)]
        deciding.touched.discard(fo.id)
        if fo.phase.final:
            continue
        stands = {
            slot.bucket
            for slot, units in deciding.units.items()
            if slot.fo == fo.id and units and slot.bucket not in _GIVEN_UP
        }
        flow = deciding.rules.machine(fo.workflow).workflow
        leaving = flow.leaving[fo.state]
        if not stands:
            if any(t.trigger == "cancel" for t in leaving):
                deciding.fire("cancel", fo=fo.id)
            continue
        behind = min(WORK_ORDER.get(bucket, len(WORK_ORDER)) for bucket in stands)
        for t in leaving:
            if t.moves and behind >= WORK_ORDER[t.moves[1]]:
                deciding.fire(t.trigger, fo=fo.id)
                break


def _may_work(
    deciding: Deciding,
    fo_id: str,
    verb: str,
    moves: tuple[Bucket, Bucket],
    units: Mapping[str, int],
) -> bool:
    """Check holds, the FO, its units and its state; name every reason; bring it to the state."""
    fo = known(deciding, "fo.unknown", fo_id, deciding.fos)
    if fo is None:
        return False
    not_held(deciding, fo_id)
    there_are = deciding.order.units(moves[0], fo=fo_id)
    for line, quantity in units.items():
        have = there_are.get(line, 0)
        if quantity > have:
            deciding.refuse(
                "fo.units_missing",
                f"{fo_id} has {have} of line {line} {moves[0]}, {quantity} were named",
            )
    return _enter(deciding, fo, verb, moves) and not deciding.refusals


def _enter(
    deciding: Deciding, fo: FulfillmentOrder | str, verb: str, moves: tuple[Bucket, Bucket]
) -> bool:
    """Bring a FO to a state in which units make this move; refuse where no way leads there."""
    if isinstance(fo, str):
        fo = deciding.fos[fo]
    flow = deciding.rules.machine(fo.workflow).workflow
    found = way(flow, fo.state, verb, moves)
    if found is None:
        places = ", ".join(t.source for t in flow.transitions if t.moves == moves)
        where = f"it must be in {places}" if places else f"{flow.name} has no state"
        deciding.refuse("fo.wrong_state", f"{fo.id} is {fo.state}; to {verb}, {where}")
        return False
    return all(deciding.fire(t.trigger, fo=fo.id) for t in found)


@cache
def way(
    flow: Workflow[Step], state: str, verb: str, moves: tuple[Bucket, Bucket]
) -> tuple[Transition[Step], ...] | None:
    """The transitions to a state in which units make *moves*.

    A unit command may fire its own verb, and may take completions early: what is left behind is
    taken up by going back. Other people's triggers it may not fire.
    """
    queue: deque[tuple[str, tuple[Transition[Step], ...]]] = deque([(state, ())])
    seen = {state}
    while queue:
        here, taken = queue.popleft()
        if any(t.moves == moves for t in flow.leaving[here]):
            return taken
        for t in flow.leaving[here]:
            if (t.completes or t.trigger == verb) and t.dest not in seen:
                seen.add(t.dest)
                queue.append((t.dest, (*taken, t)))
    return None
