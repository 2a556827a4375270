"""Small commits for the laws of a store, about few subjects."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from orderflow.model.document import Customer, Line, NewOrder
from orderflow.model.events import Entry, NoteAdded
from orderflow.model.ledger import Bucket, Ledger, Slot
from orderflow.model.observations import Observation, PaymentReported
from orderflow.model.order import Order
from orderflow.model.parcel import Content, Parcel, ParcelStatus
from orderflow.model.phases import OrderPhase
from orderflow.model.state import LineState, OrderState, PaymentOutcome, Stamp
from orderflow.model.stock import (
    AdjustStock,
    Cause,
    JoinWaitingList,
    LeaveWaitingList,
    Release,
    Reserve,
    SetLimits,
    StockKey,
    StockOp,
)
from orderflow.model.work import Effect, Task
from orderflow.ports import Commit

__all__ = [
    "CUP",
    "MINUTE",
    "MUG",
    "NOW",
    "a_parcel",
    "a_payment",
    "a_task",
    "an_entry",
    "an_order",
    "order_commit",
    "pending_work_commit",
    "receipt_commit",
    "stock_commit",
    "stock_commits",
]

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
MUG, CUP = StockKey("MUG", "main"), StockKey("CUP", "main")


def an_order(order_id: str, version: int = 1, customer: str = "ana", reason: str = "") -> Order:
    """A small order at a version."""
    document = NewOrder(
        customer=Customer(id=customer, name="Ana Ng"),
        currency="GBP",
        lines=(Line(sku="MUG", quantity=2, unit_price=Decimal("2.55")),),
        attributes={"gift": {"paper": ["red", "blue"]}},
    )
    state = OrderState(
        id=order_id,
        version=version,
        channel="online",
        customer=customer,
        currency="GBP",
        workflow=Stamp("order", 1, "f00d"),
        lifecycle="placed",
        phase=OrderPhase.PLACED,
        placed_at=NOW,
        since=NOW,
        terms="invoice",
        ship_complete=False,
        lines={"1": LineState("MUG", 2)},
        ledger=Ledger({Slot("1", Bucket.OPEN): 2}),
        reason=reason,
    )
    return Order(document, state)


def an_entry(subject: str, version: int, text: str = "") -> Entry:
    """The journal entry of a version."""
    return Entry(subject, version, NOW, "ana", f"m{version}", (NoteAdded(text),), {"limit": 5})


def a_parcel(parcel_id: str, version: int) -> Parcel:
    """A small parcel at a version."""
    contents = (Content("A-1", "F1", "1", 2),)
    return Parcel(parcel_id, "in_house", version, contents, ParcelStatus.CREATED, NOW)


def a_task(key: str = "task", order_id: str = "A-1") -> Task:
    """A picker's task."""
    return Task(key, "pick", order_id, "picker", "fetch it", NOW)


def a_payment(fact_id: str, reference: str) -> Observation:
    """A payment provider's report."""
    body = PaymentReported(fact=PaymentOutcome.CAPTURED, amount=510, reference=reference)
    return body.at(NOW, id=fact_id)


def order_commit(order_id: str, before: int, reason: str = "", customer: str = "ana") -> Commit:
    """The commit after version *before* of an order."""
    subject, version = f"order:{order_id}", before + 1
    order = an_order(order_id, version, customer, reason)
    return Commit(subject, NOW, before, order, entry=an_entry(subject, version, reason))


def stock_commit(*ops: StockOp) -> Commit:
    """A commit of operations on stock."""
    return Commit("stock", NOW, stock=ops)


def receipt_commit(key: StockKey, units: int) -> Commit:
    """The commit that receives units."""
    return stock_commit(AdjustStock(key, units, Cause.RECEIPT, "delivery"))


def pending_work_commit(*keys: str) -> Commit:
    """The commit that adds an effect for each key."""
    return Commit("order:A-1", NOW, pending_work=tuple(Effect("pick", "A-1", key) for key in keys))


def stock_commits() -> SearchStrategy[list[Commit]]:
    """Commits of stock with few keys and orders, so that they conflict."""
    key, order = st.sampled_from([MUG, CUP]), st.sampled_from("AB")
    line, units = st.sampled_from("12"), st.integers(1, 4)
    by_line = [
        st.builds(op, key, order, line, units)
        for op in (Reserve, Release, JoinWaitingList, LeaveWaitingList)
    ]
    leaving = st.builds(Release, key, order, line, units, st.just(Cause.SHIPMENT))
    moves = st.builds(AdjustStock, key, st.integers(-2, 6), st.just(Cause.COUNT), st.just("count"))
    policies = st.builds(SetLimits, key, st.integers(0, 2), st.none() | st.integers(0, 4))
    ops = st.one_of(moves, *by_line, leaving, policies)
    return st.lists(st.lists(ops, min_size=1, max_size=3).map(lambda found: stock_commit(*found)))
