"""What left, and is to come back or to go once more."""

from __future__ import annotations

from orderflow.kernel.decision.checks import known, not_held
from orderflow.kernel.decision.draft import Deciding
from orderflow.model import commands as cmd
from orderflow.model.ledger import Bucket, Slot
from orderflow.model.parcel import AT_SENDER, Content, ParcelStatus
from orderflow.model.work import Effect

__all__ = ["MAY_GO_AGAIN", "intercept", "resend"]

MAY_GO_AGAIN = Bucket.RETURNED_UNDELIVERED, Bucket.LOST
"""The buckets of units that went out and may be sent once more."""


def intercept(deciding: Deciding, body: cmd.Intercept) -> None:
    """Ask the carrier to bring a parcel back; its scans will tell whether it does."""
    state = deciding.order.state
    view = known(deciding, "parcel.unknown", body.parcel, state.parcels)
    if view is None:
        return
    back = view.status is ParcelStatus.RETURNING_TO_SENDER
    if view.status in AT_SENDER or view.status.final or back:
        what = f"{view.id} is {view.status}; only what is on its way can be intercepted"
        deciding.refuse("intercept.not_on_its_way", what)
    elif any((a.name, a.subject) == ("intercept", view.id) for a in state.asked_for.values()):
        deciding.refuse("intercept.asked", f"the carrier of {view.id} is being asked already")
    elif not_held(deciding):
        deciding.add([Effect("intercept", view.id)], view.id)


def resend(deciding: Deciding, body: cmd.Resend) -> None:
    """Units that came back undelivered, or were lost, are to be sent once more."""
    there = deciding.order.units(*MAY_GO_AGAIN)
    wanted = there if body.lines is None else body.lines
    for line, units in wanted.items():
        if units > there.get(line, 0):
            what = f"{there.get(line, 0)} came back undelivered or are lost"
            deciding.refuse("resend.units_left", f"{units} of line {line} were named, {what}")
    if not wanted:
        deciding.refuse("resend.nothing", "nothing came back undelivered, and nothing is lost")
    if deciding.refusals or not not_held(deciding):
        return
    if deciding.order.state.phase.final and not deciding.fire("reopen", reason="sent again"):
        return
    left = dict(wanted)
    taken: dict[str, list[Content]] = {}
    for slot, have in sorted(deciding.order.ledger.slots(*MAY_GO_AGAIN)):
        if again := min(have, left.get(slot.line, 0)):
            left[slot.line] -= again
            content = Content(deciding.id, slot.fo, slot.line, again)
            taken.setdefault(slot.parcel, []).append(content)
            if slot.bucket is Bucket.RETURNED_UNDELIVERED:
                deciding.restock(slot, again, slot.parcel)
            deciding.move(slot, Slot(slot.line, Bucket.OPEN), again)
    deciding.take_out_of(taken)
