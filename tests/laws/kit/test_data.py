"""What the kit draws is valid, varied and small."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from orderflow import Address, Line, Money, NewOrder
from orderflow.model.commands import Command
from orderflow.model.document import Delivery, Shipping
from orderflow.model.observations import Observation
from orderflow.model.stock import StockLevel
from orderflow.testing import (
    History,
    addresses,
    commands_for,
    disordered,
    histories,
    lines,
    money,
    observations_for,
    orders,
    stock,
    workflows,
)
from orderflow.wording import Wording
from orderflow.workflow import Workflow

THOUSAND = settings(max_examples=1_000, suppress_health_check=list(HealthCheck))


@given(order=orders(), address=addresses(), line=lines(), amount=money(), level=stock())
@THOUSAND
def test_a_thousand_draws_are_valid(
    order: NewOrder, address: Address, line: Line, amount: Money, level: StockLevel
) -> None:
    assert NewOrder.model_validate_json(order.model_dump_json()) == order
    assert Address.model_validate_json(address.model_dump_json()) == address
    assert Line.model_validate(line.model_dump(exclude_unset=True)) == line
    assert Money(amount.minor, amount.currency) == amount
    assert 0 <= level.reserved <= level.on_hand + 1
    assert level.backorder_limit is None or level.backordered <= level.backorder_limit


def turns_up(data: SearchStrategy[Any], trouble: Callable[[Any], bool]) -> Any:
    quick = settings(max_examples=1_000, database=None, derandomize=True, phases=[Phase.generate])
    return find(data, trouble, settings=quick)


TROUBLES: dict[str, tuple[SearchStrategy[Any], Callable[[Any], bool]]] = {
    "an order without lines": (orders(), lambda order: not order.lines),
    "twice the same SKU": (orders(), lambda o: len({ln.sku for ln in o.lines}) < len(o.lines)),
    "nothing to ship": (orders(), lambda o: any(not line.ships for line in o.lines)),
    "nothing on a shelf": (orders(), lambda o: any(not line.stocked for line in o.lines)),
    "a date to wait for": (orders(), lambda o: any(line.not_before for line in o.lines)),
    "no address": (orders(), lambda order: order.ship_to is None),
    "all or nothing": (orders(), lambda o: o.shipping is Shipping.FILL_OR_KILL),
    "collected": (orders(), lambda order: order.delivery is Delivery.PICKUP),
    "a credit": (orders(), lambda order: any(charge.amount < 0 for charge in order.charges)),
    "no decimals": (money(), lambda amount: amount.currency == "JPY"),
    "three decimals": (money(), lambda amount: amount.currency == "BHD"),
    "a shortfall": (stock(), lambda level: level.shortfall > 0),
    "no more backorders": (stock(), lambda level: level.backordered == level.backorder_limit),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_each_kind_of_trouble_turns_up(trouble: str) -> None:
    data, is_there = TROUBLES[trouble]
    assert is_there(turns_up(data, is_there))


EVENTS = (
    *("HoldPlaced", "EffectGaveUp", "TaskOpened", "ReturnOpened", "PaymentRecorded"),
    *("TimerDone", "OverageFound", "ParcelMoved", "EffectDeferred"),
)


class AllSeen(Exception):
    """No further life is needed."""


def test_lives_meet_every_kind_of_trouble() -> None:
    seen: set[str] = set()

    @given(histories())
    @settings(
        max_examples=3_000,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def live(life: History) -> None:
        assert life.raised is None, life
        seen.update(type(event).__name__ for event in life.events())
        if set(EVENTS) <= seen:
            raise AllSeen

    with suppress(AllSeen):
        live()
    assert set(EVENTS) <= seen, f"never happened: {sorted(set(EVENTS) - seen)}"


def test_lives_shrink_to_short_stories() -> None:
    cancelled = find(histories(), lambda life: life.went_through("cancelled"), settings=QUICK)
    told = str(cancelled).splitlines()
    assert len(told) < 30, str(cancelled)


QUICK = settings(
    max_examples=500, database=None, derandomize=True, phases=[Phase.generate, Phase.shrink]
)


@given(histories(), st.data())
@settings(max_examples=100, suppress_health_check=list(HealthCheck))
def test_what_is_drawn_for_an_order_is_readable(life: History, data: st.DataObject) -> None:
    if life.placed:
        command = data.draw(commands_for(life.order))
        assert Command.model_validate_json(command.model_dump_json()) == command
        assert command.subject == life.placed
        fact = data.draw(observations_for(life.order))
        assert Observation.model_validate_json(fact.model_dump_json()) == fact
        assert fact.subject == life.placed


@given(workflows())
def test_workflows_are_as_drawn(workflow: Workflow[Any]) -> None:
    assert workflow.stamp.name == "drawn"
    assert workflow.extend(name="drawn").fingerprint == workflow.fingerprint


@given(disordered("abc"))
def test_what_is_disordered_is_all_there(told: list[str]) -> None:
    assert set(told) == set("abc")


@pytest.mark.parametrize("kind", [NewOrder, Line, Address, Money, StockLevel])
def test_types_are_registered(kind: type) -> None:
    example = find(st.from_type(kind), lambda _drawn: True, settings=QUICK)
    assert isinstance(example, kind)


def test_every_event_is_told_in_words() -> None:
    life = find(histories(), lambda life: life.went_through("fulfilled"), settings=QUICK)
    told = [Wording().of(event) for event in life.events()]
    assert all(" " in words for words in told), told


def test_what_is_drawn_is_never_thrown_away() -> None:
    """Filtering makes data slow to find and hard to shrink: everything is valid as it is drawn."""
    for module in (
        "data",
        "flows",
        "history",
        "histories",
        "messages",
        "commits",
        "routing",
        "partners",
    ):
        source = inspect.getsource(importlib.import_module(f"orderflow.testing.{module}"))
        assert ".filter(" not in source, module
        assert "assume(" not in source, module
