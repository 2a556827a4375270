"""State timers, and the triggers that a person may choose when a state's effect was given up."""

from __future__ import annotations

from datetime import datetime, timedelta

from orderflow.calendars import add_span
from orderflow.kernel.decision.rules import Rules
from orderflow.kernel.decision.step import Step
from orderflow.kernel.pending.deadlines import all_reached, stamp
from orderflow.model import commands as cmd
from orderflow.model.order import Order
from orderflow.model.phases import OrderPhase
from orderflow.model.state import OpenTask, OrderState
from orderflow.model.work import FormField, PendingWork, Task, Timer
from orderflow.workflow import EffectOf, PartnerAnswer, TimerFor, Workflow

__all__ = [
    "asked_key",
    "is_retry",
    "needless_timer",
    "own_wait",
    "rests",
    "role_after",
    "state_task_form",
    "state_timer",
    "state_trigger_of",
    "trigger_form",
]

_SUBMIT = "submit"
"""The standard workflows' effect: its partner answers with more than a trigger."""


def own_wait(order: Order, subject: str, rules: Rules) -> object:
    """The pending work that a subject's state declares; None if it has no state."""
    found = _flow_of(order, subject, rules)
    return found and found[0].by_name[found[1]].waits_for


def _flow_of(order: Order, subject: str, rules: Rules) -> tuple[Workflow[Step], str] | None:
    """The workflow of an order, a FO or a return, and its state in it."""
    state = order.state
    found = state.fulfillment_orders.get(subject) or state.returns.get(subject)
    if found is None and subject != state.id:
        return None
    stamp, at = (found.workflow, found.state) if found else (state.workflow, state.lifecycle)
    return rules.machine(stamp).workflow, at


def role_after(order: Order, subject: str, party: str, rules: Rules) -> str:
    """The role that asks an overdue partner: the one that the state names, else support."""
    wait = own_wait(order, subject, rules)
    return wait.role if isinstance(wait, PartnerAnswer) and wait.party == party else "support"


def state_timer(state: OrderState, of: str, moment: datetime, due: datetime) -> Timer:
    """A state's timer; if its trigger was refused, it fires again after growing pauses."""
    key = f"{of}:state:{stamp(moment)}"
    refused = sum(done == key or done.startswith(f"{key}:") for done in state.done_timers)
    if not refused:
        return Timer(key, "state", of, due)
    pauses = sum(min(2**n, _LONGEST) for n in range(refused))
    return Timer(f"{key}:{refused}", "state", of, add_span(due, timedelta(hours=pauses)))


def needless_timer(order: Order, rules: Rules) -> datetime | None:
    """When an order's own timer is needless: it would cancel, and the customer has everything.

    Such an order completes.
    """
    state, wait = order.state, own_wait(order, order.id, rules)
    span = wait.delay if isinstance(wait, TimerFor) else getattr(wait, "within", None)
    if span is None or state.phase is not OrderPhase.CONFIRMED or not all_reached(order):
        return None
    flow = rules.machine(state.workflow).workflow
    ways = flow.leaving[state.lifecycle]
    ends = {flow.by_name[w.dest].phase for w in ways if w.trigger == getattr(wait, "trigger", "")}
    if ends != {OrderPhase.CANCELLED} or all(way.trigger != "complete" for way in ways):
        return None
    return add_span(state.since, span)


def rests(order: Order, rules: Rules, subject: str) -> bool:
    """Whether a state's timer is paused: its subject is on hold, or the timer is needless."""
    needless = subject == order.id and needless_timer(order, rules) is not None
    return needless or order.state.held(subject)


def is_retry(wanted: PendingWork) -> bool:
    """Whether it is a state's timer that fires again because its trigger was refused."""
    return isinstance(wanted, Timer) and ":" in wanted.key.partition(":state:")[2]


def asked_key(key: str) -> str:
    """The key that is done once partners were asked to cancel units for the state timer *key*."""
    first, _, tail = key.partition(":state:")
    return f"{first}:state:{tail.partition(':')[0]}:asked"


_LONGEST = 24
"""Hours between two tries of a state's timer, at most."""


def answering_triggers(workflow: Workflow[Step], name: str) -> tuple[str, ...]:
    """The triggers that may answer a state's own effect; empty if it has none."""
    wait = workflow.by_name[name].waits_for
    if not isinstance(wait, EffectOf) or wait.name == _SUBMIT:
        return ()
    leaving = dict.fromkeys(t.trigger for t in workflow.leaving[name])
    return tuple(trigger for trigger in leaving if trigger != "cancel") or tuple(leaving)


def trigger_form(workflow: Workflow[Step], name: str) -> tuple[FormField, ...]:
    """The form of the task for an effect that was given up: a choice of several triggers."""
    triggers = answering_triggers(workflow, name)
    return (FormField("answer", choices=triggers),) if len(triggers) > 1 else ()


def state_task_form(order: Order, rules: Rules, task: OpenTask) -> tuple[FormField, ...]:
    """The form of a task about an overdue partner: a trigger, or "waiting".

    With a single trigger, completing the task without an answer fires it.
    """
    triggers = _of_task(order, rules, task.name, task.of)
    if not triggers:
        return ()
    return (FormField("answer", required=len(triggers) > 1, choices=(*triggers, "waiting")),)


def state_trigger_of(task: Task, order: Order, rules: Rules, answer: str) -> cmd.Fire | None:
    """The trigger that completing such a task fires; None for other tasks and for "waiting"."""
    triggers = _of_task(order, rules, task.name, task.subject)
    if not triggers or answer not in ("", *triggers):
        return None
    on = None if task.subject == order.id else task.subject
    return cmd.Fire(trigger=answer or triggers[0], on=on)


def _of_task(order: Order, rules: Rules, name: str, subject: str) -> tuple[str, ...]:
    """The triggers that a task about a state's own effect offers."""
    wait, flow = own_wait(order, subject, rules), _flow_of(order, subject, rules)
    if flow is None or not isinstance(wait, EffectOf):
        return ()
    return answering_triggers(*flow) if name in (wait.name, f"overdue.{wait.party}") else ()
