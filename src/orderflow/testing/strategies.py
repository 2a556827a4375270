"""The contract of a fulfillment strategy."""

from __future__ import annotations

from abc import abstractmethod
from decimal import Decimal

import attrs
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from orderflow.engine import Engine
from orderflow.errors import PortFailed, Refusal
from orderflow.fulfillment.strategy import FulfillmentStrategy
from orderflow.model.commands import CommandBody
from orderflow.model.document import Line, NewOrder
from orderflow.model.ledger import IN_WORK, Bucket
from orderflow.model.observations import ObservationBody
from orderflow.model.phases import Phase
from orderflow.ports import Store
from orderflow.testing.contract import law, must_meet
from orderflow.testing.data import SKUS, lines, orders
from orderflow.testing.histories import HistoryContract, check_raised
from orderflow.testing.history import History

__all__ = ["FulfillmentStrategyContract"]

_LIVES = 0.25


class FulfillmentStrategyContract(HistoryContract):
    """The laws of a fulfillment strategy.

    Implement ``make_strategy``; override ``line`` with the lines that the strategy is for,
    ``order`` where its orders need more, ``make_engine`` where it needs hooks, steps or other
    strategies.
    """

    @abstractmethod
    def make_strategy(self) -> FulfillmentStrategy:
        """A new strategy, equal to all others from here."""

    def make_engine(self, store: Store) -> Engine:
        """The engine of the histories."""
        return Engine(store, [self.make_strategy()])

    def line(self) -> SearchStrategy[Line]:
        """The lines to test it with."""
        return lines(SKUS)

    def order(self) -> SearchStrategy[NewOrder]:
        """Orders of such lines, with a delivery that the strategy can do."""
        ways = sorted(self.make_strategy().deliveries)
        return orders(line=self.line(), delivery=st.sampled_from(ways))

    def _engine(self, store: Store) -> Engine:
        return self.make_engine(store)

    @law(since="0.1", why="an order names its strategies by their codes for years")
    def two_of_them_are_alike(self) -> None:
        """A strategy has a code, locations and a workflow that do not change."""
        one, other = self.make_strategy(), self.make_strategy()
        for made in (one, other):
            told = f"make_strategy gave {made!r}; give a fulfillment strategy that is made"
            assert isinstance(made, FulfillmentStrategy), told
        assert one.code.strip(), "its code is empty"
        assert one.code == other.code, f"two of them are called {one.code!r} and {other.code!r}"
        assert not isinstance(one.locations, str), "locations is a text; give a tuple of names"
        assert one.locations, "it has no location; give one, or ('',) where no stock of ours is"
        assert list(one.locations) == list(other.locations), "two of them have other locations"
        stamps = one.workflow.stamp, other.workflow.stamp
        assert stamps[0] == stamps[1], f"two of them run on {stamps[0]} and {stamps[1]}"
        phases = {type(state.phase) for state in one.workflow.states}
        assert phases == {Phase}, f"{one.workflow.name} is no workflow of fulfillment orders"

    @law(since="0.1", why="laws about lines that it never takes would hold for nothing")
    def some_line_is_accepted(self) -> None:
        """Some of the lines that it is shown here are for it."""
        strategy = self.make_strategy()
        told = f"{strategy.code} accepts none of the lines; let line() draw what it is for"
        must_meet(self.line(), lambda line: strategy.accepts(line) is None, 300, told)

    @law(since="0.1", why="routing asks again whenever it likes, and shows the reason to people")
    def accepting_is_a_pure_answer(self, line: Line) -> None:
        """Asked twice about a line, it says the same: nothing, or why not."""
        strategy, shown = self.make_strategy(), line.model_dump()
        first = strategy.accepts(line)
        silent_or_why = first is None or isinstance(first, Refusal)
        assert silent_or_why, f"accepts gave {first!r}; it gives None, or a Refusal that says why"
        if first is not None:
            told = first.code.strip() and first.sentence.strip()
            assert told, f"the refusal has an empty code or sentence: {first!r}"
        for again in (strategy.accepts(line), self.make_strategy().accepts(line)):
            assert again == first, f"first it said {first}, then {again}, about the same line"
        assert line.model_dump() == shown, "accepts changed the line"

    @law(since="0.1", why="costs go into purchase orders and into the choice of who fulfills")
    def costs_are_exact(self, line: Line) -> None:
        """A cost is a Decimal of 0 or more, and the same when asked again."""
        strategy = self.make_strategy()
        cost = strategy.cost(line)
        exact = cost is None or isinstance(cost, Decimal)
        assert exact, f"cost gave {cost!r}, a {type(cost).__name__}; money is exact: use Decimal"
        assert cost is None or (cost.is_finite() and cost >= 0), f"the cost of a unit is {cost}"
        again = strategy.cost(line)
        assert again == cost, f"a unit costs first {cost}, then {again}"

    @law(share=_LIVES, since="0.1", why="an error in a policy method stops the whole order")
    def nothing_goes_wrong_unsaid(self, life: History) -> None:
        """Whatever happens, it raises nothing but PortFailed."""
        check_raised(life)
        for done in life.performed:
            expected = done.error is None or isinstance(done.error, PortFailed)
            assert expected, (
                f"{done.effect.name} raised {done.error!r}; raise PortFailed, or answer"
            )

    @law(share=_LIVES, since="0.1", why="the engine applies what it answers, and nothing else")
    def it_answers_with_commands_and_observations(self, life: History) -> None:
        """An effect is answered with a command, with an observation, or with None for later."""
        for done in life.performed:
            known = done.reply is None or isinstance(done.reply, CommandBody | ObservationBody)
            told = f"{done.effect.name} was answered with {done.reply!r}"
            assert known, f"{told}; answer with a command, an observation, or None"

    @law(share=_LIVES, since="0.1", why="what is refused is asked again, then left to a person")
    def its_answers_are_accepted(self, quiet_life: History) -> None:
        """In a quiet life nothing that it answers is refused."""
        quiet_life.finish()
        given = {done.effect.key: done for done in quiet_life.performed if done.error is None}
        for row in quiet_life.engine.store.given_up_rows("", 100):
            if row.key in given:
                told = f"{row.name} was answered with {given[row.key].reply!r}"
                raise AssertionError(f"{told}, and the engine refused it: {row.error}")

    @law(share=_LIVES, since="0.1", why="the worker asks again when it did not hear the answer")
    def the_same_key_is_the_same_effect(self, quiet_life: History) -> None:
        """Asked to perform an effect again with the same key, it gives the same answer."""
        strategies = {s.code: s for s in quiet_life.engine.rules.fulfillers}
        for done in list(quiet_life.performed):
            strategy = strategies[done.strategy]
            assert isinstance(strategy, FulfillmentStrategy)  # the engine takes no other
            again = strategy.perform(attrs.evolve(done.effect, attempt=2))
            same = done.error is not None or again == done.reply
            told = f"{done.effect.key} was answered with {done.reply!r}, then with {again!r}"
            assert same, f"{told}; the same key is the same effect"

    @law(share=_LIVES, since="0.1", why="what nobody ordered is given away, and stock is wrong")
    def it_ships_exactly_what_was_ordered(self, quiet_life: History) -> None:
        """In a quiet life each unit that was ordered leaves once, and no other does."""
        quiet_life.finish()
        if not quiet_life.placed:
            return
        order = quiet_life.order
        assert not order.state.surplus, f"more left than was ordered: {dict(order.state.surplus)}"
        given_up = order.units(Bucket.CANCELLED, Bucket.SUBSTITUTED)
        for line, left in quiet_life.shipped_units.items():
            owed = order.state.lines[line].ordered - given_up.get(line, 0)
            assert left <= owed, f"line {line}: {owed} were to leave, {left} left"

    @law(share=_LIVES, since="0.1", why="an order that nobody goes on with is never delivered")
    def its_work_comes_to_an_end(self, quiet_life: History) -> None:
        """In a quiet life its fulfillment orders are over in the end, and every unit has left."""
        quiet_life.finish()
        code = self.make_strategy().code
        if not quiet_life.placed or quiet_life.order.units(Bucket.OPEN):
            return  # units that no strategy accepts may block the rest
        for fo in quiet_life.order.fulfillment_orders.values():
            own = fo.strategy == code
            assert not own or fo.phase.final, f"{fo.id} ends as {fo.state}, and is not over"
        stuck = quiet_life.order.units(*IN_WORK, Bucket.BACKORDERED)
        assert not stuck, f"units per line that never leave, though there are plenty: {stuck}"
