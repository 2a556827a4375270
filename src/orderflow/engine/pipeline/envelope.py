"""Messages to a subject, and their outcomes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

import attrs

from orderflow.errors import Refusal
from orderflow.inventory import KeyStock, apply
from orderflow.model.commands import Command
from orderflow.model.content import digest
from orderflow.model.observations import Observation
from orderflow.model.order import Order
from orderflow.model.parcel import Parcel
from orderflow.model.stock import StockKey, StockLevel
from orderflow.ports import Commit, ProcessedMessage

__all__ = [
    "DecisionOrRefusals",
    "Envelope",
    "ExternalDataProviders",
    "LoadedSubjects",
    "Prepared",
    "Refusals",
    "check_enveloped",
    "digest",
]

ExternalDataProviders = Mapping[str, Callable[[Order], Any]]
"""Functions that fetch external data for guards, by name; called before the decision."""
Refusals = tuple[Refusal, ...]
DecisionOrRefusals = Order | Refusals | Exception | None
"""A message's outcome: None where it was processed before, or is not for an order."""


def check_enveloped(given: Command | Observation, kind: type[Command | Observation]) -> None:
    """Raise TypeError for a body without its envelope; the error says what to write."""
    if not isinstance(given, kind):
        name = type(given).__name__
        way = "to(ORDER, by=…), or of stock .to()" if kind is Command else "at(WHEN)"
        raise TypeError(f"{name} is no {kind.__name__} yet: write {name}(…).{way}")


@attrs.frozen
class Envelope:
    """A message to one subject.

    Attributes:
        subject: ``order:…``, ``parcel:…`` or ``stock:…``.
        body: The command, observation or message.
        cause: Its id, carried by all that follows from it.
        actor: The sender.
        at: When it happened; None is now.
        processed: (scope, id, digest) where the message has an id of its own.
        done: The key of its outbox row.
        creates: Whether it creates the order.
        closes: The tasks to close when it is stored.
        task: The task that it completes; the task's role was checked.
        answers: The task that an observation answers.
    """

    subject: str
    body: object
    cause: str
    actor: str = "system"
    at: datetime | None = None
    processed: tuple[str, str, str] | None = None
    done: str | None = None
    creates: bool = False
    closes: tuple[str, ...] = ()
    task: str = ""
    answers: str = ""

    def stored(self, version: int) -> ProcessedMessage | None:
        """The processed message to store with the outcome."""
        if self.processed is None:
            return None
        scope, message, content = self.processed
        return ProcessedMessage(scope, message, content, self.subject, version)


@attrs.frozen
class Prepared:
    """A decision to store, and the answer to give then.

    The answer is refusals where an observation is stored, but is not what its effect requires.
    """

    commit: Commit
    answer: Order | Refusals | None = None

    def closing(self, tasks: tuple[str, ...]) -> Prepared:
        """The same, with these tasks closed."""
        if not tasks:
            return self
        commit = attrs.evolve(self.commit, withdrawn=(*self.commit.withdrawn, *tasks))
        return attrs.evolve(self, commit=commit)


@attrs.frozen
class LoadedSubjects:
    """The loaded subjects of messages that are handled together; None where one is missing."""

    orders: dict[str, Order | None] = attrs.field(factory=dict)
    parcels: dict[str, Parcel | None] = attrs.field(factory=dict)
    levels: dict[StockKey, StockLevel] = attrs.field(factory=dict)

    def order(self, subject: str) -> Order | None:
        """The order of a subject."""
        return self.orders.get(subject.removeprefix("order:"))

    def parcel(self, subject: str) -> Parcel | None:
        """The parcel of a subject."""
        return self.parcels.get(subject.removeprefix("parcel:"))

    def missing(self, subjects: Iterable[str]) -> tuple[set[str], set[str]]:
        """The ids of orders and of parcels among subjects that are not loaded yet."""
        names: dict[str, set[str]] = {"order": set(), "parcel": set(), "stock": set()}
        for kind, _, name in (subject.partition(":") for subject in subjects):
            names[kind].add(name)
        return names["order"] - self.orders.keys(), names["parcel"] - self.parcels.keys()

    def apply(self, commit: Commit) -> None:
        """Apply a commit, so that later decisions see it; the store has the last word."""
        if commit.order is not None:
            self.orders[commit.order.id] = commit.order
        if commit.parcel is not None:
            self.parcels[commit.parcel.id] = commit.parcel
        for op in commit.stock:
            if op.key in self.levels:
                units = getattr(op, "quantity", 0)
                after = apply(op, KeyStock(self.levels[op.key], units, units))
                self.levels[op.key] = after.level if after else self.levels[op.key]
