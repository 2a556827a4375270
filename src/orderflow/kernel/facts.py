"""Facts about an order: a parcel's status, a payment, an effect that gave up, a timer."""

from __future__ import annotations

import attrs

from orderflow.kernel.allocating import expire_reservations
from orderflow.kernel.cancelling import cancel_units
from orderflow.kernel.checks import is_with_party
from orderflow.kernel.deadlines import is_signed
from orderflow.kernel.deciding import Deciding
from orderflow.kernel.falling_due import (
    AT_DEADLINE,
    cancel_unpaid,
    charged_back,
    expires,
    told_again,
)
from orderflow.kernel.receiving import reconsider
from orderflow.kernel.refunding import refund_reported
from orderflow.kernel.requesting import press
from orderflow.kernel.waits import waits
from orderflow.kernel.working import take_out
from orderflow.model import events as ev
from orderflow.model.disguise import disguised
from orderflow.model.ledger import IN_WORK, SETTLED, Bucket
from orderflow.model.messages import EffectFailed, EffectTaken, ParcelChanged, TimerFired
from orderflow.model.observations import PaymentReported
from orderflow.model.parcel import AT_SENDER, ParcelStatus
from orderflow.model.phases import OrderPhase
from orderflow.model.state import PaymentFact
from orderflow.workflow import StepWork, TimerFor

__all__ = ["effect_failed", "effect_taken", "parcel_changed", "payment_reported", "timer_fired"]

_BUCKET = {
    ParcelStatus.HANDED_OVER: Bucket.SHIPPED,
    ParcelStatus.IN_TRANSIT: Bucket.SHIPPED,
    ParcelStatus.OUT_FOR_DELIVERY: Bucket.SHIPPED,
    ParcelStatus.ATTEMPTED: Bucket.SHIPPED,
    ParcelStatus.READY_FOR_PICKUP: Bucket.SHIPPED,
    ParcelStatus.DAMAGED: Bucket.SHIPPED,
    ParcelStatus.DELIVERED: Bucket.DELIVERED,
    ParcelStatus.RETURNING_TO_SENDER: Bucket.RETURNING_UNDELIVERED,
    ParcelStatus.RETURNED_TO_SENDER: Bucket.RETURNED_UNDELIVERED,
    ParcelStatus.LOST: Bucket.LOST,
}
_GONE = (ParcelStatus.LOST, ParcelStatus.RETURNED_TO_SENDER)
_WITH_THE_CARRIER = (
    Bucket.PACKED,
    Bucket.SHIPPED,
    Bucket.DELIVERED,
    Bucket.RETURNING_UNDELIVERED,
    Bucket.LOST,
)


def parcel_changed(deciding: Deciding, body: ParcelChanged) -> None:
    """The units in the parcel walk to where its status says they are; hooks are told of it."""
    before = deciding.order.state.parcels[body.parcel].status
    _follow(deciding, body)
    view = deciding.order.state.parcels[body.parcel]
    if view.status is not before:
        deciding.run_parcel_hooks(view)


def _follow(deciding: Deciding, body: ParcelChanged) -> None:
    view = deciding.order.state.parcels[body.parcel]
    if body.version <= view.version:
        return
    if view.status is ParcelStatus.VOIDED:
        if body.status is not ParcelStatus.VOIDED and body.status not in AT_SENDER:
            reason = f"{view.id} was voided, and is {body.status} all the same"
            deciding.keep_fact("parcel_changed", reason, view.id)
        return
    deciding.emit(
        ev.ParcelMoved(
            body.parcel,
            body.status,
            body.version,
            body.carrier,
            body.tracking_number,
            body.lead,
            body.held_by,
            body.signed,
        )
    )
    if body.status is ParcelStatus.VOIDED:
        take_out(deciding, body.parcel)
    dest = _BUCKET.get(body.status)
    if dest is None:
        return
    _ask_about_what_was_found(deciding, body)
    held = deciding.order.ledger.slots(*_WITH_THE_CARRIER, parcel=body.parcel)
    for slot, units in list(held):
        if slot.bucket is not dest:
            deciding.walk(slot, dest, units)
    reconsider(deciding, _BUCKET)
    if deciding.order.state.phase is OrderPhase.COMPLETED and dest not in SETTLED:
        reason = (
            f"{body.parcel} is {body.status}, though the order is over: reopen it, or let it be"
        )
        deciding.ask_person("exception.after_all", "support", reason, body.parcel)


