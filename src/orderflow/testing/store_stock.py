"""The laws of a store about stock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import chain

import attrs
from hypothesis.strategies import SearchStrategy

from orderflow.model.stock import (
    AdjustStock,
    Cause,
    JoinWaitingList,
    LeaveWaitingList,
    Release,
    Reserve,
    SetLimits,
    StockLevel,
    WaitingBackorder,
)
from orderflow.ports import Commit, Outcome, Short, Store, Stored
from orderflow.stores import MemoryStore
from orderflow.testing.commits import (
    CUP,
    MUG,
    NOW,
    order_commit,
    pending_work_commit,
    receipt_commit,
    stock_commit,
    stock_commits,
)
from orderflow.testing.contract import law
from orderflow.testing.store_harness import StoreHarness, assert_same, concurrently

__all__ = ["StockLaws"]


class StockLaws(StoreHarness):
    """Reserved stock is in stock."""

    def commits(self) -> SearchStrategy[list[Commit]]:
        """Commits of stock with few keys and orders, so that they conflict."""
        return stock_commits()

    @law(since="0.1", why="a reservation is granted only where it is there, whoever else asks")
    def a_short_commit_changes_nothing(self) -> None:
        """A commit whose stock is not there is Short, names the keys, and nothing is stored."""
        with self.opened() as store:
            store.commit(receipt_commit(MUG, 5))
            ops = (
                Reserve(MUG, "A-1", "1", 3),
                Reserve(CUP, "A-1", "2", 1),
                Reserve(MUG, "A-1", "3", 3),
                Release(CUP, "A-1", "2", 1),
            )
            short = attrs.evolve(
                order_commit("A-1", 0),
                stock=ops,
                pending_work=pending_work_commit("effect").pending_work,
            )
            assert_same("neither is there", store.commit(short), Short((CUP, MUG)))
            assert_same("the order", store.order("A-1"), None)
            assert_same("its journal", list(store.journal("order:A-1")), [])
            assert_same("its effects", list(store.open_rows("order:A-1")), [])
            levels = {MUG: StockLevel(MUG, 5), CUP: StockLevel(CUP)}
            assert_same("the levels", store.stock_levels([MUG, CUP]), levels)
            assert_same("reserved", store.reservations_of_order("A-1"), {})
            assert_same("movements", len(list(store.stock_movements(MUG))), 1)

    @law(since="0.1", why="two customers want the last one at the same moment")
    def nothing_is_oversold_at_once(self) -> None:
        """Whoever reserves at once, exactly what is there is granted."""
        with self.opened_by(6) as stores:
            stores[0].commit(receipt_commit(MUG, 10))

            def reserve(store: Store, order: str) -> list[Outcome]:
                wants = [stock_commit(Reserve(MUG, order, str(line), 1)) for line in range(4)]
                return [store.commit(want) for want in wants]

            outcomes = concurrently(stores, reserve)
            granted = [found.count(Stored()) for found in outcomes]
            assert_same("granted of 10", sum(granted), 10)
            answered = set(chain(*outcomes))
            assert_same("the outcomes", answered, {Stored(), Short((MUG,))})
            assert_same(
                "the level", stores[0].stock_levels([MUG])[MUG], StockLevel(MUG, 10, reserved=10)
            )
            held = [
                sum(stores[0].reservations_of_order(str(order)).values())
                for order in range(len(stores))
            ]
            assert_same("reserved for each", held, granted)

    @law(since="0.1", why="orders name their stock in any order, and would wait for each other")
    def who_wants_the_same_stock_in_another_order_is_not_blocked(self) -> None:
        """Whoever reserves the same keys at once, in any order, is served: nobody deadlocks."""
        with self.opened_by(4) as stores:
            for key in (MUG, CUP):
                stores[0].commit(receipt_commit(key, 40))

            def take(store: Store, order: str) -> Counter[Outcome]:
                keys = (MUG, CUP) if int(order) % 2 else (CUP, MUG)
                wants = (tuple(Reserve(key, order, str(n), 1) for key in keys) for n in range(10))
                return Counter(store.commit(stock_commit(*want)) for want in wants)

            answered = sum(concurrently(stores, take), Counter[Outcome]())
            assert_same("the outcomes", answered, {Stored(): 40})
            left = [level.available for level in stores[0].stock_levels([MUG, CUP]).values()]
            assert_same("what is left", left, [0, 0])

    @law(since="0.1", why="what a shipment gives back is promised anew in the same commit")
    def operations_on_one_key_follow_each_other(self) -> None:
        """Of the operations of a commit each sees what the ones before it did."""
        with self.opened() as store:
            store.commit(receipt_commit(MUG, 3))
            limit = stock_commit(SetLimits(MUG, 1, 4), Reserve(MUG, "A-1", "1", 2))
            assert_same("a policy and a reservation", store.commit(limit), Stored())
            ops = (
                Release(MUG, "A-1", "1", 2, Cause.SHIPMENT),
                AdjustStock(MUG, 4, Cause.RECEIPT, "delivery"),
                JoinWaitingList(MUG, "A-1", "1", 4),
                LeaveWaitingList(MUG, "A-1", "1", 3),
                Reserve(MUG, "A-1", "1", 3),
                Reserve(MUG, "A-2", "1", 1),
                LeaveWaitingList(MUG, "A-1", "1", 9),
                JoinWaitingList(MUG, "A-2", "1", 4),
            )
            assert_same("many operations", store.commit(stock_commit(*ops)), Stored())
            level = StockLevel(MUG, 5, reserved=4, safety=1, backordered=4, backorder_limit=4)
            assert_same("the level", store.stock_levels([MUG])[MUG], level)
            assert_same("reserved", store.reservations_of_order("A-1"), {(MUG, "1"): 3})
            assert_same(
                "who waits",
                list(store.waiting_list(MUG)),
                [WaitingBackorder(MUG, "A-2", "1", 4, NOW)],
            )
            moved = [movement.quantity for movement in store.stock_movements(MUG)]
            assert_same("movements", moved, [3, -2, 4])
            more = store.commit(stock_commit(JoinWaitingList(MUG, "A-1", "1", 1)))
            assert_same("beyond the limit of backorders", more, Short((MUG,)))

    @law(share=0.25, since="0.1", why="decisions about stock are made from what the store says")
    def stock_is_what_the_memory_store_says(self, commits: Sequence[Commit]) -> None:
        """After any commits of stock it has the levels, reservations and movements of our own."""
        own = MemoryStore()
        with self.opened() as store:
            for commit in commits:
                assert_same(f"{commit.stock}", store.commit(commit), own.commit(commit))
            assert_same(
                "the levels",
                dict(store.stock_levels([MUG, CUP])),
                dict(own.stock_levels([MUG, CUP])),
            )
            for key in (MUG, CUP):
                assert_same(
                    f"waiting for {key}", list(store.waiting_list(key)), list(own.waiting_list(key))
                )
                assert_same(
                    f"promised of {key}", store.reservations_of(key), own.reservations_of(key)
                )
                assert_same(
                    f"movements of {key}",
                    list(store.stock_movements(key)),
                    list(own.stock_movements(key)),
                )
            for order in "AB":
                assert_same(
                    f"reserved for {order}",
                    store.reservations_of_order(order),
                    own.reservations_of_order(order),
                )
