"""Plausible commands to an order, and observations about it, in its current state."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from orderflow.model import commands as cmd
from orderflow.model import observations as obs
from orderflow.model.ledger import Bucket
from orderflow.model.order import Order
from orderflow.model.parcel import ParcelStatus
from orderflow.model.phases import Phase, ReturnPhase
from orderflow.model.state import FulfillmentOrder, PaymentOutcome

__all__ = [
    "commands_for",
    "cooperative_observations",
    "observations_for",
    "plausible_commands",
    "plausible_observations",
    "repairs",
]


def commands_for(order: Order) -> SearchStrategy[cmd.Command]:
    """Plausible commands to this order: sensible, too early, or too late."""
    bodies = st.sampled_from(list(plausible_commands(order)))
    actors = st.sampled_from(["ana", "bo"])
    return st.builds(lambda body, by: body.to(order.id, by=by), bodies, actors)


def observations_for(order: Order, now: datetime | None = None) -> SearchStrategy[obs.Observation]:
    """Plausible observations about this order: true or not, early, late, of too many units.

    *now* is their time of arrival; by default a day after the order's last move.
    """
    moment = now or order.state.since + timedelta(days=1)
    facts = st.sampled_from(list(plausible_observations(order)))
    ages = st.sampled_from([timedelta(), timedelta(hours=1), timedelta(hours=9)])
    return st.builds(lambda fact, age: fact.at(moment - age, subject=order.id), facts, ages)


def plausible_commands(order: Order) -> Iterator[cmd.CommandBody]:
    """The bodies for :func:`commands_for`, plain ones first."""
    state = order.state
    yield from (cmd.Confirm(), cmd.Cancel(), cmd.Route(), cmd.ConfirmDelivery())
    yield cmd.PlaceHold(hold="check", reason="to be looked at")
    yield from (cmd.ReleaseHold(hold=hold) for hold in state.holds)
    yield from (cmd.CloseTask(task=task) for task in state.tasks)
    for line in (*state.lines, "9"):  # the last one does not exist
        for units in (1, 3):
            yield cmd.Cancel(lines={line: units})
            yield cmd.RequestReturn(lines={line: units})
    for fo in state.fulfillment_orders.values():
        yield from _work(order, fo)
    for view in state.parcels.values():
        yield from (cmd.Seal(parcel=view.id), cmd.Ship(parcel=view.id), cmd.Deliver(parcel=view.id))
    yield from (cmd.FinishPutAway(put_away=put_away) for put_away in state.put_aways)
    for rma in state.returns:
        yield from (cmd.ApproveReturn(rma=rma), cmd.CloseReturn(rma=rma))
        yield cmd.DeclineReturn(rma=rma, reason="to be looked at")
    yield from (cmd.AcceptSubstitute(fo=p.fo, line=p.line) for p in state.proposals.values())
    yield from (cmd.SendDunning(), cmd.Reopen(reason="to be looked at"))


def _work(order: Order, fo: FulfillmentOrder) -> Iterator[cmd.CommandBody]:
    allocated = order.units(Bucket.ALLOCATED, fo=fo.id)
    picked = order.units(Bucket.PICKED, fo=fo.id)
    for units in (allocated, *({line: 1} for line in order.state.lines)):
        yield cmd.Pick(fo=fo.id, units=units)
    for line in allocated:
        yield cmd.Pick(fo=fo.id, short={line: 1})
    if picked:
        yield from (cmd.Pack(fo=fo.id, units=picked), cmd.Pack(fo=fo.id, units=picked, into="BOX"))
    yield from (cmd.Collect(fo=fo.id), cmd.Submit(fo=fo.id), cmd.Reroute(fo=fo.id))


def plausible_observations(order: Order) -> Iterator[obs.ObservationBody]:
    """The observations for :func:`observations_for`, plain ones first."""
    state = order.state
    numbers = [view.tracking_number for view in state.parcels.values() if view.tracking_number]
    for number in numbers:
        yield from _scans(number)
    yield obs.TrackingReported(tracking_number="1Z1", status=ParcelStatus.DELIVERED)  # not known
    for line in state.lines:
        for rma in (None, *state.returns):
            yield obs.GoodsReturned(lines={line: 1}, rma=rma)
    for fo in state.fulfillment_orders.values():
        if fo.phase is Phase.REQUESTED or fo.strategy in _others(order):
            yield from _partner_observations(fo, (*state.lines, "9"))
    for fact in PaymentOutcome:
        yield obs.PaymentReported(fact=fact, amount=100, reference=f"pay-{fact}")
    for rma in state.returns:
        yield obs.ReturnInspected(rma=rma, restock=dict.fromkeys(state.lines, 1))
    yield from (obs.FeedbackGiven(feedback=feedback) for feedback in obs.Feedback)


def _scans(number: str) -> Iterator[obs.ObservationBody]:
    """Possible scans of a parcel that was handed over."""
    for status in list(ParcelStatus)[3:12]:
        yield obs.TrackingReported(tracking_number=number, status=status)
    yield obs.TrackingReported(tracking_number=number, status=ParcelStatus.DELIVERED, signed=True)


def _others(order: Order) -> set[str]:
    """The strategies that accepted a request: partners."""
    fos = order.fulfillment_orders
    taken = (key.partition(":")[0] for key in order.state.taken)
    return {fos[fo].strategy for fo in taken if fo in fos}


def _partner_observations(
    fo: FulfillmentOrder, lines: Sequence[str]
) -> Iterator[obs.ObservationBody]:
    """Possible messages of a fulfillment order's partner about it and some lines."""
    yield obs.RequestReceived(fo=fo.id, reference=f"PO-{fo.id}")
    yield from (obs.RequestAnswered(fo=fo.id), obs.RequestAnswered(fo=fo.id, rejected="no"))
    yield obs.CancellationAnswered(fo=fo.id)
    later = fo.since + timedelta(days=3)
    for line in lines:
        for verdict in obs.Verdict:
            substitute = "PAN" if verdict is obs.Verdict.SUBSTITUTED else None
            reply = obs.LineAnswer(line=line, verdict=verdict, quantity=1, substitute=substitute)
            yield obs.RequestAnswered(fo=fo.id, lines=(reply,))
        dearer = obs.LineAnswer(line=line, unit_cost=Decimal(3), at=later)
        yield obs.RequestAnswered(fo=fo.id, lines=(dearer,))
        for notice, units, number in (("N1", 1, ""), ("N2", 2, "1Z1"), ("N3", 3, "1Z2")):
            shipped = {line: units}
            yield obs.GoodsShipped(fo=fo.id, notice=notice, lines=shipped, tracking_number=number)
            yield obs.CancellationAnswered(fo=fo.id, lines=shipped)
        charged = (obs.InvoiceLine(line=line, quantity=1, unit_cost=Decimal(2)),)
        yield obs.InvoiceReceived(fo=fo.id, number="I1", lines=charged)


