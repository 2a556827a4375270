"""The standard workflows: the order's lifecycle, the fulfillment order, the return."""

from __future__ import annotations

from datetime import timedelta

from orderflow.kernel.decision.step import Step
from orderflow.model.ledger import Bucket
from orderflow.model.phases import OrderPhase, Phase, ReturnPhase
from orderflow.workflow import (
    EffectOf,
    PartnerAnswer,
    State,
    StepWork,
    TaskFor,
    TimerFor,
    Transition,
    UnitsPending,
    Workflow,
    WorkRelease,
)

__all__ = [
    "DIGITAL",
    "FULFILLMENT_ORDER",
    "HANDOVER",
    "IN_HOUSE",
    "ORDER",
    "PICKUP",
    "REMOTE",
    "RETURN",
]

T = Transition[Step]

ORDER: Workflow[Step] = Workflow(
    "order",
    1,
    "draft",
    states=[
        State("draft", OrderPhase.DRAFT, TaskFor("sales", trigger="place")),
        State("placed", OrderPhase.PLACED, StepWork("confirm")),
        State("confirmed", OrderPhase.CONFIRMED, UnitsPending()),
        State("completed", OrderPhase.COMPLETED),
        State("cancelled", OrderPhase.CANCELLED),
    ],
    transitions=[
        T("place", "draft", "placed"),
        T("confirm", "placed", "confirmed"),
        T("complete", "confirmed", "completed"),
        T("reopen", "completed", "confirmed"),
        T("cancel", "draft", "cancelled"),
        T("cancel", "placed", "cancelled"),
        T("cancel", "confirmed", "cancelled"),
    ],
)
"""The lifecycle of an order."""

_DAYS = timedelta(days=2)
_PARTY = PartnerAnswer("fulfiller", _DAYS)

FULFILLMENT_ORDER: Workflow[Step] = Workflow(
    "fulfillment_order",
    1,
    "scheduled",
    states=[
        State("scheduled", Phase.WAITING, WorkRelease()),
        State("open", Phase.READY, StepWork("pick")),
        State("submitted", Phase.REQUESTED, EffectOf("submit", "fulfiller", _DAYS)),
        State("accepted", Phase.WORKING, _PARTY),
        State("picking", Phase.WORKING, StepWork("pick")),
        State("packing", Phase.WORKING, StepWork("pack")),
        State("packed", Phase.READY_TO_LEAVE, StepWork("ship")),
        State("fulfilled", Phase.DONE),
        State("rejected", Phase.FAILED),
        State("incomplete", Phase.FAILED),
        State("cancelled", Phase.CANCELLED),
    ],
    transitions=[
        T("release", "scheduled", "open"),
        T("submit", "open", "submitted"),
        T("accept", "submitted", "accepted"),
        T("reject", "submitted", "rejected"),
        T("despatched", "accepted", "fulfilled", moves=(Bucket.ALLOCATED, Bucket.SHIPPED)),
        T("close", "accepted", "incomplete"),
        T("pick", "open", "picking"),
        T("picked", "picking", "packing", moves=(Bucket.ALLOCATED, Bucket.PICKED)),
        T("pick", "packing", "picking"),
        T("packed", "packing", "packed", moves=(Bucket.PICKED, Bucket.PACKED)),
        T("pick", "packed", "picking"),
        T("pack", "packed", "packing"),
        T("shipped", "packed", "fulfilled", moves=(Bucket.PACKED, Bucket.SHIPPED)),
        *(
            T("cancel", source, "cancelled")
            for source in (
                "scheduled",
                "open",
                "submitted",
                "accepted",
                "picking",
                "packing",
                "packed",
            )
        ),
    ],
)
"""The whole protocol of fulfillment orders; each fulfillment strategy derives its own from it."""

IN_HOUSE = FULFILLMENT_ORDER.extend(
    name="in_house", without=["submitted", "accepted", "rejected", "incomplete"]
)
"""Picked, packed and shipped by the shop's own people or software."""

REMOTE = FULFILLMENT_ORDER.extend(
    name="remote",
    states=[State("open", Phase.READY, StepWork("submit"))],
    without=["picking", "packing", "packed"],
)
"""Fulfilled by a partner that is asked and answers: a supplier, a logistics provider."""

PICKUP = IN_HOUSE.extend(
    name="pickup",
    states=[
        State("ready", Phase.READY_TO_LEAVE, StepWork("collect", timedelta(days=7), "expire")),
        State("expired", Phase.CANCELLED),
    ],
    transitions=[
        T("picked", "picking", "ready"),
        T("pick", "ready", "picking"),
        T("collected", "ready", "fulfilled", moves=(Bucket.PICKED, Bucket.SHIPPED)),
        T("expire", "ready", "expired"),
        T("cancel", "ready", "cancelled"),
    ],
    without=["packing", "packed"],
)
"""Picked, and collected by the customer; put away if nobody collects it within a week."""


def _at_once(name: str, step: str) -> Workflow[Step]:
    return FULFILLMENT_ORDER.extend(
        name=name,
        states=[State("open", Phase.READY, StepWork(step))],
        transitions=[
            T(step, "open", "fulfilled", moves=(Bucket.ALLOCATED, Bucket.SHIPPED)),
        ],
        without=["submitted", "accepted", "rejected", "incomplete", "picking", "packing", "packed"],
    )


HANDOVER = _at_once("handover", "hand_over")
"""A counter sale: the goods leave with the customer at once."""

DIGITAL = _at_once("digital", "provide")
"""Nothing is shipped: a key, a ticket, a service is provided."""

RETURN: Workflow[Step] = Workflow(
    "return",
    1,
    "requested",
    states=[
        State("requested", ReturnPhase.REQUESTED, StepWork("approve_return")),
        State("approved", ReturnPhase.APPROVED, TimerFor(timedelta(days=30), "expire")),
        State("in_transit", ReturnPhase.APPROVED, PartnerAnswer("carrier", timedelta(days=14))),
        State("received", ReturnPhase.RECEIVED, StepWork("close_return")),
        State("inspected", ReturnPhase.RECEIVED, StepWork("close_return")),
        State("closed", ReturnPhase.CLOSED),
        State("declined", ReturnPhase.DECLINED),
        State("cancelled", ReturnPhase.CANCELLED),
        State("expired", ReturnPhase.CANCELLED),
    ],
    transitions=[
        T("approve", "requested", "approved"),
        T("decline", "requested", "declined"),
        T("dispatch", "approved", "in_transit"),
        *(
            T("receive", source, "received")
            for source in ("requested", "approved", "in_transit", "received", "inspected")
        ),
        T("inspect", "received", "inspected"),
        T("close", "received", "closed"),
        T("close", "inspected", "closed"),
        T("cancel", "requested", "cancelled"),
        T("cancel", "approved", "cancelled"),
        T("expire", "approved", "expired"),
        T("expire", "in_transit", "expired"),
    ],
    facts={"receive"},
)
"""Goods on their way back."""
