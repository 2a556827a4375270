"""The same order has the same history, whether software or people work it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import attrs
import pytest
from hypothesis import given

from orderflow import AUTOMATED, MANUAL, InHouse, NewOrder, NotFound, Refused
from orderflow.fulfillment import Digital, Dropship, Handover, Pickup, ThirdParty
from orderflow.model.commands import Cancel
from orderflow.model.events import Entry, UnitsMoved
from orderflow.policies import StepPolicy
from orderflow.testing import FakePartner, orders
from orderflow.testing.data import SKUS
from tests.shop import Shop

Told = tuple[str, str, int]


def told(entries: Iterator[Entry]) -> Iterator[Told]:
    """Each event's kind, and the line and quantity that it speaks of."""
    for entry in entries:
        for event in entry.events:
            line = event.source.line if isinstance(event, UnitsMoved) else ""
            fields = attrs.asdict(event, recurse=False)  # type: ignore[arg-type]  # all are attrs
            yield type(event).__name__, line or fields.get("line", ""), fields.get("quantity", 0)


def history(order: NewOrder, steps: StepPolicy) -> list[Told]:
    """What happens to an order until it waits for others than us."""
    supplier = Dropship(FakePartner(), cost=lambda _line: Decimal(1), locations=("supplier",))
    provider = ThirdParty(FakePartner(), "3pl")
    strategies = InHouse(), supplier, Pickup(), Handover(), Digital(), provider
    shop = Shop(*strategies, stock={}, steps=steps)
    for sku, location in zip(SKUS, ("main", "supplier", "3pl"), strict=True):
        shop.stock(sku, 9, location)
    engine = shop.engine
    try:
        placed = engine.place(order)
    except Refused:
        return []
    engine.worker.run_until_idle()
    while tasks := [t for t in engine.tasks() if t.name not in ("collect", "route")]:
        key = tasks[0].key
        done = engine.complete(key, by="ana", id=key)
        assert engine.complete(key, by="ana", id=key) == done, f"{key} is answered in another way"
        engine.worker.run_until_idle()
        assert engine.complete(key, by="ana", id=key) == done, f"{key} is answered by today"
    return list(told(engine.journal(placed.id)))


def test_what_was_completed_under_another_id_is_not_open_any_more() -> None:
    shop = Shop(steps=MANUAL).place()
    shop.engine.complete("A-1:confirm:0:task", by="ana", id="c1")
    for id in ("c2", None):
        with pytest.raises(NotFound, match="no open task A-1:confirm:0:task"):
            shop.engine.complete("A-1:confirm:0:task", by="ana", id=id)


def test_a_task_whose_answer_is_a_fact_is_completed_again_under_its_id() -> None:
    shop = Shop(steps=MANUAL).place()
    shop.pays(shop.order.document.total.minor or 100)
    shop.does(Cancel())
    (task,) = shop.engine.tasks(role="finance")
    done = shop.engine.complete(task, by="fin", id="c1")
    assert shop.engine.complete(task, by="fin", id="c1") == done


@given(orders())
def test_manual_and_automated_give_one_history(order: NewOrder) -> None:
    by_people, by_software = history(order, MANUAL), history(order, AUTOMATED)
    assert sorted(by_people) == sorted(by_software)
    if len({(ln.sku, ln.ships, ln.stocked) for ln in order.lines}) <= 1:  # one party
        assert by_people == by_software
    for line in {line for _, line, _ in by_people if line}:  # several parties go on side by side
        assert [t for t in by_people if t[1] == line] == [t for t in by_software if t[1] == line]
