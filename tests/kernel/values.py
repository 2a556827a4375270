"""Orders as plain values, and decisions about them: no engine, no store, no time that passes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from orderflow import AUTOMATED, IN_HOUSE, ORDER, Dropship, Hooks, InHouse, Line, NewOrder, Order
from orderflow.fulfillment.routing import Priority
from orderflow.kernel.decision.draft import Context, Draft
from orderflow.kernel.decision.rules import Fulfills, Rules
from orderflow.model import events as ev
from orderflow.model.ledger import Bucket, Ledger, Slot
from orderflow.model.parcel import ParcelStatus
from orderflow.model.phases import OrderPhase, Phase, ReturnPhase
from orderflow.model.state import (
    FulfillmentOrder,
    LineState,
    OrderState,
    ParcelView,
    Payments,
    Refund,
    RefundStatus,
    Return,
)
from orderflow.model.stock import StockKey, StockLevel
from orderflow.testing import FakePartner
from orderflow.workflow import Workflow

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
MAIN = StockKey("MUG", "main")
PRICE = 500
"""What a unit costs, in minor units."""


def rules(*fulfillers: Fulfills, **other: Any) -> Rules:
    """In-house and by software, where nothing else is said."""
    given = {"routing": Priority(), "steps": AUTOMATED, "hooks": Hooks(), **other}
    return Rules(fulfillers=fulfillers or (InHouse(),), **given)


SUPPLIER = Dropship(FakePartner())
RULES = rules()
WITH_SUPPLIER = rules(InHouse(), SUPPLIER)


def slot(bucket: str, fo: str = "", parcel: str = "", rma: str = "", line: str = "1") -> Slot:
    return Slot(line, Bucket(bucket), fo, parcel, rma)


def an_fo(
    fo: str, state: str = "picking", flow: Workflow[Any] = IN_HOUSE, strategy: str = "in_house"
) -> FulfillmentOrder:
    """A fulfillment order in a state of its workflow."""
    phase = Phase(flow.by_name[state].phase)
    location = "main" if strategy == "in_house" else ""
    return FulfillmentOrder(fo, strategy, location, flow.stamp, state, phase, NOW)


def with_supplier(fo: str, state: str = "submitted") -> FulfillmentOrder:
    return an_fo(fo, state, SUPPLIER.workflow, SUPPLIER.code)


def a_return(phase: str, lines: Mapping[str, int], **other: Any) -> Return:
    """The return R1."""
    flow, state = RULES.returns, phase
    return Return("R1", "", flow.stamp, state, ReturnPhase(phase), NOW, lines, **other)


def a_refund(number: int, amount: int, status: RefundStatus = RefundStatus.PENDING) -> Refund:
    return Refund(f"A-M{number}", amount, status, NOW)


def an_order(units: Mapping[Slot, int], document: Mapping[str, Any] = {}, **state: Any) -> Order:
    """The confirmed order A of mugs that stand so; FOs and labelled parcels are as slots say."""
    ordered: dict[str, int] = {}
    for where, n in units.items():
        ordered[where.line] = ordered.get(where.line, 0) + n
    lines = tuple(Line(id=k, sku="MUG", quantity=n, amount=PRICE * n) for k, n in ordered.items())
    placed = NewOrder(**{"number": "A", "currency": "EUR", "lines": lines, **document})
    fos = {where.fo: an_fo(where.fo) for where in units if where.fo}
    parcels = {
        where.parcel: ParcelView(where.parcel, where.fo, ParcelStatus.LABELED, NOW)
        for where in units
        if where.parcel
    }
    stands = {
        "id": "A",
        "version": 3,
        "channel": "online",
        "customer": "ana",
        "currency": "EUR",
        "workflow": ORDER.stamp,
        "lifecycle": str(state.get("phase", "confirmed")),
        "phase": OrderPhase.CONFIRMED,
        "placed_at": NOW,
        "since": NOW,
        "terms": placed.terms,
        "ship_complete": False,
        "lines": {line.id: LineState(line.sku, line.quantity) for line in placed.lines},
        "ledger": Ledger(units),
        "payments": Payments(total=placed.total.minor),
        "fulfillment_orders": fos,
        "parcels": parcels,
    }
    return Order(placed, OrderState(**{**stands, **state}))


def making(order: Order, given: Rules = RULES, **context: Any) -> Draft:
    """A decision about an order that has just begun."""
    return Draft(given, Context(**{"now": NOW, **context}), order, "")


def level(on_hand: int = 0, reserved: int = 0, **other: Any) -> dict[StockKey, StockLevel]:
    """Mugs in the house."""
    return {MAIN: StockLevel(MAIN, on_hand, reserved, **other)}


def moves(decision: Draft) -> list[tuple[str, str, int]]:
    """From where units went, where to, and how many."""
    found = [event for event in decision.events if isinstance(event, ev.UnitsMoved)]
    return [(str(e.source.bucket), str(e.dest.bucket), e.quantity) for e in found]


def codes(decision: Draft) -> set[str]:
    """Why it would be refused."""
    return {refusal.code for refusal in decision.refusals}
