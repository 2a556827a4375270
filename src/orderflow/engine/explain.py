"""Explain: what an order waits for, which commands are possible now, and why others are not."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial

import attrs

from orderflow.engine.card.reader import NotOnCard
from orderflow.engine.pipeline.fault import rule_errors_of
from orderflow.engine.pipeline.handle import Handler
from orderflow.engine.row_check import pending_work_without_row
from orderflow.errors import OrderflowError, Refusal, RuleFailed, StoreUnavailable
from orderflow.kernel.decide import Decision
from orderflow.kernel.decision.limits import OVER_LIMIT, at_most, given_away
from orderflow.kernel.pending.order import pending_work
from orderflow.kernel.pending.parcel import parcel_pending_work
from orderflow.model import commands as cmd
from orderflow.model.ledger import SETTLED, Bucket
from orderflow.model.order import Order
from orderflow.model.pseudonym import ALIAS
from orderflow.model.reading import storable
from orderflow.model.state import FulfillmentOrder, Return
from orderflow.model.work import Effect, PendingWork, Task, Timer
from orderflow.money import Money
from orderflow.renamed import keeps_old_members
from orderflow.wording import ENGLISH

__all__ = [
    "CommandCheck",
    "Explanation",
    "PendingItem",
    "explain",
    "idle_parts",
    "without_pending_work",
]

_LINES_WEIGHED = 10
"""The most lines for which the cancellable units within an actor's limit are computed."""


@attrs.frozen
class PendingItem:
    """Pending work of an order: a task, an effect, a partner's answer, a timer or a message.

    ``key`` is the key to complete a task by.
    """

    key: str
    kind: str
    name: str
    subject: str
    sentence: str
    due: datetime | None = None


@attrs.frozen
class CommandCheck:
    """A possible command; it would be accepted if there is no refusal.

    ``at_most`` is the most that may be refunded of the order in total, where the command refunds
    and the actor has a limit.
    """

    command: cmd.Command
    refusals: tuple[Refusal, ...] = ()
    at_most: Money | None = None


@keeps_old_members
@attrs.frozen
class Explanation:
    """The pending work of an order, and the commands that are accepted or refused now.

    ``idle_parts`` names unfinished parts without pending work, and pending work without its row or
    open task: promise 5 says that it is empty. ``faults`` are errors of the application's rules,
    where pending work cannot be computed.
    """

    order: Order
    pending: tuple[PendingItem, ...]
    allowed: tuple[CommandCheck, ...]
    blocked: tuple[CommandCheck, ...]
    idle_parts: tuple[str, ...]
    faults: tuple[str, ...] = ()


def explain(handler: Handler, order: Order, actor: str) -> Explanation:
    """Explain an order to an actor."""
    found: list[PendingItem] = []
    offers, faults = [], list[str]()
    try:
        found += _waits(handler, order)
    except RuleFailed as error:
        faults.append(storable(str(error)))
    except NotOnCard as error:
        faults.append(f"not checked: {error}")
    for body in candidate_commands(handler, order):
        offers.append(offer := _offer(handler, order, body, actor))
        if body == cmd.Cancel():
            offers += _within_limits(handler, order, offer)
    return Explanation(
        order,
        tuple(found),
        tuple(offer for offer in offers if not offer.refusals),
        tuple(offer for offer in offers if offer.refusals),
        ()
        if faults
        else (
            *pending_work_without_row(handler.store, handler.rules, order),
            *_silent(order, found),
        ),
        tuple(faults),
    )


def _offer(handler: Handler, order: Order, body: cmd.CommandBody, actor: str) -> CommandCheck:
    """Check whether an actor may give a command now, and how much they may refund."""
    answer = _weighed(handler, order, body, actor)
    refusals = () if isinstance(answer, Decision) else answer
    if isinstance(answer, Decision):
        givings = given_away(body, order, answer.order, answer.events)
        refunds = bool(handler.rules.limits) and any(each.kind == "refund" for each in givings)
    else:
        refunds = OVER_LIMIT in {refusal.code for refusal in refusals}
    currency = order.state.currency
    most = at_most(handler.rules, actor, "refund", currency) if refunds else None
    limit = None if most is None else Money(most, currency)
    return CommandCheck(body.to(order.id, by=actor), refusals, limit)


def _weighed(
    handler: Handler, order: Order, body: cmd.CommandBody, actor: str
) -> Decision | tuple[Refusal, ...]:
    """The decision of a command, its refusals, or a failed rule as a refusal."""
    try:
        return handler.ask(order, body, actor, "")
    except StoreUnavailable:
        raise
    except NotOnCard as error:
        return (Refusal("rule.not_checked", f"not checked: {error}"),)
    except OrderflowError as error:  # an order that a rule made stuck must still be explained
        told = f"{type(body).__name__} cannot be weighed: {storable(str(error))}"
        return (Refusal("rule.failed", told),)


