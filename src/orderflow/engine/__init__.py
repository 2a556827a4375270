"""The engine: load, decide, commit, announce."""

from orderflow.engine.clock import RandomIds, SystemClock
from orderflow.engine.engine import Engine
from orderflow.engine.erasure import Forgotten
from orderflow.engine.explain import Explanation, Offer, WaitsFor
from orderflow.engine.worker.worker import Worker

__all__ = [
    "Engine",
    "Explanation",
    "Forgotten",
    "Offer",
    "RandomIds",
    "SystemClock",
    "WaitsFor",
    "Worker",
]
