"""Requests: fulfillment orders are sent to the partner that is to fulfill them."""

from __future__ import annotations

from orderflow.kernel.decision.checks import known, not_held, request_key
from orderflow.kernel.decision.draft import Deciding
from orderflow.model import commands as cmd
from orderflow.model import events as ev
from orderflow.model import observations as obs
from orderflow.model.content import content_of, digest
from orderflow.model.ledger import Bucket
from orderflow.model.phases import Phase
from orderflow.model.state import FulfillmentOrder
from orderflow.workflow import StepWork

__all__ = [
    "agree_costs",
    "comes_again",
    "heard_from",
    "party_fo",
    "received",
    "says",
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
    agree_costs(deciding, fo.id)
    return True


def agree_costs(deciding: Deciding, fo: str) -> None:
    """Take down what its party asks for a unit of each line of a fulfillment order."""
    strategy, order = deciding.rules.strategies[deciding.fos[fo].strategy], deciding.order
    of = deciding.rules.unit_cost
    costs = {ln: of(strategy, order.line(ln)) for ln in order.units(Bucket.ALLOCATED, fo=fo)}
    agreed = {line: cost for line, cost in costs.items() if cost is not None}
    if agreed:
        deciding.emit(ev.CostsAgreed(fo, agreed))


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


def says(body: obs.PartyFact) -> str:
    """What tells two documents of a party apart."""
    return digest(content_of(body))


def comes_again(
    deciding: Deciding, fo: FulfillmentOrder, document: str, body: obs.PartyFact, told: str
) -> None:
    """A party used a number again: that is one fact, unless it says something else by now."""
    if fo.said.get(document, says(body)) != says(body):
        what = f"{fo.strategy} sent {document} again, and now it says {told}: find out what is so"
        deciding.keep_fact(body.kind, what, fo.id)  # type: ignore[attr-defined]  # as above


def heard_from(deciding: Deciding, fo: FulfillmentOrder, reference: str = "") -> None:
    """The party has our request, or it could not speak of it."""
    _take(deciding, request_key(fo.id))
    if reference and reference != fo.reference:
        deciding.emit(ev.ReferenceGiven(fo.id, reference))


def received(deciding: Deciding, body: obs.RequestReceived) -> None:
    """The party has our request; that is no answer."""
    if fo := party_fo(deciding, body):
        heard_from(deciding, fo, body.reference)
