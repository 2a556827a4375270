"""Holds: reasons not to go on are placed and released."""

from __future__ import annotations

from orderflow.kernel.decision.checks import known
from orderflow.kernel.decision.draft import Deciding
from orderflow.model import commands as cmd
from orderflow.model import events as ev

__all__ = ["place_hold", "release_hold"]


def place_hold(deciding: Deciding, body: cmd.PlaceHold) -> None:
    """Add a reason not to go on."""
    state = deciding.order.state
    if body.hold in state.holds:
        deciding.refuse("hold.exists", f"the hold {body.hold} is already there; use another handle")
    elif state.phase.final:
        deciding.refuse("order.over", f"the order is {state.lifecycle}; there is nothing to hold")
    elif body.until and body.until <= deciding.context.now:
        what = f"the hold would end at {body.until:%Y-%m-%d %H:%M:%S} UTC, which is past"
        deciding.refuse("hold.over", f"{what}; name a later moment, or none")
    elif body.on:
        fo = known(deciding, "fo.unknown", body.on, deciding.fos)
        if fo is not None and fo.phase.final:
            deciding.refuse("order.over", f"{body.on} is over; there is nothing to hold")
    if not deciding.refusals:
        deciding.emit(ev.HoldPlaced(body.hold, body.reason, body.until, body.on or ""))


def release_hold(deciding: Deciding, body: cmd.ReleaseHold) -> None:
    """Take one reason away."""
    if known(deciding, "hold.unknown", body.hold, deciding.order.state.holds):
        deciding.emit(ev.HoldReleased(body.hold))
