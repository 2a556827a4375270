"""Edits: changes of an order after placement, as far as its work has not begun."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from orderflow.errors import InvalidInput
from orderflow.kernel.changes.cancellation import can_cancel, cancel
from orderflow.kernel.decision.checks import is_with_partner, known
from orderflow.kernel.decision.draft import Draft
from orderflow.kernel.orders.lines import document_line, free_id, line_and_substitutes
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


def edit(draft: Draft, body: cmd.Edit) -> None:
    """Change address, promised date, quantities and lines: all of it, or nothing."""
    state = draft.order.state
    if state.phase.final:
        draft.refuse("order.over", f"the order is {state.lifecycle}; nothing of it changes")
    if not (body.ship_to or body.promised or body.quantities or body.lines):
        draft.refuse("edit.nothing", "name an address, a promised date, quantities or lines")
    more, fewer = _changes(draft, body.quantities)
    if body.ship_to is not None:
        _check_address(draft)
    lines = named(draft, body.lines)
    if draft.refusals:
        return
    if body.ship_to is not None:
        _readdress(draft, body)
    if body.promised is not None:
        draft.revise(draft.order.document.revised({}, (), promised=body.promised))
        draft.emit(ev.PromiseChanged(body.promised))
    if fewer:
        cancel(draft, cmd.Cancel(lines=fewer, reason=body.reason))
    if more or lines:
        _raise(draft, more, lines)


def _changes(draft: Draft, wanted: Mapping[str, int]) -> tuple[dict[str, int], dict[str, int]]:
    """Units to add and units to cancel, per line.

    The units of a line include its substitutes', unless the edit names these.
    """
    more: dict[str, int] = {}
    fewer: Counter[str] = Counter()
    can = can_cancel(draft) if wanted else {}
    for line, units in wanted.items():
        if known(draft, "line.unknown", line, draft.lines) is None:
            continue
        names = _meant(draft.lines, line, wanted)
        live = [n for s, n in draft.units.items() if s.line in names and s.bucket not in _GONE]
        over = sum(live) - units
        if over < 0:
            more[line] = -over
        for name in names if over > 0 else ():
            fewer[name] = min(over, can[name])
            over -= fewer[name]
        fewer[line] += max(0, over)  # those that cannot be cancelled: Cancel refuses
    return more, dict(+fewer)


def _meant(lines: Mapping[str, LineState], line: str, wanted: Collection[str]) -> list[str]:
    """The line and its substitutes that the edit does not name."""
    names = line_and_substitutes(lines, line)
    apart = {
        n for other in names[1:] if other in wanted for n in line_and_substitutes(lines, other)
    }
    return [name for name in names if name not in apart]


def named(draft: Draft, lines: Iterable[Line]) -> tuple[Line, ...]:
    """The lines, each with an id that no other line has."""
    lines, taken, found = tuple(lines), set(draft.lines), []
    for name in (line.id for line in lines if line.id):
        if name in taken:
            draft.refuse("edit.line_taken", f"there is a line {name} already; name another")
        taken.add(name)
    for line in lines:
        found.append(line.model_copy(update={"id": line.id or free_id(taken)}))
        taken.add(found[-1].id)
    return tuple(found)


def add_lines(draft: Draft, lines: tuple[Line, ...], awaits: str = "") -> None:
    """Add *lines* to the order; with the return *awaits*, they are its exchange and wait for it."""
    _raise(draft, {}, lines, awaits)


def _raise(
    draft: Draft, more: Mapping[str, int], lines: tuple[Line, ...], awaits: str = ""
) -> None:
    before = draft.order.document
    grown: Counter[str] = Counter()
    for line, units in more.items():
        grown[document_line(draft.lines, line)] += units
    try:
        after = before.revised(grown, lines)
    except InvalidInput as wrong:
        if not any(refusal.code == "line.unknown" for refusal in draft.refusals):
            draft.refuse("edit.too_much", "; ".join(problem.expected for problem in wrong.problems))
        return
    draft.revise(after)
    for line, units in more.items():
        first = document_line(draft.lines, line)
        draft.emit(ev.QuantityRaised(first, units))
        if first != line:  # more of a substitute: added to its line and substituted at once
            ordered = Slot(first, Bucket.OPEN)
            draft.move(ordered, ordered._replace(bucket=Bucket.SUBSTITUTED), units)
            draft.emit(ev.QuantityRaised(line, units))
    for placed in after.lines[len(before.lines) :]:
        draft.emit(ev.LineAdded(ev.PlacedLine.of(placed), awaits))


def _check_address(draft: Draft) -> None:
    """Refuse a new address for units that a partner has, or that have left."""
    state = draft.order.state
    for fo in state.fulfillment_orders.values():
        if is_with_partner(state, fo) and draft.order.units(Bucket.ALLOCATED, fo=fo.id):
            what = f"{fo.id} is with {fo.strategy}: reroute it first"
            draft.refuse("edit.with_party", what)
    if not state.ledger.total(*_TO_LEAVE):
        draft.refuse("edit.nothing_to_leave", "no unit is left that could go to that address")


def _readdress(draft: Draft, body: cmd.Edit) -> None:
    """Unpack parcels that have not left, so that they are packed for the new address."""
    draft.revise(draft.order.document.revised({}, (), ship_to=body.ship_to))
    draft.emit(ev.AddressChanged())
    for view in draft.order.state.parcels.values():
        if view.status in AT_SENDER and draft.order.units(Bucket.PACKED, parcel=view.id):
            unpack(draft, view.id)
