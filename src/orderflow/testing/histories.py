"""Random lives of orders, valid by construction, with small shrunk examples."""

from __future__ import annotations

from abc import abstractmethod

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from orderflow.engine import Engine
from orderflow.fulfillment import Digital, Dropship, Handover, InHouse, Pickup, ThirdParty
from orderflow.model.document import NewOrder
from orderflow.ports import Store
from orderflow.testing.contract import Contract, law
from orderflow.testing.data import orders
from orderflow.testing.fakes import FakePartner
from orderflow.testing.history import EngineFactory, History, LifeStep
from orderflow.testing.laws import BrokenLaw

__all__ = ["HistoryContract", "check_raised", "every_way", "histories"]

_QUIET = ("work", "work", "people", "wait")
_TROUBLE = (
    *("work", "work", "mood", "stock", "breakdown", "later", "later"),
    *4 * ("command", "fact"),
)


def every_way(store: Store) -> Engine:
    """A shop that fulfills in every standard way; two parties answer another time."""
    others = [Dropship(FakePartner(), locations=("supplier",)), ThirdParty(FakePartner(), "3pl")]
    return Engine(store, [InHouse(), Pickup(), Handover(), Digital(), *others])


def histories(
    make: EngineFactory = every_way,
    order: SearchStrategy[NewOrder] | None = None,
    *,
    quiet: bool = False,
) -> SearchStrategy[History]:
    """Plausible lives of an order, with commands, facts and parties that misbehave.

    Args:
        make: Builds the engine that an order lives on; by default one with every standard way.
        order: Draws what is ordered.
        quiet: Nobody does anything unusual; people and software just work.
    """
    kinds = st.sampled_from(_QUIET if quiet else (*_QUIET, *_TROUBLE))
    some = st.integers(0, 9) | st.integers(0, 199)  # the plain ones more often
    choices = st.integers(0, 1) if quiet else some  # quiet pauses are short
    moves = st.lists(st.builds(LifeStep, kinds, choices), max_size=12).map(tuple)
    stock = st.just(9) if quiet else st.integers(0, 9)
    return _lives(make, orders() if order is None else order, moves, stock)


@st.composite
def _lives(
    draw: st.DrawFn,
    make: EngineFactory,
    order: SearchStrategy[NewOrder],
    moves: SearchStrategy[tuple[LifeStep, ...]],
    stock: SearchStrategy[int],
) -> History:
    return History(make, draw(order), draw(moves), draw(stock))


class HistoryContract(Contract):
    """What the contracts share whose laws look at lives: on what they are lived, and of whom."""

    @abstractmethod
    def order(self) -> SearchStrategy[NewOrder]:
        """What is ordered in the lives."""

    @abstractmethod
    def _engine(self, store: Store) -> Engine:
        """The engine that the lives run on."""

    def life(self) -> SearchStrategy[History]:
        """Lives of an order, with trouble."""
        return histories(self._engine, self.order())

    def quiet_life(self) -> SearchStrategy[History]:
        """Lives of an order in which nothing unusual happens."""
        return histories(self._engine, self.order(), quiet=True)

    @law(share=0.25, since="0.1", why="the promises of the library are those of its parts")
    def lives_keep_the_promises(self, life: History) -> None:
        """After every step of any life the promises about the order and its stock hold."""
        life.check()


def check_raised(life: History) -> None:
    """Nothing but what breaks a promise, which another law tells, may have come up."""
    error = None if isinstance(life.raised, BrokenLaw) else life.raised
    assert error is None, f"it raised {type(error).__name__}: {error}"
