"""Units that wait for stock, within its allowance; and units that are let go."""

from __future__ import annotations

import attrs
from hypothesis import example, given
from hypothesis import strategies as st

from orderflow.kernel.stock.backorder import backorder, release_stock_of, stock_lost
from orderflow.model.messages import StockLost
from orderflow.model.stock import JoinWaitingList, LeaveWaitingList, Release
from tests.kernel.values import MAIN, an_order, codes, level, making, moves, slot


@given(
    units=st.integers(1, 5),
    waiting=st.integers(0, 5),
    limit=st.none() | st.integers(0, 5),
    allocated=st.booleans(),
)
@example(units=3, waiting=0, limit=1, allocated=True)
def test_as_many_wait_as_the_allowance_has_room_for(
    units: int, waiting: int, limit: int | None, allocated: bool
) -> None:
    where = slot("allocated", "F") if allocated else slot("open")
    there = level(backordered=waiting, backorder_limit=limit)
    decision = making(an_order({where: units}), levels=there)
    backorder(decision, where, units, MAIN)
    room = units if limit is None else max(0, min(units, limit - waiting))
    assert decision.stock == ([JoinWaitingList(MAIN, "A", "1", room)] if room else [])
    assert decision.level(MAIN).backordered == waiting + room
    stands = {str(bucket): n for bucket, n in decision.order.ledger.totals().items()}
    expected = {"backordered": room, "open": units - room}
    assert stands == {bucket: n for bucket, n in expected.items() if n}
    assert not decision.refusals


def test_a_placement_that_may_not_wait_is_refused() -> None:
    decision = making(an_order({slot("open"): 2}), levels=level(backorder_limit=1))
    decision.version = 0
    backorder(decision, slot("open"), 2, MAIN)
    (refusal,) = decision.refusals
    assert refusal.code == "stock.not_available"
    assert refusal.sentence == "line 1: 1 × MUG cannot be promised: the backorder limit is reached"


@given(lost=st.integers(1, 6))
def test_lost_stock_is_missed_by_those_whose_units_nobody_has_picked(lost: int) -> None:
    units = {slot("allocated", "F1"): 2, slot("picked", "F1"): 1, slot("allocated", "F2"): 2}
    decision = making(an_order(units))
    stock_lost(decision, StockLost(MAIN, "1", lost))
    missed = min(lost, 4)
    assert sum(op.quantity for op in decision.stock if isinstance(op, Release)) == missed
    assert sum(op.quantity for op in decision.stock if isinstance(op, JoinWaitingList)) == missed
    assert decision.order.ledger.totals()[slot("picked").bucket] == 1
    assert moves(decision)[0] == ("allocated", "backordered", min(lost, 2))


def test_stock_that_is_lost_elsewhere_is_not_missed() -> None:
    decision = making(an_order({slot("allocated", "F1"): 2}))
    stock_lost(decision, StockLost(MAIN._replace(location="north"), "1", 2))
    stock_lost(decision, StockLost(MAIN, "2", 2))
    assert (decision.stock, decision.events) == ([], [])


def test_what_is_let_go_gives_back_what_it_has() -> None:
    units = {slot("allocated", "F"): 1, slot("backordered"): 3, slot("open"): 1}
    decision = making(an_order(units), waiting={("1", MAIN): 2, ("2", MAIN): 9})
    for where, n in units.items():
        release_stock_of(decision, where, n)
    assert decision.stock == [Release(MAIN, "A", "1", 1), LeaveWaitingList(MAIN, "A", "1", 2)]
    assert [message.to for message in decision.messages] == [f"stock:{MAIN}"]


def test_what_is_not_kept_in_stock_gives_nothing_back() -> None:
    order = an_order({slot("allocated", "F"): 1})
    lines = {"1": attrs.evolve(order.state.lines["1"], stocked=False)}
    decision = making(an_order({slot("allocated", "F"): 1}, lines=lines))
    release_stock_of(decision, slot("allocated", "F"), 1)
    assert (decision.stock, decision.messages, codes(decision)) == ([], [], set())
