"""Cancelling units: by where they stand, never by the order's lifecycle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from orderflow.kernel.decision.checks import is_with_party, known, unasked
from orderflow.kernel.decision.draft import Deciding
from orderflow.kernel.partners.cancellation_request import ask_back
from orderflow.kernel.stock.backorder import let_go
from orderflow.kernel.work.packing import unpack
from orderflow.model import commands as cmd
from orderflow.model import events as ev
from orderflow.model.ledger import IN_WORK, Bucket, Slot
from orderflow.model.parcel import AT_SENDER

__all__ = ["can_cancel", "cancel", "cancel_slots", "cancel_units", "ours"]

# Units that cost least to cancel go first.
_TAKEN_IN_ORDER = (
    Bucket.OPEN,
    Bucket.BACKORDERED,
    Bucket.ALLOCATED,
    Bucket.PICKED,
    Bucket.PACKED,
    Bucket.RETURNED_UNDELIVERED,
    Bucket.LOST,
)


def cancel(deciding: Deciding, body: cmd.Cancel) -> None:
    """Cancel the named units, or all that can still be cancelled."""
    there = _cancellable(deciding)
    asked = _askable(deciding)
    wanted = can_cancel(deciding)
    if body.lines is not None:
        _check(deciding, body.lines, wanted)
        wanted = body.lines
    elif not any(wanted.values()) and deciding.lines:
        deciding.refuse("cancel.nothing_left", _why_nothing(deciding))
    if deciding.refusals:
        return
    if not deciding.lines:
        deciding.fire("cancel", reason=body.reason)
        return
    left = Counter(wanted)
    taken: list[tuple[Slot, int]] = []
    for line in wanted:
        for slot, have in there[line]:
            if take := min(left[line], have):
                taken.append((slot, take))
                left[line] -= take
    if not cancel_slots(deciding, taken):
        return
    for fo, units in asked.items():
        if part := {line: min(n, left[line]) for line, n in units.items() if left[line]}:
            left -= Counter(part)
            ask_back(deciding, deciding.fos[fo], part, body.reason, reroute=False)


def cancel_slots(deciding: Deciding, slots: Iterable[tuple[Slot, int]]) -> bool:
    """Cancel these units, unless the policy refuses."""
    taken = list(slots)
    buckets: Counter[Bucket] = Counter()
    for slot, units in taken:
        buckets[slot.bucket] += units
    if deciding.vetoed(deciding.rules.cancellable(deciding.order, buckets)):
        return False
    for slot, units in taken:
        cancel_units(deciding, slot, units)
    return True


def ours(deciding: Deciding, fo: str = "") -> list[tuple[Slot, int]]:
    """What may be cancelled without asking a party: of the order, or of the work on a FO."""
    found = (item for slots in _cancellable(deciding).values() for item in slots)
    return [(s, n) for s, n in found if not fo or (s.fo == fo and s.bucket in IN_WORK)]


def can_cancel(deciding: Deciding) -> dict[str, int]:
    """Units per line that may be cancelled, or that a party may be asked to give up."""
    asked = _askable(deciding).values()
    return {
        line: sum(n for _, n in slots) + sum(units.get(line, 0) for units in asked)
        for line, slots in _cancellable(deciding).items()
    }


def _askable(deciding: Deciding) -> dict[str, dict[str, int]]:
    """Units per FO and line that another party has, and must be asked for."""
    state = deciding.order.state
    return {
        fo.id: unasked(deciding, fo) for fo in deciding.fos.values() if is_with_party(state, fo)
    }


def _cancellable(deciding: Deciding) -> dict[str, list[tuple[Slot, int]]]:
    """Each line's slots with units that may be cancelled, the cheapest first."""
    found: dict[str, list[tuple[Slot, int]]] = {line: [] for line in deciding.lines}
    for slot, units in deciding.units.items():
        if slot.bucket in _TAKEN_IN_ORDER and _is_ours(deciding, slot):
            found[slot.line].append((slot, units))
    for slots in found.values():
        slots.sort(key=lambda found: (_TAKEN_IN_ORDER.index(found[0].bucket), found[0]))
    return found


def _is_ours(deciding: Deciding, slot: Slot) -> bool:
    """Whether no other party has to be asked, and the parcel has not left."""
    if slot.bucket is Bucket.ALLOCATED:
        return not is_with_party(deciding.order.state, deciding.fos[slot.fo])
    if slot.bucket is Bucket.PACKED:
        return deciding.order.state.parcels[slot.parcel].status in AT_SENDER
    return True


def _check(deciding: Deciding, lines: dict[str, int], there: dict[str, int]) -> None:
    for line, units in lines.items():
        if known(deciding, "line.unknown", line, there) is not None and units > there[line]:
            deciding.refuse(
                "cancel.units_left",
                f"{units} of line {line} were named, {there[line]} can still be cancelled; "
                "what has left can be intercepted or returned",
            )


def _why_nothing(deciding: Deciding) -> str:
    stands = ", ".join(f"{n} {b}" for b, n in sorted(deciding.order.ledger.totals().items()))
    return f"no unit can be cancelled any more: {stands}"


def cancel_units(deciding: Deciding, slot: Slot, units: int) -> None:
    """Cancel units of one slot, and have done what follows for stock and shelf."""
    gone = Slot(slot.line, Bucket.CANCELLED)
    let_go(deciding, slot, units)
    match slot.bucket:
        case Bucket.PACKED:
            unpack(deciding, slot.parcel)
            slot = Slot(slot.line, Bucket.PICKED, slot.fo)
            _put_away(deciding, slot, units)
        case Bucket.PICKED:
            _put_away(deciding, slot, units)
        case Bucket.RETURNED_UNDELIVERED:
            deciding.restock(slot, units, slot.parcel)
            gone = slot._replace(bucket=Bucket.CANCELLED)
        case Bucket.LOST:
            gone = slot._replace(bucket=Bucket.CANCELLED)
    deciding.move(slot, gone, units)


def _put_away(deciding: Deciding, slot: Slot, units: int) -> None:
    """The goods are in somebody's hands: their stock is free when they are back."""
    number = sum(isinstance(event, ev.PutAwayAsked) for event in deciding.events) + 1
    put_away = f"{deciding.id}-A{deciding.version + 1}.{number}"
    location = deciding.fos[slot.fo].location
    deciding.emit(ev.PutAwayAsked(put_away, slot.fo, slot.line, location, units))
