"""What another party is asked for: fulfillment orders, and to give them up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import product

from orderflow.kernel.checks import is_with_party, known, not_held, request_key, unasked
from orderflow.kernel.deciding import Deciding
from orderflow.kernel.lines import standing_for
from orderflow.kernel.substituting import drop_moot_proposals
from orderflow.model import commands as cmd
from orderflow.model import events as ev
from orderflow.model import observations as obs
from orderflow.model.ledger import Bucket, Slot
from orderflow.model.phases import Phase
from orderflow.model.state import FulfillmentOrder
from orderflow.model.stock import Cause, Move
from orderflow.model.work import Effect
from orderflow.workflow import StepWork

__all__ = [
    "ask_back",
    "cancellation_answered",
    "close_moot",
    "declined",
    "give_back",
    "heard_from",
    "party_fo",
    "press",
    "received",
    "reroute",
    "submit",
    "submit_ready",
]


def submit(deciding: Deciding, body: cmd.Submit) -> None:
    """Somebody sent the party its fulfillment order."""
    fo = known(deciding, "fo.unknown", body.fo, deciding.fos)
    if fo is None or not not_held(deciding, fo.id):
        return
    if not fo.phase.final and request_key(fo.id) in deciding.order.state.taken:
        deciding.refuse("fo.submitted", f"{fo.id} was sent to {fo.strategy} already")
    elif fo.phase is Phase.REQUESTED or _begin(deciding, fo):
        _take(deciding, request_key(fo.id))


_SUBMIT = StepWork("submit")


def submit_ready(deciding: Deciding) -> None:
    """Have software send what is ready for another party; what a guard refuses is a task."""
    state = deciding.order.state
    for fo in state.fulfillment_orders.values():
        flow = deciding.rules.machine(fo.workflow).workflow
        if flow.by_name[fo.state].waits_for != _SUBMIT or state.held(fo.id):
            continue
        if not deciding.rules.steps.automatic("submit", deciding.order, fo.strategy):
            continue
        before = len(deciding.refusals)
        if not _begin(deciding, fo):
            reasons = "; ".join(map(str, deciding.refusals[before:]))
            del deciding.refusals[before:]
            deciding.ask_person("exception.submit", "support", reasons, fo.id)


def _begin(deciding: Deciding, fo: FulfillmentOrder) -> bool:
    """Bring a fulfillment order to its party, with the costs that are agreed."""
    if not deciding.fire("submit", fo=fo.id):
        return False
    strategy, order = deciding.rules.strategies[fo.strategy], deciding.order
    costs = {ln: strategy.cost(order.line(ln)) for ln in order.units(Bucket.ALLOCATED, fo=fo.id)}
    agreed = {line: cost for line, cost in costs.items() if cost is not None}
    if agreed:
        deciding.emit(ev.CostsAgreed(fo.id, agreed))
    return True


def _take(deciding: Deciding, key: str) -> None:
    if key not in deciding.order.state.taken:
        deciding.emit(ev.EffectTakenOver(key))


def party_fo(deciding: Deciding, body: obs.PartyFact) -> FulfillmentOrder | None:
    """The fulfillment order that a party speaks of; what it says of another one is kept."""
    fo = deciding.fos.get(body.fo)
    if fo is None:
        reason = f"{body.fo} is no fulfillment order of {deciding.id}"
        deciding.keep_fact(body.kind, reason)  # type: ignore[attr-defined]  # every fact has one
    return fo


def heard_from(deciding: Deciding, fo: FulfillmentOrder, reference: str = "") -> None:
    """The party has our request, or it could not speak of it."""
    _take(deciding, request_key(fo.id))
    if reference and reference != fo.reference:
        deciding.emit(ev.ReferenceGiven(fo.id, reference))


def received(deciding: Deciding, body: obs.RequestReceived) -> None:
    """The party has our request; that is no answer."""
    if fo := party_fo(deciding, body):
        heard_from(deciding, fo, body.reference)


def declined(deciding: Deciding, fo: FulfillmentOrder, line: str, units: int, reason: str) -> None:
    """A party does not ship units: those that it was asked to give up it has given up."""
    key = deciding.stock_key(line, fo.id)
    if key is not None and reason == "out_of_stock":
        deciding.stock.append(Move(key, -units, Cause.SHORT_PICK, fo.id))
    for request in list(deciding.order.state.cancellations.values()):
        asked = next((n for n in request.lines if line in standing_for(deciding.lines, n)), "")
        if request.fo == fo.id and (given := min(units, request.lines.get(asked, 0))):
            _give_up(deciding, fo, line, given, reroute=request.reroute)
            left = Counter(request.lines) - Counter({asked: given})
            deciding.emit(ev.CancellationClosed(request.id, {line: given}, reason, dict(left)))
            units -= given
    if units:
        give_back(deciding, fo, line, units, reason)


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
    """Ask the party to give units up."""
    count = sum(isinstance(event, ev.CancellationAsked) for event in deciding.events)
    request = f"{fo.id}-C{deciding.version + 1}.{count + 1}"
    deciding.emit(ev.CancellationAsked(request, fo.id, dict(lines), reason, reroute))


def cancellation_answered(deciding: Deciding, body: obs.CancellationAnswered) -> None:
    """The party gives up what it names, and ships the rest of what it was asked for."""
    fo = party_fo(deciding, body)
    if fo is None:
        return
    heard_from(deciding, fo)
    left = Counter(body.lines)
    for request in list(deciding.order.state.cancellations.values()):
        if request.fo == fo.id:
            given = _given_up(deciding, fo, request.lines, left, reroute=request.reroute)
            deciding.emit(ev.CancellationClosed(request.id, given, body.reason))
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


def press(deciding: Deciding, fo: FulfillmentOrder, times: int) -> bool:
    """A party is silent: remind it, then ask for the units back; False where a person must act."""
    if times == _REMIND:
        deciding.add([Effect("remind", fo.id)], fo.id)
    elif times == _ASK_BACK and (lines := unasked(deciding, fo)):
        ask_back(deciding, fo, lines, "silence", reroute=True)
    else:
        return False
    return True


_REMIND, _ASK_BACK = 1, 2
"""What is done when a party was silent for so many times its time."""
