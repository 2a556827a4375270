"""Returns: asked for, approved, received, closed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from orderflow.kernel.deciding import Deciding
from orderflow.kernel.editing import add_lines, named
from orderflow.kernel.placing import not_held
from orderflow.model import commands as cmd
from orderflow.model import events as ev
from orderflow.model.ledger import Bucket, Slot
from orderflow.model.messages import Despatched
from orderflow.model.observations import GoodsReturned, ReturnAnswered, ReturnInspected
from orderflow.model.parcel import Content
from orderflow.model.phases import ReturnPhase
from orderflow.model.returns import Disposition, Finding

__all__ = [
    "answered",
    "approve",
    "close",
    "decline",
    "goods_returned",
    "inspected",
    "keep_the_rest",
    "request",
    "send_back",
]

_OUT = Bucket.SHIPPED, Bucket.DELIVERED


def request(deciding: Deciding, body: cmd.RequestReturn) -> None:
    """Open a return of units that have left."""
    returnable = _returnable(deciding)
    for line, units in body.lines.items():
        if line not in deciding.lines:
            known = ", ".join(deciding.lines)
            deciding.refuse("line.unknown", f"there is no line {line}; there are: {known}")
        elif units > returnable.get(line, 0):
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
    rma = _open(deciding, body.reason, body.lines, _to(deciding, body.lines))
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


def _open(deciding: Deciding, reason: str, lines: dict[str, int], to: str = "") -> str:
    flow = deciding.rules.returns
    initial = flow.by_name[flow.initial]
    rma = f"{deciding.id}-R{len(deciding.order.state.returns) + 1}"
    phase = ReturnPhase(initial.phase)
    deciding.emit(ev.ReturnOpened(rma, reason, lines, flow.stamp, initial.name, phase, to))
    return rma


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
    if _known(deciding, body.rma) and deciding.fire("approve", rma=body.rma):
        announced = deciding.order.state.returns[body.rma].lines
        for line, units in announced.items():
            for slot, take in _taken(deciding, line, units, Bucket.DELIVERED):
                deciding.walk(slot, Bucket.RETURNING, take, rma=body.rma)


def decline(deciding: Deciding, body: cmd.DeclineReturn) -> None:
    """Refuse the return."""
    if _known(deciding, body.rma):
        deciding.fire("decline", rma=body.rma, reason=body.reason)


def goods_returned(deciding: Deciding, body: GoodsReturned) -> None:
    """Goods came: each unit walks the shortest declared way; what nobody sent is surplus."""
    rma = body.rma if body.rma in deciding.order.state.returns else None
    if rma and deciding.order.state.returns[rma].phase.final:
        rma = None
    rma = rma or _open(deciding, body.reason, body.lines)
    if not deciding.fire("receive", rma=rma):
        deciding.keep_fact("goods_returned", "the return cannot take goods as it stands", rma)
        return
    for sku, units in body.others.items():
        deciding.emit(ev.StrangeGoodsCame(rma, sku, units))
        reason = f"{units} of {sku} came back that are not of this order: find out whose they are"
        deciding.ask_person(f"exception.other_goods.{sku}", "support", reason, rma)
    for line, units in body.lines.items():
        left = units
        for slot, take in _coming(deciding, line, units, rma):
            deciding.walk(slot, Bucket.RETURNED, take, rma=rma)
            left -= take
        if left:
            deciding.emit(ev.SurplusFound(line, left))
            reason = f"{left} of line {line} came back that were not sent to this customer"
            deciding.ask_person("exception.surplus", "support", reason, rma)


def close(deciding: Deciding, body: cmd.CloseReturn) -> None:
    """End the return; what did not come stays with the customer, what came is dealt with."""
    if not _known(deciding, body.rma):
        return
    for line, units in _beyond(deciding, body.rma, body.findings).items():
        what = f"the findings speak of {units} of line {line} more than came with {body.rma}"
        deciding.refuse("return.findings", what)
    if deciding.fire("close", rma=body.rma) and not deciding.refusals:
        others = Disposition.RESTOCK if body.restock else Disposition.DISCARD
        _settle(deciding, body.rma, body.findings, others)


def inspected(deciding: Deciding, body: ReturnInspected) -> None:
    """Who received the goods for us looked at them: the return ends."""
    if body.rma not in deciding.order.state.returns:
        deciding.keep_fact(body.kind, f"there is no return {body.rma}")
    elif deciding.order.state.returns[body.rma].phase.final:
        return
    elif deciding.fire("close", rma=body.rma):
        good = tuple(
            Finding(line=line, quantity=units, disposition=Disposition.RESTOCK)
            for line, units in body.restock.items()
        )
        if over := _beyond(deciding, body.rma, (*body.findings, *good)):
            what = ", ".join(f"{units} of line {line}" for line, units in over.items())
            deciding.keep_fact(body.kind, f"it speaks of {what} that did not come", body.rma)
        _settle(deciding, body.rma, (*body.findings, *good), Disposition.DISCARD)


def _beyond(deciding: Deciding, rma: str, findings: Iterable[Finding]) -> Counter[str]:
    """Units per line that findings speak of and that did not come."""
    found: Counter[str] = Counter()
    for finding in findings:
        found[finding.line] += finding.quantity
    return found - Counter(deciding.order.units(Bucket.RETURNED, rma=rma))


def _settle(deciding: Deciding, rma: str, findings: Iterable[Finding], others: Disposition) -> None:
    """Deal with what came, as the findings say; with *others* as it is named."""
    _keep(deciding, rma)
    came = dict(sorted(deciding.order.ledger.slots(Bucket.RETURNED, rma=rma)))
    for finding in findings:
        left = finding.quantity
        for slot, units in came.items():
            if slot.line == finding.line and (take := min(left, units)):
                _dispose(deciding, slot, take, finding.disposition)
                came[slot] = units - take
                left -= take
    for slot, units in came.items():
        if units:
            _dispose(deciding, slot, units, others)


def keep_the_rest(deciding: Deciding) -> None:
    """What did not come before its return was cancelled, or expired, is the customer's again."""
    for rma in deciding.order.state.returns.values():
        if rma.phase.final:
            _keep(deciding, rma.id)


