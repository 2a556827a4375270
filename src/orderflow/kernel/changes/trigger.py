"""Firing declared triggers, the application's own included."""

from __future__ import annotations

from collections.abc import Callable

from orderflow.errors import Refusal
from orderflow.kernel.decision.checks import is_kept_open, not_held
from orderflow.kernel.decision.draft import Draft
from orderflow.kernel.partners.request import agree_costs, note_contact
from orderflow.kernel.work.shipping import check_whole
from orderflow.model import commands as cmd
from orderflow.model.ledger import IN_WORK, SETTLED, Bucket
from orderflow.model.phases import OrderPhase, Phase
from orderflow.workflow import WorkRelease

__all__ = ["Clear", "fire"]

Clear = Callable[[], object]
"""Cancels the units that the end of a subject would strand."""


def fire(draft: Draft, body: cmd.Fire, clear: Clear | None = None) -> None:
    """Fire a trigger on the order, or on the FO or return that is named; refuse to strand units.

    *clear* is called after it fired, before stranded units are looked for.
    """
    state = draft.order.state
    on = body.on or state.id
    fo, rma = on in state.fulfillment_orders, on in state.returns
    if not (fo or rma or on == state.id):
        there = ", ".join([state.id, *state.fulfillment_orders, *state.returns])
        draft.refuse("subject.unknown", f"{on} is nothing of this order; there are: {there}")
    elif not_held(draft, on) and not (fo and _is_kept_back(draft, body.trigger, on)):
        fired = draft.fire(body.trigger, fo=on if fo else "", rma=on if rma else "", data=body.data)
        if fired and fo and state.fulfillment_orders[on].phase is Phase.REQUESTED:
            note_contact(draft, draft.fos[on])  # an answer shows that the partner has the request
        if fired and fo and body.trigger == "submit":
            agree_costs(draft, on)
        if fired and clear is not None:
            clear()
        if fired and (left := _left_behind(draft, on)):
            draft.refuse(
                "trigger.units_left",
                f"{body.trigger} would end {on} with {left}; move or cancel them first",
            )


def _is_kept_back(draft: Draft, trigger: str, fo: str) -> bool:
    """Whether the trigger releases work that the release policy or missing units withhold."""
    found, order = draft.fos[fo], draft.order
    flow = draft.rules.machine(found.workflow).workflow
    if trigger != "release" or not isinstance(flow.by_name[found.state].waits_for, WorkRelease):
        return False
    before = len(draft.refusals)
    if not draft.rules.release(order):
        what = f"{fo} waits until the release policy lets the work of {order.id} start"
        draft.is_vetoed(Refusal("release.not_yet", what))
    check_whole(draft)
    return len(draft.refusals) > before


def _left_behind(draft: Draft, on: str) -> str:
    """The units, in words, that the end of *on* strands; empty if none."""
    order = draft.order
    state, ledger = order.state, order.ledger
    if on in state.fulfillment_orders:
        final, found = state.fulfillment_orders[on].phase.final, ledger.slots(*IN_WORK, fo=on)
    elif on in state.returns:
        return ""  # units that did not come stay with the customer
    else:
        final, found = state.phase.final, ledger.slots(*set(Bucket) - SETTLED)
        if state.phase is OrderPhase.CANCELLED:
            found = ledger.slots(*set(Bucket) - {Bucket.CANCELLED, Bucket.SUBSTITUTED})
    stranded = [f"{units} of line {slot.line} {slot.bucket}" for slot, units in found]
    if final and on == state.id and is_kept_open(order):
        stranded.append("open work, tasks, holds or returns")
    return ", ".join(stranded) if final else ""
