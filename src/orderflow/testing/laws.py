"""The promises as checks: each raises :class:`Broken` with what is wrong, in words."""

from __future__ import annotations

from collections.abc import Callable

from orderflow.engine import Engine
from orderflow.errors import OrderflowError
from orderflow.model.stock import JoinWaitingList, Reserve
from orderflow.ports import Commit, Outcome, Stored
from orderflow.stores import MemoryStore

__all__ = ["BrokenLaw", "WatchedStore", "check_order", "check_refusal", "check_stock"]


class BrokenLaw(OrderflowError, AssertionError):
    """A promise is broken. ``promise`` is its number in the design."""

    def __init__(self, promise: int | None, what: str) -> None:
        self.promise = promise
        super().__init__(f"promise {promise}: {what}")


class WatchedStore(MemoryStore):
    """A memory store that checks each grant as it is committed (promise 3).

    ``granted`` keeps the grants that are on their way to an order.
    """

    def commit(self, commit: Commit) -> Outcome:
        """Commit, then look at the keys that it granted."""
        outcome = super().commit(commit)
        if isinstance(outcome, Stored):
            ops = [op for part in commit.parts for op in part.stock]
            keys = {op.key for op in ops if isinstance(op, Reserve | JoinWaitingList)}
            for key, level in self.stock_levels(keys).items():
                reserves = any(op.key == key for op in ops if isinstance(op, Reserve))
                if reserves and level.reserved > level.on_hand - level.safety:
                    raise BrokenLaw(3, f"{key} was granted beyond what is there: {level}")
                limit = level.backorder_limit
                waits_now = any(op.key == key for op in ops if isinstance(op, JoinWaitingList))
                if waits_now and limit is not None and level.backordered > limit:
                    raise BrokenLaw(3, f"{key} has more backorders than its allowance: {level}")
        return outcome


def check_order(engine: Engine, order_id: str) -> None:
    """Promises 1, 2, 5 and 8 of one order and its parcels."""
    for found in engine.findings(order_id):
        raise BrokenLaw(found.promise, f"{found.subject}: {found.what}")


def check_stock(engine: Engine) -> None:
    """Promises 2 and 3 of all stock: sums agree; a shortfall has its task."""
    for found in engine.findings():
        raise BrokenLaw(found.promise, f"{found.subject}: {found.what}")


def check_refusal(engine: Engine, order_id: str, act: Callable[[], object]) -> None:
    """Promise 1: a refused command changes nothing. *act* gives it and takes the refusal."""
    before = engine.store.order(order_id), engine.store.open_rows(f"order:{order_id}")
    act()
    after = engine.store.order(order_id), engine.store.open_rows(f"order:{order_id}")
    if before != after:
        raise BrokenLaw(1, f"a refused command changed {order_id}")
