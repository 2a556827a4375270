"""Substitutes: another SKU in place of units, once the customer takes it."""

from __future__ import annotations

from orderflow.kernel.decision.checks import known
from orderflow.kernel.decision.draft import Deciding
from orderflow.kernel.orders.lines import substitute_id
from orderflow.kernel.stock.allocation import take
from orderflow.kernel.stock.backorder import let_go
from orderflow.model import commands as cmd
from orderflow.model import events as ev
from orderflow.model.ledger import Bucket, Slot
from orderflow.model.phases import Phase
from orderflow.model.state import Proposal

__all__ = ["drop_moot_proposals", "propose", "propose_ours", "substitute"]

_NOT_BEGUN = Phase.WAITING, Phase.READY


def propose(deciding: Deciding, fo: str, line: str, sku: str, units: int) -> None:
    """A party would ship *sku*; it does so at once where the customer said beforehand it may."""
    deciding.emit(ev.SubstituteProposed(fo, line, sku, units))
    ours = bool(deciding.fos[fo].location)
    if sku in deciding.order.line(line).substitutes and not ours:
        substitute(deciding, cmd.Substitute(fo=fo, line=line))


def propose_ours(deciding: Deciding, body: cmd.ProposeSubstitute) -> None:
    """We would send another SKU for the units of a line that nobody has begun with."""
    line = known(deciding, "line.unknown", body.line, deciding.lines)
    if line is None:
        return
    if line.sku == body.sku:
        deciding.refuse("substitute.same", f"line {body.line} is {body.sku} already")
    units = sum(n for _, n in _standing(deciding, deciding.id, body.line))
    if not units:
        what = f"every unit of line {body.line} is begun with, or is no longer to be sent"
        deciding.refuse("substitute.nothing", what)
    if not deciding.refusals:
        deciding.emit(ev.SubstituteProposed(deciding.id, body.line, body.sku, units))


def _standing(deciding: Deciding, fo: str, line: str) -> list[tuple[Slot, int]]:
    """The units that a proposal is about, where they stand now."""
    found = [
        (slot, units)
        for slot, units in sorted(deciding.units.items(), key=lambda item: item[0])
        if slot.line == line and slot.bucket in (Bucket.OPEN, Bucket.BACKORDERED, Bucket.ALLOCATED)
    ]
    if fo in deciding.fos:
        return [(slot, units) for slot, units in found if slot.fo == fo]
    free = [(s, n) for s, n in found if not s.fo or deciding.fos[s.fo].phase in _NOT_BEGUN]
    return sorted(free, key=lambda item: item[0].bucket is Bucket.ALLOCATED)


def drop_moot_proposals(deciding: Deciding) -> None:
    """End the proposals about units that are no longer there."""
    for proposal in deciding.order.state.proposals.values():
        if not _standing(deciding, proposal.fo, proposal.line):
            deciding.emit(ev.SubstituteDropped(proposal.fo, proposal.line))


def substitute(deciding: Deciding, body: cmd.Substitute) -> None:
    """The customer takes the substitute: a new line stands in for the units, at the same price."""
    found = deciding.order.state.proposals.get(f"{body.fo}/{body.line}")
    if found is None:
        there = ", ".join(deciding.order.state.proposals) or "none"
        what = f"nothing is proposed for {body.fo}/{body.line}; open proposals: {there}"
        deciding.refuse("substitute.unknown", what)
    elif found.fo in deciding.fos:
        _by_party(deciding, found)
    else:
        _by_us(deciding, found)


def _by_party(deciding: Deciding, found: Proposal) -> None:
    slot = Slot(found.line, Bucket.ALLOCATED, found.fo)
    units = min(found.quantity, deciding.units.get(slot, 0))
    kept = deciding.stock_key(found.line, found.fo)
    key = kept._replace(sku=found.sku) if kept else None
    if key is not None:
        have = deciding.level(key).available
        if have < units:
            deciding.refuse("stock.not_available", f"{units} of {key} are needed, there are {have}")
            return
    new_line = substitute_id(deciding.lines, found.line)
    deciding.emit(ev.SubstituteDropped(found.fo, found.line))
    _replace(deciding, slot, units)
    deciding.emit(ev.LineSubstituted(found.fo, found.line, new_line, found.sku, units))
    if key is not None:
        take(deciding, key, new_line, units)


def _by_us(deciding: Deciding, found: Proposal) -> None:
    """The new line is open, and is given out as any other."""
    new_line, left = substitute_id(deciding.lines, found.line), found.quantity
    for slot, units in _standing(deciding, found.fo, found.line):
        if part := min(left, units):
            _replace(deciding, slot, part)
            left -= part
    deciding.emit(ev.SubstituteDropped(found.fo, found.line))
    taken = found.quantity - left
    deciding.emit(ev.LineSubstituted("", found.line, new_line, found.sku, taken))


def _replace(deciding: Deciding, slot: Slot, units: int) -> None:
    let_go(deciding, slot, units)
    deciding.move(slot, slot._replace(bucket=Bucket.SUBSTITUTED), units)
