"""Random histories of orders, valid by construction, with small shrunk examples."""

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
    """An engine with every standard strategy; its two partners answer later."""
    others = [Dropship(FakePartner(), locations=("supplier",)), ThirdParty(FakePartner(), "3pl")]
    return Engine(store, [InHouse(), Pickup(), Handover(), Digital(), *others])


def histories(
    make: EngineFactory = every_way,
    order: SearchStrategy[NewOrder] | None = None,
    *,
    quiet: bool = False,
) -> SearchStrategy[History]:
    """Plausible histories of an order: commands, observations, faults of partners.

    Args:
        make: Builds the engine; by default with every standard strategy.
        order: Draws the order.
        quiet: Nothing unusual happens; people and software do their work.
    """
    kinds = st.sampled_from(_QUIET if quiet else (*_QUIET, *_TROUBLE))
    some = st.integers(0, 9) | st.integers(0, 199)  # plain choices more often
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
    """The shared part of contracts whose laws check histories."""

    @abstractmethod
    def order(self) -> SearchStrategy[NewOrder]:
        """The orders of the histories."""

    @abstractmethod
    def _engine(self, store: Store) -> Engine:
        """The engine of the histories."""

    def life(self) -> SearchStrategy[History]:
        """Histories of an order, with faults."""
        return histories(self._engine, self.order())

    def quiet_life(self) -> SearchStrategy[History]:
        """Histories of an order in which nothing unusual happens."""
        return histories(self._engine, self.order(), quiet=True)

    @law(share=0.25, since="0.1", why="the promises of the library are those of its parts")
    def lives_keep_the_promises(self, life: History) -> None:
        """After every step of any life the promises about the order and its stock hold."""
        life.check()


def check_raised(life: History) -> None:
    """Raise AssertionError for any error but a broken promise, which another law reports."""
    error = None if isinstance(life.raised, BrokenLaw) else life.raised
    assert error is None, f"it raised {type(error).__name__}: {error}"