def _within_limits(handler: Handler, order: Order, blocked: CommandCheck) -> Iterator[CommandCheck]:
    """The cancellation of as many units as the actor may refund, line by line."""
    if {refusal.code for refusal in blocked.refusals} != {OVER_LIMIT}:
        return
    actor, found = blocked.command.actor, dict[str, int]()

    def too_many(line: str, units: int) -> bool:
        asked = cmd.Cancel(lines={**found, line: units})
        return not isinstance(_weighed(handler, order, asked, actor), Decision)

    for line, stands in list(order.state.lines.items())[:_LINES_WEIGHED]:
        some = range(1, stands.ordered + 1)
        if units := bisect_left(some, True, key=partial(too_many, line)):
            found[line] = units
    if found:
        yield _offer(handler, order, cmd.Cancel(lines=found), actor)


def idle_parts(handler: Handler, order: Order) -> tuple[str, ...]:
    """Parts of an order without pending work or its row; checks no command."""
    return (
        *pending_work_without_row(handler.store, handler.rules, order),
        *without_pending_work(handler, order),
    )


def without_pending_work(handler: Handler, order: Order) -> tuple[str, ...]:
    """Unfinished parts of an order without any pending work."""
    return tuple(_silent(order, list(_waits(handler, order))))


def _waits(handler: Handler, order: Order) -> Iterator[PendingItem]:
    """The pending work of an order. Raises RuleFailed."""
    parcels = filter(None, map(handler.store.parcel, order.state.parcels))
    with rule_errors_of(f"order:{order.id}"):
        of_all = [pending_work(order, handler.rules)]
        of_all += (parcel_pending_work(parcel, handler.rules) for parcel in parcels)
    for wanted in (each for waited in of_all for each in waited.values()):
        yield _sentence(wanted)
    yield from _kept(handler, order)
    for owner in (f"order:{order.id}", *(f"parcel:{view}" for view in order.state.parcels)):
        for row in handler.store.open_rows(owner):
            if row.kind == "message":
                what = f"{row.name} is on its way to {owner}"
                yield PendingItem(
                    row.key, "message", row.name, row.subject.partition(":")[2], what, row.due
                )


def _kept(handler: Handler, order: Order) -> Iterator[PendingItem]:
    """Retained data of an erased order, each pending its erasure."""
    if order.state.customer.startswith(ALIAS):
        for each in handler.store.restricted(order=order.id):
            about = each.kept
            day = f"{ENGLISH.moment(about.until)} UTC"
            told = f"{about.kind} is kept for auditors until {day}, and erased then"
            sentence = f"{told}: {about.because}"
            yield PendingItem(each.key, "timer", about.kind, order.id, sentence, about.until)


_DEADLINES: Mapping[str, str] = {
    "at_risk": "the promised delivery is looked at on {due}",
    "backorder": "stock is expected by {due}",
    "carrier": "the carrier answers by {due}",
    "cash": "the carrier reports the cash by {due}",
    "confirmation": "the customer confirms the delivery by {due}",
    "escalation": "the task goes to somebody else on {due}",
    "fulfiller": "the partner answers by {due}",
    "hold": "the hold ends on {due}",
    "late": "the delivery is promised for {due}",
    "not_before": "the units are worked from {due}",
    "payment": "the customer pays by {due}",
    "payments": "the payment provider answers by {due}",
    "reminder": "the customer is asked to pay on {due}",
    "reservation": "the stock is reserved until {due}",
    "rest": "the other units are awaited until {due}",
    "review": "the customer is asked for a review on {due}",
    "state": "its state has time until {due}",
    "tracking": "the carrier reports by {due}",
}
"""What is told of a deadline, by its name."""


def _deadline(timer: Timer) -> str:
    due = f"{ENGLISH.moment(timer.due)} UTC"
    if (others := timer.name.removeprefix("parcel of ")) != timer.name:
        return f"order {others} is awaited for the parcel until {due}"
    other = "{name} answers by {due}" if timer.party else "the deadline {name} passes on {due}"
    told = _DEADLINES.get(timer.name, other.replace("{name}", ENGLISH.word(timer.name)))
    return told.replace("{due}", due)