def _ask_about_what_was_found(deciding: Deciding, body: ParcelChanged) -> None:
    """A parcel whose units were cancelled, or sent again, is on its way after all."""
    if given_up := deciding.order.ledger.total(Bucket.CANCELLED, parcel=body.parcel):
        reason = f"{given_up} units in {body.parcel} were cancelled, but it is {body.status}"
        deciding.ask_person("exception.found", "support", reason, body.parcel)
    if body.status not in _GONE and not deciding.order.ledger.total(parcel=body.parcel):
        reason = f"what was in {body.parcel} was sent again, and it is {body.status}: call it back"
        deciding.ask_person("exception.found", "support", reason, body.parcel)


def payment_reported(deciding: Deciding, body: PaymentReported) -> None:
    """A payment fact counts once per reference and kind, with the greatest amount reported."""
    payments, reference = deciding.order.state.payments, f"{body.fact}:{body.reference}"
    names = {reference, disguised(reference)} & set(payments.references)
    if names:
        told_again(deciding, body, payments.amounts.get(names.pop(), body.amount))
    else:
        deciding.emit(ev.PaymentRecorded(body.fact, body.amount, reference, body.amount))
        refund_reported(deciding, body)
        if body.fact is PaymentFact.CHARGED_BACK:
            charged_back(deciding, body)


def effect_failed(deciding: Deciding, body: EffectFailed) -> None:
    """An effect gave up: where the order waits for it a task takes its place, else one opens."""
    if body.key in deciding.order.state.gave_up:
        return
    state = deciding.order.state
    awaited = body.key not in state.asked_for and _is_awaited(deciding, body.key)
    deciding.emit(ev.EffectGaveUp(body.key))
    if not awaited:
        reason = f"{body.name} for {body.subject} failed for good: do it by hand, or let it be"
        deciding.ask_person(f"exception.{body.name}", "support", reason, body.key)


def effect_taken(deciding: Deciding, body: EffectTaken) -> None:
    """A party took an effect; it has its time to answer."""
    state = deciding.order.state
    if body.key not in state.taken and _is_awaited(deciding, body.key):
        deciding.emit(ev.EffectTakenOver(body.key))


def _is_awaited(deciding: Deciding, key: str) -> bool:
    """Whether the order waits for an effect, or will when its holds are released."""
    order, rules = deciding.order, deciding.rules
    lifted = order.at(attrs.evolve(order.state, holds={}))
    return key in waits(order, rules) or key in waits(lifted, rules)


def timer_fired(deciding: Deciding, body: TimerFired) -> None:
    """A moment came that is still waited for: what it means depends on the timer's name."""
    state = deciding.order.state
    if body.key in state.done_timers or body.key not in waits(deciding.order, deciding.rules):
        return
    deciding.emit(ev.TimerDone(body.key))
    match body.name:
        case "reservation":
            expire_reservations(deciding)
        case "confirmation":
            by = "carrier" if is_signed(deciding.order) else "window"
            deciding.emit(ev.ReceiptConfirmed(by))
        case name if name in AT_DEADLINE:
            AT_DEADLINE[name](deciding, body)
        case "payment" if expires(state):
            cancel_unpaid(deciding)
        case "hold":
            if body.subject in state.holds:
                deciding.emit(ev.HoldReleased(body.subject))
        case "not_before":
            pass  # the units may be routed now
        case "state":
            _state_timer(deciding, body.subject)
        case _:
            _overdue(deciding, body)


def _overdue(deciding: Deciding, body: TimerFired) -> None:
    """A party was silent for its time: press it where that can be done, else ask a person."""
    fo = deciding.fos.get(body.subject)
    if fo is not None and is_with_party(deciding.order.state, fo):
        prefix = f"{fo.id}:{body.name}:"
        times = sum(key.startswith(prefix) for key in deciding.order.state.done_timers)
        if press(deciding, fo, times):
            return
    reason = f"{body.subject} has been waited for too long ({body.name})"
    deciding.ask_person(f"overdue.{body.name}", "support", reason, body.subject)


def _state_timer(deciding: Deciding, subject: str) -> None:
    """A state's own timer fires the trigger that the state declares."""
    state = deciding.order.state
    fo, rma = subject in state.fulfillment_orders, subject in state.returns
    found = state.fulfillment_orders.get(subject) or state.returns.get(subject)
    stamp, name = (found.workflow, found.state) if found else (state.workflow, state.lifecycle)
    wait = deciding.rules.machine(stamp).workflow.by_name[name].waits_for
    trigger = wait.trigger if isinstance(wait, TimerFor | StepWork) else None
    if trigger is None or not deciding.fire(
        trigger, fo=subject if fo else "", rma=subject if rma else ""
    ):
        return
    if fo and deciding.fos[subject].phase.final:
        for slot, units in list(deciding.order.ledger.slots(*IN_WORK, fo=subject)):
            cancel_units(deciding, slot, units)
