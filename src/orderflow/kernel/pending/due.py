"""What is done when a moment has come that an order waits for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from orderflow.kernel.changes.cancellation import cancel
from orderflow.kernel.decision.checks import is_with_party
from orderflow.kernel.decision.draft import Deciding
from orderflow.kernel.money.payment import send_reminder
from orderflow.kernel.partners.silence import press
from orderflow.kernel.pending.deadlines import is_signed
from orderflow.kernel.pending.own import role_after
from orderflow.kernel.pending.own_trigger import state_timer
from orderflow.kernel.pending.waits import waits
from orderflow.kernel.stock.allocation import expire_reservations
from orderflow.model import commands as cmd
from orderflow.model import events as ev
from orderflow.model.document import Terms
from orderflow.model.messages import TimerFired
from orderflow.model.state import OrderState
from orderflow.model.work import Effect
from orderflow.money import Money

__all__ = ["AT_DEADLINE", "cancel_unpaid", "expires", "timer_fired"]


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
            state_timer(deciding, body)
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
    role = role_after(deciding.order, body.subject, body.name, deciding.rules)
    deciding.ask_person(f"overdue.{body.name}", role, reason, body.subject)


def _promise_nears(deciding: Deciding, fired: TimerFired) -> None:
    """A person looks after a promise that nears; one that is not kept goes to another role."""
    state, late = deciding.order.state, fired.name == "late"
    role = deciding.rules.role("escalation" if late else "promise")
    task = f"{state.id}:promise"
    when = "was" if late else "is"
    reason = (
        f"{state.id} {when} promised for {state.promised:%Y-%m-%d %H:%M} UTC, and not delivered"
    )
    if late and task in state.tasks:
        deciding.emit(ev.TaskEscalated(task, role, reason))
    else:
        deciding.ask_person("promise", role, reason, state.id)


def expires(state: OrderState) -> bool:
    """Whether a prepaid order is given up when its time to pay is over: no money is in sight."""
    payments = state.payments
    in_sight = payments.captured or payments.authorised or not payments.outstanding
    return state.terms == Terms.PREPAID and not (in_sight or state.released)


def cancel_unpaid(deciding: Deciding) -> None:
    """Cancel an order that was to be paid first, and of which no work was released."""
    cancel(deciding, cmd.Cancel(reason="unpaid"))
    if not deciding.refusals and not deciding.order.state.phase.final:
        deciding.fire("cancel", reason="unpaid")


def _remind(deciding: Deciding, _fired: TimerFired) -> None:
    """Remind the customer of an invoice; after the last reminder a person takes over."""
    state, most = deciding.order.state, deciding.rules.windows.reminders
    sent = sum(key.startswith(f"{state.id}:reminder:") for key in state.done_timers)
    if sent <= most:
        send_reminder(deciding)
    else:
        _ask_for_money(deciding, "overdue.reminder", f"not paid after {most} reminders")


def _cash_is_missing(deciding: Deciding, _fired: TimerFired) -> None:
    """The goods were delivered, and their cash is not reported: ask who delivered them."""
    _ask_for_money(deciding, "overdue.cash", "due on delivery, and not reported")


def _ask_for_money(deciding: Deciding, task: str, what: str) -> None:
    state = deciding.order.state
    money = Money(state.payments.outstanding, state.currency)
    role, subject = deciding.rules.role("unpaid"), deciding.order.id
    deciding.ask_person(task, role, f"{money} of {subject} are {what}", subject)


def _ask_for_review(deciding: Deciding, _fired: TimerFired) -> None:
    """Ask the customer for a review, or, outside the permitted hours, in the next ones."""
    hours, now = deciding.rules.windows.review_hours, deciding.context.now
    if hours is not None and (later := hours.next(now)) != now:
        deciding.emit(ev.ReviewPostponed(later))
        return
    deciding.emit(ev.ReviewAsked())
    deciding.add([Effect("notify", data={"template": "review-request"})], deciding.order.id)


def _escalate(deciding: Deciding, fired: TimerFired) -> None:
    """A task was not done in time."""
    deciding.emit(ev.TaskEscalated(fired.subject, deciding.rules.role("escalation")))


AT_DEADLINE: Mapping[str, Callable[[Deciding, TimerFired], None]] = {
    "at_risk": _promise_nears,
    "late": _promise_nears,
    "reminder": _remind,
    "cash": _cash_is_missing,
    "review": _ask_for_review,
    "escalation": _escalate,
}
"""What is done at each deadline, by the timer's name."""
