"""Placement: an order begins, as a draft or placed."""

from __future__ import annotations

from orderflow.kernel.decision.draft import Draft
from orderflow.model import commands as cmd
from orderflow.model import events as ev
from orderflow.model.document import NewOrder, Shipping
from orderflow.model.phases import OrderPhase
from orderflow.model.state import Review

__all__ = ["place_order", "save_draft"]


def save_draft(draft: Draft, body: cmd.SaveDraft) -> None:
    """Keep the order in the initial state of its lifecycle."""
    _create(draft, body.order)


def place_order(draft: Draft, body: cmd.PlaceOrder) -> None:
    """Create the order and fire ``place``."""
    _create(draft, body.order)
    draft.fire("place")


def _create(draft: Draft, document: NewOrder) -> None:
    flow = draft.rules.lifecycle
    initial = flow.by_name[flow.initial]
    created = ev.OrderCreated(
        channel=document.channel,
        customer=document.customer.id if document.customer else "",
        currency=document.currency,
        total=document.total.minor,
        terms=document.terms,
        ship_complete=document.shipping is Shipping.COMPLETE,
        promised=document.promised,
        lines=tuple(map(ev.PlacedLine.of, document.lines)),
        workflow=flow.stamp,
        lifecycle=initial.name,
        phase=OrderPhase(initial.phase),
    )
    draft.create(document, created)
    if reason := _unasked(document):
        draft.emit(ev.ReviewSettled(Review.WITHHELD, reason))


def _unasked(document: NewOrder) -> str:
    """Why the customer is not asked for a review; empty if they may be."""
    if document.gift or document.gift_message:
        return "gift"
    return "opt_out" if document.customer and document.customer.opted_out else ""
