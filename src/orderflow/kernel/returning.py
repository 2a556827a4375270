"""Returns: asked for, approved, received, closed."""

from __future__ import annotations

from collections.abc import Mapping

from orderflow.kernel.deciding import Deciding
from orderflow.model import commands as cmd
from orderflow.model import events as ev
from orderflow.model.ledger import Bucket, Slot
from orderflow.model.observations import GoodsReturned, ReturnInspected
from orderflow.model.phases import ReturnPhase

__all__ = ["approve", "close", "decline", "goods_returned", "inspected", "request"]

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
    if not deciding.refusals:
        _open(deciding, body.reason, body.lines)


def _returnable(deciding: Deciding) -> dict[str, int]:
    order = deciding.order
    found = order.units(*_OUT)
    for rma in order.state.returns.values():
        if not rma.phase.final:
            coming = order.units(Bucket.RETURNING, Bucket.RETURNED, rma=rma.id)
            for line, units in rma.lines.items():
                found[line] = found.get(line, 0) - max(0, units - coming.get(line, 0))
    return found


def _open(deciding: Deciding, reason: str, lines: dict[str, int]) -> str:
    flow = deciding.rules.returns
    initial = flow.by_name[flow.initial]
    rma = f"{deciding.id}-R{len(deciding.order.state.returns) + 1}"
    phase = ReturnPhase(initial.phase)
    deciding.emit(ev.ReturnOpened(rma, reason, lines, flow.stamp, initial.name, phase))
    return rma


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
    """End the return; what did not come stays with the customer, what came may be restocked."""
    if _known(deciding, body.rma) and deciding.fire("close", rma=body.rma):
        came = deciding.order.units(Bucket.RETURNED, rma=body.rma)
        _settle(deciding, body.rma, came if body.restock else {})


def inspected(deciding: Deciding, body: ReturnInspected) -> None:
    """Who received the goods for us looked at them: the return ends."""
    if body.rma not in deciding.order.state.returns:
        deciding.keep_fact(body.kind, f"there is no return {body.rma}")
    elif deciding.order.state.returns[body.rma].phase.final:
        return
    elif deciding.fire("close", rma=body.rma):
        _settle(deciding, body.rma, body.restock)


def _settle(deciding: Deciding, rma: str, restock: Mapping[str, int]) -> None:
    for slot, units in list(deciding.order.ledger.slots(Bucket.RETURNING, rma=rma)):
        deciding.walk(slot, Bucket.DELIVERED, units, rma="")
    left = dict(restock)
    for slot, units in deciding.order.ledger.slots(Bucket.RETURNED, rma=rma):
        if good := min(units, left.get(slot.line, 0)):
            deciding.restock(slot, good, rma)
            left[slot.line] -= good


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
