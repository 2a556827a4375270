"""The contract of a routing."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache

import attrs
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from orderflow.fulfillment import AUTOMATED, InHouse, Priority
from orderflow.kernel.decide import Context, Decision, decide
from orderflow.kernel.decision.hooks import Hooks
from orderflow.kernel.decision.rules import Assignment, Backorder, Routing, RoutingOption, Rules
from orderflow.model.commands import SaveDraft
from orderflow.model.document import NewOrder
from orderflow.model.order import Order
from orderflow.testing.contract import Contract, law
from orderflow.testing.data import orders

__all__ = ["RoutingCase", "RoutingContract"]


@attrs.frozen
class RoutingCase:
    """The input of a routing: units per line of an order, and the options of each line."""

    order: Order
    units: Mapping[str, int]
    options: Mapping[str, tuple[RoutingOption, ...]]

    def story(self) -> str:
        """The units and the options, line by line."""
        told = []
        for line, units in self.units.items():
            offered = ", ".join(
                f"{place.strategy} at {place.location or 'no place of ours'} has "
                f"{'any number' if place.available is None else place.available}"
                for place in self.options[line]
            )
            told.append(f"{units} of {self.order.line(line).sku} (line {line}): {offered}")
        return "\n".join(told) or "nothing is to be routed"


class RoutingContract(Contract):
    """The laws of a routing. Implement ``make_routing``.

    Capabilities:
        complete: It leaves no unit open that some place has, or can wait for.
    """

    @abstractmethod
    def make_routing(self) -> Routing:
        """A new routing."""

    def case(self) -> SearchStrategy[RoutingCase]:
        """The inputs; several lines may want the same SKU from the same place."""
        return _cases()

    def _plan(self, case: RoutingCase) -> list[Assignment | Backorder]:
        return list(self.make_routing().plan(case.order, case.units, case.options))

    @law(since="0.1", why="the engine takes each part of a plan as it is")
    def a_plan_has_assignments_and_backorders(self, case: RoutingCase) -> None:
        """A plan is made of assignments and backorders of at least one unit."""
        for part in self._plan(case):
            assert isinstance(part, Assignment | Backorder), f"{part!r} is no part of a plan"
            assert part.quantity > 0, f"{part} is about {part.quantity} units"

    @law(since="0.1", why="units that nobody ordered cannot be given to anybody")
    def it_plans_no_more_than_it_is_asked(self, case: RoutingCase) -> None:
        """Per line it plans at most the units that are to be routed."""
        planned: Counter[str] = Counter()
        for part in self._plan(case):
            planned[part.line] += part.quantity
        for line, units in planned.items():
            asked = case.units.get(line, 0)
            assert units <= asked, f"{units} of line {line} are planned, {asked} are to be routed"

    @law(since="0.1", why="other places do not accept the line, or do not deliver that way")
    def it_uses_given_options(self, case: RoutingCase) -> None:
        """Units go only to the options given for their line."""
        for part in self._plan(case):
            if isinstance(part, Assignment):
                offered = {(p.strategy, p.location) for p in case.options.get(part.line, ())}
                known = (part.strategy, part.location) in offered
                assert known, f"{part.strategy} at {part.location!r} is not offered: {part}"

    @law(since="0.1", why="what is not there cannot be reserved; the engine would ask for ever")
    def it_gives_no_more_than_a_place_has(self, case: RoutingCase) -> None:
        """Of one SKU a place is given at most what it has, over all lines."""
        given: Counter[tuple[str, str]] = Counter()
        for part in self._plan(case):
            for place in case.options.get(part.line, ()):
                there = (place.strategy, place.location)
                taken = isinstance(part, Assignment) and there == (part.strategy, part.location)
                if taken and place.available is not None:
                    key = case.order.line(part.line).sku, place.location
                    given[key] += part.quantity
                    told = f"{given[key]} of {key[0]} are given to {key[1]!r}, which has"
                    assert given[key] <= place.available, f"{told} {place.available}"

    @law(since="0.1", why="where no stock is kept nothing is ever received")
    def it_waits_only_where_stock_is_kept(self, case: RoutingCase) -> None:
        """A backorder waits at an offered place that keeps stock of the line."""
        for part in self._plan(case):
            if isinstance(part, Backorder):
                places = case.options.get(part.line, ())
                kept = {place.location for place in places if place.available is not None}
                assert part.location in kept, f"no stock is kept where it waits: {part}"

    @law(since="0.1", why="a decision that is made again after a conflict must come out the same")
    def it_plans_the_same_again(self, case: RoutingCase) -> None:
        """Asked again it plans the same, and what it was shown is as before."""
        shown = dict(case.units), {line: tuple(p) for line, p in case.options.items()}
        routing = self.make_routing()
        plans = [list(routing.plan(case.order, case.units, case.options)) for _ in range(2)]
        assert plans[0] == plans[1], f"first it plans {plans[0]}, then {plans[1]}"
        now = dict(case.units), {line: tuple(p) for line, p in case.options.items()}
        assert now == shown, "it changed what it was shown"

    @law(needs="complete", since="0.1", why="what is left out becomes a task for a person")
    def it_leaves_nothing_that_could_be_had(self, case: RoutingCase) -> None:
        """A unit stays open only where no place could have it or wait for it."""
        planned = Counter({part.line: 0 for part in self._plan(case)})
        for part in self._plan(case):
            planned[part.line] += part.quantity
        for line, asked in case.units.items():
            left = asked - planned[line]
            assert not (left and case.options[line]), f"{left} of line {line} are left out"


_SKUS = ("MUG", "CUP")
_ORDERS = orders(skus=("MUG", "MUG", "CUP"))  # the same SKU more often
_HAVE = st.none() | st.integers(0, 5)
_STOCK = st.fixed_dictionaries({(at, sku): _HAVE for at in ("main", "north") for sku in _SKUS})
_OFFERED = st.sampled_from(
    [(), ("main",), ("main", "north"), ("north", "main"), ("main", ""), ("",)]
)
_COST = st.none() | st.integers(0, 9).map(Decimal)


def _drafted(document: NewOrder) -> Order:
    """The order of a document, as a draft."""
    about = Context(datetime(2026, 1, 5, 9, tzinfo=UTC), "ana")
    decided = decide(_rules(), None, SaveDraft(order=document), about, "A-1")
    assert isinstance(decided, Decision)  # a draft meets no guard
    return decided.order


@cache
def _rules() -> Rules:
    return Rules(fulfillers=(InHouse(),), routing=Priority(), steps=AUTOMATED, hooks=Hooks())


@st.composite
def _cases(draw: st.DrawFn) -> RoutingCase:
    order, stock = _drafted(draw(_ORDERS)), draw(_STOCK)
    units = {line.id: draw(st.integers(1, line.quantity)) for line in order.lines}
    places: dict[str, tuple[RoutingOption, ...]] = {}
    for line in order.lines:
        cost = draw(_COST)
        places[line.id] = tuple(
            RoutingOption("in_house", place, stock[place, line.sku] if line.stocked else None)
            if place
            else RoutingOption("dropship", "", None, cost)
            for place in draw(_OFFERED)
        )
    return RoutingCase(order, units, places)
