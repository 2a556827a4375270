"""The engine: load, decide, commit, announce."""

from orderflow.engine.engine import Engine
from orderflow.engine.explaining import Explanation, Offer, WaitsFor
from orderflow.engine.time import RandomIds, SystemClock
from orderflow.engine.worker import Worker

__all__ = ["Engine", "Explanation", "Offer", "RandomIds", "SystemClock", "WaitsFor", "Worker"]
