"""Reviews: a customer's feedback settles whether a review is requested."""

from __future__ import annotations

from orderflow.kernel.decision.draft import Draft
from orderflow.model import events as ev
from orderflow.model.observations import Feedback, FeedbackGiven
from orderflow.model.state import Review

__all__ = ["feedback_given"]


def feedback_given(draft: Draft, body: FeedbackGiven) -> None:
    """Record feedback: no review is requested any more; a complaint opens a task."""
    state = draft.order.state
    settled = Review.GIVEN if body.feedback is Feedback.REVIEW else Review.WITHHELD
    if state.review not in (settled, Review.GIVEN):
        draft.emit(ev.ReviewSettled(settled, body.feedback))
    if body.feedback is Feedback.COMPLAINT:
        where = f" ({body.reference})" if body.reference else ""
        reason = f"the customer complains{where}: answer, then close this task"
        draft.open_task("exception.complaint", "support", reason, state.id)
