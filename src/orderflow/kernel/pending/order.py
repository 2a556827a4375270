"""Pending work of an order, as a function of its state (promise 5).

A decision compares it before and after: new work becomes an effect, a task or a timer in the
store; ended work is withdrawn. So nothing is pending unseen, and a hold withdraws queued work.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from orderflow.calendars import add_span
from orderflow.kernel.decision.keys import own_key
from orderflow.kernel.decision.rules import Rules
from orderflow.kernel.money.refund import is_finance_asked, refund_key
from orderflow.kernel.pending.deadlines import answer_deadline, deadlines, stamp, with_escalation
from orderflow.kernel.pending.forms import CANCELLATION_FORM, LABEL, answer_form
from orderflow.kernel.pending.state_work import (
    rests,
    state_task_form,
    state_timer,
    trigger_form,
)
from orderflow.kernel.pending.steps import step_work
from orderflow.kernel.stock.allocation import routable_units, waits_to_ship_complete
from orderflow.kernel.work.unit_steps import UNIT_STEPS, path_to_step
from orderflow.model.ledger import Bucket
from orderflow.model.order import Order
from orderflow.model.parcel import AT_SENDER, ParcelStatus
from orderflow.model.phases import OrderPhase
from orderflow.model.state import (
    FulfillmentOrder,
    OrderState,
    ParcelView,
    Refund,
    RefundStatus,
    Return,
)
from orderflow.model.work import Effect, FormField, PendingWork, Task, Timer, effect_key
from orderflow.money import Money
from orderflow.workflow import EffectOf, PartnerAnswer, StepWork, TaskFor, TimerFor

__all__ = ["pending_work"]


def pending_work(order: Order, rules: Rules) -> Mapping[str, PendingWork]:
    """All pending work of the order, by key."""
    return order.cached(_by_key, rules)


def _by_key(order: Order, rules: Rules) -> Mapping[str, PendingWork]:
    found = {wanted.key: wanted for wanted in _waits(order, rules)}
    return with_escalation(order.state, rules, found)


def _waits(order: Order, rules: Rules) -> Iterator[PendingWork]:
    state = order.state
    yield from _open_tasks(order, rules)
    yield from _holds(state, rules)
    yield from deadlines(order, rules)
    yield from _unsettled(order, rules)
    for rma in state.returns.values():
        if not rma.phase.final:
            yield from _of_state(order, rules, rma)
        if rma.rejected and not state.held():
            yield _send_back(rma, rules)
    for refund in state.refunds.values():
        if refund.status.open:
            yield from _refund(order, rules, refund)
    for key, asked in state.asked_for.items():
        if not state.held(asked.subject):
            yield Effect(asked.name, asked.subject, key)
    for put_away in state.put_aways.values():
        yield from step_work(order, rules, "put_away", put_away.id, 0)
    for view in state.parcels.values():
        yield from _of_parcel(order, rules, view)
    yield from _partner_questions(order, rules)
    if not state.phase.final:
        yield from _of_state(order, rules, state)
    for fo in state.fulfillment_orders.values():
        if not fo.phase.final:
            yield from _of_state(order, rules, fo)


def _open_tasks(order: Order, rules: Rules) -> Iterator[PendingWork]:
    state = order.state
    for task in state.tasks.values():
        fields = state_task_form(order, rules, task) or answer_form(state, task)
        yield Task(task.id, task.name, task.of, task.role, task.reason, fields=fields)


def _holds(state: OrderState, rules: Rules) -> Iterator[PendingWork]:
    for hold in state.holds.values():
        if hold.until is not None:
            key = f"{state.id}:hold:{hold.id}:{stamp(hold.since or hold.until)}"
            yield Timer(key, "hold", hold.id, hold.until)
        else:
            where = hold.on or "the order"
            what = f"{where} is on hold ({hold.reason}): release it, or cancel"
            yield Task(f"{state.id}:hold:{hold.id}", "hold", hold.id, rules.role("hold"), what)


def _unsettled(order: Order, rules: Rules) -> Iterator[PendingWork]:
    """Pending work for units in no fulfillment order."""
    state = order.state
    if state.reserved_until and state.phase is OrderPhase.PLACED:
        due = state.reserved_until
        yield Timer(f"{state.id}:reservation", "reservation", state.id, due, "customer")
    totals = order.ledger.totals()
    for bucket in (Bucket.LOST, Bucket.RETURNED_UNDELIVERED):
        if units := totals.get(bucket):
            what = f"{units} units are {bucket}: cancel them, or report that they were found"
            yield Task(f"{state.id}:{bucket}", f"exception.{bucket}", state.id, "support", what)
    if state.phase not in (OrderPhase.PLACED, OrderPhase.CONFIRMED):
        return
    if totals.get(Bucket.OPEN):
        yield from _open_units(order, rules)
    if totals.get(Bucket.BACKORDERED) and state.backordered_at:
        yield from answer_deadline(
            state, "backorder", state.id, state.backordered_at, rules.windows.backorder
        )


def _open_units(order: Order, rules: Rules) -> Iterator[PendingWork]:
    state = order.state
    dates = {
        date
        for slot, _ in state.ledger.slots(Bucket.OPEN)
        if (date := state.lines[slot.line].not_before)
    }
    for date in sorted(dates):
        key = f"{state.id}:not_before:{stamp(date)}"
        if key not in state.done_timers:
            yield Timer(key, "not_before", state.id, date)
    come = (date for date in dates if f"{state.id}:not_before:{stamp(date)}" in state.done_timers)
    if stuck := routable_units(order, rules, max(come, default=_PAST)):
        lines = ", ".join(sorted(stuck))
        what = (
            f"no partner or location can fulfill line {lines}: change stock or routing and "
            "route again, or cancel the units"
        )
        yield Task(f"{state.id}:route", "route", state.id, rules.role("route"), what)


_PAST = datetime.fromisoformat("0001-01-01T00:00:00+00:00")


def _of_parcel(order: Order, rules: Rules, view: ParcelView) -> Iterator[PendingWork]:
    """The step of the order that hands the parcel over; a deadline for others with units in it."""
    if view.status not in AT_SENDER or not order.ledger.total(Bucket.PACKED, parcel=view.id):
        return
    if view.lead not in ("", order.id) or view.held_by:
        others = view.lead if view.lead != order.id else view.held_by[0]
        window = rules.windows.tracking
        yield from answer_deadline(order.state, f"parcel of {others}", view.id, view.since, window)
    elif waits_to_ship_complete(order.state):
        yield from answer_deadline(
            order.state, "rest", view.id, view.since, rules.windows.backorder
        )
    elif view.status is ParcelStatus.LABELED:
        strategy = order.fulfillment_orders[view.fo].strategy
        yield from step_work(order, rules, "ship", view.id, 0, strategy)


def _send_back(rma: Return, rules: Rules) -> Task:
    units = ", ".join(f"{n} of line {line}" for line, n in rma.rejected.items())
    what = f"{units} of {rma.id} were not accepted: send them back to the customer"
    key, role = f"{rma.id}:send_back", rules.role("send_back")
    return Task(key, "send_back", rma.id, role, what, fields=LABEL)


def _refund(order: Order, rules: Rules, refund: Refund) -> Iterator[PendingWork]:
    """A refund: an effect where software can pay it, else a task."""
    state, key = order.state, refund_key(refund)
    by_hand = (
        not (rules.has_payment_provider and rules.steps.automatic("refund", order))
        or key in state.gave_up
    )
    if by_hand or refund.status is RefundStatus.FAILED:
        if not state.held():
            todo = "pay it and complete this"
            if refund.status is RefundStatus.FAILED:
                todo = f"failed: try again, or {todo}"
            elif key in state.gave_up:
                todo = (
                    "may have been paid (the provider did not answer): check; if it was not, "
                    f"{todo}"
                )
            what = f"the refund of {Money(refund.amount, state.currency)}: {todo}"
            yield Task(f"{key}:task", "refund", refund.id, rules.role("refund"), what)
    elif key in state.taken or not is_finance_asked(state):
        yield from _effect(
            order, rules, EffectOf("refund", "payments"), refund.id, refund.generation
        )


def _partner_questions(order: Order, rules: Rules) -> Iterator[PendingWork]:
    """Open cancellation requests, and substitutes that partners propose."""
    state = order.state
    for request in state.cancellations.values():
        key = effect_key(request.fo, "submit", 0)
        if key in state.taken:  # only a partner that has the request can cancel
            ask = EffectOf("ask_back", order.fulfillment_orders[request.fo].strategy)
            yield from _effect(order, rules, ask, request.id, 0)
    for proposal in state.proposals.values():
        what = (
            f"{proposal.quantity} of {proposal.sku} are proposed for line {proposal.line}: "
            "complete this if the customer takes them, cancel the units if not"
        )
        role = rules.role("substitute")
        yield Task(f"{proposal.id}:substitute", "substitute", proposal.id, role, what)


def _of_state(
    order: Order, rules: Rules, of: OrderState | FulfillmentOrder | Return
) -> Iterator[PendingWork]:
    """The pending work that a state declares."""
    name = of.lifecycle if isinstance(of, OrderState) else of.state
    workflow = rules.machine(of.workflow).workflow
    match workflow.by_name[name].waits_for:
        case StepWork(step=step, within=within):
            if within is not None and not rests(order, rules, of.id):
                yield state_timer(order.state, of.id, of.since, add_span(of.since, within))
            if isinstance(of, FulfillmentOrder) and step == "submit":
                yield from _to_submit(order, rules, of)
            elif isinstance(of, FulfillmentOrder):
                yield from _unit_steps(order, rules, of)
            elif isinstance(of, Return) and step == "approve_return" and of.to:
                yield from _return_at_partner(order, rules, of)
            else:
                yield from step_work(order, rules, step, of.id, _generation(order, of, step))
        case TaskFor(role=role, within=within) if not order.state.held(of.id):
            ends = add_span(of.since, within) if within else None
            what = f"{of.id} is in {name}: complete this task when the work is done"
            yield Task(f"{of.id}:{name}:{stamp(of.since)}", name, of.id, role, what, ends)
        case EffectOf() as effect:
            generation = _generation(order, of, effect.name)
            yield from _effect(
                order, rules, effect, of.id, generation, trigger_form(workflow, name)
            )
        case PartnerAnswer(party=party, within=within):
            since = of.since
            if isinstance(of, FulfillmentOrder) and of.promised:
                since = max(since, of.promised)
            yield from answer_deadline(order.state, party, of.id, since, within)
        case TimerFor(delay=delay) if not rests(order, rules, of.id):
            due = add_span(of.since, delay)
            yield state_timer(order.state, of.id, due, due)


def _generation(order: Order, of: OrderState | FulfillmentOrder | Return, name: str) -> int:
    """The generation of a state's effect, for its key."""
    first = of.round if isinstance(of, FulfillmentOrder) else 0
    key = own_key(of.id, name, first, order.state.done_timers)
    return int(key.rpartition(":")[2])


