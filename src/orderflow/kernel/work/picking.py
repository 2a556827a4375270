"""Picking: units are taken from the shelf, or are short."""

from __future__ import annotations

from orderflow.kernel.decision.draft import Draft
from orderflow.kernel.stock.backorder import backorder
from orderflow.kernel.work.fulfillment_order import may_work
from orderflow.kernel.work.unit_steps import TO_PICKED
from orderflow.model import commands as cmd
from orderflow.model import events as ev
from orderflow.model.ledger import Bucket, Slot
from orderflow.model.stock import AdjustStock, Cause, StockKey

__all__ = ["pick"]


def pick(draft: Draft, body: cmd.Pick) -> None:
    """Move allocated units to `picked`; release short ones and backorder them."""
    if not body.units and not body.short:
        draft.refuse("pick.nothing", "name the units that were picked, or those that were short")
    together = {
        line: body.units.get(line, 0) + body.short.get(line, 0)
        for line in {**body.units, **body.short}
    }
    for line in body.short:
        if line in draft.lines and not draft.lines[line].stocked:
            reason = f"line {line} is not kept in stock, so it cannot be short: pick or cancel it"
            draft.refuse("pick.not_stocked", reason)
    _check_items(draft, body)
    if not may_work(draft, body.fo, "pick", TO_PICKED, together):
        return
    location = draft.fos[body.fo].location
    for item in body.items:
        draft.emit(
            ev.ItemIdentified(body.fo, item.line, item.quantity, item.lot, item.serial, item.expiry)
        )
    for line, units in body.units.items():
        slot = Slot(line, Bucket.ALLOCATED, body.fo)
        draft.move(slot, slot._replace(bucket=Bucket.PICKED), units)
    for line, units in body.short.items():
        key = StockKey(draft.lines[line].sku, location)
        draft.stock.append(AdjustStock(key, -units, Cause.SHORT_PICK, body.fo))
        draft.release_reservation(line, body.fo, units)
        backorder(draft, Slot(line, Bucket.ALLOCATED, body.fo), units, key)


def _check_items(draft: Draft, body: cmd.Pick) -> None:
    """Refuse if the lot, serial or expiry that a line requires is missing for a picked unit."""
    for line, units in body.units.items():
        asks = draft.lines[line].asks if line in draft.lines else ()
        told = [item for item in body.items if item.line == line]
        for ask in asks:
            have = sum(item.quantity for item in told if getattr(item, ask))
            if have != units:
                what = f"{units} of line {line} were picked, but {ask} was entered for {have}"
                draft.refuse(f"pick.{ask}_missing", what)
        if "serial" in asks and any(item.quantity > 1 for item in told):
            draft.refuse("pick.serial_shared", f"line {line}: one serial number is for one unit")
