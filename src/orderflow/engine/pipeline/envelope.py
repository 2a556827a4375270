"""Messages on their way to a subject, and what becomes of them."""

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
"""Facts from outside that guards need, by name; called before the decision, never inside it."""
Refusals = tuple[Refusal, ...]
DecisionOrRefusals = Order | Refusals | Exception | None
"""What came of a message: None where it was handled before, or is not an order's."""


def check_enveloped(given: Command | Observation, kind: type[Command | Observation]) -> None:
    """Raise TypeError for a body without its envelope, and say what to write."""
    if not isinstance(given, kind):
        name = type(given).__name__
        way = "to(ORDER, by=…), or of stock .to()" if kind is Command else "at(WHEN)"
        raise TypeError(f"{name} is no {kind.__name__} yet: write {name}(…).{way}")


@attrs.frozen
class Envelope:
    """A message on its way to one subject.

    Attributes:
        subject: ``order:…``, ``parcel:…`` or ``stock:…``.
        body: The command, fact or message.
        cause: Its id: what follows carries it.
        actor: Who asks.
        at: When it happened; None is now.
        receipt: (scope, id, digest) where the message has an id of its own.
        done: The outbox row that it comes from.
        creates: Whether it begins the order.
        closes: The tasks that are over when it is stored.
        task: The task that it completes; who may was asked of the task.
        answers: The task that a fact is the answer of.
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
        """The receipt to store with the outcome."""
        if self.processed is None:
            return None
        scope, message, content = self.processed
        return ProcessedMessage(scope, message, content, self.subject, version)


@attrs.frozen
class Prepared:
    """A decision, ready to be stored, and what to answer when it is.

    Reasons are the answer where a fact is stored, and is not what its effect asked for.
    """

    commit: Commit
    answer: Order | Refusals | None = None

    def closing(self, tasks: tuple[str, ...]) -> Prepared:
        """The same, and these tasks are over with it."""
        if not tasks:
            return self
        commit = attrs.evolve(self.commit, withdrawn=(*self.commit.withdrawn, *tasks))
        return attrs.evolve(self, commit=commit)


@attrs.frozen
class LoadedSubjects:
    """What messages that are handled together are decided on; None is what is not there."""

    orders: dict[str, Order | None] = attrs.field(factory=dict)
    parcels: dict[str, Parcel | None] = attrs.field(factory=dict)
    levels: dict[StockKey, StockLevel] = attrs.field(factory=dict)

    def order(self, subject: str) -> Order | None:
        """The order that a subject is."""
        return self.orders.get(subject.removeprefix("order:"))

    def parcel(self, subject: str) -> Parcel | None:
        """The parcel that a subject is."""
        return self.parcels.get(subject.removeprefix("parcel:"))

    def missing(self, subjects: Iterable[str]) -> tuple[set[str], set[str]]:
        """The orders and the parcels among subjects that are not read yet."""
        names: dict[str, set[str]] = {"order": set(), "parcel": set(), "stock": set()}
        for kind, _, name in (subject.partition(":") for subject in subjects):
            names[kind].add(name)
        return names["order"] - self.orders.keys(), names["parcel"] - self.parcels.keys()

    def apply(self, commit: Commit) -> None:
        """Let the next decision see what this one changes; the store has the last word."""
        if commit.order is not None:
            self.orders[commit.order.id] = commit.order
        if commit.parcel is not None:
            self.parcels[commit.parcel.id] = commit.parcel
        for op in commit.stock:
            if op.key in self.levels:
                units = getattr(op, "quantity", 0)
                after = apply(op, KeyStock(self.levels[op.key], units, units))
                self.levels[op.key] = after.level if after else self.levels[op.key]
