"""Edits: more, fewer, other lines, another address; all of it or nothing."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderflow import Line
from orderflow.kernel.changes.edit import edit, named
from orderflow.model.commands import Edit
from orderflow.model.document import Address
from orderflow.model.ledger import Bucket
from orderflow.model.parcel import ParcelStatus
from orderflow.model.phases import OrderPhase
from orderflow.model.state import LineState
from tests.kernel.values import (
    NOW,
    PRICE,
    WITH_SUPPLIER,
    an_order,
    codes,
    making,
    moves,
    slot,
    with_supplier,
)

THERE = Address(name="Ada", lines=("2 Hill Road",), city="York", country="GB")
CUP = Line(sku="CUP", quantity=2, unit_price=Decimal(1))


@given(
    live=st.integers(1, 4),
    cancelled=st.integers(0, 2),
    shipped=st.integers(0, 2),
    wanted=st.integers(0, 6),
)
def test_as_many_units_are_live_as_were_named(
    live: int, cancelled: int, shipped: int, wanted: int
) -> None:
    units = {slot("open"): live, slot("cancelled"): cancelled, slot("shipped", "F", "P"): shipped}
    decision = making(an_order({at: n for at, n in units.items() if n}))
    edit(decision, Edit(quantities={"1": wanted}))
    if wanted < shipped:
        assert codes(decision) == {"cancel.units_left"}
        return
    assert not decision.refusals
    after = decision.order
    totals = dict(after.ledger.totals())
    assert sum(totals.values()) - totals.get(Bucket.CANCELLED, 0) == wanted
    grown = max(0, wanted - live - shipped)
    assert after.document.line("1").quantity == live + cancelled + shipped + grown
    assert after.document.line("1").amount == PRICE * (live + cancelled + shipped + grown)
    assert after.state.lines["1"].ordered == after.document.line("1").quantity


STANDS_IN = {"1": LineState("MUG", 3), "1.s1": LineState("CUP", 2, substitutes="1")}
BOTH = {slot("open"): 1, slot("substituted"): 2, slot("open", line="1.s1"): 2}
MUGS = {"lines": (Line(id="1", sku="MUG", quantity=3, amount=3 * PRICE),)}


@pytest.mark.parametrize(
    ("wanted", "left", "ordered"),
    [
        ({"1": 3}, (1, 2), 3),
        ({"1": 2}, (0, 2), 3),
        ({"1": 1}, (0, 1), 3),
        ({"1": 5}, (3, 2), 5),
        ({"1.s1": 1}, (1, 1), 3),
        ({"1.s1": 3}, (1, 3), 4),
        ({"1": 4, "1.s1": 1}, (4, 1), 6),
    ],
)
def test_a_lines_units_are_its_own_and_those_of_what_stands_in_for_it(
    wanted: dict[str, int], left: tuple[int, int], ordered: int
) -> None:
    decision = making(an_order(BOTH, MUGS, lines=STANDS_IN))
    edit(decision, Edit(quantities=wanted))
    ledger = decision.order.ledger
    assert (ledger.total(Bucket.OPEN, line="1"), ledger.total(Bucket.OPEN, line="1.s1")) == left
    assert decision.order.document.line("1").quantity == ordered


def test_lines_are_added_under_names_that_are_free() -> None:
    decision = making(an_order({slot("open"): 1}))
    edit(decision, Edit(lines=(CUP, CUP.model_copy(update={"id": "2"}))))
    assert [line.id for line in decision.order.document.lines] == ["1", "3", "2"]
    assert decision.order.units(Bucket.OPEN)["2"] == 2
    taken = making(an_order({slot("open"): 1}))
    assert [line.id for line in named(taken, [CUP.model_copy(update={"id": "1"})])] == ["1"]
    assert codes(taken) == {"edit.line_taken"}
    twice = making(an_order({slot("open"): 1}))
    named(twice, [CUP.model_copy(update={"id": "x"})] * 2)
    assert codes(twice) == {"edit.line_taken"}


def test_another_address_takes_parcels_apart_that_are_here() -> None:
    units = {slot("packed", "F", "P"): 1, slot("shipped", "F", "Q"): 1, slot("picked", "F"): 1}
    order = an_order(units)
    decision = making(order)
    edit(decision, Edit(ship_to=THERE))
    assert decision.order.document.ship_to == THERE
    assert moves(decision) == [("packed", "picked", 1)]
    statuses = {view.id: view.status for view in decision.order.state.parcels.values()}
    assert statuses == {"P": ParcelStatus.VOIDED, "Q": ParcelStatus.LABELED}


def test_what_does_not_go_there_is_refused() -> None:
    decision = making(an_order({slot("shipped", "F", "P"): 1}))
    edit(decision, Edit(ship_to=THERE))
    assert codes(decision) == {"edit.nothing_to_leave"}
    units = {slot("allocated", "S"): 1}
    order = an_order(units, fulfillment_orders={"S": with_supplier("S")})
    asked = making(order, WITH_SUPPLIER)
    edit(asked, Edit(ship_to=THERE))
    assert codes(asked) == {"edit.with_party"}
    gone = {slot("cancelled", "S"): 1, slot("open"): 1}
    free = making(an_order(gone, fulfillment_orders={"S": with_supplier("S")}), WITH_SUPPLIER)
    edit(free, Edit(ship_to=THERE))
    assert free.order.document.ship_to == THERE


def test_another_day_is_promised() -> None:
    decision = making(an_order({slot("open"): 1}))
    edit(decision, Edit(promised=NOW + timedelta(days=3)))
    after = decision.order
    assert after.state.promised == after.document.promised == NOW + timedelta(days=3)


def test_all_of_it_or_nothing() -> None:
    decision = making(an_order({slot("open"): 1}, phase=OrderPhase.COMPLETED))
    edit(decision, Edit(quantities={"9": 1}, lines=(CUP.model_copy(update={"id": "1"}),)))
    assert codes(decision) == {"order.over", "line.unknown", "edit.line_taken"}
    nothing = making(an_order({slot("open"): 1}))
    edit(nothing, Edit())
    assert codes(nothing) == {"edit.nothing"}
    assert decision.events == nothing.events == []