def cooperative_observations(order: Order) -> list[obs.ObservationBody]:
    """Observations of cooperative partners: goods shipped, delivered, returned."""
    state, news = order.state, list[obs.ObservationBody]()
    for asked in state.cancellations.values():
        news.append(obs.CancellationAnswered(fo=asked.fo, lines=dict(asked.lines)))
    for fo in state.fulfillment_orders.values():
        units = order.units(Bucket.ALLOCATED, fo=fo.id)
        if f"{fo.id}:submit:0" in state.taken and not fo.phase.final:
            if fo.phase is Phase.REQUESTED:
                news.append(obs.RequestAnswered(fo=fo.id))
            if units:
                number = f"N-{fo.id}-{len(fo.notices)}"
                news.append(
                    obs.GoodsShipped(fo=fo.id, notice=number, lines=units, tracking_number=number)
                )
    for view in state.parcels.values():
        if view.tracking_number and order.units(Bucket.SHIPPED, parcel=view.id):
            arrived = ParcelStatus.DELIVERED
            news.append(obs.TrackingReported(tracking_number=view.tracking_number, status=arrived))
    for rma in state.returns.values():
        if rma.phase is ReturnPhase.APPROVED:
            news.append(obs.GoodsReturned(lines=dict(rma.lines), rma=rma.id))
    return news


def repairs(order: Order) -> list[cmd.CommandBody]:
    """Commands for units that were lost, or came back undelivered."""
    stuck = order.units(Bucket.LOST, Bucket.RETURNED_UNDELIVERED)
    return [cmd.Cancel(lines=stuck)] if stuck else []
