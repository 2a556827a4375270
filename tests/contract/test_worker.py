"""What a worker survives, on each database: bad texts, a database that goes away, late answers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from orderflow import Engine, InHouse, Line, NewOrder
from orderflow.errors import PortFailed
from orderflow.model.commands import Body, Confirm, PlaceHold
from orderflow.model.reading import storable
from orderflow.ports import Deed, Label, LabelRequest
from orderflow.simulation import VirtualClock
from orderflow.stores import SqlStore
from orderflow.testing import FakeCarrier, check_order

POSTER = Line(sku="POSTER", quantity=1, stocked=False)


class Shop:
    """An engine on a database, and its clock."""

    def __init__(self, url: str, carrier: FakeCarrier | None = None, **keywords: Any) -> None:
        self.clock = VirtualClock()
        self.store = SqlStore(url, patience=0.1)
        strategies = [InHouse(carrier=carrier or FakeCarrier())]
        self.engine = Engine(self.store, strategies, clock=self.clock, **keywords)

    def place(self, *numbers: str) -> None:
        for number in numbers:
            self.engine.place(NewOrder(number=number, currency="EUR", lines=(POSTER,)), id=number)

    def works(self, times: int = 1) -> None:
        """Work, and let as much time pass as any pause takes."""
        for _ in range(times):
            self.engine.worker.run_until_idle()
            self.clock.advance(timedelta(hours=1))

    def statuses(self) -> dict[str, str]:
        return {order.id: str(order.status) for order in self.engine.orders()}


@pytest.fixture
def shops() -> Iterator[list[Shop]]:
    opened: list[Shop] = []
    yield opened
    for shop in opened:
        shop.store.close()


# --- what cannot be stored ------------------------------------------------------------------------


class Garbled(FakeCarrier):
    """Its first order's label cannot be bought, as it says in a text that is none."""

    def __init__(self, said: str) -> None:
        super().__init__()
        self.said = said

    def buy_label(self, request: LabelRequest) -> Label:
        if request.orders == ("A-1",):
            raise PortFailed(self.said)
        return super().buy_label(request)


@pytest.mark.parametrize("said", ["502 \udcff", "502 \x00\x01<binary>"])
def test_an_error_is_recorded_whatever_its_text(
    database: str, shops: list[Shop], said: str
) -> None:
    shop = Shop(database, Garbled(said))
    shops.append(shop)
    shop.place("A-1", "A-2")
    shop.works()
    (row,) = shop.store.pending("parcel:A-1-P1")
    assert (row.attempts, row.error) == (1, f"orderflow.errors.PortFailed: {storable(said)}")
    shop.works(8)
    assert [task.name for task in shop.engine.tasks()] == ["label"]
    assert shop.statuses() == {"A-1": "in_progress", "A-2": "shipped"}


class Unstorable:
    """Answers for the first order with what no database takes."""

    def perform(self, deed: Deed) -> Body:
        if deed.order.id == "A-1":
            return PlaceHold.model_construct(hold="check", reason="\udcff")
        return Confirm()


def test_an_answer_that_cannot_be_stored_counts_against_its_row_only(
    database: str, shops: list[Shop]
) -> None:
    shop = Shop(database, performers={"confirm": Unstorable()})
    shops.append(shop)
    shop.place("A-1", "A-2", "A-3")
    shop.works()
    (row,) = [row for row in shop.store.pending("order:A-1") if row.name == "confirm"]
    assert row.attempts == 1
    assert "surrogates not allowed" in row.error
    assert shop.statuses() == {"A-1": "placed", "A-2": "shipped", "A-3": "shipped"}
    shop.works(8)
    assert [task.name for task in shop.engine.tasks()] == ["confirm"]
    check_order(shop.engine, "A-1")
