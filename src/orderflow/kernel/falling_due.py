"""What is done when a deadline has come, and what customers and banks say that changes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from orderflow.kernel.cancelling import cancel
from orderflow.kernel.deciding import Deciding
from orderflow.kernel.placing import send_reminder
from orderflow.model import commands as cmd
from orderflow.model import events as ev
from orderflow.model.document import Terms
from orderflow.model.messages import TimerFired
from orderflow.model.observations import Feedback, FeedbackGiven, PaymentReported
from orderflow.model.state import OrderState, PaymentFact, Review
from orderflow.model.work import Effect
from orderflow.money import Money

__all__ = [
    "AT_DEADLINE",
    "cancel_unpaid",
    "charged_back",
    "expires",
    "feedback_given",
    "told_again",
]


def _promise_nears(deciding: Deciding, fired: TimerFired) -> None:
    """A person looks after a promise that nears; one that is not kept goes to another role."""
    state, steps, late = deciding.order.state, deciding.rules.steps, fired.name == "late"
    role = steps.role("escalation" if late else "promise")
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
    if not deciding.order.state.phase.final:
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
    role, subject = deciding.rules.steps.role("unpaid"), deciding.order.id
    deciding.ask_person(task, role, f"{money} of {subject} are {what}", subject)


def charged_back(deciding: Deciding, body: PaymentReported) -> None:
    """The customer's bank took money back: whether to dispute it is a person's to say."""
    money = Money(body.amount, deciding.order.state.currency)
    reason = f"{money} were charged back ({body.reference}): dispute it, or let it be"
    role = deciding.rules.steps.role("unpaid")
    deciding.ask_person("exception.charged_back", role, reason, deciding.order.id)


def told_again(deciding: Deciding, body: PaymentReported, counts: int) -> None:
    """A reference that *counts* already comes with another amount: the greatest counts, and a task.

    So it does not matter which came first. A payment that failed adds nothing in any case.
    """
    if body.amount == counts or body.fact is PaymentFact.FAILED:
        return
    if body.amount > counts:
        reference = f"{body.fact}:{body.reference}"
        more = body.amount - counts
        deciding.emit(ev.PaymentRecorded(body.fact, more, reference, body.amount))
    amounts = sorted((counts, body.amount))
    what = f"{body.reference} was {body.fact} with different amounts"
    deciding.emit(ev.FactKept("payment_reported", f"{what}: {amounts[0]} and {amounts[1]}"))
    role, of = deciding.rules.steps.role("unpaid"), f"{deciding.id}/{body.fact}:{body.reference}"
    reason = f"{what}: the greatest counts; ask which is right"
    deciding.ask_person("exception.payment_reported", role, reason, of)


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
    deciding.emit(ev.TaskEscalated(fired.subject, deciding.rules.steps.role("escalation")))


AT_DEADLINE: Mapping[str, Callable[[Deciding, TimerFired], None]] = {
    "at_risk": _promise_nears,
    "late": _promise_nears,
    "reminder": _remind,
    "cash": _cash_is_missing,
    "review": _ask_for_review,
    "escalation": _escalate,
}
"""What is done at each deadline, by the timer's name."""


def feedback_given(deciding: Deciding, body: FeedbackGiven) -> None:
    """Whoever has spoken is not asked for a review any more; a complaint is a person's task."""
    state = deciding.order.state
    settled = Review.GIVEN if body.feedback is Feedback.REVIEW else Review.WITHHELD
    if state.review not in (settled, Review.GIVEN):
        deciding.emit(ev.ReviewSettled(settled, body.feedback))
    if body.feedback is Feedback.COMPLAINT:
        where = f" ({body.reference})" if body.reference else ""
        reason = f"the customer complains{where}: answer, and close this"
        deciding.ask_person("exception.complaint", "support", reason, state.id)
