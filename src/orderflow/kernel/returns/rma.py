"""Returns: requested, approved, closed; rejected units are sent back to the customer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from orderflow.kernel.changes import trigger
from orderflow.kernel.changes.edit import add_lines, named
from orderflow.kernel.decision.checks import known, not_held
from orderflow.kernel.decision.draft import Draft
from orderflow.kernel.returns.goods import dispose_all, inspected_but_missing, open_return
from orderflow.model import commands as cmd
from orderflow.model import events as ev
from orderflow.model.ledger import Bucket, Slot
from orderflow.model.messages import Dispatched
from orderflow.model.observations import ReturnAnswered
from orderflow.model.parcel import Content
from orderflow.model.phases import ReturnPhase
from orderflow.model.returns import Disposition

__all__ = [
    "approve",
    "close",
    "decline",
    "fire",
    "request",
    "return_answered",
    "send_back",
]

_OUT = Bucket.SHIPPED, Bucket.DELIVERED


def request(draft: Draft, body: cmd.RequestReturn) -> None:
    """Open a return of units that have left."""
    returnable = _returnable(draft)
    for line, units in body.lines.items():
        if known(draft, "line.unknown", line, draft.lines) is None:
            continue
        if units > returnable.get(line, 0):
            can = f"{returnable.get(line, 0)} have left and are in no other return"
            draft.refuse("return.too_many", f"{units} of line {line} were named, {can}")
    if draft.refusals:
        return
    if draft.is_vetoed(draft.rules.returnable(draft.order, body, draft.context.now)):
        return
    exchange = named(draft, body.exchange)
    if exchange and draft.order.state.phase.final:
        draft.fire("reopen", reason="exchange")
    if draft.refusals:
        return
    rma = open_return(draft, body.reason, body.lines, _to(draft, body.lines))
    if exchange:
        add_lines(draft, exchange, awaits=rma)


def _returnable(draft: Draft) -> dict[str, int]:
    order = draft.order
    found = order.units(*_OUT)
    for rma in order.state.returns.values():
        if not rma.phase.final:
            coming = order.units(Bucket.RETURNING, Bucket.RETURNED, rma=rma.id)
            for line, units in rma.lines.items():
                found[line] = found.get(line, 0) - max(0, units - coming.get(line, 0))
    return found


def _to(draft: Draft, lines: Mapping[str, int]) -> str:
    """The partner that shipped all of it, if it is asked before goods are returned; else empty."""
    fos = {
        slot.fo
        for line, units in lines.items()
        for slot, _ in _taken(draft, line, units, *reversed(_OUT))
    }
    shippers = {draft.fos[fo].strategy for fo in fos}
    (first, *others) = shippers or {""}
    asked = first and not others and draft.rules.strategies[first].accepts_returns
    return first if asked else ""


def return_answered(draft: Draft, body: ReturnAnswered) -> None:
    """Apply a partner's answer: approve the return, or record its refusal for a person."""
    rma = draft.order.state.returns.get(body.rma)
    if rma is None:
        draft.keep_observation(body.kind, f"there is no return {body.rma}")
    elif rma.phase is not ReturnPhase.REQUESTED:
        return
    elif body.refused:
        draft.emit(ev.ReturnRefusedByPartner(rma.id, body.refused))
    else:
        approve(draft, cmd.ApproveReturn(rma=rma.id))


def approve(draft: Draft, body: cmd.ApproveReturn) -> None:
    """Approve a return: delivered units are on their way back."""
    rma = known(draft, "return.unknown", body.rma, draft.returns)
    if rma is not None and draft.fire("approve", rma=rma.id):
        _let_come(draft, body)


def _let_come(draft: Draft, body: cmd.ApproveReturn) -> None:
    for line, units in draft.returns[body.rma].lines.items():
        for slot, take in _taken(draft, line, units, Bucket.DELIVERED):
            draft.move_along(slot, Bucket.RETURNING, take, rma=body.rma)


def decline(draft: Draft, body: cmd.DeclineReturn) -> None:
    """Decline the return."""
    if known(draft, "return.unknown", body.rma, draft.returns):
        draft.fire("decline", rma=body.rma, reason=body.reason)


def close(draft: Draft, body: cmd.CloseReturn) -> None:
    """Close the return: dispose of the units that came; the customer keeps the others."""
    if not known(draft, "return.unknown", body.rma, draft.returns):
        return
    for line, units in inspected_but_missing(draft, body.rma, body.findings).items():
        what = f"the inspection names {units} more of line {line} than arrived with {body.rma}"
        draft.refuse("return.findings", what)
    if draft.fire("close", rma=body.rma) and not draft.refusals:
        _deal_with_it(draft, body)


def _deal_with_it(draft: Draft, body: cmd.CloseReturn) -> None:
    others = Disposition.RESTOCK if body.restock else Disposition.DISCARD
    kept = draft.order.state.returns[body.rma].findings or ()
    dispose_all(draft, body.rma, body.findings or kept, others)


def fire(draft: Draft, body: cmd.Fire, clear: trigger.Clear | None = None) -> None:
    """Fire a trigger; ``approve`` and ``close`` move units as their commands do."""
    trigger.fire(draft, body, clear)
    rma = draft.returns.get(body.on or "")
    if rma is not None and not draft.refusals:
        if body.trigger == "approve":
            _let_come(draft, cmd.ApproveReturn(rma=rma.id))
        elif body.trigger == "close":
            _deal_with_it(draft, cmd.CloseReturn(rma=rma.id))


def send_back(draft: Draft, body: cmd.SendBack) -> None:
    """Send rejected units back to the customer, in a parcel of their own."""
    rma = known(draft, "return.unknown", body.rma, draft.returns)
    if rma is None:
        return
    if not rma.rejected:
        draft.refuse("return.nothing_rejected", f"{rma.id} has no units to be sent back")
    if draft.refusals or not not_held(draft):
        return
    parcel = f"{body.carrier or 'sent-back'}/{body.tracking_number}"
    left, contents, strategy = Counter(rma.rejected), [], ""
    emptied: dict[str, list[Content]] = {}
    for slot, units in sorted(draft.order.ledger.slots(Bucket.RETURNED, rma=rma.id)):
        if take := min(units, left[slot.line]):
            left[slot.line] -= take
            strategy = strategy or draft.fos[slot.fo].strategy
            if parcel not in draft.order.state.parcels:
                draft.emit(ev.ParcelPacked(parcel, slot.fo))
            draft.move_along(slot, Bucket.SHIPPED, take, parcel=parcel, rma="")
            draft.emit(ev.UnitsSentBack(rma.id, slot.line, take))
            contents.append(Content(draft.id, slot.fo, slot.line, take))
            emptied.setdefault(slot.parcel, []).append(contents[-1])
    draft.take_units_out(emptied)
    told = Dispatched(
        parcel, strategy, tuple(contents), body.carrier or strategy, body.tracking_number
    )
    draft.send(f"parcel:{parcel}", told)


def _taken(draft: Draft, line: str, units: int, *buckets: Bucket) -> list[tuple[Slot, int]]:
    """Up to *units* of a line in these buckets and in no return, slot by slot."""
    found = sorted(
        (item for item in draft.units.items() if item[0].line == line and not item[0].rma),
        key=lambda item: item[0],
    )
    taken = []
    for slot, have in found:
        if slot.bucket in buckets and units:
            taken.append((slot, min(units, have)))
            units -= min(units, have)
    return taken
