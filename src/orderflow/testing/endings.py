"""What is still to be told or asked so that a life ends well."""

from __future__ import annotations

from orderflow.model.commands import Body, Cancel
from orderflow.model.ledger import Bucket
from orderflow.model.observations import (
    CancellationAnswered,
    Fact,
    GoodsReturned,
    GoodsShipped,
    RequestAnswered,
    TrackingReported,
)
from orderflow.model.order import Order
from orderflow.model.parcel import ParcelStatus
from orderflow.model.phases import Phase, ReturnPhase

__all__ = ["amends", "good_news"]


def good_news(order: Order) -> list[Fact]:
    """The goods left, arrived, came back."""
    state, news = order.state, list[Fact]()
    for asked in state.cancellations.values():
        news.append(CancellationAnswered(fo=asked.fo, lines=dict(asked.lines)))
    for fo in state.fulfillment_orders.values():
        units = order.units(Bucket.ALLOCATED, fo=fo.id)
        if f"{fo.id}:submit:0" in state.taken and not fo.phase.final:
            if fo.phase is Phase.REQUESTED:
                news.append(RequestAnswered(fo=fo.id))
            if units:
                number = f"N-{fo.id}-{len(fo.notices)}"
                news.append(
                    GoodsShipped(fo=fo.id, notice=number, lines=units, tracking_number=number)
                )
    for view in state.parcels.values():
        if view.tracking_number and order.units(Bucket.SHIPPED, parcel=view.id):
            arrived = ParcelStatus.DELIVERED
            news.append(TrackingReported(tracking_number=view.tracking_number, status=arrived))
    for rma in state.returns.values():
        if rma.phase is ReturnPhase.APPROVED:
            news.append(GoodsReturned(lines=dict(rma.lines), rma=rma.id))
    return news


def amends(order: Order) -> list[Body]:
    """What is commanded about units that were lost, or came back undelivered."""
    stuck = order.units(Bucket.LOST, Bucket.RETURNED_UNDELIVERED)
    return [Cancel(lines=stuck)] if stuck else []
