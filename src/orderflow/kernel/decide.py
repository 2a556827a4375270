"""Decide: an order, a message and the rules give a decision, or the reasons to refuse."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import attrs

from orderflow.errors import Refusal
from orderflow.kernel.changes import cancellation, edit
from orderflow.kernel.decision.checks import known
from orderflow.kernel.decision.draft import Context, Draft
from orderflow.kernel.decision.limits import given_away, over_limits
from orderflow.kernel.decision.references import check_names
from orderflow.kernel.decision.roles import missing_role_for
from orderflow.kernel.decision.rules import Rules
from orderflow.kernel.decision.step import Fired
from orderflow.kernel.money import payment, refund
from orderflow.kernel.orders import holds, lifecycle, placement, review, substitutes
from orderflow.kernel.parcels import recall, scans
from orderflow.kernel.partners import (
    answer,
    cancellation_request,
    invoice,
    request,
    shipment_notice,
)
from orderflow.kernel.pending import deadline_passed, effects, state_timer
from orderflow.kernel.pending.ended_tasks import no_longer_pending
from orderflow.kernel.pending.order import pending_work
from orderflow.kernel.progress import advance
from orderflow.kernel.returns import goods, rma
from orderflow.kernel.stock import allocation, backorder
from orderflow.kernel.work import packing, picking, put_away, shipping
from orderflow.model import commands as cmd
from orderflow.model import events as ev
from orderflow.model import messages as msg
from orderflow.model import observations as obs
from orderflow.model.ledger import Bucket
from orderflow.model.order import Order
from orderflow.model.phases import Phase
from orderflow.model.stock import StockKey, StockOp
from orderflow.model.work import Message, PendingWork, Task

__all__ = ["Context", "Decision", "decide", "references", "stock_keys"]


@attrs.frozen
class Decision:
    """All that one commit writes about an order.

    Attributes:
        order: The order after it; its version is one higher.
        events: What became true.
        stock: Stock operations, as data; the store applies all or none.
        wanted: New pending work: effects, tasks, timers.
        withdrawn: Keys of work that is no longer pending.
        messages: To other boundaries.
        fired: Transitions taken, for the watchers.
        references: New names by which messages from outside find the order.
        revised: Whether its document changed.
    """

    order: Order
    events: tuple[ev.Event, ...]
    stock: tuple[StockOp, ...]
    pending_work: tuple[PendingWork, ...]
    withdrawn: tuple[str, ...]
    messages: tuple[Message, ...]
    fired: tuple[Fired, ...]
    references: tuple[str, ...]
    revised: bool = False


def decide(
    rules: Rules, order: Order | None, body: object, context: Context, new_id: str = ""
) -> Decision | tuple[Refusal, ...]:
    """Decide *body* on *order*: a decision, or the reasons to refuse. Pure.

    Args:
        rules: The application's rules.
        order: The order as it is; None for a placement.
        body: A command, an observation or a message.
        context: Time, actor, external data and stock levels.
        new_id: The id of the order that a placement creates.
    """
    refused = None if context.task else missing_role_for(rules, order, body, context.actor)
    if refused is not None:
        return (refused,)
    draft = Draft(rules, context, order, new_id)
    if order is not None and context.cause in order.state.asked_for:
        draft.emit(ev.EffectDeferred(context.cause))  # this message is the effect's answer
    commanded = isinstance(body, cmd.CommandBody)
    if isinstance(body, cmd.CommandBody) and order is not None:
        check_names(draft, body.command if isinstance(body, cmd.Override) else body)
    _HANDLERS[type(body)](draft, body)
    if commanded and draft.refusals:
        return tuple(draft.refusals)
    _settle_refusals(draft, commanded)
    advance(draft)
    if _end_answered(draft):
        advance(draft)
    _tell_parcels(draft, order)
    if isinstance(body, obs.ObservationBody):
        effects.answered_in_part(draft)
    _settle_refusals(draft, commanded)
    if not draft.refusals and rules.limits and (commanded or context.task):
        draft.refusals += _over_limits(draft, order, body)
    if draft.refusals:
        return tuple(draft.refusals)
    return _decision(draft, order)


def _over_limits(draft: Draft, before: Order | None, body: object) -> Iterator[Refusal]:
    """The limits of the actor's roles that a command, or a task's answer, exceeds."""
    after, rules = draft.order, draft.rules
    givings = given_away(body, before, after, draft.events)
    return over_limits(rules, draft.context.actor, after.state.currency, givings)


def _end_answered(draft: Draft) -> bool:
    """Close the "overdue" task that this answers, so that the partner's time begins anew.

    Most answers already end what the task asks about, and the task with it; True if it was open.
    """
    context = draft.context
    task = draft.order.state.tasks.get(context.answers or context.task)
    if task is None or not task.name.startswith("overdue."):
        return False
    draft.emit(ev.TaskClosed(task.id))
    return True


def _settle_refusals(draft: Draft, commanded: bool) -> None:
    """Turn the refusals of an observation into tasks: an observation is never refused."""
    if draft.refusals and not commanded:
        reasons = "; ".join(map(str, draft.refusals))
        draft.refusals.clear()
        draft.keep_observation("blocked", reasons)


def _decision(draft: Draft, before: Order | None) -> Decision:
    order = draft.order
    old = pending_work(before, draft.rules) if before else {}
    new = pending_work(order, draft.rules)
    carried = {effect.key: effect for effect in draft.effects}
    return Decision(
        order,
        tuple(draft.events),
        tuple(draft.stock),
        tuple(carried.get(key, new[key]) for key in new if _is_news(new[key], old.get(key))),
        tuple(no_longer_pending(old, new)),
        tuple(draft.messages),
        tuple(draft.fired),
        tuple(references(order.id, draft.events)),
        draft.revised,
    )


def _is_news(wanted: PendingWork, before: PendingWork | None) -> bool:
    """Whether the work was not pending before, or is a task that asks for something else now."""
    return before is None or (isinstance(wanted, Task) and wanted != before)


def references(order_id: str, events: Iterable[ev.Event]) -> Iterator[str]:
    """The order's id, and the number of each request to a partner."""
    for event in events:
        match event:
            case ev.OrderCreated():
                yield f"order:{order_id}"
            case ev.FulfillmentOrderMoved(fo=fo, phase=Phase.REQUESTED):
                yield f"request:{fo}"
            case ev.PartnerReferenceSet(reference=reference):
                yield f"request:{reference}"


