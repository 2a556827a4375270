"""Units that left and come back, or are sent again."""

from __future__ import annotations

from orderflow.kernel.decision.checks import known, not_held
from orderflow.kernel.decision.draft import Draft
from orderflow.model import commands as cmd
from orderflow.model.ledger import Bucket, Slot
from orderflow.model.parcel import AT_SENDER, Content, ParcelStatus
from orderflow.model.work import Effect

__all__ = ["MAY_GO_AGAIN", "intercept", "resend"]

MAY_GO_AGAIN = Bucket.RETURNED_UNDELIVERED, Bucket.LOST
"""The buckets of units that went out and may be sent again."""


def intercept(draft: Draft, body: cmd.Intercept) -> None:
    """Ask the carrier to bring a parcel back; its scans show whether it does."""
    state = draft.order.state
    view = known(draft, "parcel.unknown", body.parcel, state.parcels)
    if view is None:
        return
    back = view.status is ParcelStatus.RETURNING_TO_SENDER
    if view.status in AT_SENDER or view.status.final or back:
        what = f"{view.id} is {view.status}; only what is on its way can be intercepted"
        draft.refuse("intercept.not_on_its_way", what)
    elif any((a.name, a.subject) == ("intercept", view.id) for a in state.asked_for.values()):
        draft.refuse("intercept.asked", f"the carrier of {view.id} is being asked already")
    elif not_held(draft):
        draft.add([Effect("intercept", view.id)], view.id)


def resend(draft: Draft, body: cmd.Resend) -> None:
    """Send units again that came back undelivered, or were lost."""
    there = draft.order.units(*MAY_GO_AGAIN)
    wanted = there if body.lines is None else body.lines
    for line, units in wanted.items():
        if units > there.get(line, 0):
            what = f"{there.get(line, 0)} came back undelivered or are lost"
            draft.refuse("resend.units_left", f"{units} of line {line} were named, {what}")
    if not wanted:
        draft.refuse("resend.nothing", "nothing came back undelivered, and nothing is lost")
    if draft.refusals or not not_held(draft):
        return
    if draft.order.state.phase.final and not draft.fire("reopen", reason="sent again"):
        return
    left = dict(wanted)
    taken: dict[str, list[Content]] = {}
    for slot, have in sorted(draft.order.ledger.slots(*MAY_GO_AGAIN)):
        if again := min(have, left.get(slot.line, 0)):
            left[slot.line] -= again
            content = Content(draft.id, slot.fo, slot.line, again)
            taken.setdefault(slot.parcel, []).append(content)
            if slot.bucket is Bucket.RETURNED_UNDELIVERED:
                draft.restock(slot, again, slot.parcel)
            draft.move(slot, Slot(slot.line, Bucket.OPEN), again)
    draft.take_units_out(taken)
