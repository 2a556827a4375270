"""Drafts: a decision being made, and how it moves units, stock and states."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from orderflow.kernel.decision.cursor import DraftCursor
from orderflow.kernel.decision.record import Context, Record
from orderflow.kernel.decision.step import Step
from orderflow.model import events as ev
from orderflow.model.ledger import IN_WORK, Bucket, Slot, path
from orderflow.model.messages import SettleStock, TakeUnitsOut
from orderflow.model.parcel import Content
from orderflow.model.state import ParcelView, Stamp
from orderflow.model.stock import AdjustStock, Cause, LeaveWaitingList, Release, StockKey

__all__ = ["Context", "Draft"]


class Draft(Record):
    """A record, and the moves that commands and observations make in it."""

    def move(self, source: Slot, dest: Slot, quantity: int) -> None:
        """Move units by one legal step."""
        self.emit(ev.UnitsMoved(quantity, source, dest))
        self.touched |= {source.fo, dest.fo} - {""}

    def move_along(
        self,
        slot: Slot,
        dest: Bucket,
        quantity: int,
        *,
        parcel: str | None = None,
        rma: str | None = None,
    ) -> None:
        """Move units along the shortest legal path, as observations do, into *parcel* or *rma*."""
        way = path(slot.bucket, dest)
        if way is None:
            raise ValueError(f"no legal way from {slot.bucket} to {dest}")
        for bucket in way:
            after = slot._replace(bucket=bucket)
            if bucket is dest:
                held = slot.parcel if parcel is None else parcel
                after = after._replace(parcel=held, rma=slot.rma if rma is None else rma)
            self.leave_stock(slot, after, quantity)
            self.move(slot, after, quantity)
            slot = after

    def leave_stock(self, source: Slot, dest: Slot, quantity: int) -> None:
        """Consume the reservation of units that leave the house."""
        if dest.bucket is Bucket.SHIPPED and source.bucket in IN_WORK:
            self.release_reservation(source.line, source.fo, quantity, Cause.SHIPMENT)

    def release_reservation(
        self, line: str, fo: str, quantity: int, consume: Cause | None = None
    ) -> None:
        """Release a line's reserved units; with *consume*, they leave the stock."""
        key = self.stock_key(line, fo)
        if key is not None:
            self.stock.append(Release(key, self.id, line, quantity, consume, self.context.at))
            if consume is None:
                self.offer_freed_stock(key)

    def leave_waiting_list(self, line: str, quantity: int) -> None:
        """Take units of a line off the waiting lists; a grant may already be on its way."""
        for (waits, key), units in sorted(self.context.waiting.items()):
            if waits == line and (take := min(quantity, units)):
                self.stock.append(LeaveWaitingList(key, self.id, line, take))
                quantity -= take

    def take_units_out(self, parcels: Mapping[str, Iterable[Content]]) -> None:
        """Send each parcel a message that units are removed from it; skips counter sales."""
        for parcel, contents in parcels.items():
            if parcel:
                self.send(f"parcel:{parcel}", TakeUnitsOut(tuple(contents)))

    def restock(self, slot: Slot, quantity: int, reference: str) -> None:
        """Put returned units back on the shelf that they were picked from."""
        key = self.stock_key(slot.line, slot.fo)
        if key is not None:
            self.stock.append(AdjustStock(key, quantity, Cause.RETURN, reference))
            self.offer_freed_stock(key)

    def quarantine(self, slot: Slot, quantity: int, reference: str) -> None:
        """Put returned units in quarantine: counted, never sold."""
        key = self.stock_key(slot.line, slot.fo)
        if key is not None:
            self.stock.append(AdjustStock(key.quarantine, quantity, Cause.RETURN, reference))

    def offer_freed_stock(self, key: StockKey) -> None:
        """Have the stock grant freed units to waiting backorders; once per key."""
        if key not in self._settling:
            self._settling.add(key)
            self.send(f"stock:{key}", SettleStock(key))

    def fire(
        self,
        trigger: str,
        *,
        fo: str = "",
        rma: str = "",
        data: Mapping[str, Any] | None = None,
        reason: str = "",
    ) -> bool:
        """Fire a trigger on the order, a FO or a return; every reason to refuse is recorded."""
        stamp, state = self._stands(fo, rma)
        machine = self.rules.machine(stamp)
        if not machine.leads_on(trigger, state):
            of, only = fo or rma or self.id, machine.workflow.onward[state]
            what = f"{of} is {state}; {trigger} does not lead on from there, only {only}"
            self.refuse("transition.not_declared", what)
            return False
        cursor = DraftCursor(self, machine.workflow, state, trigger, fo, rma, data or {}, reason)
        if machine.fire(cursor, trigger):
            return True
        for refusal in cursor.refusals:
            self.refuse(refusal.code, refusal.sentence)
        return False

    def _stands(self, fo: str, rma: str) -> tuple[Stamp, str]:
        """The workflow of the order, a FO or a return, and its state, without a snapshot."""
        if fo:
            return self.fos[fo].workflow, self.fos[fo].state
        if rma:
            return self.returns[rma].workflow, self.returns[rma].state
        if self._folding is None and self._base is not None:
            before = self._base.state
            return before.workflow, before.lifecycle
        return self._fold.peek("workflow"), self._fold.peek("lifecycle")

    def run_parcel_hooks(self, view: ParcelView) -> None:
        """Run the inside hooks of a parcel's new status."""
        for hook in self.rules.hooks.inside("on_parcel", view.status, ""):
            fo = self.order.state.fulfillment_orders.get(view.fo)
            context, data = self.context, {"parcel": view.id}
            step = Step(
                self.order,
                view.status,
                context.actor,
                context.now,
                fo,
                None,
                data,
                context.external,
            )
            self.add(hook(step), view.id)  # type: ignore[arg-type]  # registered as inside hooks
