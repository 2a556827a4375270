"""Completing a task: its step's command, or the observation that a person reports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from orderflow.kernel.decision.rules import Rules
from orderflow.kernel.money.refund import refund_key
from orderflow.kernel.pending.forms import Filled, picked_items, short_units
from orderflow.kernel.pending.state_work import state_trigger_of
from orderflow.kernel.pending.steps import STEP_COMMANDS
from orderflow.model import commands as cmd
from orderflow.model import observations as obs
from orderflow.model.ledger import Bucket
from orderflow.model.order import Order
from orderflow.model.parcel import Parcel
from orderflow.model.state import PaymentOutcome
from orderflow.model.work import Task
from orderflow.workflow import TaskFor

__all__ = ["completion", "parcel_completion"]

TaskResult = cmd.CommandBody | obs.ObservationBody | None
"""The command or observation of a completed task; None where other commands end it."""


def completion(task: Task, order: Order, rules: Rules, filled: Filled) -> TaskResult:
    """The command or observation of a completed *task* of an order, from its form *filled*."""
    state = order.state
    if task.subject in state.cancellations and filled:
        return _given_up(task, order, filled)
    if (fired := state_trigger_of(task, order, rules, str(filled.get("answer", "")))) is not None:
        return fired
    if filled.get("answer") == "paid" and task.subject == state.id:
        return _found(order)
    if filled.get("answer") in _ANSWERS:
        return _ANSWERS[filled["answer"]](task, order, filled)
    if task.key in state.tasks:
        return cmd.CloseTask(task=task.key)
    if task.name in _SAID:
        return _SAID[task.name](task, order, filled)
    if task.name in STEP_COMMANDS:
        return STEP_COMMANDS[task.name](order, task.subject)
    return _trigger(task, order, rules)


def _shipped(task: Task, order: Order, filled: Filled) -> TaskResult:
    """The shipment notice for a partner that answered a person that everything left."""
    units = order.units(Bucket.ALLOCATED, fo=task.subject)
    notice = f"told-{len(order.fulfillment_orders[task.subject].notices) + 1}"
    number = filled.get("tracking_number", "")
    return obs.GoodsShipped(fo=task.subject, notice=notice, lines=units, tracking_number=number)


def _arrived(task: Task, order: Order, _filled: Filled) -> TaskResult:
    return obs.GoodsReturned(lines=dict(order.state.returns[task.subject].lines), rma=task.subject)


def _paid(task: Task, order: Order, filled: Filled) -> TaskResult:
    """The payment outcome of a refund as entered by a person, under the refund's key."""
    refund = order.state.refunds[task.subject]
    fact = PaymentOutcome.REFUNDED if filled["answer"] == "paid" else PaymentOutcome.FAILED
    return obs.PaymentReported(fact=fact, amount=refund.amount, reference=refund_key(refund))


_ANSWERS: Mapping[str, Callable[[Task, Order, Filled], TaskResult]] = {
    "accepted": lambda task, _order, _filled: obs.RequestAnswered(fo=task.subject),
    "rejected": lambda task, _order, _filled: obs.RequestAnswered(
        fo=task.subject, rejected="told a person"
    ),
    "shipped": _shipped,
    "approved": lambda task, _order, _filled: obs.ReturnAnswered(rma=task.subject),
    "refused": lambda task, _order, _filled: obs.ReturnAnswered(
        rma=task.subject, refused="told a person"
    ),
    "arrived": _arrived,
    "not coming": lambda task, _order, _filled: cmd.Fire(trigger="expire", on=task.subject),
    "paid": _paid,
    "failed": _paid,
    "waiting": lambda task, _order, _filled: cmd.CloseTask(task=task.key),
}
"""The observation or command for each answer about a silent partner."""


def _given_up(task: Task, order: Order, filled: Filled) -> TaskResult:
    request = order.state.cancellations[task.subject]
    lines = dict(request.lines) if filled.get("answer") == "given up" else {}
    return obs.CancellationAnswered(fo=request.fo, lines=lines, reason="told a person")


def _found(order: Order) -> TaskResult:
    """The payment outcome for money that a person found: all that was outstanding."""
    amount, reference = order.state.payments.outstanding, f"by-hand-{order.version}"
    return obs.PaymentReported(fact=PaymentOutcome.CAPTURED, amount=amount, reference=reference)


def _picked(task: Task, order: Order, filled: Filled) -> TaskResult:
    there, short = order.units(Bucket.ALLOCATED, fo=task.subject), short_units(filled)
    units = {line: n - short.get(line, 0) for line, n in there.items()}
    units = {line: n for line, n in units.items() if n > 0}
    items = picked_items(filled, units)
    return cmd.Pick(fo=task.subject, units=units, short=short, items=items)


def _refunded(task: Task, order: Order, _filled: Filled) -> TaskResult:
    amount = order.state.refunds[task.subject].amount
    return obs.PaymentReported(fact=PaymentOutcome.REFUNDED, amount=amount, reference=task.subject)


def _substituted(task: Task, _order: Order, _filled: Filled) -> TaskResult:
    fo, _, line = task.subject.partition("/")
    return cmd.AcceptSubstitute(fo=fo, line=line)


_SAID: Mapping[str, Callable[[Task, Order, Filled], TaskResult]] = {
    "pick": _picked,
    "refund": _refunded,
    "send_back": lambda task, _order, filled: cmd.SendBack(rma=task.subject, **filled),
    "substitute": _substituted,
}
"""The command or observation of these steps, from their forms."""


def _trigger(task: Task, order: Order, rules: Rules) -> TaskResult:
    """The trigger that leads on from the state of the task."""
    found = order.fulfillment_orders.get(task.subject) or order.state.returns.get(task.subject)
    stamp = found.workflow if found else order.state.workflow
    name = found.state if found else order.state.lifecycle
    workflow = rules.machine(stamp).workflow
    wait = workflow.by_name[name].waits_for
    fire = partial(cmd.Fire, on=found.id if found else None)
    if task.name == "blocked":
        return next((fire(trigger=t.trigger) for t in workflow.leaving[name] if t.completes), None)
    if isinstance(wait, TaskFor) and task.name == name:
        others = [t.trigger for t in workflow.leaving[name] if t.trigger != "cancel"]
        return fire(trigger=wait.trigger or others[0])
    return None


def parcel_completion(task: Task, parcel: Parcel, filled: Filled) -> TaskResult:
    """The command or observation of a completed *task* of a parcel."""
    match task.name:
        case "seal":
            return cmd.Seal(parcel=parcel.id)
        case "label":
            return obs.LabelBought(parcel=parcel.id, **filled)
        case "void_label":
            return obs.LabelVoided(parcel=parcel.id)
        case "exception.trace" | "exception.damaged":
            return obs.TrackingReported(tracking_number=parcel.followed_by, **filled)
    return None
