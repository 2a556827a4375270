"""Holds: reasons to pause an order or a fulfillment order."""

from __future__ import annotations

from orderflow.kernel.decision.checks import known
from orderflow.kernel.decision.draft import Draft
from orderflow.model import commands as cmd
from orderflow.model import events as ev

__all__ = ["place_hold", "release_hold"]


def place_hold(draft: Draft, body: cmd.PlaceHold) -> None:
    """Add a hold."""
    state = draft.order.state
    if body.hold in state.holds:
        draft.refuse("hold.exists", f"the hold {body.hold} is already there; use another handle")
    elif state.phase.final:
        draft.refuse("order.over", f"the order is {state.lifecycle}; there is nothing to hold")
    elif body.until and body.until <= draft.context.now:
        what = f"the hold would end at {body.until:%Y-%m-%d %H:%M:%S} UTC, which is past"
        draft.refuse("hold.over", f"{what}; name a later moment, or none")
    elif body.on:
        fo = known(draft, "fo.unknown", body.on, draft.fos)
        if fo is not None and fo.phase.final:
            draft.refuse("order.over", f"{body.on} is over; there is nothing to hold")
    if not draft.refusals:
        draft.emit(ev.HoldPlaced(body.hold, body.reason, body.until, body.on or ""))


def release_hold(draft: Draft, body: cmd.ReleaseHold) -> None:
    """Release a hold."""
    if known(draft, "hold.unknown", body.hold, draft.order.state.holds):
        draft.emit(ev.HoldReleased(body.hold))
