"""What downstream projects import to test their own code (extra ``testing``)."""

from orderflow.testing.carriers import CarrierContract
from orderflow.testing.data import orders
from orderflow.testing.laws import Broken, WatchedStore, check_order, check_refusal, check_stock

__all__ = [
    "Broken",
    "CarrierContract",
    "WatchedStore",
    "check_order",
    "check_refusal",
    "check_stock",
    "orders",
]
