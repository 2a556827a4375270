"""Rules that change under open orders, facts at placement, a stock that is firm."""

from __future__ import annotations

import pytest

from orderflow import (
    AUTOMATED,
    MANUAL,
    Engine,
    Hooks,
    InHouse,
    Line,
    NewOrder,
    Order,
    Refusal,
    Refused,
    Step,
)
from orderflow.model.commands import Receive
from orderflow.simulation import SequentialIds, VirtualClock
from orderflow.stores import MemoryStore
from orderflow.testing import check_order

MUG = NewOrder(number="A-1", currency="GBP", lines=(Line(sku="MUG", quantity=1),))


def test_work_that_was_manual_is_done_by_software_when_the_rules_say_so() -> None:
    store, ids, clock = MemoryStore(), SequentialIds(), VirtualClock()
    by_hand = Engine(store, [InHouse()], steps=MANUAL, ids=ids, clock=clock)
    by_hand.change_stock(Receive(sku="MUG", quantity=1).to())
    by_hand.place(MUG)
    by_hand.worker.run_until_idle()
    assert [task.name for task in by_hand.tasks()] == ["confirm"]
    automated = Engine(store, [InHouse()], steps=AUTOMATED, ids=ids, clock=clock)
    assert automated.apply_rules() == 1
    assert automated.apply_rules() == 0
    assert list(automated.tasks()) == []
    check_order(automated, "A-1")
    automated.worker.run_until_idle()
    assert automated.order("A-1").status == "shipped"


def test_guards_on_place_see_facts() -> None:
    hooks = Hooks()

    @hooks.guard("place")
    def within_credit(step: Step) -> Refusal | None:
        return None if step.facts["credit"] >= 1 else Refusal("credit.none", step.order.id)

    def credit(order: Order) -> int:
        return 2 - order.lines[0].quantity

    engine = Engine(MemoryStore(), [InHouse()], hooks=hooks, facts={"credit": credit})
    assert engine.place(MUG).id == "A-1"
    two = NewOrder(number="A-2", currency="GBP", lines=(Line(sku="MUG", quantity=2),))
    with pytest.raises(Refused, match=r"credit\.none: A-2"):
        engine.place(two)


def test_confirmed_by_any_way_the_stock_is_the_orders_own() -> None:
    engine = Engine(MemoryStore(), [InHouse()], steps=MANUAL)
    engine.change_stock(Receive(sku="MUG", quantity=1).to())
    assert engine.place(MUG).state.reserved_until is not None
    assert engine.fire("A-1", "confirm").state.reserved_until is None