def _return_at_partner(order: Order, rules: Rules, rma: Return) -> Iterator[PendingWork]:
    """Ask the partner that shipped the goods; if it refuses them, a person decides."""
    if not rma.refused and rules.steps.automatic("approve_return", order, rma.to):
        generation = _generation(order, rma, "approve_return")
        yield from _effect(order, rules, EffectOf("approve_return", rma.to), rma.id, generation)
    elif not order.state.held(rma.id):
        why = f"{rma.to} refuses {rma.id} ({rma.refused})" if rma.refused else f"ask {rma.to}"
        what = f"{why}: approve the return, or decline it"
        key, role = effect_key(rma.id, "approve_return", 0), rules.role("approve_return")
        yield Task(f"{key}:task", "approve_return", rma.id, role, what)


def _unit_steps(order: Order, rules: Rules, fo: FulfillmentOrder) -> Iterator[PendingWork]:
    """The steps that a fulfillment order's units wait for, those left behind included."""
    flow = rules.machine(fo.workflow).workflow
    waiting, stand = False, {slot.bucket for slot, _ in order.ledger.items() if slot.fo == fo.id}
    for step, moves in UNIT_STEPS.items():
        if step not in flow.steps or moves[0] not in stand:
            continue
        if path_to_step(flow, fo.state, step, moves) is not None:
            waiting = True
            yield from step_work(order, rules, step, fo.id, fo.round, fo.strategy)
    if not waiting and Bucket.PACKED not in stand:
        what = f"{fo.id} cannot leave {fo.state}: resolve its open tasks, or cancel it"
        yield Task(f"{fo.id}:blocked:{fo.state}", "blocked", fo.id, "support", what)


