"""The few places inside the library that a recorder has to reach, in one module."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from orderflow import Engine
from orderflow.ports import EffectAnswer, EffectAttempt

Performs = Callable[[Any, EffectAttempt], EffectAnswer]
"""Performs a deed, with those who would have performed it."""


class Between:
    """Stands between the worker and those who perform effects."""

    def __init__(self, inner: Any, perform: Performs) -> None:
        self._inner, self._perform = inner, perform

    def perform(self, effect: EffectAttempt) -> EffectAnswer:
        return self._perform(self._inner, effect)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def stand_between(engine: Engine, perform: Performs) -> None:
    """Have every effect of an engine performed by *perform*."""
    worker: Any = engine.worker
    worker.performers = Between(worker.performers, perform)


def replace(owner: Any, method: str, by: Callable[[Any], Any]) -> None:
    """Put a function in the place of a method of one object; *by* makes it of the method."""
    setattr(owner, method, by(getattr(owner, method)))


CLAIM = "_claim"
"""The worker's method by which the kit's machines claim rows without doing them."""
