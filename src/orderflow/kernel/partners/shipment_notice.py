"""Shipment notices: what a partner reports as shipped."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import product

from orderflow.kernel.decision.draft import Draft
from orderflow.kernel.orders.lines import line_and_substitutes
from orderflow.kernel.partners.request import comes_again, note_contact, partner_fo, says
from orderflow.model import events as ev
from orderflow.model import observations as obs
from orderflow.model.ledger import Bucket, Slot
from orderflow.model.messages import Dispatched
from orderflow.model.parcel import Content
from orderflow.model.phases import Phase
from orderflow.model.state import FulfillmentOrder

__all__ = ["SHIPPED", "goods_shipped"]

_A_WEEK = timedelta(days=7)
SHIPPED = (
    Bucket.SHIPPED,
    Bucket.DELIVERED,
    Bucket.RETURNING,
    Bucket.RETURNED,
    Bucket.RETURNING_UNDELIVERED,
    Bucket.RETURNED_UNDELIVERED,
    Bucket.LOST,
)
"""The buckets of units that a partner has shipped, whatever became of them."""


def goods_shipped(draft: Draft, body: obs.GoodsShipped) -> None:
    """Apply a shipment notice: it opens a parcel, or adds to one of earlier notices."""
    fo = partner_fo(draft, body)
    if fo is None:
        return
    if body.notice in fo.notices:
        what = ", ".join(f"{units} of line {line}" for line, units in body.lines.items())
        what += f" by {body.tracking_number}" if body.tracking_number else ""
        comes_again(draft, fo, f"notice {body.notice}", body, what)
        return
    note_contact(draft, fo)
    draft.emit(ev.ShipmentNoticeRecorded(fo.id, body.notice, body.lines, says(body)))
    for item in body.items:
        draft.emit(
            ev.ItemIdentified(fo.id, item.line, item.quantity, item.lot, item.serial, item.expiry)
        )
    if fo.phase is Phase.REQUESTED:  # the notice came before the answer
        draft.fire("accept", fo=fo.id)
    parcel = _parcel_id(draft, fo, body)
    out: Counter[str] = Counter()
    for line, units in body.lines.items():
        out += _leave(draft, fo, line, units, parcel)
    if out:
        contents = tuple(Content(draft.id, fo.id, line, units) for line, units in out.items())
        told = Dispatched(parcel, fo.strategy, contents, body.carrier, body.tracking_number)
        draft.send(f"parcel:{parcel}", told)


def _parcel_id(draft: Draft, fo: FulfillmentOrder, body: obs.GoodsShipped) -> str:
    """The parcel's id, by its tracking number, whoever's units are in it.

    Carriers reuse numbers: a parcel that ended more than a week before is another one.
    """
    name, own = body.tracking_number, f"{draft.id}-P{len(draft.order.state.parcels) + 1}"
    if not name:
        return own
    name, there = f"{body.carrier or fo.strategy}/{name}", draft.context.parcel
    if there is None or there.strategy != fo.strategy or there.carrier != body.carrier:
        return name
    left = draft.context.at or draft.context.now
    over = there.status.final and left > there.since + _A_WEEK
    return own if over else there.id


def _leave(draft: Draft, fo: FulfillmentOrder, line: str, units: int, parcel: str) -> Counter[str]:
    """Ship units of a line or its substitutes, allocated ones first; returns units per line.

    Then cancelled ones, with a task. The partner uses the line's number on our request, whatever
    it ships.
    """
    left, out = units, Counter[str]()
    names = line_and_substitutes(draft.lines, line)
    for bucket, name in product((Bucket.ALLOCATED, Bucket.CANCELLED), names):
        slot = Slot(name, bucket, fo.id)
        take = min(left, draft.units.get(slot, 0))
        if not take:
            continue
        if parcel not in draft.order.state.parcels:
            draft.emit(ev.ParcelPacked(parcel, fo.id))
        draft.move_along(slot, Bucket.SHIPPED, take, parcel=parcel)
        left -= take
        out[name] += take
        if bucket is Bucket.CANCELLED:
            what = (
                f"{fo.strategy} shipped {take} of line {name} that were cancelled: recall "
                "them, or accept them"
            )
            draft.open_task("exception.shipped", "support", what, fo.id)
    if left:
        draft.emit(ev.OverageFound(line, left))
        what = f"{fo.strategy} shipped {left} too many of line {line}: ask for their return"
        draft.open_task("exception.surplus", "support", what, fo.id)
    return out
