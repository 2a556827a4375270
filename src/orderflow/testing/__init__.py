"""What downstream projects import to test their own code (extra ``testing``)."""

from orderflow.testing import (  # noqa: F401 (they register the laws of a store)
    store_order_laws,
    store_stock_laws,
    store_work_laws,
)
from orderflow.testing.carriers import CarrierContract
from orderflow.testing.data import orders
from orderflow.testing.laws import Broken, WatchedStore, check_order, check_refusal, check_stock
from orderflow.testing.store_samples import STORE_LAWS

__all__ = [
    "STORE_LAWS",
    "Broken",
    "CarrierContract",
    "WatchedStore",
    "check_order",
    "check_refusal",
    "check_stock",
    "orders",
]
