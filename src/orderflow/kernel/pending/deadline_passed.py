"""Passed deadlines: what an order does when one of its timers fires."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from orderflow.kernel.changes.cancellation import cancel
from orderflow.kernel.decision.checks import is_with_partner
from orderflow.kernel.decision.draft import Draft
from orderflow.kernel.money.payment import send_dunning
from orderflow.kernel.partners.silence import escalate_silence
from orderflow.kernel.pending.deadlines import is_signed
from orderflow.kernel.pending.order import pending_work
from orderflow.kernel.pending.state_timer import state_timer
from orderflow.kernel.pending.state_work import role_after
from orderflow.kernel.stock.allocation import expire_reservations
from orderflow.model import commands as cmd
from orderflow.model import events as ev
from orderflow.model.document import Terms
from orderflow.model.messages import TimerFired
from orderflow.model.state import OrderState
from orderflow.model.work import Effect
from orderflow.money import Money

__all__ = ["DEADLINE_PASSED", "cancel_unpaid", "is_cancelled_when_unpaid", "timer_fired"]


def timer_fired(draft: Draft, body: TimerFired) -> None:
    """Apply a deadline that has passed, if the order still waits for it."""
    state = draft.order.state
    if body.key in state.done_timers or body.key not in pending_work(draft.order, draft.rules):
        return
    draft.emit(ev.TimerDone(body.key))
    match body.name:
        case "reservation":
            expire_reservations(draft)
        case "confirmation":
            by = "carrier" if is_signed(draft.order) else "window"
            draft.emit(ev.DeliveryConfirmed(by))
        case name if name in DEADLINE_PASSED:
            DEADLINE_PASSED[name](draft, body)
        case "payment" if is_cancelled_when_unpaid(state):
            cancel_unpaid(draft)
        case "hold":
            if body.subject in state.holds:
                draft.emit(ev.HoldReleased(body.subject))
        case "not_before":
            pass  # the units can be routed now
        case "state":
            state_timer(draft, body)
        case _:
            _overdue(draft, body)


def _overdue(draft: Draft, body: TimerFired) -> None:
    """Chase a partner that missed its deadline, where possible; else open a task."""
    fo = draft.fos.get(body.subject)
    if fo is not None and is_with_partner(draft.order.state, fo):
        prefix = f"{fo.id}:{body.name}:"
        times = sum(key.startswith(prefix) for key in draft.order.state.done_timers)
        if escalate_silence(draft, fo, times):
            return
    reason = f"no answer about {body.subject} came in time ({body.name}): ask, and enter the answer"
    role = role_after(draft.order, body.subject, body.name, draft.rules)
    draft.open_task(f"overdue.{body.name}", role, reason, body.subject)


def _promise_nears(draft: Draft, fired: TimerFired) -> None:
    """Open a task before the promised date; escalate it when the date is missed."""
    state, late = draft.order.state, fired.name == "late"
    role = draft.rules.role("escalation" if late else "promise")
    task = f"{state.id}:promise"
    when = "was" if late else "is"
    reason = (
        f"{state.id} {when} promised for {state.promised:%Y-%m-%d %H:%M} UTC, and not delivered"
    )
    if late and task in state.tasks:
        draft.emit(ev.TaskEscalated(task, role, reason))
    else:
        draft.open_task("promise", role, reason, state.id)


def is_cancelled_when_unpaid(state: OrderState) -> bool:
    """Whether a missed payment deadline cancels the order: prepaid, unpaid, no work released."""
    payments = state.payments
    in_sight = payments.captured or payments.authorised or not payments.outstanding
    return state.terms == Terms.PREPAID and not (in_sight or state.released)


def cancel_unpaid(draft: Draft) -> None:
    """Cancel an unpaid order."""
    cancel(draft, cmd.Cancel(reason="unpaid"))
    if not draft.refusals and not draft.order.state.phase.final:
        draft.fire("cancel", reason="unpaid")


def _remind(draft: Draft, _fired: TimerFired) -> None:
    """Send dunning for an invoice; after the last one open a task."""
    state, most = draft.order.state, draft.rules.windows.reminders
    sent = sum(key.startswith(f"{state.id}:reminder:") for key in state.done_timers)
    if sent <= most:
        send_dunning(draft)
    else:
        _ask_for_money(draft, "overdue.reminder", f"not paid after {most} reminders")


def _cash_is_missing(draft: Draft, _fired: TimerFired) -> None:
    """Open a task for cash on delivery that was delivered and not reported."""
    _ask_for_money(draft, "overdue.cash", "due on delivery, and not reported")


def _ask_for_money(draft: Draft, task: str, what: str) -> None:
    state = draft.order.state
    money = Money(state.payments.outstanding, state.currency)
    role, subject = draft.rules.role("unpaid"), draft.order.id
    draft.open_task(task, role, f"{money} of {subject} are {what}", subject)


def _ask_for_review(draft: Draft, _fired: TimerFired) -> None:
    """Request a review, or postpone it to the next permitted hours."""
    hours, now = draft.rules.windows.review_hours, draft.context.now
    if hours is not None and (later := hours.next(now)) != now:
        draft.emit(ev.ReviewPostponed(later))
        return
    draft.emit(ev.ReviewRequested())
    draft.add([Effect("notify", data={"template": "review-request"})], draft.order.id)


def _escalate(draft: Draft, fired: TimerFired) -> None:
    """Escalate a task that was not done in time."""
    draft.emit(ev.TaskEscalated(fired.subject, draft.rules.role("escalation")))


DEADLINE_PASSED: Mapping[str, Callable[[Draft, TimerFired], None]] = {
    "at_risk": _promise_nears,
    "late": _promise_nears,
    "reminder": _remind,
    "cash": _cash_is_missing,
    "review": _ask_for_review,
    "escalation": _escalate,
}
"""What each deadline does when it passes, by the timer's name."""