def _keep(deciding: Deciding, rma: str) -> None:
    for slot, units in list(deciding.order.ledger.slots(Bucket.RETURNING, rma=rma)):
        deciding.walk(slot, Bucket.DELIVERED, units, rma="")


def _dispose(deciding: Deciding, slot: Slot, units: int, disposition: Disposition) -> None:
    deciding.emit(ev.GoodsJudged(slot.rma, slot.line, units, disposition))
    if disposition is Disposition.RESTOCK:
        deciding.restock(slot, units, slot.rma)
    elif disposition is Disposition.QUARANTINE:
        deciding.quarantine(slot, units, slot.rma)


def send_back(deciding: Deciding, body: cmd.SendBack) -> None:
    """Units that were not accepted went back to the customer, in a parcel of their own."""
    if not _known(deciding, body.rma):
        return
    rma = deciding.order.state.returns[body.rma]
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


def _known(deciding: Deciding, rma: str) -> bool:
    there = deciding.order.state.returns
    if rma not in there:
        known = ", ".join(sorted(there)) or "none"
        deciding.refuse("return.unknown", f"there is no return {rma}; there are: {known}")
    return rma in there


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


def _coming(deciding: Deciding, line: str, units: int, rma: str) -> list[tuple[Slot, int]]:
    """Which units came: this return's first, then delivered ones, then those on their way."""
    taken = []
    for slot, have in sorted(deciding.order.ledger.slots(Bucket.RETURNING, line=line, rma=rma)):
        taken.append((slot, min(units, have)))
        units -= min(units, have)
    for bucket in (Bucket.DELIVERED, Bucket.SHIPPED):
        more = _taken(deciding, line, units, bucket)
        taken += more
        units -= sum(n for _, n in more)
    return [(slot, n) for slot, n in taken if n]
