"""Requests: fulfillment orders are sent to their partner."""

from __future__ import annotations

from orderflow.kernel.decision.checks import known, not_held, request_key
from orderflow.kernel.decision.draft import Draft
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
    "note_contact",
    "partner_fo",
    "request_received",
    "says",
    "submit",
    "submit_ready",
]


def submit(draft: Draft, body: cmd.Submit) -> None:
    """Record that a fulfillment order was sent to its partner."""
    fo = known(draft, "fo.unknown", body.fo, draft.fos)
    if fo is None or not not_held(draft, fo.id):
        return
    if not fo.phase.final and request_key(fo.id) in draft.order.state.taken:
        draft.refuse("fo.submitted", f"{fo.id} was sent to {fo.strategy} already")
    elif fo.phase is Phase.REQUESTED or _begin(draft, fo):
        _take(draft, request_key(fo.id))


_SUBMIT = StepWork("submit")


def submit_ready(draft: Draft) -> None:
    """Send requests that are ready to their partners; open a task where a guard refuses."""
    state = draft.order.state
    for fo in state.fulfillment_orders.values():
        flow = draft.rules.machine(fo.workflow).workflow
        if flow.by_name[fo.state].waits_for != _SUBMIT or state.held(fo.id):
            continue
        if not draft.rules.steps.automatic("submit", draft.order, fo.strategy):
            continue
        before = len(draft.refusals)
        if not _begin(draft, fo):
            reasons = "; ".join(map(str, draft.refusals[before:]))
            del draft.refusals[before:]
            draft.open_task("exception.submit", "support", reasons, fo.id)


def _begin(draft: Draft, fo: FulfillmentOrder) -> bool:
    """Submit a fulfillment order and record the agreed costs."""
    if not draft.fire("submit", fo=fo.id):
        return False
    agree_costs(draft, fo.id)
    return True


def agree_costs(draft: Draft, fo: str) -> None:
    """Record the partner's unit cost for each line of a fulfillment order."""
    strategy, order = draft.rules.strategies[draft.fos[fo].strategy], draft.order
    of = draft.rules.unit_cost
    costs = {ln: of(strategy, order.line(ln)) for ln in order.units(Bucket.ALLOCATED, fo=fo)}
    agreed = {line: cost for line, cost in costs.items() if cost is not None}
    if agreed:
        draft.emit(ev.CostsAgreed(fo, agreed))


def _take(draft: Draft, key: str) -> None:
    if key not in draft.order.state.taken:
        draft.emit(ev.EffectDeferred(key))


def partner_fo(draft: Draft, body: obs.PartnerObservation) -> FulfillmentOrder | None:
    """The fulfillment order that an observation names; if unknown, the observation is kept."""
    fo = draft.fos.get(body.fo)
    if fo is None:
        reason = f"{body.fo} is no fulfillment order of {draft.id}"
        draft.keep_observation(body.kind, reason)  # type: ignore[attr-defined]  # every fact has one
    return fo


def says(body: obs.PartnerObservation) -> str:
    """The digest of a partner's document, to compare it with another."""
    return digest(content_of(body))


def comes_again(
    draft: Draft, fo: FulfillmentOrder, document: str, body: obs.PartnerObservation, told: str
) -> None:
    """Keep a partner's document with a number used before, if its content differs."""
    if fo.said.get(document, says(body)) != says(body):
        what = f"{fo.strategy} sent {document} again, and now it says {told}: find out what is so"
        draft.keep_observation(body.kind, what, fo.id)  # type: ignore[attr-defined]  # as above


def note_contact(draft: Draft, fo: FulfillmentOrder, reference: str = "") -> None:
    """Record that the partner has our request, since it refers to it."""
    _take(draft, request_key(fo.id))
    if reference and reference != fo.reference:
        draft.emit(ev.PartnerReferenceSet(fo.id, reference))


def request_received(draft: Draft, body: obs.RequestReceived) -> None:
    """Record that the partner has our request; that is no answer yet."""
    if fo := partner_fo(draft, body):
        note_contact(draft, fo, body.reference)
