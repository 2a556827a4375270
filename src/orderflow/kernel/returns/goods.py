"""Goods that came back: which units they are, and what becomes of them."""

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
    """Open a return of these units: its number."""
    flow = draft.rules.returns
    initial = flow.by_name[flow.initial]
    rma = f"{draft.id}-R{len(draft.order.state.returns) + 1}"
    phase = ReturnPhase(initial.phase)
    draft.emit(ev.ReturnOpened(rma, reason, lines, flow.stamp, initial.name, phase, to))
    return rma


def goods_returned(draft: Draft, body: GoodsReturned) -> None:
    """Goods came: each unit walks the shortest declared way; what nobody sent is surplus.

    Without the number of an open return they are first the goods that the open returns announced,
    then what those brought besides; goods of which no open return speaks open one of their own.
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
    """Units per line by the open return that they are of; the empty number is for none."""
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
    """Goods came with a return."""
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
"""The buckets of units that may be those that came back, the likeliest first."""


def _coming(draft: Draft, line: str, units: int, rma: str) -> list[tuple[Slot, int]]:
    """Which units came: this return's first, those that another return announced last.

    A line's substitutes are meant, too. The carrier's scans may be behind: what it still has, has
    lost, or brought back itself may be what came.
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
"""Where units are by what the carrier says of their parcel."""


def _where(draft: Draft, parcel: str) -> Bucket:
    """Where the units of a parcel are; without one the customer has them."""
    view = draft.order.state.parcels.get(parcel)
    return STANDS.get(view.status, Bucket.SHIPPED) if view else Bucket.DELIVERED


def rematch_returned_units(draft: Draft) -> None:
    """A scan tells more: units of open returns are those of the parcels that are likeliest now.

    So goods and scans lead to the same end in whatever order they come.
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
    """A delivery is dated while a unit is with the customer, or was: so facts say in any order."""
    order, dated = draft.order, draft.order.state.delivered_at
    had = any(_was_had(order.state.parcels.get(slot.parcel), slot) for slot in draft.units)
    if had is (dated is None):
        draft.emit(ev.DeliveryDated(draft.context.now if had else None))


def _was_had(view: ParcelView | None, slot: Slot) -> bool:
    """Whether units are the customer's, or came back from there, by what their carrier says."""
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
    """Units of a line that are out, in no return, and likelier to come back than others."""
    out = (s for s in draft.units if s.line == line and not s.rma and s.bucket in _OUT)
    likelier = (slot for slot in out if _OUT[slot.bucket] < below)
    return sorted(likelier, key=lambda slot: (_OUT[slot.bucket], slot))


def return_inspected(draft: Draft, body: ReturnInspected) -> None:
    """Who received the goods for us looked at them: the return ends when all of them came.

    That they were looked at does not tell that all came: more may be on their way, and a report of
    these very goods would be taken for others. So findings ahead of their goods are kept, with a
    task that says them; it ends when the goods come. The first inspection of a return counts.
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
    """End a return as its inspection says, or keep what it says until the goods are there."""
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
    """Units per line that findings speak of and that did not come."""
    return _matched(draft, rma, findings)[1]


def _matched(
    draft: Draft, rma: str, findings: Iterable[InspectionLine | InspectedLine]
) -> tuple[list[tuple[Slot, int, Disposition | None]], Counter[str]]:
    """What findings say of each unit that came (None: nothing), and what did not come."""
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
    """Deal with what came, as the findings say; with *others* as it is named."""
    _keep(draft, rma)
    for slot, units, disposition in _matched(draft, rma, findings)[0]:
        _dispose(draft, slot, units, disposition or others)


def customer_keeps_the_rest(draft: Draft) -> None:
    """What did not come before its return was cancelled, or expired, is the customer's again.

    Or it is where the carrier has it, which took its delivery back meanwhile.
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
