"""What follows without a command: routing, release, completions, the end of an order."""

from __future__ import annotations

from datetime import datetime
from functools import partial

import attrs
from pydantic import TypeAdapter

from orderflow.kernel.changes.cancellation import cancel_units
from orderflow.kernel.decision.checks import is_kept_open
from orderflow.kernel.decision.draft import Draft
from orderflow.kernel.decision.return_types import bounded, check_type
from orderflow.kernel.money.refund import propose_refunds, update_total
from orderflow.kernel.partners.cancellation_request import close_moot_requests
from orderflow.kernel.partners.invoice import uncovered_charges
from orderflow.kernel.partners.request import submit_ready
from orderflow.kernel.pending.deadlines import REACHED, TASK_IS_OVER
from orderflow.kernel.pending.order import pending_work
from orderflow.kernel.pending.state_work import needless_timer
from orderflow.kernel.returns.goods import customer_keeps_the_rest
from orderflow.kernel.stock.allocation import release_work, route
from orderflow.kernel.work.fulfillment_order import complete_work
from orderflow.model import events as ev
from orderflow.model.bounds import Utc
from orderflow.model.ledger import SETTLED, Bucket
from orderflow.model.phases import OrderPhase, ReturnPhase
from orderflow.model.state import OpenTask, RefundStatus, Return
from orderflow.model.work import Timer

__all__ = ["advance"]

_MOMENT: TypeAdapter[datetime | None] = TypeAdapter(Utc | None)


def advance(draft: Draft) -> None:
    """Apply all consequences until nothing changes."""
    before = -1
    while before != len(draft.events) and not draft.refusals:
        complete_work(draft)
        before = len(draft.events)
        _hard_allocate(draft)
        _date_promise(draft)
        _release_moot_holds(draft)
        close_moot_requests(draft)
        customer_keeps_the_rest(draft)
        _drop_exchanges(draft)
        update_total(draft)
        route(draft)
        release_work(draft)
        submit_ready(draft)
        _close_overdue(draft)
        propose_refunds(draft)
        _end(draft)


def _hard_allocate(draft: Draft) -> None:
    """Remove the expiry of a confirmed order's reservations."""
    state = draft.order.state
    if state.phase is OrderPhase.CONFIRMED and state.reserved_until:
        draft.emit(ev.ReservationExpirySet(None))


def _date_promise(draft: Draft) -> None:
    """Set the promised date by the promise policy at placement, if none was given."""
    state, policy = draft.order.state, draft.rules.promise
    moves = (e for e in draft.events if isinstance(e, ev.LifecycleMoved))
    if policy is None or state.promised or not any(e.phase is OrderPhase.PLACED for e in moves):
        return
    given = policy(draft.order, draft.context.now)
    promised = bounded(check_type(given, "promise", datetime, type(None)), "promise", _MOMENT)
    if promised is not None:
        draft.emit(ev.PromiseChanged(promised))


def _release_moot_holds(draft: Draft) -> None:
    """Release the holds of ended fulfillment orders."""
    state = draft.order.state
    for hold in list(state.holds.values()):
        if hold.on and state.fulfillment_orders[hold.on].phase.final:
            draft.emit(ev.HoldReleased(hold.id))


def _drop_exchanges(draft: Draft) -> None:
    """Cancel the exchange units for returned units that were not accepted, when the return ends.

    As many units go out as were accepted; if the exchange is larger than the return, as many in
    proportion.
    """
    for event in list(draft.events):
        if not isinstance(event, ev.ReturnMoved) or not event.phase.final:
            continue
        rma, slots = draft.returns[event.rma], draft.order.ledger.slots()
        lines = draft.lines
        exchange = [(s, n) for s, n in slots if lines[s.line].awaits == rma.id]
        ordered = sum(n for slot, n in exchange if slot.bucket is not Bucket.SUBSTITUTED)
        gone = sum(n for slot, n in exchange if slot.bucket is Bucket.CANCELLED)
        announced = sum(rma.lines.values())
        go_out = min(ordered, _accepted(draft, rma) * max(ordered, announced) // announced)
        left = ordered - gone - go_out
        for slot, units in reversed(exchange):
            if slot.bucket is Bucket.OPEN and (take := min(units, left)) > 0:
                cancel_units(draft, slot, take)
                left -= take


def _accepted(draft: Draft, rma: Return) -> int:
    """Units that came with a return and were not rejected."""
    if rma.phase is not ReturnPhase.CLOSED:
        return 0
    came = draft.order.ledger.total(Bucket.RETURNED, rma=rma.id)
    return came - sum(rma.rejected.values())


def _close_overdue(draft: Draft) -> None:
    """Close overdue tasks whose answer has arrived."""
    state = draft.order.state
    if not state.tasks:
        return
    over = {
        f"{state.id}:overdue.backorder": not state.ledger.totals().get(Bucket.BACKORDERED),
    }
    for task in list(state.tasks.values()):
        fo = state.fulfillment_orders.get(task.of)
        if fo is not None and task.name == "exception.invoice":
            over[task.id] = not uncovered_charges(draft.order, fo)
        elif task.of in state.refunds:
            over[task.id] = state.refunds[task.of].status is not RefundStatus.PENDING
        elif task.of == state.id and task.name in TASK_IS_OVER:
            ended = TASK_IS_OVER[task.name]
            over[task.id] = ended(draft.order, draft.rules, draft.context.now)
        elif task.name == "exception.blocked":
            moving = fo or state.returns.get(task.of) or state
            blocked = task.since
            needless = moving is state and _became_needless(draft, task)
            over[task.id] = bool(blocked and moving.since > blocked) or needless
        elif task.id == f"{state.subject_key(task.of)}:{task.name}" and task.name.startswith(
            "overdue."
        ):
            over.setdefault(task.id, not _is_awaited(draft, task))
        if over.get(task.id):
            draft.emit(ev.TaskClosed(task.id))


def _became_needless(draft: Draft, task: OpenTask) -> bool:
    """Whether the order's own timer, whose refusal the task reports, became needless just now."""
    moment = needless_timer(draft.order, draft.rules)
    if moment is None or needless_timer(draft.before, draft.rules) is not None:
        return False
    return task.since is not None and task.since >= moment


def _is_awaited(draft: Draft, task: OpenTask) -> bool:
    """Whether a partner's answer would be pending without the task that asks about it."""
    order, state = draft.order, draft.order.state
    others = {key: other for key, other in state.tasks.items() if key != task.id}
    unasked = order.with_state(attrs.evolve(state, tasks=others, holds={}))
    return any(
        isinstance(wanted, Timer)
        and wanted.subject == task.of
        and task.name == f"overdue.{wanted.name}"
        for wanted in pending_work(unasked, draft.rules).values()
    )


def _end(draft: Draft) -> None:
    """Complete or cancel an order that has nothing left to do."""
    order = draft.order
    state = order.state
    if state.phase.final or state.phase is OrderPhase.DRAFT or is_kept_open(order):
        return
    totals = order.ledger.totals()
    if set(totals) - SETTLED:
        return
    live = sum(totals.get(bucket, 0) for bucket in REACHED)
    if totals and not live:
        end = partial(draft.fire, "cancel", reason="all units were cancelled")
    elif state.phase is OrderPhase.CONFIRMED and (
        state.receipt_confirmed or state.delivered_at is None  # nobody has goods to confirm
    ):
        end = partial(draft.fire, "complete")
    else:
        return
    blocked = f"{state.id}:exception.blocked"
    if blocked not in state.tasks:
        end()
    elif not draft.attempt(end):  # a refusal has its task already
        draft.emit(ev.TaskClosed(blocked))
