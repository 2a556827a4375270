"""Picking: units are taken from the shelf, or found short."""

from __future__ import annotations

from orderflow.kernel.decision.draft import Deciding
from orderflow.kernel.stock.backorder import backorder
from orderflow.kernel.work.fulfillment_order import may_work
from orderflow.kernel.work.unit_steps import TO_PICKED
from orderflow.model import commands as cmd
from orderflow.model import events as ev
from orderflow.model.ledger import Bucket, Slot
from orderflow.model.stock import Cause, Move, StockKey

__all__ = ["pick"]


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
    if not may_work(deciding, body.fo, "pick", TO_PICKED, together):
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
