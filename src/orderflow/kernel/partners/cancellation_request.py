"""Cancellation requests: a partner is asked to cancel units, and answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import product

from orderflow.kernel.decision.checks import is_with_partner, known, uncancelled_units
from orderflow.kernel.decision.draft import Draft
from orderflow.kernel.orders.lines import line_and_substitutes
from orderflow.kernel.orders.substitutes import drop_moot_proposals
from orderflow.kernel.partners.request import note_contact, partner_fo
from orderflow.model import commands as cmd
from orderflow.model import events as ev
from orderflow.model import observations as obs
from orderflow.model.ledger import Bucket, Slot
from orderflow.model.state import FulfillmentOrder
from orderflow.model.stock import AdjustStock, Cause

__all__ = [
    "apply_rejection",
    "cancellation_answered",
    "close_moot_requests",
    "release_units",
    "request_cancellation",
    "reroute",
]


def apply_rejection(draft: Draft, fo: FulfillmentOrder, line: str, units: int, reason: str) -> None:
    """Apply a partner's rejection of units: open cancellation requests first, then a reroute."""
    key = draft.stock_key(line, fo.id)
    if key is not None and reason == "out_of_stock":
        draft.stock.append(AdjustStock(key, -units, Cause.SHORT_PICK, fo.id))
    if units := _as_asked(draft, fo, line, units, reason):
        unwanted = draft.fos[fo.id].unwanted
        asked = next((n for n in unwanted if line in line_and_substitutes(draft.lines, n)), "")
        if take := min(units, unwanted.get(asked, 0)):
            _ask(draft, fo, {asked: take}, reason, reroute=False)
            units = _as_asked(draft, fo, line, units, reason)
    if units:
        release_units(draft, fo, line, units, reason)


def _as_asked(draft: Draft, fo: FulfillmentOrder, line: str, units: int, reason: str) -> int:
    """Count rejected units as agreed to in open cancellation requests; the units left over."""
    for request in list(draft.order.state.cancellations.values()):
        asked = next((n for n in request.lines if line in line_and_substitutes(draft.lines, n)), "")
        if request.fo == fo.id and (given := min(units, request.lines.get(asked, 0))):
            _cancel_or_release(draft, fo, line, given, reroute=request.reroute)
            left = Counter(request.lines) - Counter({asked: given})
            draft.emit(ev.CancellationClosed(request.id, {line: given}, reason, dict(left)))
            units -= given
    return units


def release_units(draft: Draft, fo: FulfillmentOrder, line: str, units: int, reason: str) -> None:
    """Release units from a fulfillment order and route them again, to another partner."""
    draft.emit(ev.UnitsReleased(fo.id, line, units, fo.strategy, reason))
    draft.release_reservation(line, fo.id, units)
    draft.move(Slot(line, Bucket.ALLOCATED, fo.id), Slot(line, Bucket.OPEN), units)


def reroute(draft: Draft, body: cmd.Reroute) -> None:
    """Reroute units; where a partner has the request, ask it to cancel them first."""
    fo = known(draft, "fo.unknown", body.fo, draft.fos)
    if fo is None:
        return
    there_are = uncancelled_units(draft, fo)
    wanted = there_are if body.lines is None else body.lines
    for line, units in wanted.items():
        if units > (have := there_are.get(line, 0)):
            what = f"{fo.id} has {have} of line {line} that can be rerouted, not {units}"
            draft.refuse("fo.units_missing", what)
    if not wanted:
        draft.refuse("reroute.nothing", f"{fo.id} has no unit that can be rerouted")
    elif not draft.refusals and is_with_partner(draft.order.state, fo):
        request_cancellation(draft, fo, wanted, body.reason, reroute=True)
    elif not draft.refusals:
        for line, units in wanted.items():
            release_units(draft, fo, line, units, body.reason)


