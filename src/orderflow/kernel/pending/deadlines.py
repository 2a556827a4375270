"""Deadlines of an order: its promised date, its confirmation by the customer, its payment."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta

import attrs

from orderflow.calendars import add_span
from orderflow.kernel.decision.rules import Rules
from orderflow.model.document import Terms
from orderflow.model.ledger import SETTLED, Bucket
from orderflow.model.order import Order
from orderflow.model.phases import OrderPhase, Phase
from orderflow.model.state import OrderState, Review
from orderflow.model.work import PendingWork, Task, Timer

__all__ = [
    "REACHED",
    "TASK_IS_OVER",
    "all_delivered",
    "all_reached",
    "answer_deadline",
    "deadlines",
    "is_signed",
    "stamp",
    "with_escalation",
]

REACHED = (Bucket.DELIVERED, Bucket.RETURNING, Bucket.RETURNED)
_ALIVE = (OrderPhase.PLACED, OrderPhase.CONFIRMED)


def deadlines(order: Order, rules: Rules) -> Iterator[Timer]:
    """The timers for an order's promised date, delivery and payment."""
    if order.state.promised is not None and _is_open(order):
        yield from _promise(order.state, rules)
    if (since := _withheld(order, rules)) and not order.state.held():
        yield from answer_deadline(order.state, "payment", order.id, since, rules.windows.payment)
    if all_delivered(order):
        yield from _customer(order, rules)
        yield from _money(order, rules)


def _withheld(order: Order, rules: Rules) -> datetime | None:
    """Since when the release policy withholds work, or a part of it; None if it does not."""
    state = order.state
    if state.phase is not OrderPhase.CONFIRMED:
        return None
    if not state.released:
        return state.since
    waiting = [fo.since for fo in state.fulfillment_orders.values() if fo.phase is Phase.WAITING]
    return min(waiting) if waiting and not rules.release(order) else None


def all_delivered(order: Order) -> bool:
    """Whether something was delivered and no live unit is left to deliver."""
    return order.state.delivered_at is not None and all_reached(order)


def all_reached(order: Order) -> bool:
    """Whether all units not cancelled have reached the customer, returned ones included."""
    reached, live = _reached(order)
    return 0 < reached == live


def _is_open(order: Order) -> bool:
    """Whether something is still to be delivered."""
    reached, live = _reached(order)
    return order.state.phase in _ALIVE and reached < live


def _reached(order: Order) -> tuple[int, int]:
    """The units that reached the customer, and the units not cancelled."""
    totals = order.ledger.totals()
    gone = totals.get(Bucket.CANCELLED, 0) + totals.get(Bucket.SUBSTITUTED, 0)
    return sum(totals.get(bucket, 0) for bucket in REACHED), sum(totals.values()) - gone


def _promise(state: OrderState, rules: Rules) -> Iterator[Timer]:
    """The timer before the promised date, and then the one at it."""
    if state.promised is None:
        return
    moments = {"at_risk": _at_risk_from(state, rules), "late": state.promised}
    for name, due in moments.items():
        key = f"{state.id}:{name}:{stamp(state.promised)}"
        if due is not None and key not in state.done_timers:
            yield Timer(key, name, state.id, due)
            return


def _at_risk_from(state: OrderState, rules: Rules) -> datetime | None:
    """When a person is asked about the promised date; None if the promise is shorter than that."""
    window = rules.windows.at_risk
    if window is None or state.promised is None or window > state.promised - state.placed_at:
        return None
    return state.promised - window


def _customer(order: Order, rules: Rules) -> Iterator[Timer]:
    """Timers for the customer's confirmation, at once if they signed, and for the review."""
    state = order.state
    assert state.delivered_at is not None  # something was delivered
    if not state.receipt_confirmed and state.phase is OrderPhase.CONFIRMED:
        window = timedelta() if is_signed(order) else rules.windows.confirmation
        due = add_span(state.delivered_at, window)
        key = f"{state.id}:confirmation:{stamp(due)}"
        yield Timer(key, "confirmation", state.id, due, "customer")
    if state.review is Review.DUE and _is_quiet(state) and state.ledger.total(Bucket.DELIVERED):
        due, hours = add_span(state.delivered_at, rules.windows.review), rules.windows.review_hours
        due = max(due, state.review_after or due)
        due = hours.next(due) if hours else due
        yield Timer(f"{state.id}:review:{stamp(due)}", "review", state.id, due)


def is_signed(order: Order) -> bool:
    """Whether the carriers have the recipient's signature for all that was delivered."""
    parcels = {slot.parcel for slot, _ in order.ledger.slots(Bucket.DELIVERED)}
    return bool(parcels) and all(name and order.state.parcels[name].signed for name in parcels)


