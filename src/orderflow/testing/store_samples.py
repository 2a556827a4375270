"""What the laws of a store commit: small orders, entries and parcels; and their register."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import TypeVar

from orderflow.model.document import Customer, NewOrder
from orderflow.model.events import Entry, NoteAdded
from orderflow.model.ledger import Bucket, Ledger, Slot
from orderflow.model.observations import Observation, PaymentReported
from orderflow.model.order import Order
from orderflow.model.parcel import Content, Parcel, ParcelStatus
from orderflow.model.phases import OrderPhase
from orderflow.model.state import LineState, OrderState, PaymentFact, Stamp
from orderflow.model.stock import Cause, Move, StockKey
from orderflow.model.work import Effect
from orderflow.ports import Commit, Store

__all__ = [
    "CUP",
    "MINUTE",
    "MUG",
    "NOW",
    "STORE_LAWS",
    "Law",
    "Opening",
    "a_parcel",
    "a_payment",
    "an_entry",
    "an_order",
    "at_once",
    "law",
    "receiving",
    "saving",
    "wanting",
]

T = TypeVar("T")
Opening = Callable[[], Store]
"""Opens the store under test; each call is another worker's view of the same data."""

Law = Callable[[Opening], None]
STORE_LAWS: dict[str, Law] = {}
"""Every law of a store by its name: parametrize a test of your own store with them."""


def law(check: Law) -> Law:
    """Put a law into the register."""
    STORE_LAWS[check.__name__] = check
    return check


NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
MUG = StockKey("MUG", "main")
CUP = StockKey("CUP", "main")


def an_order(order_id: str, version: int = 1, customer: str = "ana", reason: str = "") -> Order:
    """A small order at a version."""
    document = NewOrder.model_validate(
        {
            "customer": Customer(id=customer, name="Ana Ng"),
            "currency": "GBP",
            "lines": [{"sku": "MUG", "quantity": 2, "unit_price": "2.55"}],
            "attributes": {"gift": {"paper": ["red", "blue"]}},
        }
    )
    stamp = Stamp("order", 1, "f00d")
    state = OrderState(
        id=order_id,
        version=version,
        channel="online",
        customer=customer,
        currency="GBP",
        workflow=stamp,
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


def saving(order_id: str, expected: int, reason: str = "") -> Commit:
    """The commit after version *expected* of an order."""
    subject = f"order:{order_id}"
    return Commit(
        subject,
        NOW,
        expected,
        order=an_order(order_id, expected + 1, reason=reason),
        entry=an_entry(subject, expected + 1, reason),
    )


def receiving(key: StockKey, units: int) -> Commit:
    """The commit that receives units."""
    return Commit(f"stock:{key}", NOW, stock=(Move(key, units, Cause.RECEIPT, "delivery"),))


def wanting(*keys: str) -> Commit:
    """The commit that adds an effect for each key."""
    return Commit("order:A-1", NOW, wanted=tuple(Effect("pick", "A-1", key) for key in keys))


def a_payment(fact_id: str, reference: str) -> Observation:
    """A payment provider's report."""
    body = PaymentReported(fact=PaymentFact.CAPTURED, amount=510, reference=reference)
    return body.at(NOW, id=fact_id)


def at_once(stores: Sequence[Store], deed: Callable[[Store, str], T]) -> list[T]:
    """What *deed* gave for each store; all begin at one moment, in threads named by numbers."""
    start = Barrier(len(stores))

    def run(store: Store, name: str) -> T:
        start.wait()
        return deed(store, name)

    with ThreadPoolExecutor(len(stores)) as pool:
        return list(pool.map(run, stores, map(str, range(len(stores)))))
