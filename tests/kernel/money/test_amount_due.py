"""What is owed for what is kept, and what each parcel's carrier collects of it."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from orderflow import Line
from orderflow.model.amount_due import amount_due, cash_to_collect, is_due_in_full
from orderflow.model.document import Charge, Terms
from orderflow.model.ledger import Bucket, Slot
from orderflow.model.state import LineState, Payments
from tests.kernel.values import PRICE, a_return, an_order, slot

POSTAGE = (Charge(code="POST", amount=300, tax=57),)
GONE = st.sampled_from(["cancelled", "substituted"])
HERE = st.sampled_from([str(b) for b in Bucket if b not in ("cancelled", "substituted")])


@given(kept=st.integers(0, 5), gone=st.integers(0, 5), where=HERE, why=GONE)
def test_what_is_kept_is_owed_with_the_charges_as_long_as_any_is(
    kept: int, gone: int, where: str, why: str
) -> None:
    units = {slot(where): kept, slot(why): gone}
    order = an_order({at: n for at, n in units.items() if n}, {"charges": POSTAGE})
    nothing_was_ordered = not kept + gone
    assert amount_due(order) == (kept * PRICE + 357 if kept or nothing_was_ordered else 0)


def test_an_order_is_whole_until_a_unit_of_it_is_gone_or_back() -> None:
    whole = [bucket for bucket in Bucket if is_due_in_full(an_order({slot(bucket): 1}))]
    assert set(Bucket) - set(whole) == {"cancelled", "substituted", "returned"}


@given(st.integers(0, 99_999), st.integers(0, 999), st.lists(st.integers(1, 4), max_size=4))
def test_what_cancelling_gives_back_bit_by_bit_adds_up_to_the_line(
    amount: int, tax: int, parts: list[int]
) -> None:
    units = sum(parts) or 1
    lines = (Line(id="1", sku="MUG", quantity=units, amount=amount, tax=tax),)
    owed = [amount + tax]
    for gone in (sum(parts[: n + 1]) for n in range(len(parts))):
        stands = {slot("cancelled"): gone, slot("open"): units - gone}
        order = an_order({at: n for at, n in stands.items() if n}, {"lines": lines})
        owed.append(amount_due(order))
    given_back = [before - after for before, after in pairwise(owed)]
    assert min(given_back, default=0) >= 0
    assert owed[-1] == (0 if parts else amount + tax)
    for left, now in zip((units - sum(parts[:n]) for n in range(len(owed))), owed, strict=True):
        assert abs(now - (amount + tax) * left / units) <= 0.5


@given(came=st.integers(1, 5), rejected=st.integers(0, 5), closed=st.booleans())
def test_goods_that_came_back_are_owed_until_they_are_accepted(
    came: int, rejected: int, closed: bool
) -> None:
    rma = a_return("closed" if closed else "received", {"1": came}, rejected={"1": rejected})
    units = {slot("returned", "F", "P", "R1"): came, slot("delivered", "F", "P"): 1}
    order = an_order(units, returns={"R1": rma})
    kept = 1 + (min(came, rejected) if closed else came)
    assert amount_due(order) == kept * PRICE


def test_what_was_rejected_is_kept_once_though_it_came_from_several_parcels() -> None:
    rma = a_return("closed", {"1": 4}, rejected={"1": 3})
    units = {slot("returned", "F", f"P{n}", "R1"): 2 for n in range(2)}
    assert amount_due(an_order(units, returns={"R1": rma})) == 3 * PRICE


def test_a_substitute_is_paid_for_as_its_line() -> None:
    lines = {"1": LineState("MUG", 3), "1.s1": LineState("CUP", 2, substitutes="1")}
    document = {"lines": (Line(id="1", sku="MUG", quantity=3, amount=3 * PRICE),)}
    units = {slot("substituted"): 2, slot("open"): 1, slot("shipped", "F", line="1.s1"): 2}
    assert amount_due(an_order(units, document, lines=lines)) == 3 * PRICE


# --- at the door ----------------------------------------------------------------------------------

CASH = {"terms": Terms.CASH_ON_DELIVERY, "charges": POSTAGE}


@given(
    parcels=st.lists(st.integers(1, 3), min_size=1, max_size=4),
    captured=st.integers(0, 4_000),
    refunded=st.integers(0, 500),
)
def test_carriers_collect_what_is_owed_and_was_not_paid_ahead(
    parcels: list[int], captured: int, refunded: int
) -> None:
    units: dict[Slot, int] = {slot("packed", "F", f"P{n}"): k for n, k in enumerate(parcels)}
    total = sum(parcels) * PRICE + 357
    payments = Payments(total=total, captured=captured, refunded=min(refunded, captured))
    order = an_order(units, CASH, payments=payments)
    collected = [cash_to_collect(order, f"P{n}") for n in range(len(parcels))]
    assert sum(collected) == max(0, total - payments.net_captured)
    assert min(collected) >= 0
    if not payments.net_captured:
        assert collected[0] == parcels[0] * PRICE + 357, "the charges come with the first"


def test_nobody_collects_for_what_is_gone_astray_or_paid_otherwise() -> None:
    units = {slot("lost", "F", "P1"): 2, slot("packed", "F", "P2"): 1}
    assert [cash_to_collect(an_order(units, CASH), p) for p in ("P1", "P2")] == [0, PRICE + 357]
    assert cash_to_collect(an_order(units), "P2") == 0
    for bucket in ("returning_undelivered", "returned_undelivered"):
        assert cash_to_collect(an_order({slot(bucket, "F", "P1"): 1}, CASH), "P1") == 0
