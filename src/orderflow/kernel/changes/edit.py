"""Edits: what was ordered changes after placement, as far as it has not been done yet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from orderflow.errors import InvalidInput
from orderflow.kernel.changes.cancellation import can_cancel, cancel
from orderflow.kernel.decision.checks import is_with_party, known
from orderflow.kernel.decision.draft import Deciding
from orderflow.kernel.orders.lines import free_id, root, standing_for
from orderflow.kernel.work.packing import unpack
from orderflow.model import commands as cmd
from orderflow.model import events as ev
from orderflow.model.document import Line
from orderflow.model.ledger import IN_WORK, Bucket, Slot
from orderflow.model.parcel import AT_SENDER
from orderflow.model.state import LineState

__all__ = ["add_lines", "edit", "named"]

_GONE = Bucket.CANCELLED, Bucket.SUBSTITUTED
_TO_LEAVE = (Bucket.OPEN, Bucket.BACKORDERED, *IN_WORK, Bucket.RETURNED_UNDELIVERED)


def edit(deciding: Deciding, body: cmd.Edit) -> None:
    """Change address, promised date, quantities and lines: all of it, or nothing."""
    state = deciding.order.state
    if state.phase.final:
        deciding.refuse("order.over", f"the order is {state.lifecycle}; nothing of it changes")
    if not (body.ship_to or body.promised or body.quantities or body.lines):
        deciding.refuse("edit.nothing", "name an address, a promised date, quantities or lines")
    more, fewer = _changes(deciding, body.quantities)
    if body.ship_to is not None:
        _check_address(deciding)
    lines = named(deciding, body.lines)
    if deciding.refusals:
        return
    if body.ship_to is not None:
        _readdress(deciding, body)
    if body.promised is not None:
        deciding.revise(deciding.order.document.revised({}, (), promised=body.promised))
        deciding.emit(ev.PromiseChanged(body.promised))
    if fewer:
        cancel(deciding, cmd.Cancel(lines=fewer, reason=body.reason))
    if more or lines:
        _raise(deciding, more, lines)


def _changes(
    deciding: Deciding, wanted: Mapping[str, int]
) -> tuple[dict[str, int], dict[str, int]]:
    """Units to add and units to cancel, per line.

    The units of a line are its own and those of its substitutes, unless these are named themselves.
    """
    more: dict[str, int] = {}
    fewer: Counter[str] = Counter()
    can = can_cancel(deciding) if wanted else {}
    for line, units in wanted.items():
        if known(deciding, "line.unknown", line, deciding.lines) is None:
            continue
        names = _meant(deciding.lines, line, wanted)
        live = [n for s, n in deciding.units.items() if s.line in names and s.bucket not in _GONE]
        over = sum(live) - units
        if over < 0:
            more[line] = -over
        for name in names if over > 0 else ():
            fewer[name] = min(over, can[name])
            over -= fewer[name]
        fewer[line] += max(0, over)  # cannot be cancelled: the command says so
    return more, dict(+fewer)


def _meant(lines: Mapping[str, LineState], line: str, wanted: Collection[str]) -> list[str]:
    """The line and what stands in for it, without what is named besides."""
    names = standing_for(lines, line)
    apart = {n for other in names[1:] if other in wanted for n in standing_for(lines, other)}
    return [name for name in names if name not in apart]


def named(deciding: Deciding, lines: Iterable[Line]) -> tuple[Line, ...]:
    """The lines with ids that no other line has."""
    lines, taken, found = tuple(lines), set(deciding.lines), []
    for name in (line.id for line in lines if line.id):
        if name in taken:
            deciding.refuse("edit.line_taken", f"there is a line {name} already; name another")
        taken.add(name)
    for line in lines:
        found.append(line.model_copy(update={"id": line.id or free_id(taken)}))
        taken.add(found[-1].id)
    return tuple(found)


def add_lines(deciding: Deciding, lines: tuple[Line, ...], awaits: str = "") -> None:
    """Order *lines* besides; they are given out for what is accepted with the return *awaits*."""
    _raise(deciding, {}, lines, awaits)


def _raise(
    deciding: Deciding, more: Mapping[str, int], lines: tuple[Line, ...], awaits: str = ""
) -> None:
    before = deciding.order.document
    grown: Counter[str] = Counter()
    for line, units in more.items():
        grown[root(deciding.lines, line)] += units
    try:
        after = before.revised(grown, lines)
    except InvalidInput as wrong:
        if not any(refusal.code == "line.unknown" for refusal in deciding.refusals):
            deciding.refuse(
                "edit.too_much", "; ".join(problem.expected for problem in wrong.problems)
            )
        return
    deciding.revise(after)
    for line, units in more.items():
        first = root(deciding.lines, line)
        deciding.emit(ev.QuantityRaised(first, units))
        if first != line:  # more of a substitute is more of its line, substituted at once
            ordered = Slot(first, Bucket.OPEN)
            deciding.move(ordered, ordered._replace(bucket=Bucket.SUBSTITUTED), units)
            deciding.emit(ev.QuantityRaised(line, units))
    for placed in after.lines[len(before.lines) :]:
        deciding.emit(ev.LineAdded(ev.PlacedLine.of(placed), awaits))


def _check_address(deciding: Deciding) -> None:
    """What another party has, or what has left, does not go elsewhere."""
    state = deciding.order.state
    for fo in state.fulfillment_orders.values():
        if is_with_party(state, fo) and deciding.order.units(Bucket.ALLOCATED, fo=fo.id):
            what = f"{fo.id} is with {fo.strategy}: reroute it first"
            deciding.refuse("edit.with_party", what)
    if not state.ledger.total(*_TO_LEAVE):
        deciding.refuse("edit.nothing_to_leave", "no unit is left that could go to that address")


def _readdress(deciding: Deciding, body: cmd.Edit) -> None:
    """Parcels that have not left are taken apart, and packed anew for the new address."""
    deciding.revise(deciding.order.document.revised({}, (), ship_to=body.ship_to))
    deciding.emit(ev.AddressChanged())
    for view in deciding.order.state.parcels.values():
        if view.status in AT_SENDER and deciding.order.units(Bucket.PACKED, parcel=view.id):
            unpack(deciding, view.id)
