"""Returns: asked for, approved, closed, and what was not accepted sent back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from orderflow.kernel.changes import trigger
from orderflow.kernel.changes.edit import add_lines, named
from orderflow.kernel.decision.checks import known, not_held
from orderflow.kernel.decision.draft import Deciding
from orderflow.kernel.returns.goods import beyond, open_return, settle
from orderflow.model import commands as cmd
from orderflow.model import events as ev
from orderflow.model.ledger import Bucket, Slot
from orderflow.model.messages import Despatched
from orderflow.model.observations import ReturnAnswered
from orderflow.model.parcel import Content
from orderflow.model.phases import ReturnPhase
from orderflow.model.returns import Disposition

__all__ = [
    "answered",
    "approve",
    "close",
    "decline",
    "fire",
    "request",
    "send_back",
]

_OUT = Bucket.SHIPPED, Bucket.DELIVERED


def request(deciding: Deciding, body: cmd.RequestReturn) -> None:
    """Open a return of units that have left."""
    returnable = _returnable(deciding)
    for line, units in body.lines.items():
        if known(deciding, "line.unknown", line, deciding.lines) is None:
            continue
        if units > returnable.get(line, 0):
            can = f"{returnable.get(line, 0)} have left and are in no other return"
            deciding.refuse("return.too_many", f"{units} of line {line} were named, {can}")
    if deciding.refusals:
        return
    if deciding.vetoed(deciding.rules.returnable(deciding.order, body, deciding.context.now)):
        return
    exchange = named(deciding, body.exchange)
    if exchange and deciding.order.state.phase.final:
        deciding.fire("reopen", reason="exchange")
    if deciding.refusals:
        return
    rma = open_return(deciding, body.reason, body.lines, _to(deciding, body.lines))
    if exchange:
        add_lines(deciding, exchange, awaits=rma)


def _returnable(deciding: Deciding) -> dict[str, int]:
    order = deciding.order
    found = order.units(*_OUT)
    for rma in order.state.returns.values():
        if not rma.phase.final:
            coming = order.units(Bucket.RETURNING, Bucket.RETURNED, rma=rma.id)
            for line, units in rma.lines.items():
                found[line] = found.get(line, 0) - max(0, units - coming.get(line, 0))
    return found


def _to(deciding: Deciding, lines: Mapping[str, int]) -> str:
    """The party that shipped all of it, where it is asked before goods come back to it."""
    fos = {
        slot.fo
        for line, units in lines.items()
        for slot, _ in _taken(deciding, line, units, *reversed(_OUT))
    }
    shippers = {deciding.fos[fo].strategy for fo in fos}
    (first, *others) = shippers or {""}
    asked = first and not others and deciding.rules.strategies[first].takes_back
    return first if asked else ""


def answered(deciding: Deciding, body: ReturnAnswered) -> None:
    """The party takes a return, or a person has to find another way for it."""
    rma = deciding.order.state.returns.get(body.rma)
    if rma is None:
        deciding.keep_fact(body.kind, f"there is no return {body.rma}")
    elif rma.phase is not ReturnPhase.REQUESTED:
        return
    elif body.refused:
        deciding.emit(ev.ReturnRefused(rma.id, body.refused))
    else:
        approve(deciding, cmd.ApproveReturn(rma=rma.id))


def approve(deciding: Deciding, body: cmd.ApproveReturn) -> None:
    """Let the customer send them: delivered units are on their way back."""
    rma = known(deciding, "return.unknown", body.rma, deciding.returns)
    if rma is not None and deciding.fire("approve", rma=rma.id):
        _let_come(deciding, body)


def _let_come(deciding: Deciding, body: cmd.ApproveReturn) -> None:
    for line, units in deciding.returns[body.rma].lines.items():
        for slot, take in _taken(deciding, line, units, Bucket.DELIVERED):
            deciding.walk(slot, Bucket.RETURNING, take, rma=body.rma)


def decline(deciding: Deciding, body: cmd.DeclineReturn) -> None:
    """Refuse the return."""
    if known(deciding, "return.unknown", body.rma, deciding.returns):
        deciding.fire("decline", rma=body.rma, reason=body.reason)


def close(deciding: Deciding, body: cmd.CloseReturn) -> None:
    """End the return; what did not come stays with the customer, what came is dealt with."""
    if not known(deciding, "return.unknown", body.rma, deciding.returns):
        return
    for line, units in beyond(deciding, body.rma, body.findings).items():
        what = f"the findings speak of {units} of line {line} more than came with {body.rma}"
        deciding.refuse("return.findings", what)
    if deciding.fire("close", rma=body.rma) and not deciding.refusals:
        _deal_with_it(deciding, body)


def _deal_with_it(deciding: Deciding, body: cmd.CloseReturn) -> None:
    others = Disposition.RESTOCK if body.restock else Disposition.DISCARD
    kept = deciding.order.state.returns[body.rma].findings or ()
    settle(deciding, body.rma, body.findings or kept, others)


def fire(deciding: Deciding, body: cmd.Fire, clear: trigger.Clear | None = None) -> None:
    """Fire a trigger; what a command about a return does besides is done all the same."""
    trigger.fire(deciding, body, clear)
    rma = deciding.returns.get(body.on or "")
    if rma is not None and not deciding.refusals:
        if body.trigger == "approve":
            _let_come(deciding, cmd.ApproveReturn(rma=rma.id))
        elif body.trigger == "close":
            _deal_with_it(deciding, cmd.CloseReturn(rma=rma.id))


def send_back(deciding: Deciding, body: cmd.SendBack) -> None:
    """Units that were not accepted went back to the customer, in a parcel of their own."""
    rma = known(deciding, "return.unknown", body.rma, deciding.returns)
    if rma is None:
        return
    if not rma.rejected:
        deciding.refuse("return.nothing_rejected", f"{rma.id} has no units to be sent back")
    if deciding.refusals or not not_held(deciding):
        return
    parcel = f"{body.carrier or 'sent-back'}/{body.tracking_number}"
    left, contents, strategy = Counter(rma.rejected), [], ""
    emptied: dict[str, list[Content]] = {}
    for slot, units in sorted(deciding.order.ledger.slots(Bucket.RETURNED, rma=rma.id)):
        if take := min(units, left[slot.line]):
            left[slot.line] -= take
            strategy = strategy or deciding.fos[slot.fo].strategy
            if parcel not in deciding.order.state.parcels:
                deciding.emit(ev.ParcelPacked(parcel, slot.fo))
            deciding.walk(slot, Bucket.SHIPPED, take, parcel=parcel, rma="")
            deciding.emit(ev.UnitsSentBack(rma.id, slot.line, take))
            contents.append(Content(deciding.id, slot.fo, slot.line, take))
            emptied.setdefault(slot.parcel, []).append(contents[-1])
    deciding.take_out_of(emptied)
    told = Despatched(
        parcel, strategy, tuple(contents), body.carrier or strategy, body.tracking_number
    )
    deciding.tell(f"parcel:{parcel}", told)


def _taken(deciding: Deciding, line: str, units: int, *buckets: Bucket) -> list[tuple[Slot, int]]:
    """Up to *units* of a line in these buckets and in no return, slot by slot."""
    found = sorted(
        (item for item in deciding.units.items() if item[0].line == line and not item[0].rma),
        key=lambda item: item[0],
    )
    taken = []
    for slot, have in found:
        if slot.bucket in buckets and units:
            taken.append((slot, min(units, have)))
            units -= min(units, have)
    return taken