def _sentence(wanted: PendingWork) -> PendingItem:
    match wanted:
        case Task(role=role, instructions=what):
            sentence = f"{role}: {what}"
            return PendingItem(
                wanted.key, "task", wanted.name, wanted.subject, sentence, wanted.due
            )
        case Effect(name=name, subject=subject):
            return PendingItem(
                wanted.key, "effect", name, subject, f"a worker will {ENGLISH.word(name)} {subject}"
            )
        case Timer(name=name, due=due):
            return PendingItem(wanted.key, "timer", name, wanted.subject, _deadline(wanted), due)


def candidate_commands(handler: Handler, order: Order) -> Iterator[cmd.CommandBody]:
    """The commands to offer, as they would be given now."""
    state = order.state
    yield cmd.Confirm()
    yield cmd.Cancel()
    if missing := order.units(Bucket.OPEN, Bucket.BACKORDERED):
        yield cmd.Cancel(lines=missing)
    yield cmd.Route()
    yield cmd.PlaceHold(hold="manual", reason="to be looked at")
    yield from (cmd.ReleaseHold(hold=hold) for hold in state.holds)
    yield from (cmd.CloseTask(task=task) for task in state.tasks)
    yield cmd.ConfirmDelivery()
    yield cmd.Reopen(reason="to be looked at")
    yield from _about_work(handler, order)
    for proposal in state.proposals.values():
        yield cmd.AcceptSubstitute(fo=proposal.fo, line=proposal.line)
    for view in state.parcels.values():
        yield cmd.Seal(parcel=view.id)
        yield cmd.Ship(parcel=view.id)
        yield cmd.Deliver(parcel=view.id)
        yield cmd.Intercept(parcel=view.id)
    if not state.payments.paid:
        yield cmd.SendDunning()
    yield cmd.Resend()
    yield from (cmd.RetryRefund(refund=refund) for refund in state.refunds)
    yield from (cmd.FinishPutAway(put_away=put_away) for put_away in state.put_aways)
    if units := order.units(Bucket.SHIPPED, Bucket.DELIVERED):
        yield cmd.RequestReturn(lines=units)
    for rma in state.returns:
        yield cmd.ApproveReturn(rma=rma)
        yield cmd.DeclineReturn(rma=rma, reason="to be looked at")
        yield cmd.CloseReturn(rma=rma)
    yield from _triggers(handler, order)


def _about_work(handler: Handler, order: Order) -> Iterator[cmd.CommandBody]:
    """The commands about fulfillment orders."""
    for fo in order.state.fulfillment_orders.values():
        if units := order.units(Bucket.ALLOCATED, fo=fo.id):
            yield cmd.Pick(fo=fo.id, units=units)
        if units := order.units(Bucket.PICKED, fo=fo.id):
            yield cmd.Pack(fo=fo.id, units=units)
        steps = handler.rules.machine(fo.workflow).workflow.steps
        if steps & {"collect", "hand_over", "provide"}:
            yield cmd.Collect(fo=fo.id)
        if "submit" in steps:
            yield cmd.Submit(fo=fo.id)
        yield cmd.Reroute(fo=fo.id)
        yield cmd.PlaceHold(hold=f"look-{fo.id}", reason="to be looked at", on=fo.id)


def _triggers(handler: Handler, order: Order) -> Iterator[cmd.CommandBody]:
    state = order.state
    machine = handler.rules.machine
    for t in machine(state.workflow).workflow.leaving[state.lifecycle]:
        yield cmd.Fire(trigger=t.trigger)
    moving: list[FulfillmentOrder | Return] = [
        *state.fulfillment_orders.values(),
        *state.returns.values(),
    ]
    for found in moving:
        for onward in machine(found.workflow).workflow.leaving[found.state]:
            yield cmd.Fire(trigger=onward.trigger, on=found.id)


def _silent(order: Order, found: list[PendingItem]) -> Iterator[str]:
    """Unfinished parts without pending work; none while a message is pending, which wakes all."""
    if any(wait.kind == "message" for wait in found):
        return
    state = order.state
    subjects = {wait.subject for wait in found}
    if not found and not state.phase.final:
        yield f"order {order.id} is {state.lifecycle}"
    if not found:
        for slot, units in order.ledger.items():
            if slot.bucket not in SETTLED:
                yield f"{units} of line {slot.line} are {slot.bucket}"
    for fo in state.fulfillment_orders.values():
        own = {fo.id, *(slot.parcel for slot, _ in order.ledger.slots(fo=fo.id))} - {""}
        waits_for_order = fo.phase == "waiting" and state.id in subjects
        if not fo.phase.final and not own & subjects and not (waits_for_order or state.holds):
            yield f"fulfillment order {fo.id} is {fo.state}"
    for rma in state.returns.values():
        if not rma.phase.final and rma.id not in subjects and not state.holds:
            yield f"return {rma.id} is {rma.state}"
