"""Our routings keep their contract, and each mutant breaks the law that names it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import attrs

from orderflow.fulfillment import Cheapest, Priority, SingleSource
from orderflow.kernel.decision.rules import Assignment, Backorder, Routing, RoutingOption
from orderflow.model.order import Order
from orderflow.testing import RoutingContract
from tests.mutants import Mutant, Mutants, kept

DICE = random.Random(7)
Plan = Iterable[Assignment | Backorder]


class TestPriority(RoutingContract):
    capabilities = frozenset({"complete"})

    def make_routing(self) -> Priority:
        return Priority()


class TestCheapest(RoutingContract):
    capabilities = frozenset({"complete"})

    def make_routing(self) -> Cheapest:
        return Cheapest()


class TestOnePlace(RoutingContract):
    capabilities = frozenset({"complete"})

    def make_routing(self) -> SingleSource:
        return SingleSource()


@attrs.frozen
class Changed:
    """Priority's plan, changed."""

    change: Callable[[list[Any], Mapping[str, Sequence[RoutingOption]]], list[Any]]

    def plan(
        self, order: Order, units: Mapping[str, int], places: Mapping[str, Sequence[RoutingOption]]
    ) -> Plan:
        return self.change(list(Priority().plan(order, units, places)), places)


def planned_none(parts: list[Any], _places: object) -> list[Any]:
    return [*parts, Assignment("1", 0, "in_house", "main")]


def planned_as_text(parts: list[Any], _places: object) -> list[Any]:
    return [str(part) for part in parts]


def planned_twice(parts: list[Any], _places: object) -> list[Any]:
    return parts * 2


def planned_elsewhere(parts: list[Any], _places: object) -> list[Any]:
    return [
        attrs.evolve(part, location="moon") if isinstance(part, Assignment) else part
        for part in parts
    ]


def never_waits(parts: list[Any], places: Mapping[str, Sequence[RoutingOption]]) -> list[Any]:
    def instead(part: Any) -> Any:
        first = places[part.line][0]
        return Assignment(part.line, part.quantity, first.strategy, first.location)

    return [instead(part) if isinstance(part, Backorder) else part for part in parts]


def waits_anywhere(parts: list[Any], _places: object) -> list[Any]:
    return [
        attrs.evolve(part, location="") if isinstance(part, Backorder) else part for part in parts
    ]


def shuffled(parts: list[Any], _places: object) -> list[Any]:
    return DICE.sample(parts, len(parts))


def forgets_backorders(parts: list[Any], _places: object) -> list[Any]:
    return [part for part in parts if isinstance(part, Assignment)]


class EachLineAlone:
    """Does not see that two lines want the same units."""

    def plan(
        self, order: Order, units: Mapping[str, int], places: Mapping[str, Sequence[RoutingOption]]
    ) -> Plan:
        return [
            part
            for line in units
            for part in Priority().plan(order, {line: units[line]}, {**places})
        ]


class UsesUpWhatItIsShown:
    def plan(self, order: Order, units: Any, places: Mapping[str, Sequence[RoutingOption]]) -> Plan:
        found = list(Priority().plan(order, units, places))
        units.clear()
        return found


Made = Callable[..., Any]
"""A routing's class, or what changes the plan of one."""

MUTANTS = Mutants(
    "routings",
    (
        planned_none,
        planned_as_text,
        planned_twice,
        planned_elsewhere,
        never_waits,
        EachLineAlone,
        waits_anywhere,
        shuffled,
        UsesUpWhatItIsShown,
        forgets_backorders,
    ),
)


@MUTANTS.each
def test_mutant_is_caught_by_the_law_that_names_it(mutant: Mutant[Made]) -> None:
    def make_routing() -> Routing:
        made = mutant.how if isinstance(mutant.how, type) else partial(Changed, mutant.how)
        routing: Routing = made()
        return routing

    told = mutant.breaks(kept(RoutingContract, mutant.law, "complete", make_routing=make_routing))
    assert "What happened:\n" in told
