"""Returned goods: which units they are, and their disposition."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from orderflow.kernel.decision.draft import Draft
from orderflow.kernel.orders.lines import line_and_substitutes
from orderflow.model import events as ev
from orderflow.model.ledger import Bucket, Slot
from orderflow.model.observations import GoodsReturned, ReturnInspected
from orderflow.model.parcel import ParcelStatus
from orderflow.model.phases import ReturnPhase
from orderflow.model.returns import Disposition, InspectionLine
from orderflow.model.state import InspectedLine, ParcelView

__all__ = [
    "STANDS",
    "customer_keeps_the_rest",
    "date_delivery",
    "dispose_all",
    "goods_returned",
    "inspected_but_missing",
    "open_return",
    "rematch_returned_units",
    "return_inspected",
]


def open_return(draft: Draft, reason: str, lines: Mapping[str, int], to: str = "") -> str:
    """Open a return of these units; its number."""
    flow = draft.rules.returns
    initial = flow.by_name[flow.initial]
    rma = f"{draft.id}-R{len(draft.order.state.returns) + 1}"
    phase = ReturnPhase(initial.phase)
    draft.emit(ev.ReturnOpened(rma, reason, lines, flow.stamp, initial.name, phase, to))
    return rma


def goods_returned(draft: Draft, body: GoodsReturned) -> None:
    """Move returned units to `returned`; units that were never shipped become overage.

    Without the number of an open return they count first as the goods that the open returns
    announced, then as more goods of these; if no open return fits, a new one is opened.
    """
    named, others = draft.returns.get(body.rma or ""), dict(body.others)
    if named is not None and not named.phase.final:
        shares: Mapping[str, Mapping[str, int]] = {named.id: body.lines}
    else:
        shares = _shares(draft, body.lines)
    for rma, lines in shares.items():
        _receive(draft, rma or open_return(draft, body.reason, lines), lines, others)
        others.clear()
    date_delivery(draft)


def _shares(draft: Draft, lines: Mapping[str, int]) -> dict[str, dict[str, int]]:
    """Units per line and open return; the empty number is for units without a return."""
    shares: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for line, units in lines.items():
        last, left, names = "", units, line_and_substitutes(draft.lines, line)
        for rma in draft.returns.values():
            announced = sum(rma.lines.get(name, 0) for name in names)
            if rma.phase.final or not announced:
                continue
            came = draft.order.units(Bucket.RETURNED, rma=rma.id)
            last, missing = rma.id, announced - sum(came.get(name, 0) for name in names)
            if (take := min(left, missing)) > 0:
                shares[last][line] = take
                left -= take
        if left:
            shares[last][line] = shares[last].get(line, 0) + left
    return shares


def _receive(draft: Draft, rma: str, lines: Mapping[str, int], others: Mapping[str, int]) -> None:
    """Receive goods for a return."""
    if not draft.fire("receive", rma=rma):
        draft.keep_observation("goods_returned", "the return cannot take goods as it stands", rma)
        return
    for sku, units in others.items():
        draft.emit(ev.UnexpectedGoodsReceived(rma, sku, units))
        reason = f"{units} × {sku} came back that this order does not contain: find their owner"
        draft.open_task(f"exception.other_goods.{sku}", "support", reason, rma)
    for line, units in lines.items():
        left = units
        for slot, take in _coming(draft, line, units, rma):
            draft.move_along(slot, Bucket.RETURNED, take, rma=rma)
            left -= take
        if left:
            draft.emit(ev.OverageFound(line, left))
            reason = f"{left} more of line {line} came back than this customer was sent"
            draft.open_task("exception.surplus", "support", reason, rma)
    if (findings := draft.returns[rma].findings) is not None:
        _conclude(draft, rma, findings)


_OUT = {
    Bucket.RETURNING: 0,
    Bucket.DELIVERED: 1,
    Bucket.SHIPPED: 2,
    Bucket.RETURNING_UNDELIVERED: 3,
    Bucket.LOST: 4,
    Bucket.RETURNED_UNDELIVERED: 5,
}
"""The buckets that returned units may come from, the likeliest first."""


def _coming(draft: Draft, line: str, units: int, rma: str) -> list[tuple[Slot, int]]:
    """The units that came: this return's first, those announced by another return last.

    Substitutes of the line count, too. Scans may be late: units that the carrier still has, has
    lost, or brought back itself may be those that came.
    """
    names = line_and_substitutes(draft.lines, line)

    def likely(slot: Slot) -> tuple[bool, int, int, Slot]:
        return slot.rma not in ("", rma), _OUT[slot.bucket], names.index(slot.line), slot

    taken = []
    there = (slot for slot in draft.units if slot.line in names and slot.bucket in _OUT)
    for slot in sorted(there, key=likely):
        if take := min(units, draft.units[slot]):
            taken.append((slot, take))
            units -= take
    return taken


STANDS: Mapping[ParcelStatus, Bucket] = {
    ParcelStatus.HANDED_OVER: Bucket.SHIPPED,
    ParcelStatus.IN_TRANSIT: Bucket.SHIPPED,
    ParcelStatus.OUT_FOR_DELIVERY: Bucket.SHIPPED,
    ParcelStatus.ATTEMPTED: Bucket.SHIPPED,
    ParcelStatus.READY_FOR_PICKUP: Bucket.SHIPPED,
    ParcelStatus.DAMAGED: Bucket.SHIPPED,
    ParcelStatus.DELIVERED: Bucket.DELIVERED,
    ParcelStatus.RETURNING_TO_SENDER: Bucket.RETURNING_UNDELIVERED,
    ParcelStatus.RETURNED_TO_SENDER: Bucket.RETURNED_UNDELIVERED,
    ParcelStatus.LOST: Bucket.LOST,
}
"""The bucket of a parcel's units, by its carrier's status."""


def _where(draft: Draft, parcel: str) -> Bucket:
    """The bucket of a parcel's units; without a parcel the customer has them."""
    view = draft.order.state.parcels.get(parcel)
    return STANDS.get(view.status, Bucket.SHIPPED) if view else Bucket.DELIVERED


