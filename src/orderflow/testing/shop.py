"""The base of the random machine: an engine, its orders, and the promises."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant
from hypothesis.strategies import SearchStrategy

from orderflow.engine import Engine
from orderflow.errors import Refused
from orderflow.kernel.decide import Decision
from orderflow.model.commands import Command, PlaceOrder, SaveDraft
from orderflow.model.document import NewOrder
from orderflow.model.order import Order
from orderflow.model.state import FulfillmentOrder
from orderflow.ports import Store
from orderflow.simulation import SequentialIds, VirtualClock
from orderflow.testing.data import SKUS, orders
from orderflow.testing.faults import Faulty
from orderflow.testing.faulty_ports import PortFaults, take_over
from orderflow.testing.laws import BrokenLaw, WatchedStore, check_order, check_refusal, check_stock

__all__ = ["Shop"]


class Shop(RuleBasedStateMachine):
    """An engine under test; every promise is checked after each step.

    Attributes:
        engine_factory: Builds the application's engine on a store.
        store_factory: Creates the store.
        order: Draws the orders.
        skus: The stocked SKUs.
    """

    engine_factory: ClassVar[staticmethod[[Store], Engine]]
    store_factory: ClassVar[Callable[[], Store]] = WatchedStore
    order: ClassVar[SearchStrategy[NewOrder]] = orders()
    skus: ClassVar[tuple[str, ...]] = SKUS

    def __init__(self) -> None:
        super().__init__()
        self.clock, self.moods, self.ids = VirtualClock(), PortFaults(), SequentialIds()
        self.faulty = Faulty(type(self).store_factory(), only=("commit",))
        self.placed: list[str] = []
        self.last: tuple[Command, Order] | None = None
        self._count = 0
        self.engine = self.open()

    def make_engine(self) -> Engine:
        """The engine, as currently deployed."""
        return type(self).engine_factory(self.faulty.port)

    def open(self) -> Engine:
        """Start a process: a new engine on the existing store."""
        engine = take_over(self.make_engine(), self.clock, self.ids, self.moods)
        engine.worker.batch = 1
        engine.worker.attempts = 2
        return engine

    def name(self) -> str:
        """An unused id."""
        self._count += 1
        return f"test-{self._count}"

    def one_order(self, data: st.DataObject) -> Order:
        """One of the orders."""
        return self.engine.order(data.draw(st.sampled_from(self.placed), label="order"))

    def place_order(self, order: NewOrder, draft: bool = False) -> None:
        """Place an order, or save it as a draft."""
        body = SaveDraft(order=order) if draft else PlaceOrder(order=order)
        self.submit(body.to(by="customer", id=self.name()))

    def submit(self, command: Command) -> None:
        """Submit a command; checks that a refusal changes nothing, as ``ask`` said (promise 1)."""
        exists = bool(command.subject)
        asked = self.engine.ask(command) if exists else None

        def act() -> None:
            refused: Refused | None = None
            try:
                answer = self.engine.submit(command)
                self.last = command, answer
                if not exists:
                    self.placed.append(answer.id)
            except Refused as error:
                refused = error
            said = None if isinstance(asked, Decision) else asked
            if exists and said != (refused and refused.refusals):
                told = f"{command.body.kind}: ask said {said}, submit {refused}"
                raise BrokenLaw(1, f"{told}; a guard that is not pure? HookContract names it")

        if exists and not isinstance(asked, Decision):
            check_refusal(self.engine, command.subject, act)
        else:
            act()

    def requests_at_partners(self) -> list[FulfillmentOrder]:
        """The requests at partners: the open ones, or all where none is open."""
        found = []
        for order in map(self.engine.order, self.placed):
            taken = {key.partition(":")[0] for key in order.state.taken}
            found += [fo for fo in order.fulfillment_orders.values() if fo.id in taken]
        return [fo for fo in found if not fo.phase.final] or found

    def tracking_numbers(self) -> list[str]:
        """The tracking numbers of all orders."""
        views = (v for o in self.placed for v in self.engine.order(o).state.parcels.values())
        return sorted({view.tracking_number for view in views if view.tracking_number})

    @invariant()
    def promises(self) -> None:
        """Check promises 1, 2, 3, 5, 8 and 9 of each order and of all stock."""
        for order in self.placed:
            check_order(self.engine, order)
        check_stock(self.engine)

    def teardown(self) -> None:
        """The slow checks, at the end: ``explain`` gives a reason for each blocked command."""
        for order in self.placed[-1:]:
            told = self.engine.explain(order)
            for offer in told.blocked:
                if not all(why.code and why.sentence for why in offer.refusals):
                    raise BrokenLaw(1, f"{offer.command.body} is blocked, and nothing says why")
            for offer in told.allowed:
                if not isinstance(self.engine.ask(offer.command), Decision):
                    raise BrokenLaw(1, f"{offer.command.body} is offered, and would be refused")
