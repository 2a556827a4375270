"""A partner's answers to a request: line by line, or as a whole."""

from __future__ import annotations

from collections.abc import Iterable

from orderflow.kernel.decision.draft import Draft
from orderflow.kernel.orders.lines import line_and_substitutes
from orderflow.kernel.orders.substitutes import propose
from orderflow.kernel.partners.cancellation_request import apply_rejection
from orderflow.kernel.partners.request import note_contact, partner_fo
from orderflow.model import events as ev
from orderflow.model import observations as obs
from orderflow.model.ledger import IN_WORK, Bucket, Slot
from orderflow.model.phases import Phase
from orderflow.model.state import FulfillmentOrder

__all__ = ["request_answered"]


def request_answered(draft: Draft, body: obs.RequestAnswered) -> None:
    """Apply a partner's answer: it accepts line by line, or rejects the whole request."""
    fo = partner_fo(draft, body)
    if fo is None:
        return
    note_contact(draft, fo, body.reference)
    if fo.phase.final:  # its units have left, or are cancelled
        if fo.phase is Phase.FAILED and not body.rejected:
            draft.keep_observation(body.kind, f"{fo.id} is {fo.state}, and now is answered", fo.id)
        return
    if body.rejected:
        for line, units in draft.order.units(Bucket.ALLOCATED, fo=fo.id).items():
            apply_rejection(draft, fo, line, units, body.rejected)
    names = {part.line: line_and_substitutes(draft.lines, part.line) for part in body.lines}
    for part in body.lines:
        _line_answered(draft, fo, part, names[part.line])
    left = draft.order.ledger.total(*IN_WORK, fo=fo.id)
    if left and fo.phase is Phase.REQUESTED:
        draft.fire("accept", fo=fo.id)
    elif not left and not draft.order.ledger.total(Bucket.SHIPPED, fo=fo.id):
        draft.fire("reject" if fo.phase is Phase.REQUESTED else "close", fo=fo.id)


def _line_answered(
    draft: Draft, fo: FulfillmentOrder, part: obs.LineAnswer, names: Iterable[str]
) -> None:
    """Apply an answer about a line to *names*: the line and its earlier substitutes."""
    line, there = part.line, {}
    for name in sorted(names, key=lambda name: not _is_sent(draft, name, part)):
        if have := draft.units.get(Slot(name, Bucket.ALLOCATED, fo.id), 0):
            there[name] = have
    total = sum(there.values())
    units = total if part.quantity is None else min(part.quantity, total)
    if line not in draft.lines or (part.quantity or 0) > total:
        told = f"{fo.strategy} speaks of {part.quantity or 'all'} of line {line}"
        what = f"{told}, it has {total} to ship"
        draft.open_task("exception.answer", "purchasing", what, fo.id)
    if not units:
        return
    for name, have in there.items():
        if take := min(units, have):
            _judged(draft, fo, part, name, take)
            units -= take
    if part.verdict is not obs.Verdict.REJECTED:
        _priced(draft, fo, part)


def _is_sent(draft: Draft, line: str, part: obs.LineAnswer) -> bool:
    """Whether a line is the very substitute that an answer names again."""
    return line in draft.lines and draft.lines[line].sku == part.substitute


def _judged(
    draft: Draft, fo: FulfillmentOrder, part: obs.LineAnswer, line: str, units: int
) -> None:
    match part.verdict:
        case obs.Verdict.REJECTED:
            apply_rejection(draft, fo, line, units, part.reason)
        case obs.Verdict.SUBSTITUTED:
            assert part.substitute is not None  # validated with the verdict
            if not _is_sent(draft, line, part):
                propose(draft, fo.id, line, part.substitute, units)
        case verdict if part.at or verdict is obs.Verdict.BACKORDERED:
            waits = verdict is obs.Verdict.BACKORDERED
            draft.emit(ev.ShippingPromised(fo.id, line, units, part.at, waits))


def _priced(draft: Draft, fo: FulfillmentOrder, part: obs.LineAnswer) -> None:
    line = part.line
    known = draft.fos[fo.id].costs.get(line)
    if part.unit_cost is not None and part.unit_cost != known:
        draft.emit(ev.CostsAgreed(fo.id, {line: part.unit_cost}))
        if known is not None:
            what = f"{fo.strategy} wants {part.unit_cost} for line {line}, not {known}: object, or"
            draft.open_task("exception.price", "purchasing", f"{what} accept it", f"{fo.id}/{line}")
