"""Routings: nothing is given out that is not there, and nothing is forgotten."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderflow.fulfillment.routing import Cheapest, Priority, SingleSource
from orderflow.kernel.decision.rules import Assignment, Backorder, RoutingOption
from tests.kernel.values import an_order, slot

EAST, WEST = (
    RoutingOption("in_house", "east", 2, Decimal(2)),
    RoutingOption("in_house", "west", 3, Decimal(1)),
)
SUPPLIER = RoutingOption("dropship", "", None, Decimal(3))
ORDER = an_order({slot("open"): 4, slot("open", line="2"): 2})
PLACES = st.lists(
    st.builds(
        RoutingOption,
        st.sampled_from(["in_house", "3pl"]),
        st.sampled_from(["east", "west"]),
        st.none() | st.integers(0, 4),
        st.none() | st.integers(1, 3).map(Decimal),
    ),
    max_size=4,
    unique_by=lambda place: (place.strategy, place.location),
)
ROUTINGS = [Priority(), Cheapest(), SingleSource(), SingleSource(Cheapest())]


def one_sku(places: list[RoutingOption]) -> list[RoutingOption]:
    """A location has one stock of a SKU, whoever works there."""
    known: dict[str, int | None] = {}
    return [
        RoutingOption(p.strategy, p.location, known.setdefault(p.location, p.available), p.cost)
        for p in places
    ]


@pytest.mark.parametrize("routing", ROUTINGS, ids=lambda routing: type(routing).__name__)
@given(places=PLACES, units=st.dictionaries(st.sampled_from("12"), st.integers(1, 5), min_size=1))
def test_a_plan_takes_what_is_there_and_lets_the_rest_wait(
    routing: Priority | SingleSource, places: list[RoutingOption], units: dict[str, int]
) -> None:
    places = one_sku(places)
    plan = list(routing.plan(ORDER, units, dict.fromkeys("12", places)))
    planned, taken = Counter[str](), Counter[str]()
    for part in plan:
        planned[part.line] += part.quantity
        if isinstance(part, Assignment):
            taken[part.location] += part.quantity
        assert part.quantity > 0
    there = {place.location: place.available for place in places}
    assert all(there[at] is None or n <= (there[at] or 0) for at, n in taken.items())
    assert dict(planned) == (units if places else {})
    waits = sum(part.quantity for part in plan if isinstance(part, Backorder))
    if None in there.values():
        assert not waits, "who has no limit takes all of it"


def test_the_first_place_that_has_them_has_them() -> None:
    plan = list(Priority().plan(ORDER, {"1": 4}, {"1": [EAST, WEST]}))
    assert plan == [
        Assignment("1", 2, "in_house", "east"),
        Assignment("1", 2, "in_house", "west"),
    ]


def test_the_rest_waits_where_stock_is_kept_first() -> None:
    plan = list(Priority().plan(ORDER, {"1": 9}, {"1": [EAST, WEST]}))
    assert plan[-1] == Backorder("1", 4, "east")


def test_two_lines_of_one_sku_share_what_is_there() -> None:
    both = [EAST, SUPPLIER]
    plan = list(Priority().plan(ORDER, {"1": 2, "2": 2}, {"1": both, "2": both}))
    assert plan == [
        Assignment("1", 2, "in_house", "east"),
        Assignment("2", 2, "dropship", ""),
    ]


def test_the_cheapest_place_is_asked_first_and_an_unknown_cost_is_the_dearest() -> None:
    unknown = RoutingOption("3pl", "north", 9)
    ranked = Cheapest().rank(ORDER.lines[0], [unknown, SUPPLIER, EAST, WEST])
    assert ranked == [WEST, EAST, SUPPLIER, unknown]
    dearest = Cheapest(lambda _line, place: -(place.cost or Decimal(0)))
    assert dearest.rank(ORDER.lines[0], [WEST, EAST, SUPPLIER]) == [SUPPLIER, EAST, WEST]


def test_one_place_that_has_it_all_gets_it_all() -> None:
    places = {"1": [EAST, WEST], "2": [WEST]}
    assert list(SingleSource().plan(ORDER, {"1": 1, "2": 2}, places)) == [
        Assignment("1", 1, "in_house", "west"),
        Assignment("2", 2, "in_house", "west"),
    ]
    apart = list(SingleSource().plan(ORDER, {"1": 2, "2": 2}, places))
    assert apart == list(Priority().plan(ORDER, {"1": 2, "2": 2}, places))