def _tell_parcels(draft: Draft, before: Order | None) -> None:
    """Pause parcels that have not left while the order, or an FO in them, is on hold."""
    after = draft.order.state
    if before is None or (before.state.holds == after.holds and not after.holds):
        return
    for view in after.parcels.values():
        held = after.held(view.id)
        if not view.status.final and held != before.state.held(view.id):
            draft.send(f"parcel:{view.id}", msg.HoldParcel(after.id, held))


def stock_keys(rules: Rules, order: Order | None, body: object) -> frozenset[StockKey]:
    """The stock levels that deciding *body* may need."""
    if isinstance(body, cmd.Override):
        body = body.command
    if isinstance(body, cmd.PlaceOrder | cmd.SaveDraft):
        skus = {line.sku for line in body.order.lines if line.stocked}
    elif isinstance(body, msg.StockLost):
        return frozenset({body.key})
    elif order is None:
        skus = set()
    else:
        may_be_routed = set(order.units(Bucket.OPEN))
        if isinstance(body, cmd.Pick):
            may_be_routed |= set(body.short)
        elif isinstance(body, cmd.Route):
            may_be_routed |= set(order.units(Bucket.BACKORDERED))
        elif isinstance(body, cmd.Resend):
            may_be_routed |= set(order.units(*recall.MAY_GO_AGAIN))
        elif isinstance(body, _GIVES_BACK):
            may_be_routed |= set(order.units(Bucket.ALLOCATED, fo=body.fo))
        lines = order.state.lines
        skus = {lines[ln].sku for ln in may_be_routed if ln in lines and lines[ln].stocked}
        if isinstance(body, cmd.Edit):
            skus |= {lines[ln].sku for ln in body.quantities if ln in lines}
            skus |= {line.sku for line in body.lines}
        elif isinstance(body, cmd.AcceptSubstitute):
            skus |= {proposal.sku for proposal in order.state.proposals.values()}
    return frozenset(StockKey(sku, place) for sku in skus for place in rules.locations)


