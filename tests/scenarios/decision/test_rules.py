"""Rules that change under open orders, facts at placement, a stock that is firm."""

from __future__ import annotations

import pytest

from orderflow import (
    AUTOMATED,
    MANUAL,
    Hooks,
    Line,
    Order,
    Refusal,
    Refused,
    Step,
)
from tests.shop import Shop, new_order

MUG = Line(sku="MUG", quantity=1)


def test_work_that_was_manual_is_done_by_software_when_the_rules_say_so() -> None:
    shop = Shop(steps=MANUAL).place()
    assert [task.name for task in shop.engine.tasks()] == ["confirm"]
    shop.opens(steps=AUTOMATED)
    assert shop.engine.apply_rules() == 1
    assert shop.engine.apply_rules() == 0
    assert shop.tasks() == set()
    shop.check()
    shop.work()
    assert shop.order.status == "shipped"


def test_guards_on_place_see_facts() -> None:
    hooks = Hooks()

    @hooks.guard("place")
    def within_credit(step: Step) -> Refusal | None:
        return None if step.external["credit"] >= 1 else Refusal("credit.none", step.order.id)

    def credit(order: Order) -> int:
        return 2 - order.lines[0].quantity

    engine = Shop(hooks=hooks, external={"credit": credit}).engine
    assert engine.place(new_order(MUG)).id == "A-1"
    with pytest.raises(Refused, match=r"credit\.none: A-2"):
        engine.place(new_order(number="A-2"))


def test_confirmed_by_any_way_the_stock_is_the_orders_own() -> None:
    engine = Shop(steps=MANUAL).engine
    assert engine.place(new_order(MUG)).state.reserved_until is not None
    assert engine.fire("A-1", "confirm").state.reserved_until is None
