"""The laws of a store about stock."""

# ruff: noqa: PLR2004 (numbers are the content of an example)

from collections import Counter

import attrs

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
from orderflow.ports import (
    Commit,
    Committed,
    Outcome,
    Short,
    Store,
)
from orderflow.testing.store_samples import (
    CUP,
    MUG,
    NOW,
    Opening,
    at_once,
    law,
    receiving,
    saving,
    wanting,
)

__all__ = [
    "a_short_commit_changes_nothing_and_names_the_keys",
    "operations_on_one_key_follow_each_other",
    "stock_is_never_oversold",
    "who_wants_the_same_stock_in_another_order_is_not_blocked",
]


@law
def a_short_commit_changes_nothing_and_names_the_keys(opened: Opening) -> None:
    """A short commit changes nothing and names the keys."""
    store = opened()
    store.commit(receiving(MUG, 5))
    ops = (
        Reserve(MUG, "A-1", "1", 3),
        Reserve(CUP, "A-1", "2", 1),
        Reserve(MUG, "A-1", "3", 3),
        Release(CUP, "A-1", "2", 1),
    )
    short = attrs.evolve(saving("A-1", 0), stock=ops, wanted=wanting("effect").wanted)
    assert store.commit(short) == Short((CUP, MUG))
    assert store.order("A-1") is None
    assert list(store.journal("order:A-1")) == []
    assert store.levels([MUG, CUP]) == {MUG: StockLevel(MUG, 5), CUP: StockLevel(CUP)}
    assert store.reserved("A-1") == {}
    assert list(store.pending("order:A-1")) == []
    assert len(list(store.movements(MUG))) == 1


@law
def stock_is_never_oversold(opened: Opening) -> None:
    """Stock is never oversold."""
    stores = [opened() for _ in range(6)]
    stores[0].commit(receiving(MUG, 10))

    def hammer(store: Store, order: str) -> int:
        wants = [Commit("x", NOW, stock=(Reserve(MUG, order, str(n), 1),)) for n in range(4)]
        return sum(store.commit(want) == Committed() for want in wants)

    granted = at_once(stores, hammer)
    assert sum(granted) == 10
    assert stores[0].levels([MUG])[MUG] == StockLevel(MUG, 10, reserved=10)
    held = [sum(stores[0].reserved(str(n)).values()) for n in range(len(stores))]
    assert held == granted


@law
def who_wants_the_same_stock_in_another_order_is_not_blocked(opened: Opening) -> None:
    """Who wants the same stock in another order is not blocked: nobody deadlocks."""
    stores = [opened() for _ in range(4)]
    for key in (MUG, CUP):
        stores[0].commit(receiving(key, 40))

    def take(store: Store, order: str) -> Counter[Outcome]:
        keys = (MUG, CUP) if int(order) % 2 else (CUP, MUG)
        wants = (tuple(Reserve(key, order, str(n), 1) for key in keys) for n in range(10))
        return Counter(store.commit(Commit("x", NOW, stock=want)) for want in wants)

    assert sum(at_once(stores, take), Counter[Outcome]()) == {Committed(): 40}
    assert [level.available for level in stores[0].levels([MUG, CUP]).values()] == [0, 0]


@law
def operations_on_one_key_follow_each_other(opened: Opening) -> None:
    """Operations on one key follow each other."""
    store = opened()
    store.commit(receiving(MUG, 3))
    limit = Commit("x", NOW, stock=(Policy(MUG, 1, 4), Reserve(MUG, "A-1", "1", 2)))
    assert store.commit(limit) == Committed()
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
    assert store.commit(Commit("x", NOW, stock=ops)) == Committed()
    expected = StockLevel(MUG, 5, reserved=4, safety=1, backordered=4, backorder_limit=4)
    assert store.levels([MUG]) == {MUG: expected}
    assert store.reserved("A-1") == {(MUG, "1"): 3}
    assert list(store.waiting(MUG)) == [Waiting(MUG, "A-2", "1", 4, NOW)]
    assert [moved.quantity for moved in store.movements(MUG)] == [3, -2, 4]
    assert store.commit(Commit("x", NOW, stock=(Wait(MUG, "A-1", "1", 1),))) == Short((MUG,))
