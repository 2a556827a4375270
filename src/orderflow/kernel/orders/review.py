"""Reviews: what customers say settles whether they are asked."""

from __future__ import annotations

from orderflow.kernel.decision.draft import Draft
from orderflow.model import events as ev
from orderflow.model.observations import Feedback, FeedbackGiven
from orderflow.model.state import Review

__all__ = ["feedback_given"]


def feedback_given(draft: Draft, body: FeedbackGiven) -> None:
    """Whoever has spoken is not asked for a review any more; a complaint is a person's task."""
    state = draft.order.state
    settled = Review.GIVEN if body.feedback is Feedback.REVIEW else Review.WITHHELD
    if state.review not in (settled, Review.GIVEN):
        draft.emit(ev.ReviewSettled(settled, body.feedback))
    if body.feedback is Feedback.COMPLAINT:
        where = f" ({body.reference})" if body.reference else ""
        reason = f"the customer complains{where}: answer, then close this task"
        draft.open_task("exception.complaint", "support", reason, state.id)