def request_cancellation(
    draft: Draft,
    fo: FulfillmentOrder,
    lines: Mapping[str, int],
    reason: str,
    *,
    reroute: bool,
) -> None:
    """Ask the partner to cancel units; with *reroute* they are then routed again."""
    if reroute and (unwanted := Counter(draft.fos[fo.id].unwanted) & Counter(lines)):
        _ask(draft, fo, unwanted, reason, reroute=False)
        lines = Counter(lines) - unwanted
    if lines:
        _ask(draft, fo, lines, reason, reroute=reroute)


def _ask(
    draft: Draft,
    fo: FulfillmentOrder,
    lines: Mapping[str, int],
    reason: str,
    *,
    reroute: bool,
) -> None:
    count = sum(isinstance(event, ev.CancellationRequested) for event in draft.events)
    request = f"{fo.id}-C{draft.version + 1}.{count + 1}"
    draft.emit(ev.CancellationRequested(request, fo.id, dict(lines), reason, reroute))


def cancellation_answered(draft: Draft, body: obs.CancellationAnswered) -> None:
    """Apply a partner's answer: it cancels the units that it names, and ships the rest.

    Units that the customer cancelled and the partner keeps stay unwanted: if it rejects them
    later, they are not rerouted.
    """
    fo = partner_fo(draft, body)
    if fo is None:
        return
    note_contact(draft, fo)
    left = Counter(body.lines)
    for request in list(draft.order.state.cancellations.values()):
        if request.fo == fo.id:
            given = _agreed_units(draft, fo, request.lines, left, reroute=request.reroute)
            kept = {} if request.reroute else _kept(draft, request.lines, given)
            draft.emit(ev.CancellationClosed(request.id, given, body.reason, unwanted=kept))
    if over := {line: units for line, units in left.items() if units > 0}:
        what = ", ".join(f"{units} of line {line}" for line, units in over.items())
        reason = (
            f"{fo.strategy} cancelled {what} without a request, or after shipping: ask which "
            "is right"
        )
        draft.open_task("exception.cancellation", "support", reason, fo.id)


def _agreed_units(
    draft: Draft,
    fo: FulfillmentOrder,
    asked: Mapping[str, int],
    left: Counter[str],
    *,
    reroute: bool,
) -> dict[str, int]:
    """Match the partner's answer to a request: units per line that it cancels; reduces *left*."""
    given: Counter[str] = Counter()
    for line, units in asked.items():
        wanted = units
        for name, word in product(line_and_substitutes(draft.lines, line), (line, *left)):
            there = draft.units.get(Slot(name, Bucket.ALLOCATED, fo.id), 0)
            take = min(wanted, left[word], there)
            if take <= 0 or name not in line_and_substitutes(draft.lines, word):
                continue
            wanted -= take
            left[word] -= take
            given[name] += take
            _cancel_or_release(draft, fo, name, take, reroute=reroute)
    return dict(given)


def _kept(draft: Draft, asked: Mapping[str, int], given: Mapping[str, int]) -> dict[str, int]:
    """Units per line of the request *asked* that the partner did not cancel."""
    kept = {
        line: units - sum(given.get(name, 0) for name in line_and_substitutes(draft.lines, line))
        for line, units in asked.items()
    }
    return {line: units for line, units in kept.items() if units > 0}


def _cancel_or_release(
    draft: Draft, fo: FulfillmentOrder, line: str, units: int, *, reroute: bool
) -> None:
    """Release units that the partner agreed to cancel: reroute them, or cancel them."""
    slot = Slot(line, Bucket.ALLOCATED, fo.id)
    if reroute:
        release_units(draft, fo, line, units, "given up when asked")
    else:
        draft.release_reservation(line, fo.id, units)
        draft.move(slot, slot._replace(bucket=Bucket.CANCELLED), units)


def close_moot_requests(draft: Draft) -> None:
    """Close cancellation requests whose units have left or are cancelled."""
    state = draft.order.state
    for request in state.cancellations.values():
        names = {n for line in request.lines for n in line_and_substitutes(draft.lines, line)}
        if not any(draft.units.get(Slot(n, Bucket.ALLOCATED, request.fo)) for n in names):
            draft.emit(ev.CancellationClosed(request.id, {}, "moot"))
    drop_moot_proposals(draft)