def _is_quiet(state: OrderState) -> bool:
    """Whether the order has no hold and no open return."""
    return not state.holds and all(rma.phase.final for rma in state.returns.values())


def _money(order: Order, rules: Rules) -> Iterator[Timer]:
    """Deadlines for money due after delivery: cash on delivery, prepayment, invoice dunning."""
    state, windows = order.state, rules.windows
    asked = {Terms.CASH_ON_DELIVERY: ("cash", windows.cash)}
    if state.payments.captured:  # else the money is taken elsewhere
        asked[Terms.PREPAID] = "payment", windows.payment
    if windows.reminder is not None and _is_quiet(state):
        asked[Terms.INVOICE] = "reminder", windows.reminder
    name, window = asked.get(Terms(state.terms), ("", None))
    if window is None or state.payments.charged_back:  # a chargeback has its own task
        return
    if state.payments.outstanding:
        assert state.delivered_at is not None  # something was delivered
        yield from answer_deadline(state, name, state.id, state.delivered_at, window)


def answer_deadline(
    state: OrderState, party: str, subject: str, since: datetime, window: timedelta
) -> Iterator[Timer]:
    """The deadline for an answer; passing opens a task, closing the task starts a new deadline."""
    task = f"{state.subject_key(subject)}:overdue.{party}"
    if task in state.tasks:
        return
    since = _begins(state, task, since)
    prefix = f"{state.subject_key(subject)}:{party}:"
    done = [key for key in state.done_timers if key.startswith(prefix)]
    told = sum(key.endswith(f":{stamp(since)}") for key in done)
    due = add_span(since, window, told + 1)
    yield Timer(f"{prefix}{len(done)}:{stamp(since)}", party, subject, due, party)


def _begins(state: OrderState, task: str, since: datetime) -> datetime:
    """When the time to answer begins: when it was asked, or when its task was last closed."""
    return max(since, state.answered.get(task, since))


def stamp(moment: datetime) -> str:
    """A moment as a part of a key."""
    return moment.strftime("%Y%m%dT%H%M%S.%f")


def _is_safe(order: Order, rules: Rules, now: datetime) -> bool:
    """Whether the promised date needs no attention: delivered, cancelled or moved."""
    near = _at_risk_from(order.state, rules) or order.state.promised
    return not _is_open(order) or near is None or now < near


def _is_settled(order: Order, _rules: Rules, _now: datetime) -> bool:
    return not order.state.payments.outstanding


def _is_paid_for(order: Order, rules: Rules, _now: datetime) -> bool:
    """Whether no work is withheld, and no delivered prepaid order is paid in part."""
    if all_delivered(order):
        terms, payments = order.state.terms, order.state.payments
        return terms != Terms.PREPAID or not (payments.captured and payments.outstanding)
    return not set(order.ledger.totals()) - SETTLED or _withheld(order, rules) is None


TASK_IS_OVER: Mapping[str, Callable[[Order, Rules, datetime], bool]] = {
    "promise": _is_safe,
    "overdue.payment": _is_paid_for,
    "overdue.cash": _is_settled,
    "overdue.reminder": _is_settled,
}
"""Tasks about an order's time and money that close by themselves, and when."""


def with_escalation(
    state: OrderState, rules: Rules, found: dict[str, PendingWork]
) -> dict[str, PendingWork]:
    """The pending work, with escalated tasks moved to their role and escalation deadlines added."""
    if rules.windows.escalation is None and not state.escalated:
        return found
    waits = dict(found)
    for task in found.values():
        if isinstance(task, Task):
            owned = attrs.evolve(task, role=state.escalated.get(task.key, task.role))
            waits[task.key] = owned
            waits |= {timer.key: timer for timer in _escalation(state, rules, owned)}
    return waits


def _escalation(state: OrderState, rules: Rules, task: Task) -> Iterator[Timer]:
    """The timer that escalates a task, unless its role is the escalation's already."""
    window, since = rules.windows.escalation, _since(state, task)
    if window is None or since is None or task.role == rules.role("escalation"):
        return
    key = f"{task.key}:escalation:{stamp(since)}"
    if key not in state.done_timers:
        yield Timer(key, "escalation", task.key, add_span(since, window))


def _since(state: OrderState, task: Task) -> datetime | None:
    """Since when a task is open: its own time, or its subject's; None if unknown."""
    if opened := state.tasks.get(task.key):
        return opened.since
    if task.subject == state.id:
        return state.since
    kinds = (state.fulfillment_orders, state.parcels, state.returns, state.refunds)
    return next((found[task.subject].since for found in kinds if task.subject in found), None)
