"""Substitutes: another SKU in place of units, once the customer accepts it."""

from __future__ import annotations

from orderflow.kernel.decision.checks import known
from orderflow.kernel.decision.draft import Draft
from orderflow.kernel.orders.lines import substitute_id
from orderflow.kernel.stock.allocation import reserve
from orderflow.kernel.stock.backorder import release_stock_of
from orderflow.model import commands as cmd
from orderflow.model import events as ev
from orderflow.model.ledger import Bucket, Slot
from orderflow.model.phases import Phase
from orderflow.model.state import Proposal

__all__ = ["drop_moot_proposals", "propose", "propose_to_customer", "substitute"]

_NOT_BEGUN = Phase.WAITING, Phase.READY


def propose(draft: Draft, fo: str, line: str, sku: str, units: int) -> None:
    """Propose a partner's *sku*; substitute at once if the customer allowed it beforehand."""
    draft.emit(ev.SubstituteProposed(fo, line, sku, units))
    ours = bool(draft.fos[fo].location)
    if sku in draft.order.line(line).substitutes and not ours:
        substitute(draft, cmd.AcceptSubstitute(fo=fo, line=line))


def propose_to_customer(draft: Draft, body: cmd.ProposeSubstitute) -> None:
    """Propose another SKU to the customer for units of a line that nobody works on yet."""
    line = known(draft, "line.unknown", body.line, draft.lines)
    if line is None:
        return
    if line.sku == body.sku:
        draft.refuse("substitute.same", f"line {body.line} is {body.sku} already")
    units = sum(n for _, n in _standing(draft, draft.id, body.line))
    if not units:
        what = f"work on every unit of line {body.line} has begun, or the units are cancelled"
        draft.refuse("substitute.nothing", what)
    if not draft.refusals:
        draft.emit(ev.SubstituteProposed(draft.id, body.line, body.sku, units))


def _standing(draft: Draft, fo: str, line: str) -> list[tuple[Slot, int]]:
    """The slots of the units that a proposal is about."""
    found = [
        (slot, units)
        for slot, units in sorted(draft.units.items(), key=lambda item: item[0])
        if slot.line == line and slot.bucket in (Bucket.OPEN, Bucket.BACKORDERED, Bucket.ALLOCATED)
    ]
    if fo in draft.fos:
        return [(slot, units) for slot, units in found if slot.fo == fo]
    free = [(s, n) for s, n in found if not s.fo or draft.fos[s.fo].phase in _NOT_BEGUN]
    return sorted(free, key=lambda item: item[0].bucket is Bucket.ALLOCATED)


def drop_moot_proposals(draft: Draft) -> None:
    """Close the proposals whose units have left or are cancelled."""
    for proposal in draft.order.state.proposals.values():
        if not _standing(draft, proposal.fo, proposal.line):
            draft.emit(ev.SubstituteProposalClosed(proposal.fo, proposal.line))


def substitute(draft: Draft, body: cmd.AcceptSubstitute) -> None:
    """Accept a substitute: a new line replaces the units, at the same price."""
    found = draft.order.state.proposals.get(f"{body.fo}/{body.line}")
    if found is None:
        there = ", ".join(draft.order.state.proposals) or "none"
        what = f"nothing is proposed for {body.fo}/{body.line}; open proposals: {there}"
        draft.refuse("substitute.unknown", what)
    elif found.fo in draft.fos:
        _by_partner(draft, found)
    else:
        _by_us(draft, found)


def _by_partner(draft: Draft, found: Proposal) -> None:
    slot = Slot(found.line, Bucket.ALLOCATED, found.fo)
    units = min(found.quantity, draft.units.get(slot, 0))
    kept = draft.stock_key(found.line, found.fo)
    key = kept._replace(sku=found.sku) if kept else None
    if key is not None:
        have = draft.level(key).available
        if have < units:
            draft.refuse("stock.not_available", f"{units} of {key} are needed, there are {have}")
            return
    new_line = substitute_id(draft.lines, found.line)
    draft.emit(ev.SubstituteProposalClosed(found.fo, found.line))
    _replace(draft, slot, units)
    draft.emit(ev.LineSubstituted(found.fo, found.line, new_line, found.sku, units))
    if key is not None:
        reserve(draft, key, new_line, units)


def _by_us(draft: Draft, found: Proposal) -> None:
    """Open the new line; it is routed like any other."""
    new_line, left = substitute_id(draft.lines, found.line), found.quantity
    for slot, units in _standing(draft, found.fo, found.line):
        if part := min(left, units):
            _replace(draft, slot, part)
            left -= part
    draft.emit(ev.SubstituteProposalClosed(found.fo, found.line))
    taken = found.quantity - left
    draft.emit(ev.LineSubstituted("", found.line, new_line, found.sku, taken))


def _replace(draft: Draft, slot: Slot, units: int) -> None:
    release_stock_of(draft, slot, units)
    draft.move(slot, slot._replace(bucket=Bucket.SUBSTITUTED), units)
