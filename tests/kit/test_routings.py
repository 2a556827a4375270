"""Our routings keep their contract, and each mutant breaks the law that names it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import attrs
import pytest

from orderflow.fulfillment import Cheapest, OnePlace, Priority
from orderflow.kernel.rules import Assignment, Backorder, Place, Routing
from orderflow.model.order import Order
from orderflow.testing import RoutingContract
from tests.kit.breaking import what_is_told

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

    def make_routing(self) -> OnePlace:
        return OnePlace()


@attrs.frozen
class Changed:
    """Priority's plan, changed."""

    change: Callable[[list[Any], Mapping[str, Sequence[Place]]], list[Any]]

    def plan(
        self, order: Order, units: Mapping[str, int], places: Mapping[str, Sequence[Place]]
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


def never_waits(parts: list[Any], places: Mapping[str, Sequence[Place]]) -> list[Any]:
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
        self, order: Order, units: Mapping[str, int], places: Mapping[str, Sequence[Place]]
    ) -> Plan:
        return [
            part
            for line in units
            for part in Priority().plan(order, {line: units[line]}, {**places})
        ]


class UsesUpWhatItIsShown:
    def plan(self, order: Order, units: Any, places: Mapping[str, Sequence[Place]]) -> Plan:
        found = list(Priority().plan(order, units, places))
        units.clear()
        return found


MUTANTS: dict[Callable[[], Routing], tuple[str, str]] = {
    lambda: Changed(planned_none): ("a_plan_has_assignments_and_backorders", "is about 0 units"),
    lambda: Changed(planned_as_text): ("a_plan_has_assignments_and_backorders", "is no part of"),
    lambda: Changed(planned_twice): ("it_plans_no_more_than_it_is_asked", "are to be routed"),
    lambda: Changed(planned_elsewhere): ("it_uses_places_that_are_offered", "'moon' is not offer"),
    lambda: Changed(never_waits): ("it_gives_no_more_than_a_place_has", "', which has"),
    EachLineAlone: ("it_gives_no_more_than_a_place_has", "which has"),
    lambda: Changed(waits_anywhere): ("it_waits_only_where_stock_is_kept", "no stock is kept"),
    lambda: Changed(shuffled): ("it_plans_the_same_again", "first it plans"),
    UsesUpWhatItIsShown: ("it_plans_the_same_again", "first it plans"),
    lambda: Changed(forgets_backorders): ("it_leaves_nothing_that_could_be_had", "are left out"),
}


@pytest.mark.parametrize(("mutant", "law", "message"), [(m, *told) for m, told in MUTANTS.items()])
def test_mutant_is_caught_by_the_law_that_names_it(
    mutant: Callable[[], Routing], law: str, message: str
) -> None:
    contract = type("Complete", (RoutingContract,), {"capabilities": frozenset({"complete"})})
    told = what_is_told(contract, law, make_routing=mutant)
    assert message in told
    assert f"law {law}: " in told
    assert "What happened:\n" in told
