"""Carriers: adapters of the port, tracking numbers, and webhooks."""

from typing import TYPE_CHECKING

from orderflow.carriers.http import HttpCarrier
from orderflow.carriers.manual import ManualCarrier
from orderflow.carriers.numbers import TrackingNumber, read_tracking_number, recognize
from orderflow.carriers.webhooks import STATUSES, check_signature, read_tracking, sign
from orderflow.renamed import old_names

__all__ = [
    "STATUSES",
    "HttpCarrier",
    "ManualCarrier",
    "TrackingNumber",
    "check_signature",
    "read_tracking",
    "read_tracking_number",
    "recognize",
    "sign",
]

if not TYPE_CHECKING:  # a type checker sees only the new names
    __getattr__ = old_names(__name__)
