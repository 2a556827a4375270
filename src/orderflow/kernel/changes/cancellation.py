"""Cancelling units: the bucket of the units decides, never the order's lifecycle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from orderflow.kernel.decision.checks import is_with_partner, known, uncancelled_units
from orderflow.kernel.decision.draft import Draft
from orderflow.kernel.partners.cancellation_request import request_cancellation
from orderflow.kernel.stock.backorder import release_stock_of
from orderflow.kernel.work.packing import unpack
from orderflow.model import commands as cmd
from orderflow.model import events as ev
from orderflow.model.ledger import IN_WORK, Bucket, Slot
from orderflow.model.parcel import AT_SENDER

__all__ = ["can_cancel", "cancel", "cancel_slots", "cancel_units", "ours"]

# The units that cost least to cancel go first.
_TAKEN_IN_ORDER = (
    Bucket.OPEN,
    Bucket.BACKORDERED,
    Bucket.ALLOCATED,
    Bucket.PICKED,
    Bucket.PACKED,
    Bucket.RETURNED_UNDELIVERED,
    Bucket.LOST,
)


def cancel(draft: Draft, body: cmd.Cancel) -> None:
    """Cancel the named units, or all that can still be cancelled."""
    there = _cancellable(draft)
    asked = _askable(draft)
    wanted = can_cancel(draft)
    if body.lines is not None:
        _check(draft, body.lines, wanted)
        wanted = body.lines
    elif not any(wanted.values()) and draft.lines:
        draft.refuse("cancel.nothing_left", _why_nothing(draft))
    if draft.refusals:
        return
    if not draft.lines:
        draft.fire("cancel", reason=body.reason)
        return
    left = Counter(wanted)
    taken: list[tuple[Slot, int]] = []
    for line in wanted:
        for slot, have in there[line]:
            if take := min(left[line], have):
                taken.append((slot, take))
                left[line] -= take
    if not cancel_slots(draft, taken):
        return
    for fo, units in asked.items():
        if part := {line: min(n, left[line]) for line, n in units.items() if left[line]}:
            left -= Counter(part)
            request_cancellation(draft, draft.fos[fo], part, body.reason, reroute=False)


def cancel_slots(draft: Draft, slots: Iterable[tuple[Slot, int]]) -> bool:
    """Cancel these units, unless the cancel policy refuses; whether it did not."""
    taken = list(slots)
    buckets: Counter[Bucket] = Counter()
    for slot, units in taken:
        buckets[slot.bucket] += units
    if draft.is_vetoed(draft.rules.cancellable(draft.order, buckets)):
        return False
    for slot, units in taken:
        cancel_units(draft, slot, units)
    return True


def ours(draft: Draft, fo: str = "") -> list[tuple[Slot, int]]:
    """Slots of the order, or of one FO, that can be cancelled without asking a partner."""
    found = (item for slots in _cancellable(draft).values() for item in slots)
    return [(s, n) for s, n in found if not fo or (s.fo == fo and s.bucket in IN_WORK)]


def can_cancel(draft: Draft) -> dict[str, int]:
    """Units per line that can be cancelled, or whose cancellation a partner can be asked for."""
    asked = _askable(draft).values()
    return {
        line: sum(n for _, n in slots) + sum(units.get(line, 0) for units in asked)
        for line, slots in _cancellable(draft).items()
    }


def _askable(draft: Draft) -> dict[str, dict[str, int]]:
    """Units per FO and line that only their partner can cancel."""
    state = draft.order.state
    return {
        fo.id: uncancelled_units(draft, fo)
        for fo in draft.fos.values()
        if is_with_partner(state, fo)
    }


def _cancellable(draft: Draft) -> dict[str, list[tuple[Slot, int]]]:
    """Each line's slots with units that can be cancelled, the cheapest first."""
    found: dict[str, list[tuple[Slot, int]]] = {line: [] for line in draft.lines}
    for slot, units in draft.units.items():
        if slot.bucket in _TAKEN_IN_ORDER and _is_ours(draft, slot):
            found[slot.line].append((slot, units))
    for slots in found.values():
        slots.sort(key=lambda found: (_TAKEN_IN_ORDER.index(found[0].bucket), found[0]))
    return found


def _is_ours(draft: Draft, slot: Slot) -> bool:
    """Whether no partner must be asked, and the parcel has not left."""
    if slot.bucket is Bucket.ALLOCATED:
        return not is_with_partner(draft.order.state, draft.fos[slot.fo])
    if slot.bucket is Bucket.PACKED:
        return draft.order.state.parcels[slot.parcel].status in AT_SENDER
    return True


def _check(draft: Draft, lines: dict[str, int], there: dict[str, int]) -> None:
    for line, units in lines.items():
        if known(draft, "line.unknown", line, there) is not None and units > there[line]:
            draft.refuse(
                "cancel.units_left",
                f"{units} of line {line} were named, {there[line]} can still be cancelled; "
                "what has left can be intercepted or returned",
            )


def _why_nothing(draft: Draft) -> str:
    stands = ", ".join(f"{n} {b}" for b, n in sorted(draft.order.ledger.totals().items()))
    return f"no unit can be cancelled any more: {stands}"


def cancel_units(draft: Draft, slot: Slot, units: int) -> None:
    """Cancel units of one slot; release their stock, or ask for a put-away."""
    gone = Slot(slot.line, Bucket.CANCELLED)
    release_stock_of(draft, slot, units)
    match slot.bucket:
        case Bucket.PACKED:
            unpack(draft, slot.parcel)
            slot = Slot(slot.line, Bucket.PICKED, slot.fo)
            _put_away(draft, slot, units)
        case Bucket.PICKED:
            _put_away(draft, slot, units)
        case Bucket.RETURNED_UNDELIVERED:
            draft.restock(slot, units, slot.parcel)
            gone = slot._replace(bucket=Bucket.CANCELLED)
        case Bucket.LOST:
            gone = slot._replace(bucket=Bucket.CANCELLED)
    draft.move(slot, gone, units)


def _put_away(draft: Draft, slot: Slot, units: int) -> None:
    """Request a put-away: the stock of picked units is released when they are back on the shelf."""
    number = sum(isinstance(event, ev.PutAwayRequested) for event in draft.events) + 1
    put_away = f"{draft.id}-A{draft.version + 1}.{number}"
    location = draft.fos[slot.fo].location
    draft.emit(ev.PutAwayRequested(put_away, slot.fo, slot.line, location, units))
