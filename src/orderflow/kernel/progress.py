"""What follows by itself: routing, release, completions, the end of an order."""

from __future__ import annotations

from datetime import datetime

import attrs
from pydantic import TypeAdapter

from orderflow.kernel.changes.cancellation import cancel_units
from orderflow.kernel.decision.draft import Deciding
from orderflow.kernel.decision.fitting import bounded, fitting
from orderflow.kernel.money.refund import propose_refunds, update_total
from orderflow.kernel.partners.cancellation_request import close_moot
from orderflow.kernel.partners.invoice import overcharged
from orderflow.kernel.partners.request import submit_ready
from orderflow.kernel.pending.deadlines import ENDED, REACHED
from orderflow.kernel.pending.waits import waits
from orderflow.kernel.returns.goods import keep_the_rest
from orderflow.kernel.stock.allocation import release, route
from orderflow.kernel.work.fulfillment_order import complete_work
from orderflow.model import events as ev
from orderflow.model.bounds import Utc
from orderflow.model.ledger import SETTLED, Bucket
from orderflow.model.phases import OrderPhase, ReturnPhase
from orderflow.model.state import OpenTask, RefundStatus, Return
from orderflow.model.work import Timer

__all__ = ["advance"]

_MOMENT: TypeAdapter[datetime | None] = TypeAdapter(Utc | None)


def advance(deciding: Deciding) -> None:
    """Go on until nothing more follows from what is true."""
    before = -1
    while before != len(deciding.events) and not deciding.refusals:
        complete_work(deciding)
        before = len(deciding.events)
        _firm(deciding)
        _date_promise(deciding)
        _release_moot_holds(deciding)
        close_moot(deciding)
        keep_the_rest(deciding)
        _drop_exchanges(deciding)
        update_total(deciding)
        route(deciding)
        release(deciding)
        submit_ready(deciding)
        _close_overdue(deciding)
        propose_refunds(deciding)
        _end(deciding)


def _firm(deciding: Deciding) -> None:
    """The stock of a confirmed order is its own for good, whoever confirmed it."""
    state = deciding.order.state
    if state.phase is OrderPhase.CONFIRMED and state.reserved_until:
        deciding.emit(ev.ReservationsDated(None))


def _date_promise(deciding: Deciding) -> None:
    """The shop's policy says what an order is promised for when it is placed, where none did."""
    state, policy = deciding.order.state, deciding.rules.promise
    moves = (e for e in deciding.events if isinstance(e, ev.LifecycleMoved))
    if policy is None or state.promised or not any(e.phase is OrderPhase.PLACED for e in moves):
        return
    given = policy(deciding.order, deciding.context.now)
    promised = bounded(fitting(given, "promise", datetime, type(None)), "promise", _MOMENT)
    if promised is not None:
        deciding.emit(ev.PromiseChanged(promised))


def _release_moot_holds(deciding: Deciding) -> None:
    """A hold on a fulfillment order ends with it."""
    state = deciding.order.state
    for hold in list(state.holds.values()):
        if hold.on and state.fulfillment_orders[hold.on].phase.final:
            deciding.emit(ev.HoldReleased(hold.id))


def _drop_exchanges(deciding: Deciding) -> None:
    """When a return ends, what was to go out for goods that were not accepted is cancelled.

    As many units go out as were accepted; where more were to go out than to come back, as many in
    proportion.
    """
    for event in list(deciding.events):
        if not isinstance(event, ev.ReturnMoved) or not event.phase.final:
            continue
        rma, slots = deciding.returns[event.rma], deciding.order.ledger.slots()
        lines = deciding.lines
        exchange = [(s, n) for s, n in slots if lines[s.line].awaits == rma.id]
        ordered = sum(n for slot, n in exchange if slot.bucket is not Bucket.SUBSTITUTED)
        gone = sum(n for slot, n in exchange if slot.bucket is Bucket.CANCELLED)
        announced = sum(rma.lines.values())
        go_out = min(ordered, _accepted(deciding, rma) * max(ordered, announced) // announced)
        left = ordered - gone - go_out
        for slot, units in reversed(exchange):
            if slot.bucket is Bucket.OPEN and (take := min(units, left)) > 0:
                cancel_units(deciding, slot, take)
                left -= take


def _accepted(deciding: Deciding, rma: Return) -> int:
    """Units that came with a return, and are not the customer's any more."""
    if rma.phase is not ReturnPhase.CLOSED:
        return 0
    came = deciding.order.ledger.total(Bucket.RETURNED, rma=rma.id)
    return came - sum(rma.rejected.values())


def _close_overdue(deciding: Deciding) -> None:
    """A task that asks after what is late ends when that has come."""
    state = deciding.order.state
    if not state.tasks:
        return
    over = {
        f"{state.id}:overdue.backorder": not state.ledger.totals().get(Bucket.BACKORDERED),
    }
    for task in list(state.tasks.values()):
        fo = state.fulfillment_orders.get(task.of)
        if fo is not None and task.name == "exception.invoice":
            over[task.id] = not overcharged(deciding.order, fo)
        elif task.of in state.refunds:
            over[task.id] = state.refunds[task.of].status is not RefundStatus.PENDING
        elif task.of == state.id and task.name in ENDED:
            ended = ENDED[task.name]
            over[task.id] = ended(deciding.order, deciding.rules, deciding.context.now)
        elif task.name == "exception.blocked":
            moving = fo or state.returns.get(task.of) or state
            blocked = task.since
            over[task.id] = bool(blocked and moving.since > blocked)
        elif task.id == f"{state.own(task.of)}:{task.name}" and task.name.startswith("overdue."):
            over.setdefault(task.id, not _is_awaited(deciding, task))
        if over.get(task.id):
            deciding.emit(ev.TaskClosed(task.id))


def _is_awaited(deciding: Deciding, task: OpenTask) -> bool:
    """Whether a party would have its time to answer, if no task asked after it."""
    order, state = deciding.order, deciding.order.state
    others = {key: other for key, other in state.tasks.items() if key != task.id}
    unasked = order.at(attrs.evolve(state, tasks=others, holds={}))
    return any(
        isinstance(wanted, Timer)
        and wanted.subject == task.of
        and task.name == f"overdue.{wanted.name}"
        for wanted in waits(unasked, deciding.rules).values()
    )


def _end(deciding: Deciding) -> None:
    """Complete or cancel an order that has nothing left to do."""
    order = deciding.order
    state = order.state
    if state.phase.final or state.phase is OrderPhase.DRAFT or order.is_busy:
        return
    totals = order.ledger.totals()
    if set(totals) - SETTLED:
        return
    live = sum(totals.get(bucket, 0) for bucket in REACHED)
    if totals and not live:
        deciding.fire("cancel", reason="all units were cancelled")
    elif state.phase is OrderPhase.CONFIRMED and (
        state.receipt_confirmed or state.delivered_at is None  # nobody has what could be confirmed
    ):
        deciding.fire("complete")
