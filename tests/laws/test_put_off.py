"""Facts that are put off, as a rule fails at them, come to what they come to where none fails."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from orderflow import Dropship, Line
from orderflow.engine.pipeline.taker import Taker
from orderflow.model.observations import (
    GoodsReturned,
    GoodsShipped,
    Observation,
    ObservationBody,
    PaymentReported,
)
from orderflow.model.state import PaymentOutcome
from orderflow.stores import MemoryStore, SqlStore
from orderflow.testing import FakePartner
from tests.mutants import Law, Mutant, Mutants, Mutate, Patch, law, replace
from tests.shop import Shop, new_order

Fact = tuple[ObservationBody, str | None]
"""What is told, and under which id."""
Step = Fact | bool | float
"""A fact that comes, whether a policy fails from now on, or minutes that pass."""


class Away(Exception):
    """What a policy asks is away."""


def opened(store: Any) -> tuple[Shop, list[bool]]:
    """A shop with an order that a supplier ships, and whether a policy fails."""
    away = [False]

    def release(_order: object) -> bool:
        if away[0]:
            raise Away
        return True

    shop = Shop(Dropship(FakePartner()), store=store, release=release)
    shop.place(Line(sku="MUG", quantity=3, unit_price="10.00"))
    return shop, away


def told(shop: Shop, facts: Sequence[Fact]) -> list[Observation]:
    """The facts, one a second."""
    now = shop.clock.now()
    return [
        body.at(now + timedelta(seconds=number), subject="A-1", id=name)
        for number, (body, name) in enumerate(facts)
    ]


def comes_to(shop: Shop) -> tuple[object, ...]:
    """Where the order stands, and what is kept for a person."""
    state = shop.order.state
    kept = sorted(item.payload for item in shop.engine.unmatched())
    returned = [rma.lines for rma in state.returns.values()]
    return state.payments, shop.order.ledger.totals(), returned, shop.tasks(), kept


def captured(amount: int) -> PaymentReported:
    """A customer has paid."""
    return PaymentReported(fact=PaymentOutcome.CAPTURED, amount=amount, reference=f"p{amount}")


PAYMENTS = st.builds(captured, st.integers(1, 3))
NAMES = st.sampled_from([None, "X", "Y"])


@settings(max_examples=25)
@given(st.lists(st.tuples(PAYMENTS, NAMES), min_size=1, max_size=5))
@example([(captured(1), "X"), (captured(2), "X")])
def test_facts_that_are_put_off_come_to_the_same(facts: Sequence[Fact]) -> None:
    ends = []
    for fails in (False, True):
        shop, away = opened(MemoryStore())
        away[0] = fails
        for fact in told(shop, facts):
            shop.engine.observe(fact)
        away[0] = False
        shop.work()
        ends.append(comes_to(shop))
    assert ends[0] == ends[1], "a fact that was put off is lost, or another one is"


@pytest.mark.parametrize("fails", [False, True])
def test_two_facts_under_one_id_are_kept_by_a_database(fails: bool, tmp_path: Any) -> None:
    shop, away = opened(SqlStore(f"sqlite:///{tmp_path}/shop.db"))
    away[0] = fails
    for fact in told(shop, [(captured(1), "X"), (captured(2), "X")]):
        shop.engine.observe(fact)
    away[0] = False
    shop.work()
    assert shop.order.state.payments.captured == 1
    assert shop.tasks() == {"exception.unreadable"}


def shipped(notice: int) -> GoodsShipped:
    """The supplier has shipped a unit."""
    return GoodsShipped(fo="A-1-F1", notice=f"N{notice}", lines={"1": 1})


FACTS: SearchStrategy[ObservationBody] = st.one_of(
    PAYMENTS,
    st.builds(shipped, st.integers(1, 3)),
    st.just(GoodsReturned(lines={"1": 1})),
)
STEPS: SearchStrategy[Step] = st.one_of(
    st.tuples(FACTS, NAMES), st.booleans(), st.integers(1, 40).map(float)
)
RETURNED = (GoodsReturned(lines={"1": 1}), None)
LATE: list[Step] = [True, (shipped(1), None), False, RETURNED, 5.0]
DRIFT: list[Step] = [True, (shipped(1), None), 20.0, RETURNED, 10.0, 20.0, 20.0, False]
ONE_NAME: list[Step] = [True, (captured(1), "X"), 1.0, False, (captured(2), "X")]
AFTER_A_TRY: list[Step] = [
    True,
    (shipped(1), None),
    30.0,
    RETURNED,
    1.0,
    False,
    (captured(1), "X"),
]


@settings(max_examples=40)
@given(st.lists(STEPS, max_size=10))
@example(LATE)
@example(ONE_NAME)
@example(AFTER_A_TRY)
def test_no_fact_overtakes_one_that_is_put_off(steps: Sequence[Step]) -> None:
    ends = [lived(steps, MemoryStore(), fails=fails) for fails in (False, True)]
    assert ends[0] == ends[1], "they were taken in another order"


@pytest.mark.parametrize("steps", [LATE, ONE_NAME, AFTER_A_TRY])
def test_no_fact_overtakes_another_in_a_database(steps: Sequence[Step], tmp_path: Any) -> None:
    ends = [
        lived(steps, SqlStore(f"sqlite:///{tmp_path}/{fails}.db"), fails=fails)
        for fails in (False, True)
    ]
    assert ends[0] == ends[1]


@pytest.mark.parametrize("sql", [False, True])
def test_no_fact_overtakes_one_from_the_inbox_that_fails(sql: bool, tmp_path: Any) -> None:
    shop, away = opened(SqlStore(f"sqlite:///{tmp_path}/shop.db") if sql else MemoryStore())
    shop.engine.observe(captured(1).at(shop.clock.now(), subject="B-1", id="X"))
    shop.engine.place(new_order(number="B-1"))
    away[0] = True
    shop.work()
    away[0] = False
    shop.engine.observe(captured(2).at(shop.clock.now(), subject="B-1", id="X"))
    assert shop.engine.order("B-1").state.payments.captured == 0, "it does not wait"
    shop.passes(hours=3)
    assert shop.engine.order("B-1").state.payments.captured == 1, "the first was overtaken"
    (kept,) = shop.engine.unmatched()
    assert '"amount":2' in kept.payload


def test_a_fact_from_the_inbox_does_not_wait_for_a_later_one() -> None:
    shop, away = opened(MemoryStore())
    shop.engine.observe(captured(1).at(shop.clock.now(), subject="B-1", id="X"))
    shop.engine.place(new_order(number="B-1"))
    away[0] = True
    shop.engine.observe(captured(2).at(shop.clock.now(), subject="B-1", id="X"))
    away[0] = False
    shop.passes(hours=3)
    assert shop.engine.order("B-1").state.payments.captured == 1, "the first was overtaken"


def lived(steps: Sequence[Step], store: Any, *, fails: bool) -> tuple[object, ...]:
    """What steps come to: facts that come, minutes that pass, a policy that fails or is mended."""
    shop, away = opened(store)
    for step in steps:
        if isinstance(step, bool):
            away[0] = fails and step
        elif isinstance(step, float):
            shop.passes(minutes=step)
        else:
            body, name = step
            shop.clock.advance(timedelta(seconds=1))
            shop.engine.observe(body.at(shop.clock.now(), subject="A-1", id=name))
    away[0] = False
    shop.passes(hours=3)
    shop.passes(hours=3)
    assert not shop.store.pending_messages("order:A-1"), "a fact waits for ever"
    return comes_to(shop)


# --- mutants -------------------------------------------------------------------------------------


def knows_what_is_put_off_by_its_id(patch: Patch) -> None:
    """Two facts under one id are one row."""
    replace(patch, "the row of what is put off", lambda sent, _fact: f"{sent.cause}:again")


def overtakes_at_the_door(patch: Patch) -> None:
    """What comes later is taken at once."""
    replace(patch, "what is put off", lambda _row: False)


def overtakes_in_the_outbox(patch: Patch) -> None:
    """What was put off is tried whenever it is due."""
    patch.setattr(Taker, "_is_behind", lambda *_row: False)


LAWS: dict[Mutate, Law] = {
    overtakes_at_the_door: law(test_no_fact_overtakes_one_that_is_put_off, LATE),
    overtakes_in_the_outbox: law(test_no_fact_overtakes_one_that_is_put_off, DRIFT),
    knows_what_is_put_off_by_its_id: law(
        test_facts_that_are_put_off_come_to_the_same, [(captured(1), "X"), (captured(2), "X")]
    ),
}
MUTANTS = Mutants("put_off", LAWS)


@MUTANTS.each
def test_mutant_is_caught(mutant: Mutant[Mutate], monkeypatch: Patch) -> None:
    mutant.how(monkeypatch)
    mutant.breaks(LAWS[mutant.how])
