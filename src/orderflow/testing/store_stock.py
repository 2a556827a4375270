"""The laws of a store about stock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import chain

import attrs
from hypothesis.strategies import SearchStrategy

from orderflow.model.stock import (
    Cause,
    Move,
    Policy,
    Release,
    Reserve,
    StockLevel,
    Unwait,
    Wait,
    Waiting,
)
from orderflow.ports import Commit, Committed, Outcome, Short, Store
from orderflow.stores import MemoryStore
from orderflow.testing.commits import (
    CUP,
    MUG,
    NOW,
    receiving,
    saving,
    stock_commits,
    stocking,
    wanting,
)
from orderflow.testing.contract import law
from orderflow.testing.opening import OpenedStore, at_once, same

__all__ = ["StockLaws"]


class StockLaws(OpenedStore):
    """What is granted is there."""

    def commits(self) -> SearchStrategy[list[Commit]]:
        """Commits of stock, of few keys and orders, so that they meet."""
        return stock_commits()

    @law(since="0.1", why="a reservation is granted only where it is there, whoever else asks")
    def a_short_commit_changes_nothing(self) -> None:
        """A commit whose stock is not there is Short, names the keys, and nothing is stored."""
        with self.opened() as store:
            store.commit(receiving(MUG, 5))
            ops = (
                Reserve(MUG, "A-1", "1", 3),
                Reserve(CUP, "A-1", "2", 1),
                Reserve(MUG, "A-1", "3", 3),
                Release(CUP, "A-1", "2", 1),
            )
            short = attrs.evolve(saving("A-1", 0), stock=ops, wanted=wanting("effect").wanted)
            same("neither is there", store.commit(short), Short((CUP, MUG)))
            same("the order", store.order("A-1"), None)
            same("its journal", list(store.journal("order:A-1")), [])
            same("its effects", list(store.pending("order:A-1")), [])
            levels = {MUG: StockLevel(MUG, 5), CUP: StockLevel(CUP)}
            same("the levels", store.levels([MUG, CUP]), levels)
            same("reserved", store.reserved("A-1"), {})
            same("movements", len(list(store.movements(MUG))), 1)

    @law(since="0.1", why="two customers want the last one at the same moment")
    def nothing_is_oversold_at_once(self) -> None:
        """Whoever reserves at once, exactly what is there is granted."""
        with self.opened_by(6) as stores:
            stores[0].commit(receiving(MUG, 10))

            def reserve(store: Store, order: str) -> list[Outcome]:
                wants = [stocking(Reserve(MUG, order, str(line), 1)) for line in range(4)]
                return [store.commit(want) for want in wants]

            outcomes = at_once(stores, reserve)
            granted = [found.count(Committed()) for found in outcomes]
            same("granted of 10", sum(granted), 10)
            answered = set(chain(*outcomes))
            same("the outcomes", answered, {Committed(), Short((MUG,))})
            same("the level", stores[0].levels([MUG])[MUG], StockLevel(MUG, 10, reserved=10))
            held = [sum(stores[0].reserved(str(order)).values()) for order in range(len(stores))]
            same("reserved for each", held, granted)

    @law(since="0.1", why="orders name their stock in any order, and would wait for each other")
    def who_wants_the_same_stock_in_another_order_is_not_blocked(self) -> None:
        """Whoever reserves the same keys at once, in any order, is served: nobody deadlocks."""
        with self.opened_by(4) as stores:
            for key in (MUG, CUP):
                stores[0].commit(receiving(key, 40))

            def take(store: Store, order: str) -> Counter[Outcome]:
                keys = (MUG, CUP) if int(order) % 2 else (CUP, MUG)
                wants = (tuple(Reserve(key, order, str(n), 1) for key in keys) for n in range(10))
                return Counter(store.commit(stocking(*want)) for want in wants)

            answered = sum(at_once(stores, take), Counter[Outcome]())
            same("the outcomes", answered, {Committed(): 40})
            left = [level.available for level in stores[0].levels([MUG, CUP]).values()]
            same("what is left", left, [0, 0])

    @law(since="0.1", why="what a shipment gives back is promised anew in the same commit")
    def operations_on_one_key_follow_each_other(self) -> None:
        """Of the operations of a commit each sees what the ones before it did."""
        with self.opened() as store:
            store.commit(receiving(MUG, 3))
            limit = stocking(Policy(MUG, 1, 4), Reserve(MUG, "A-1", "1", 2))
            same("a policy and a reservation", store.commit(limit), Committed())
            ops = (
                Release(MUG, "A-1", "1", 2, Cause.SHIPMENT),
                Move(MUG, 4, Cause.RECEIPT, "delivery"),
                Wait(MUG, "A-1", "1", 4),
                Unwait(MUG, "A-1", "1", 3),
                Reserve(MUG, "A-1", "1", 3),
                Reserve(MUG, "A-2", "1", 1),
                Unwait(MUG, "A-1", "1", 9),
                Wait(MUG, "A-2", "1", 4),
            )
            same("many operations", store.commit(stocking(*ops)), Committed())
            level = StockLevel(MUG, 5, reserved=4, safety=1, backordered=4, backorder_limit=4)
            same("the level", store.levels([MUG])[MUG], level)
            same("reserved", store.reserved("A-1"), {(MUG, "1"): 3})
            same("who waits", list(store.waiting(MUG)), [Waiting(MUG, "A-2", "1", 4, NOW)])
            moved = [movement.quantity for movement in store.movements(MUG)]
            same("movements", moved, [3, -2, 4])
            more = store.commit(stocking(Wait(MUG, "A-1", "1", 1)))
            same("beyond the limit of backorders", more, Short((MUG,)))

    @law(share=0.25, since="0.1", why="decisions about stock are made from what the store says")
    def stock_is_what_the_memory_store_says(self, commits: Sequence[Commit]) -> None:
        """After any commits of stock it has the levels, reservations and movements of our own."""
        own = MemoryStore()
        with self.opened() as store:
            for commit in commits:
                same(f"{commit.stock}", store.commit(commit), own.commit(commit))
            same("the levels", dict(store.levels([MUG, CUP])), dict(own.levels([MUG, CUP])))
            for key in (MUG, CUP):
                same(f"waiting for {key}", list(store.waiting(key)), list(own.waiting(key)))
                same(f"promised of {key}", store.promised(key), own.promised(key))
                same(f"movements of {key}", list(store.movements(key)), list(own.movements(key)))
            for order in "AB":
                same(f"reserved for {order}", store.reserved(order), own.reserved(order))
