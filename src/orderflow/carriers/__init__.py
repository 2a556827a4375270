"""Carriers: adapters of the port, tracking numbers, and what carriers send by web-hook."""

from orderflow.carriers.http import HttpCarrier
from orderflow.carriers.manual import ManualCarrier
from orderflow.carriers.numbers import TrackingNumber, read_tracking_number, recognise
from orderflow.carriers.webhooks import STATUSES, check_signature, read_tracking, sign

__all__ = [
    "STATUSES",
    "HttpCarrier",
    "ManualCarrier",
    "TrackingNumber",
    "check_signature",
    "read_tracking",
    "read_tracking_number",
    "recognise",
    "sign",
]
