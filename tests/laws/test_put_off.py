"""Facts that are put off, as a rule fails at them, come to what they come to where none fails."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from orderflow import Line
from orderflow.model.observations import Observation, ObservationBody, PaymentReported
from orderflow.model.state import PaymentOutcome
from orderflow.stores import MemoryStore, SqlStore
from tests.mutants import Law, Mutant, Mutants, Mutate, Patch, law, replace
from tests.shop import Shop

Fact = tuple[ObservationBody, str | None]
"""What is told, and under which id."""


class Away(Exception):
    """What a policy asks is away."""


def opened(store: Any) -> tuple[Shop, list[bool]]:
    """A shop with an order, and whether a policy fails."""
    away = [False]

    def release(_order: object) -> bool:
        if away[0]:
            raise Away
        return True

    shop = Shop(store=store, release=release)
    shop.place(Line(sku="MUG", quantity=2, unit_price="10.00"))
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
    return state.payments, shop.order.ledger.totals(), kept


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


# --- mutants -------------------------------------------------------------------------------------


def knows_what_is_put_off_by_its_id(patch: Patch) -> None:
    """Two facts under one id are one row."""
    replace(patch, "the row of what is put off", lambda sent, _fact: f"{sent.cause}:again")


LAWS: dict[Mutate, Law] = {
    knows_what_is_put_off_by_its_id: law(
        test_facts_that_are_put_off_come_to_the_same, [(captured(1), "X"), (captured(2), "X")]
    ),
}
MUTANTS = Mutants("put_off", LAWS)


@MUTANTS.each
def test_mutant_is_caught(mutant: Mutant[Mutate], monkeypatch: Patch) -> None:
    mutant.how(monkeypatch)
    mutant.breaks(LAWS[mutant.how])
