"""Cancellation requests: a partner is asked to give units up, and answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import product

from orderflow.kernel.decision.checks import is_with_party, known, unasked
from orderflow.kernel.decision.draft import Deciding
from orderflow.kernel.orders.lines import standing_for
from orderflow.kernel.orders.substitutes import drop_moot_proposals
from orderflow.kernel.partners.request import heard_from, party_fo
from orderflow.model import commands as cmd
from orderflow.model import events as ev
from orderflow.model import observations as obs
from orderflow.model.ledger import Bucket, Slot
from orderflow.model.state import FulfillmentOrder
from orderflow.model.stock import Cause, Move

__all__ = ["ask_back", "cancellation_answered", "close_moot", "declined", "give_back", "reroute"]


def declined(deciding: Deciding, fo: FulfillmentOrder, line: str, units: int, reason: str) -> None:
    """A party does not ship units: those that it was asked to give up it has given up."""
    key = deciding.stock_key(line, fo.id)
    if key is not None and reason == "out_of_stock":
        deciding.stock.append(Move(key, -units, Cause.SHORT_PICK, fo.id))
    if units := _as_asked(deciding, fo, line, units, reason):
        unwanted = deciding.fos[fo.id].unwanted
        asked = next((n for n in unwanted if line in standing_for(deciding.lines, n)), "")
        if take := min(units, unwanted.get(asked, 0)):
            _ask(deciding, fo, {asked: take}, reason, reroute=False)
            units = _as_asked(deciding, fo, line, units, reason)
    if units:
        give_back(deciding, fo, line, units, reason)


def _as_asked(deciding: Deciding, fo: FulfillmentOrder, line: str, units: int, reason: str) -> int:
    """Units that a party does not ship are those that it was asked for; how many are none."""
    for request in list(deciding.order.state.cancellations.values()):
        asked = next((n for n in request.lines if line in standing_for(deciding.lines, n)), "")
        if request.fo == fo.id and (given := min(units, request.lines.get(asked, 0))):
            _give_up(deciding, fo, line, given, reroute=request.reroute)
            left = Counter(request.lines) - Counter({asked: given})
            deciding.emit(ev.CancellationClosed(request.id, {line: given}, reason, dict(left)))
            units -= given
    return units


def give_back(deciding: Deciding, fo: FulfillmentOrder, line: str, units: int, reason: str) -> None:
    """Units leave a fulfillment order, and are routed again, but not to the same party."""
    deciding.emit(ev.UnitsDeclined(fo.id, line, units, fo.strategy, reason))
    deciding.unreserve(line, fo.id, units)
    deciding.move(Slot(line, Bucket.ALLOCATED, fo.id), Slot(line, Bucket.OPEN), units)


def reroute(deciding: Deciding, body: cmd.Reroute) -> None:
    """Take units from a fulfillment order; of a party that has them they are asked back."""
    fo = known(deciding, "fo.unknown", body.fo, deciding.fos)
    if fo is None:
        return
    there_are = unasked(deciding, fo)
    wanted = there_are if body.lines is None else body.lines
    for line, units in wanted.items():
        if units > (have := there_are.get(line, 0)):
            what = f"{fo.id} has {have} of line {line} that can be taken from it, not {units}"
            deciding.refuse("fo.units_missing", what)
    if not wanted:
        deciding.refuse("reroute.nothing", f"{fo.id} has no unit that can be taken from it")
    elif not deciding.refusals and is_with_party(deciding.order.state, fo):
        ask_back(deciding, fo, wanted, body.reason, reroute=True)
    elif not deciding.refusals:
        for line, units in wanted.items():
            give_back(deciding, fo, line, units, body.reason)


def ask_back(
    deciding: Deciding,
    fo: FulfillmentOrder,
    lines: Mapping[str, int],
    reason: str,
    *,
    reroute: bool,
) -> None:
    """Ask the party to give units up; those that nobody wants are not routed again."""
    if reroute and (unwanted := Counter(deciding.fos[fo.id].unwanted) & Counter(lines)):
        _ask(deciding, fo, unwanted, reason, reroute=False)
        lines = Counter(lines) - unwanted
    if lines:
        _ask(deciding, fo, lines, reason, reroute=reroute)


def _ask(
    deciding: Deciding,
    fo: FulfillmentOrder,
    lines: Mapping[str, int],
    reason: str,
    *,
    reroute: bool,
) -> None:
    count = sum(isinstance(event, ev.CancellationAsked) for event in deciding.events)
    request = f"{fo.id}-C{deciding.version + 1}.{count + 1}"
    deciding.emit(ev.CancellationAsked(request, fo.id, dict(lines), reason, reroute))


def cancellation_answered(deciding: Deciding, body: obs.CancellationAnswered) -> None:
    """The party gives up what it names, and ships the rest of what it was asked for.

    What it does not ship in the end stays as unwanted as it was: nobody else is to ship it.
    """
    fo = party_fo(deciding, body)
    if fo is None:
        return
    heard_from(deciding, fo)
    left = Counter(body.lines)
    for request in list(deciding.order.state.cancellations.values()):
        if request.fo == fo.id:
            given = _given_up(deciding, fo, request.lines, left, reroute=request.reroute)
            kept = {} if request.reroute else _kept(deciding, request.lines, given)
            deciding.emit(ev.CancellationClosed(request.id, given, body.reason, unwanted=kept))
    if over := {line: units for line, units in left.items() if units > 0}:
        what = ", ".join(f"{units} of line {line}" for line, units in over.items())
        reason = f"{fo.strategy} gave up {what} that it was not asked for, or has shipped"
        deciding.ask_person("exception.cancellation", "support", reason, fo.id)


def _given_up(
    deciding: Deciding,
    fo: FulfillmentOrder,
    asked: Mapping[str, int],
    left: Counter[str],
    *,
    reroute: bool,
) -> dict[str, int]:
    """What the party gives up of what it was *asked* for: taken off what is *left* of its words."""
    given: Counter[str] = Counter()
    for line, units in asked.items():
        wanted = units
        for name, word in product(standing_for(deciding.lines, line), (line, *left)):
            there = deciding.units.get(Slot(name, Bucket.ALLOCATED, fo.id), 0)
            take = min(wanted, left[word], there)
            if take <= 0 or name not in standing_for(deciding.lines, word):
                continue
            wanted -= take
            left[word] -= take
            given[name] += take
            _give_up(deciding, fo, name, take, reroute=reroute)
    return dict(given)


def _kept(deciding: Deciding, asked: Mapping[str, int], given: Mapping[str, int]) -> dict[str, int]:
    """Units per line, of those that were *asked* for, that the party did not give up."""
    kept = {
        line: units - sum(given.get(name, 0) for name in standing_for(deciding.lines, line))
        for line, units in asked.items()
    }
    return {line: units for line, units in kept.items() if units > 0}


def _give_up(
    deciding: Deciding, fo: FulfillmentOrder, line: str, units: int, *, reroute: bool
) -> None:
    """Units that a party was asked for are somebody else's, or nobody's."""
    slot = Slot(line, Bucket.ALLOCATED, fo.id)
    if reroute:
        give_back(deciding, fo, line, units, "given up when asked")
    else:
        deciding.unreserve(line, fo.id, units)
        deciding.move(slot, slot._replace(bucket=Bucket.CANCELLED), units)


def close_moot(deciding: Deciding) -> None:
    """End what was asked about units that are no longer there: they left, or were given up."""
    state = deciding.order.state
    for request in state.cancellations.values():
        names = {n for line in request.lines for n in standing_for(deciding.lines, line)}
        if not any(deciding.units.get(Slot(n, Bucket.ALLOCATED, request.fo)) for n in names):
            deciding.emit(ev.CancellationClosed(request.id, {}, "moot"))
    drop_moot_proposals(deciding)