def rematch_returned_units(draft: Draft) -> None:
    """Rematch the units of open returns to the parcels that they most likely came from.

    So goods and scans lead to the same result in any order.
    """
    open_returns = {rma.id for rma in draft.returns.values() if not rma.phase.final}
    came = [
        (slot, units)
        for slot, units in draft.units.items()
        if slot.bucket is Bucket.RETURNED and slot.rma in open_returns
    ]
    for slot, there in sorted(came):
        back, units = _where(draft, slot.parcel), there
        for likelier in _free(draft, slot.line, _OUT[back]):
            if take := min(units, draft.units[likelier]):
                draft.move_along(slot, back, take, rma="")
                draft.move_along(likelier, Bucket.RETURNED, take, rma=slot.rma)
                units -= take


_GOING_BACK = ParcelStatus.RETURNING_TO_SENDER, ParcelStatus.RETURNED_TO_SENDER


def date_delivery(draft: Draft) -> None:
    """Set or remove the delivery date: set while the customer has or had a unit."""
    order, dated = draft.order, draft.order.state.delivered_at
    had = any(_was_had(order.state.parcels.get(slot.parcel), slot) for slot in draft.units)
    if had is (dated is None):
        draft.emit(ev.DeliveryDated(draft.context.now if had else None))


def _was_had(view: ParcelView | None, slot: Slot) -> bool:
    """Whether the customer has or had the units, by the carrier's status."""
    match slot.bucket:
        case Bucket.DELIVERED:
            return True
        case Bucket.RETURNING:
            return view is None or view.status is ParcelStatus.DELIVERED
        case Bucket.RETURNED:
            return view is None or view.status not in _GOING_BACK
        case _:
            return False


def _free(draft: Draft, line: str, below: int) -> list[Slot]:
    """Units of a line that are out, in no return, and likelier to come back than rank *below*."""
    out = (s for s in draft.units if s.line == line and not s.rma and s.bucket in _OUT)
    likelier = (slot for slot in out if _OUT[slot.bucket] < below)
    return sorted(likelier, key=lambda slot: (_OUT[slot.bucket], slot))


