"""The contract of a store."""

from __future__ import annotations

from hypothesis.strategies import SearchStrategy

from orderflow.engine import Engine
from orderflow.ports import Store
from orderflow.testing.contract import law
from orderflow.testing.histories import every_way, histories
from orderflow.testing.history import History
from orderflow.testing.store_orders import OrderLaws
from orderflow.testing.store_outbox import WorkLaws
from orderflow.testing.store_stock import StockLaws

__all__ = ["StoreContract"]


class StoreContract(WorkLaws, StockLaws, OrderLaws):
    """The laws of a store. Implement ``make_store``: a new, empty one.

    Capabilities:
        durable: ``reopen`` opens the stored data, as another process would.
    """

    def life(self) -> SearchStrategy[History]:
        """Histories on an engine with the store."""

        def make(_given: Store) -> Engine:
            return every_way(self.make_store())

        return histories(make)

    @law(share=0.1, since="0.1", why="the promises of the library are those of its parts")
    def lives_keep_the_promises(self, life: History) -> None:
        """After every step of any life on it the promises about the order and its stock hold."""
        try:
            life.check()
        finally:
            self.close_store(life.engine.store)
