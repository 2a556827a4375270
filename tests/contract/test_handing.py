"""Rows that are handed over and taken: nobody's twice, nobody's never, and attempts are counted."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from orderflow.model.work import LeasedRow, RowKind
from orderflow.stores import SqlStore
from tests.shop import Shop, new_order

LEASE = timedelta(seconds=30)


class Handing(Shop):
    """An order that waits to be confirmed by software, and for its customer by a timer."""

    store: SqlStore

    def __init__(self, url: str) -> None:
        super().__init__(store=SqlStore(url))
        self.engine.place(new_order())

    def hand_over(self) -> list[str]:
        return list(self.store.dispatch(self.clock.now(), LEASE, 100))

    def take(self, token: str) -> tuple[list[LeasedRow], list[LeasedRow], datetime | None]:
        taken = self.store.lease_all("order:A-1", self.clock.now(), LEASE, token)
        return list(taken.rows), list(taken.effects), taken.next_due


@pytest.fixture
def shop(database: str) -> Iterator[Handing]:
    shop = Handing(database)
    yield shop
    shop.store.close()


def test_a_row_is_handed_over_once_a_lease_and_no_attempt_is_counted(shop: Handing) -> None:
    assert shop.hand_over() == ["order:A-1"]
    assert shop.hand_over() == []
    assert shop.store.lease(shop.clock.now(), LEASE, "other", 10) == []
    shop.clock.advance(LEASE)
    assert shop.hand_over() == ["order:A-1"]
    assert {row.attempts for row in shop.store.open_rows("order:A-1")} == {0}


def test_taking_leaves_effects_to_be_taken_one_by_one(shop: Handing) -> None:
    shop.hand_over()
    mine, effects, next_due = shop.take("driver")
    assert (mine, [row.name for row in effects]) == ([], ["confirm"])
    (timer,) = [row for row in shop.store.open_rows("order:A-1") if row.kind == RowKind.TIMER]
    assert next_due == timer.due
    row = shop.store.lease_one(effects[0].key, shop.clock.now(), LEASE, "worker")
    assert row is not None
    assert (row.attempts, row.token) == (1, "worker")
    assert shop.store.lease_valid(row)


def test_who_takes_a_row_fences_who_had_it(shop: Handing) -> None:
    _, (effect,), _ = shop.take("driver")
    first = shop.store.lease_one(effect.key, shop.clock.now(), LEASE, "first")
    second = shop.store.lease_one(effect.key, shop.clock.now(), LEASE, "second")
    assert first is not None
    assert second is not None
    assert (first.attempts, second.attempts) == (1, 2)
    assert not shop.store.lease_valid(first)
    shop.engine.worker.failed(first, RuntimeError("late"))
    assert shop.store.lease_valid(second)
    assert shop.engine.worker.do([second]) == []
    assert shop.store.lease_one(effect.key, shop.clock.now(), LEASE, "third") is None
    assert shop.engine.order("A-1").status == "confirmed"


def test_a_timer_is_left_alone_until_a_lease_after_it_is_due(shop: Handing) -> None:
    """Its driver has it; should that be lost, it is handed over all the same."""
    _, (effect,), due = shop.take("driver")
    assert due is not None
    row = shop.store.lease_one(effect.key, shop.clock.now(), timedelta(days=900), "worker")
    assert row is not None
    shop.clock.advance(due - shop.clock.now() + LEASE / 2)
    assert shop.hand_over() == []
    shop.clock.advance(LEASE / 2)
    assert shop.hand_over() == ["order:A-1"]
    mine, _, _ = shop.take("driver")
    assert [(row.kind, row.attempts) for row in mine] == [(RowKind.TIMER, 1)]