_GIVES_BACK = cmd.Reroute | obs.RequestAnswered | obs.CancellationAnswered
"""After these, units of a fulfillment order may be routed again."""


def _override(draft: Draft, body: cmd.Override) -> None:
    """Carry out a command although the application's guards or policies refuse it."""
    draft.overridden_codes = []
    _HANDLERS[type(body.command)](draft, body.command)
    codes = tuple(dict.fromkeys(draft.overridden_codes))
    draft.overridden_codes = None
    draft.emit(ev.Overridden(body.command.kind, body.reason, codes))


def _close_task(draft: Draft, body: cmd.CloseTask) -> None:
    task = known(draft, "task.unknown", body.task, draft.order.state.tasks)
    if task is not None:
        draft.emit(ev.TaskClosed(body.task))
        if task.name == "exception.blocked":
            state_timer.try_again(draft, task.of)


def _route(draft: Draft, _body: cmd.Route) -> None:
    allocation.reopen_backorders(draft)
    if not allocation.routable_units(draft.order, draft.rules, draft.context.now):
        draft.refuse("route.nothing", "no unit is open and free to be given to anybody")
    elif draft.order.state.declined:
        draft.emit(ev.RoutingReset())


_HANDLERS: Mapping[type, Callable[[Draft, Any], None]] = {
    cmd.PlaceOrder: placement.place_order,
    cmd.SaveDraft: placement.save_draft,
    cmd.Override: _override,
    cmd.Confirm: lifecycle.confirm,
    cmd.Cancel: cancellation.cancel,
    cmd.Edit: edit.edit,
    cmd.Intercept: recall.intercept,
    cmd.PlaceHold: holds.place_hold,
    cmd.ReleaseHold: holds.release_hold,
    cmd.Route: _route,
    cmd.Pick: picking.pick,
    cmd.Pack: packing.pack,
    cmd.Seal: packing.seal,
    cmd.Ship: shipping.ship,
    cmd.Deliver: shipping.deliver,
    cmd.Collect: shipping.collect,
    cmd.Submit: request.submit,
    cmd.ProposeSubstitute: substitutes.propose_to_customer,
    cmd.AcceptSubstitute: substitutes.substitute,
    cmd.Reroute: cancellation_request.reroute,
    cmd.Resend: recall.resend,
    cmd.RetryRefund: refund.retry_refund,
    cmd.SendBack: rma.send_back,
    cmd.SendDunning: payment.remind_payment,
    cmd.FinishPutAway: put_away.finish_put_away,
    cmd.ConfirmDelivery: lifecycle.confirm_receipt,
    cmd.RequestReturn: rma.request,
    cmd.ApproveReturn: rma.approve,
    cmd.DeclineReturn: rma.decline,
    cmd.CloseReturn: rma.close,
    cmd.CloseTask: _close_task,
    cmd.Reopen: lifecycle.reopen,
    cmd.Fire: rma.fire,
    obs.PaymentReported: payment.payment_reported,
    obs.FeedbackGiven: review.feedback_given,
    obs.GoodsReturned: goods.goods_returned,
    obs.ReturnInspected: goods.return_inspected,
    obs.RequestReceived: request.request_received,
    obs.RequestAnswered: answer.request_answered,
    obs.GoodsShipped: shipment_notice.goods_shipped,
    obs.CancellationAnswered: cancellation_request.cancellation_answered,
    obs.InvoiceReceived: invoice.invoice_received,
    obs.ReturnAnswered: rma.return_answered,
    msg.StockGranted: allocation.stock_granted,
    msg.StockLost: backorder.stock_lost,
    msg.ParcelChanged: scans.parcel_changed,
    msg.TimerFired: deadline_passed.timer_fired,
    msg.EffectFailed: effects.effect_failed,
    msg.AnswerDeferred: effects.effect_taken,
}
