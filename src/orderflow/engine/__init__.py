"""The engine: load, decide, commit, announce."""

from typing import TYPE_CHECKING

from orderflow.engine.clock import RandomIds, SystemClock
from orderflow.engine.engine import Engine
from orderflow.engine.erasure import Erasure
from orderflow.engine.explain import CommandCheck, Explanation, PendingItem
from orderflow.engine.worker.worker import Worker
from orderflow.renamed import old_names

__all__ = [
    "CommandCheck",
    "Engine",
    "Erasure",
    "Explanation",
    "PendingItem",
    "RandomIds",
    "SystemClock",
    "Worker",
]

if not TYPE_CHECKING:  # a type checker sees only the new names
    __getattr__ = old_names(__name__)
