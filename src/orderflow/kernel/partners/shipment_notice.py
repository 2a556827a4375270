"""Shipment notices: what a partner says that it shipped."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import product

from orderflow.kernel.decision.draft import Deciding
from orderflow.kernel.orders.lines import standing_for
from orderflow.kernel.partners.request import comes_again, heard_from, party_fo, says
from orderflow.model import events as ev
from orderflow.model import observations as obs
from orderflow.model.ledger import Bucket, Slot
from orderflow.model.messages import Despatched
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


def goods_shipped(deciding: Deciding, body: obs.GoodsShipped) -> None:
    """A ship notice opens a parcel, or fills one that other notices named."""
    fo = party_fo(deciding, body)
    if fo is None:
        return
    if body.notice in fo.notices:
        what = ", ".join(f"{units} of line {line}" for line, units in body.lines.items())
        what += f" by {body.tracking_number}" if body.tracking_number else ""
        comes_again(deciding, fo, f"notice {body.notice}", body, what)
        return
    heard_from(deciding, fo)
    deciding.emit(ev.NoticeRecorded(fo.id, body.notice, body.lines, says(body)))
    for item in body.items:
        deciding.emit(
            ev.ItemIdentified(fo.id, item.line, item.quantity, item.lot, item.serial, item.expiry)
        )
    if fo.phase is Phase.REQUESTED:  # the notice came before the answer
        deciding.fire("accept", fo=fo.id)
    parcel = _parcel_id(deciding, fo, body)
    out: Counter[str] = Counter()
    for line, units in body.lines.items():
        out += _leave(deciding, fo, line, units, parcel)
    if out:
        contents = tuple(Content(deciding.id, fo.id, line, units) for line, units in out.items())
        told = Despatched(parcel, fo.strategy, contents, body.carrier, body.tracking_number)
        deciding.tell(f"parcel:{parcel}", told)


def _parcel_id(deciding: Deciding, fo: FulfillmentOrder, body: obs.GoodsShipped) -> str:
    """A parcel is known by its tracking number, whoever's units are in it.

    Carriers use numbers again: one whose trip was over a week before is not the parcel that left.
    """
    name, own = body.tracking_number, f"{deciding.id}-P{len(deciding.order.state.parcels) + 1}"
    if not name:
        return own
    name, there = f"{body.carrier or fo.strategy}/{name}", deciding.context.parcel
    if there is None or there.strategy != fo.strategy or there.carrier != body.carrier:
        return name
    left = deciding.context.at or deciding.context.now
    over = there.status.final and left > there.since + _A_WEEK
    return own if over else there.id


def _leave(
    deciding: Deciding, fo: FulfillmentOrder, line: str, units: int, parcel: str
) -> Counter[str]:
    """Ship units that the party has, or had, of a line or of what stands in for it: which it was.

    The party knows a line by its number on our request, whatever it sends in its place.
    """
    left, out = units, Counter[str]()
    names = standing_for(deciding.lines, line)
    for bucket, name in product((Bucket.ALLOCATED, Bucket.CANCELLED), names):
        slot = Slot(name, bucket, fo.id)
        take = min(left, deciding.units.get(slot, 0))
        if not take:
            continue
        if parcel not in deciding.order.state.parcels:
            deciding.emit(ev.ParcelPacked(parcel, fo.id))
        deciding.walk(slot, Bucket.SHIPPED, take, parcel=parcel)
        left -= take
        out[name] += take
        if bucket is Bucket.CANCELLED:
            what = (
                f"{fo.strategy} shipped {take} of line {name} that were cancelled: call them back"
            )
            deciding.ask_person("exception.shipped", "support", what, fo.id)
    if left:
        deciding.emit(ev.SurplusFound(line, left))
        what = f"{fo.strategy} shipped {left} of line {line} more than it was to: ask for them back"
        deciding.ask_person("exception.surplus", "support", what, fo.id)
    return out