def return_inspected(draft: Draft, body: ReturnInspected) -> None:
    """Apply a partner's inspection; close the return once all inspected units arrived.

    An inspection does not prove that all goods came, and a later report of the same goods would
    count as other goods. So findings ahead of their goods are kept, with a task that closes when
    the goods come. The first inspection of a return counts.
    """
    rma = draft.returns.get(body.rma)
    if rma is None:
        draft.keep_observation(body.kind, f"there is no return {body.rma}")
    elif not rma.phase.final and rma.findings is None:
        good = (
            InspectedLine(line, units, Disposition.RESTOCK) for line, units in body.restock.items()
        )
        said = (InspectedLine(f.line, f.quantity, f.disposition) for f in body.findings)
        _conclude(draft, rma.id, (*said, *good))


def _conclude(draft: Draft, rma: str, findings: tuple[InspectedLine, ...]) -> None:
    """Close a return by its inspection, or keep the findings until the goods are there."""
    task = "exception.return_inspected"
    missing = inspected_but_missing(draft, rma, findings)
    if missing or not draft.order.ledger.total(Bucket.RETURNED, rma=rma):
        if draft.returns[rma].findings is None:
            draft.emit(ev.InspectionDeferred(rma, findings))
        told = ", ".join(f"{f.quantity} of line {f.line} {f.disposition}" for f in findings)
        what = f"{rma} was inspected ({told or 'nothing is as new'}), but not all of it has arrived"
        draft.open_task(task, "support", f"{what}: find out where it is", rma)
    elif draft.fire("close", rma=rma):
        dispose_all(draft, rma, findings, Disposition.DISCARD)
        if (opened := f"{draft.order.state.subject_key(rma)}:{task}") in draft.order.state.tasks:
            draft.emit(ev.TaskClosed(opened))


def inspected_but_missing(
    draft: Draft, rma: str, findings: Iterable[InspectionLine | InspectedLine]
) -> Counter[str]:
    """Units per line in the findings that did not come."""
    return _matched(draft, rma, findings)[1]


def _matched(
    draft: Draft, rma: str, findings: Iterable[InspectionLine | InspectedLine]
) -> tuple[list[tuple[Slot, int, Disposition | None]], Counter[str]]:
    """The disposition of each unit that came (None: no finding), and units that did not come."""
    came = dict(sorted(draft.order.ledger.slots(Bucket.RETURNED, rma=rma)))
    said: list[tuple[Slot, int, Disposition | None]] = []
    missing: Counter[str] = Counter()
    for finding in findings:
        left, names = finding.quantity, line_and_substitutes(draft.lines, finding.line)
        for slot in sorted((s for s in came if s.line in names), key=lambda s: names.index(s.line)):
            if take := min(left, came[slot]):
                said.append((slot, take, finding.disposition))
                came[slot] -= take
                left -= take
        missing[finding.line] += left
    return [*said, *((slot, units, None) for slot, units in came.items() if units)], +missing


def dispose_all(
    draft: Draft, rma: str, findings: Iterable[InspectionLine | InspectedLine], others: Disposition
) -> None:
    """Dispose of returned units as inspected; *others* is the disposition of uninspected ones."""
    _keep(draft, rma)
    for slot, units, disposition in _matched(draft, rma, findings)[0]:
        _dispose(draft, slot, units, disposition or others)


def customer_keeps_the_rest(draft: Draft) -> None:
    """Move announced units of ended returns that did not come back to the customer.

    Or to the carrier, if it retracted their delivery meanwhile.
    """
    for rma in draft.order.state.returns.values():
        if rma.phase.final:
            _keep(draft, rma.id)


def _keep(draft: Draft, rma: str) -> None:
    left = list(draft.order.ledger.slots(Bucket.RETURNING, rma=rma))
    for slot, units in left:
        draft.move_along(slot, _where(draft, slot.parcel), units, rma="")
    if left:
        date_delivery(draft)


def _dispose(draft: Draft, slot: Slot, units: int, disposition: Disposition) -> None:
    draft.emit(ev.GoodsInspected(slot.rma, slot.line, units, disposition))
    if disposition is Disposition.RESTOCK:
        draft.restock(slot, units, slot.rma)
    elif disposition is Disposition.QUARANTINE:
        draft.quarantine(slot, units, slot.rma)
