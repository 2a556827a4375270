"""The promises as checks: each raises :class:`BrokenLaw` with a sentence."""

from __future__ import annotations

from collections.abc import Callable

from orderflow.engine import Engine
from orderflow.errors import OrderflowError
from orderflow.model.stock import JoinWaitingList, Reserve
from orderflow.ports import Commit, Outcome, Stored
from orderflow.stores import MemoryStore

__all__ = ["BrokenLaw", "WatchedStore", "check_order", "check_refusal", "check_stock"]


class BrokenLaw(OrderflowError, AssertionError):
    """A promise is broken. ``promise`` is its number in the list of promises."""

    def __init__(self, promise: int | None, what: str) -> None:
        self.promise = promise
        super().__init__(f"promise {promise}: {what}")


class WatchedStore(MemoryStore):
    """A memory store that checks each grant at its commit (promise 3).

    ``granted`` has the grants that are not processed by their order yet.
    """

    def commit(self, commit: Commit) -> Outcome:
        """Commit, then check the keys of its grants."""
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
    """Check promises 1, 2, 5, 8 and 9 of one order and its parcels."""
    for found in engine.findings(order_id):
        raise BrokenLaw(found.promise, f"{found.subject}: {found.what}")


def check_stock(engine: Engine) -> None:
    """Check promises 2 and 3 of all stock: sums agree; a shortfall has its task."""
    for found in engine.findings():
        raise BrokenLaw(found.promise, f"{found.subject}: {found.what}")


def check_refusal(engine: Engine, order_id: str, act: Callable[[], object]) -> None:
    """Check promise 1: a refused command changes nothing. *act* submits it, and is refused."""
    before = engine.store.order(order_id), engine.store.open_rows(f"order:{order_id}")
    act()
    after = engine.store.order(order_id), engine.store.open_rows(f"order:{order_id}")
    if before != after:
        raise BrokenLaw(1, f"a refused command changed {order_id}")
