"""Carriers: adapters of the port, tracking numbers, and what carriers send by web-hook."""

from orderflow.carriers.numbers import TrackingNumber, read_tracking_number, recognise

__all__ = ["TrackingNumber", "read_tracking_number", "recognise"]
