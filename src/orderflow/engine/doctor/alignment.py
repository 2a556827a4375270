"""Aligns stored pending work with today's rules."""

from __future__ import annotations

from collections.abc import Iterable

from tenacity import RetryError, Retrying, retry_if_result, stop_after_attempt

from orderflow.engine.pipeline.handle import Handler
from orderflow.engine.row_check import row_mismatches
from orderflow.errors import Conflict, OrderflowError, StoreUnavailable, UnknownWorkflow, raised
from orderflow.ports import Commit, Stored

__all__ = ["Aligner"]

_TRIES = 25


class Aligner:
    """Aligns the rows of orders and parcels with their pending work."""

    def __init__(self, handler: Handler) -> None:
        self._store, self._rules, self._clock = handler.store, handler.rules, handler.clock

    def apply_all(self, order_ids: Iterable[str]) -> int:
        """Align each order; returns how many changed. A failure stops no other order.

        Raises:
            UnknownWorkflow: The rules lack the workflows of some orders; names them.
            OrderflowError: Some orders cannot be read or decided; names them.
        """
        changed, left = 0, dict[str, BaseException]()
        for order_id in order_ids:
            try:
                changed += self.apply(order_id)
            except StoreUnavailable:
                raise
            except raised() as error:  # whatever its rows contain, or its guards raise
                left[order_id] = error
        if left:
            known = all(isinstance(error, UnknownWorkflow) for error in left.values())
            told = "; ".join(f"{order_id}: {error}" for order_id, error in left.items())
            kind = UnknownWorkflow if known else OrderflowError
            raise kind(f"{len(left)} orders are as they were, {changed} were changed: {told}")
        return changed

    def apply(self, order_id: str) -> bool:
        """Align an order and its parcels; returns whether something changed."""
        order = self._store.order(order_id)
        assert order is not None  # orders are never removed
        parcels = (f"parcel:{view}" for view in order.state.parcels)
        return sum(self._apply(owner) for owner in (f"order:{order_id}", *parcels)) > 0

    def _apply(self, owner: str) -> bool:
        tries = Retrying(
            stop=stop_after_attempt(_TRIES), retry=retry_if_result(lambda found: found is None)
        )
        try:
            return bool(tries(self._align, owner))
        except RetryError:
            raise Conflict(f"{owner} kept changing meanwhile; do it again") from None

    def _align(self, owner: str) -> bool | None:
        """Add missing rows, withdraw superfluous ones; None after a concurrent change."""
        kind, _, name = owner.partition(":")
        found = self._store.order(name) if kind == "order" else self._store.parcel(name)
        if found is None:
            return False  # a parcel that is not opened yet
        wanted, withdrawn = row_mismatches(self._store, self._rules, found)
        if not wanted and not withdrawn:
            return False
        now = self._clock.now()
        commit = Commit(
            owner, now, found.version, pending_work=wanted, withdrawn=withdrawn, repairs=True
        )
        return isinstance(self._store.commit(commit), Stored) or None
