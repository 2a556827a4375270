"""The state of a fulfillment order: it follows the FO's units."""

from __future__ import annotations

from collections.abc import Mapping

from orderflow.kernel.decision.checks import known, not_held
from orderflow.kernel.decision.draft import Draft
from orderflow.kernel.work.unit_steps import path_to_step
from orderflow.model.ledger import WORK_ORDER, Bucket
from orderflow.model.state import FulfillmentOrder

__all__ = ["complete_work", "enter", "may_work"]

_CANCELLED_BUCKETS = Bucket.CANCELLED, Bucket.SUBSTITUTED
"""The buckets of units that no longer count for their fulfillment order."""


def may_work(
    draft: Draft,
    fo_id: str,
    verb: str,
    moves: tuple[Bucket, Bucket],
    units: Mapping[str, int],
) -> bool:
    """Check holds, the FO, its units and its state, refusing with every reason; enter the state."""
    fo = known(draft, "fo.unknown", fo_id, draft.fos)
    if fo is None:
        return False
    not_held(draft, fo_id)
    there_are = draft.order.units(moves[0], fo=fo_id)
    for line, quantity in units.items():
        have = there_are.get(line, 0)
        if quantity > have:
            draft.refuse(
                "fo.units_missing",
                f"{fo_id} has {have} of line {line} {moves[0]}, {quantity} were named",
            )
    return enter(draft, fo, verb, moves) and not draft.refusals


def enter(
    draft: Draft, fo: FulfillmentOrder | str, verb: str, moves: tuple[Bucket, Bucket]
) -> bool:
    """Bring a FO to a state in which units make this move; refuse if no path leads there."""
    if isinstance(fo, str):
        fo = draft.fos[fo]
    flow = draft.rules.machine(fo.workflow).workflow
    found = path_to_step(flow, fo.state, verb, moves)
    if found is None:
        places = ", ".join(t.source for t in flow.transitions if t.moves == moves)
        where = f"it must be in {places}" if places else f"{flow.name} has no state"
        draft.refuse("fo.wrong_state", f"{fo.id} is {fo.state}; to {verb}, {where}")
        return False
    return all(draft.fire(t.trigger, fo=fo.id) for t in found)


def complete_work(draft: Draft) -> None:
    """Fire the completions of the FOs that this decision touched."""
    while draft.touched:
        fo = draft.fos[min(draft.touched)]
        draft.touched.discard(fo.id)
        if fo.phase.final:
            continue
        stands = {
            slot.bucket
            for slot, units in draft.units.items()
            if slot.fo == fo.id and units and slot.bucket not in _CANCELLED_BUCKETS
        }
        flow = draft.rules.machine(fo.workflow).workflow
        leaving = flow.leaving[fo.state]
        if not stands:
            if any(t.trigger == "cancel" for t in leaving):
                draft.fire("cancel", fo=fo.id)
            continue
        behind = min(WORK_ORDER.get(bucket, len(WORK_ORDER)) for bucket in stands)
        for t in leaving:
            if t.moves and behind >= WORK_ORDER[t.moves[1]]:
                draft.fire(t.trigger, fo=fo.id)
                break