def _to_submit(order: Order, rules: Rules, fo: FulfillmentOrder) -> Iterator[PendingWork]:
    """The task to send a request by hand, where software did not."""
    refused = f"{fo.id}:exception.submit" in order.state.tasks
    if not refused and not order.state.held(fo.id):
        key = effect_key(fo.id, "submit", 0)
        what = f"send {fo.id} to {fo.strategy}"
        yield Task(f"{key}:task", "submit", fo.id, rules.role("submit"), what)


def _effect(
    order: Order,
    rules: Rules,
    effect: EffectOf,
    subject: str,
    generation: int,
    fields: tuple[FormField, ...] = (),
) -> Iterator[PendingWork]:
    """Pending work for an effect: itself, its partner's answer, or the task if it is given up."""
    state = order.state
    key = effect_key(subject, effect.name, generation)
    if key in state.taken:
        yield from answer_deadline(state, effect.party, subject, state.taken[key], effect.within)
    elif state.held(subject):
        return
    elif key in state.gave_up:
        what = f"{effect.name} for {subject} failed: do it yourself, then complete this task"
        yield Task(
            f"{key}:task",
            effect.name,
            subject,
            rules.role(effect.name),
            what,
            fields=CANCELLATION_FORM if effect.name == "ask_back" else fields,
        )
    else:
        yield Effect(effect.name, subject, key)
