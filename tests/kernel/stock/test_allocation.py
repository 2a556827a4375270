"""Giving units out: within what is there, once, and only where work may begin."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderflow import InHouse, Refusal
from orderflow.kernel.decision.rules import Assignment, Backorder
from orderflow.kernel.stock.allocation import (
    expire_reservations,
    open_fo,
    release_work,
    reopen_backorders,
    routable_units,
    route,
    stock_granted,
    waits_to_ship_complete,
)
from orderflow.model import events as ev
from orderflow.model.document import Shipping
from orderflow.model.ledger import Bucket
from orderflow.model.messages import StockGranted
from orderflow.model.phases import OrderPhase
from orderflow.model.state import Hold
from orderflow.model.stock import (
    JoinWaitingList,
    LeaveWaitingList,
    Release,
    Reserve,
    StockKey,
    StockLevel,
)
from orderflow.policies import ReserveAtPlacement
from tests.kernel.values import (
    MAIN,
    NOW,
    RULES,
    WITH_SUPPLIER,
    a_return,
    an_fo,
    an_order,
    codes,
    level,
    making,
    moves,
    rules,
    slot,
    with_supplier,
)

OPEN = {slot("open"): 3}
DAY = timedelta(days=1)
HELD = {"h": Hold("h", "look")}


# --- what may be given out ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "there"),
    [
        ({}, {"1": 3}),
        ({"phase": OrderPhase.PLACED}, {"1": 3}),
        ({"phase": OrderPhase.PLACED, "done_timers": ("A:reservation",)}, {}),
        ({"phase": OrderPhase.DRAFT}, {}),
        ({"phase": OrderPhase.COMPLETED}, {}),
        ({"holds": HELD}, {}),
    ],
)
def test_what_nobody_has_may_be_given_out(state: dict[str, Any], there: dict[str, int]) -> None:
    assert routable_units(an_order(OPEN, **state), RULES, NOW) == there
    assert routable_units(an_order({slot("allocated", "F"): 3}, **state), RULES, NOW) == {}


@given(st.integers(-2, 2))
def test_a_preorder_waits_for_its_date(days: int) -> None:
    order = an_order(OPEN)
    line = attrs.evolve(order.state.lines["1"], not_before=NOW)
    later = an_order(OPEN, lines={"1": line})
    assert bool(routable_units(later, RULES, NOW + days * DAY)) == (days >= 0)


@pytest.mark.parametrize("phase", ["requested", "received", "closed", "declined"])
def test_an_exchange_waits_until_its_return_is_over(phase: str) -> None:
    order = an_order(OPEN)
    line = attrs.evolve(order.state.lines["1"], awaits="R1")
    returns = {"R1": a_return(phase, {"1": 1})}
    order = an_order(OPEN, lines={"1": line}, returns=returns, ship_complete=True)
    over = phase in ("closed", "declined")
    assert bool(routable_units(order, RULES, NOW)) == over
    assert waits_to_ship_complete(order.state) == over, (
        "and its order does not wait for it to leave"
    )


@pytest.mark.parametrize("bucket", ["open", "backordered", "allocated", "shipped", "cancelled"])
def test_an_order_that_leaves_whole_waits_for_what_is_missing(bucket: str) -> None:
    units = {slot(bucket, "F" if bucket in ("allocated", "shipped") else ""): 1}
    missing = bucket in ("open", "backordered")
    assert waits_to_ship_complete(an_order(units, ship_complete=True).state) == missing
    assert not waits_to_ship_complete(an_order(units).state)


# --- routes ---------------------------------------------------------------------------------------


@given(on_hand=st.integers(0, 5), reserved=st.integers(0, 5), limit=st.none() | st.integers(0, 3))
def test_what_is_there_is_taken_and_the_rest_waits_or_stays_open(
    on_hand: int, reserved: int, limit: int | None
) -> None:
    there = level(on_hand, reserved, backorder_limit=limit)
    decision = making(an_order(OPEN), levels=there)
    route(decision)
    taken = min(3, max(0, on_hand - reserved))
    waits = 3 - taken if limit is None else min(3 - taken, limit)
    asked = Reserve(MAIN, "A", "1", taken), JoinWaitingList(MAIN, "A", "1", waits)
    assert decision.stock == [op for op in asked if op.quantity]
    assert decision.level(MAIN).reserved == reserved + taken
    stands = {str(bucket): n for bucket, n in decision.order.ledger.totals().items()}
    everything = {"allocated": taken, "backordered": waits, "open": 3 - taken - waits}
    assert stands == {bucket: n for bucket, n in everything.items() if n}
    assert list(decision.fos) == (["A-F1"] if taken else [])


class Plan:
    """A routing that says what it is told to say."""

    def __init__(self, *parts: Assignment | Backorder) -> None:
        self.parts = parts

    def plan(self, *_given: object) -> tuple[Assignment | Backorder, ...]:
        return self.parts


HERE = "in_house", "main"


@pytest.mark.parametrize(
    ("parts", "fault"),
    [
        ([Assignment("1", 4, *HERE)], "the plan gives 4 of line 1, only 3 are open"),
        ([Assignment("1", 2, *HERE)] * 2, "the plan gives 4 of line 1, only 3 are open"),
        ([Assignment("1", 0, *HERE)], "the plan gives 0 of line 1 that are not open"),
        ([Assignment("2", 1, *HERE)], "the plan gives 1 of line 2 that are not open"),
        ([Assignment("1", 1, "3pl", "main")], "to 3pl at main, which does not take it"),
        ([Assignment("1", 1, "in_house", "moon")], "to in_house at moon, which does not take it"),
        ([Backorder("1", 1, "moon")], "to the waiting list of moon, which does not take it"),
        ([Backorder("1", 1, "")], "to the waiting list of , which does not take it"),
    ],
)
def test_a_bad_plan_is_refused(parts: list[Assignment | Backorder], fault: str) -> None:
    decision = making(an_order(OPEN), rules(routing=Plan(*parts)), levels=level(9))
    route(decision)
    assert codes(decision) == {"routing.bad_plan"}
    assert fault in decision.refusals[0].sentence
    assert (decision.events, decision.stock) == ([], [])


def test_a_plan_that_takes_more_than_there_is_is_refused() -> None:
    plan = Plan(Assignment("1", 2, *HERE))
    for there, refused in ((1, {"routing.bad_plan"}), (2, set())):
        decision = making(an_order(OPEN), rules(routing=plan), levels=level(there))
        route(decision)
        assert codes(decision) == refused


def test_units_join_a_fulfillment_order_on_which_work_has_not_begun() -> None:
    units = {slot("open"): 1, slot("allocated", "F"): 1}
    joined = {}
    for state in ("scheduled", "open", "picking"):
        order = an_order(units, fulfillment_orders={"F": an_fo("F", state)})
        for work in (True, False):
            decision = making(order, rules(release=lambda _o, w=work: w), levels=level(9))
            route(decision)
            joined[state, work] = list(decision.fos) == ["F"]
    assert [where for where, same in joined.items() if same] == [
        ("scheduled", True),
        ("scheduled", False),
        ("open", True),
    ]


def test_all_or_nothing_is_refused_at_placement_and_cancelled_later() -> None:
    kill = {"shipping": Shipping.FILL_OR_KILL}
    for version, there, refused, ends in (
        (0, 2, {"stock.not_available"}, "cancelled"),
        (3, 2, set(), "cancelled"),
        (3, 3, set(), "allocated"),
    ):
        decision = making(an_order(OPEN, kill), levels=level(there))
        decision.version = version
        route(decision)
        assert codes(decision) == refused
        assert dict(decision.order.ledger.totals()) == {ends: 3}


def test_a_reservation_is_dated_until_the_order_is_confirmed() -> None:
    two_days = rules(reserve=ReserveAtPlacement(2 * DAY))
    for phase, until in ((OrderPhase.PLACED, NOW + 2 * DAY), (OrderPhase.CONFIRMED, None)):
        order = an_order(OPEN, phase=phase)
        decision = making(order, two_days, levels=level(9))
        route(decision)
        assert decision.order.state.reserved_until == until


# --- stock that comes, and goes -------------------------------------------------------------------


@given(waiting=st.integers(0, 3), granted_units=st.integers(1, 4))
def test_what_is_granted_is_allocated_and_what_nobody_wants_goes_back(
    waiting: int, granted_units: int
) -> None:
    units = {slot("backordered"): waiting, slot("open"): 1}
    decision = making(an_order({at: n for at, n in units.items() if n}))
    stock_granted(decision, StockGranted(MAIN, "1", granted_units))
    wanted, back = min(waiting, granted_units), max(0, granted_units - waiting)
    assert moves(decision) == ([("backordered", "allocated", wanted)] if wanted else [])
    assert decision.stock == ([Release(MAIN, "A", "1", back)] if back else [])
    assert [message.to for message in decision.messages] == ([f"stock:{MAIN}"] if back else [])


def test_what_is_granted_where_nobody_takes_it_is_open_again() -> None:
    decision = making(an_order({slot("backordered"): 2}, declined={"1": ("in_house",)}))
    stock_granted(decision, StockGranted(MAIN, "1", 2))
    assert moves(decision) == [("backordered", "open", 2)]
    assert decision.stock == [Release(MAIN, "A", "1", 2)]


@given(waiting=st.integers(1, 3), east=st.integers(0, 3), west=st.integers(0, 3))
def test_what_is_to_be_had_elsewhere_is_called_back(waiting: int, east: int, west: int) -> None:
    keys = [StockKey("MUG", place) for place in ("east", "west")]
    levels = {k: StockLevel(k, n) for k, n in zip(keys, (east, west), strict=True)}
    order = an_order({slot("backordered"): waiting})
    given_rules = rules(InHouse("east", "west"))
    decision = making(order, given_rules, levels=levels, waiting={("1", keys[0]): waiting})
    reopen_backorders(decision)
    back = min(waiting, east + west)
    assert decision.stock == ([LeaveWaitingList(keys[0], "A", "1", back)] if back else [])
    assert moves(decision) == ([("backordered", "open", back)] if back else [])


def test_who_has_no_limit_could_have_all_of_it() -> None:
    decision = making(an_order({slot("backordered"): 2}), WITH_SUPPLIER)
    reopen_backorders(decision)
    assert moves(decision) == [("backordered", "open", 2)]


@pytest.mark.parametrize("phase", [OrderPhase.PLACED, OrderPhase.CONFIRMED])
def test_the_stock_of_an_order_that_nobody_confirmed_is_free_again(phase: OrderPhase) -> None:
    units = {slot("allocated", "F"): 2, slot("allocated", "G"): 1}
    fos = {"F": an_fo("F", "scheduled"), "G": an_fo("G", "picking")}
    decision = making(an_order(units, phase=phase, fulfillment_orders=fos, reserved_until=NOW))
    expire_reservations(decision)
    if phase is OrderPhase.PLACED:
        assert moves(decision) == [("allocated", "open", 2)]
        assert decision.stock == [Release(MAIN, "A", "1", 2)]
        assert decision.order.state.reserved_until is None
    else:
        assert (decision.events, decision.stock) == ([], [])


# --- work -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "policy", "begins"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"released": True}, True, True),
        ({"holds": HELD}, True, False),
        ({"holds": {"h": Hold("h", "look", on="F")}}, True, False),
        ({"phase": OrderPhase.COMPLETED}, True, False),
        ({"ship_complete": True}, True, False),
    ],
)
def test_work_begins_when_it_may(state: dict[str, Any], policy: bool, begins: bool) -> None:
    units = {slot("allocated", "F"): 1, slot("open"): 1, slot("picked", "G"): 1}
    fos = {"F": an_fo("F", "scheduled"), "G": an_fo("G")}
    order = an_order(units, fulfillment_orders=fos, **state)
    decision = making(order, rules(release=lambda _order: policy))
    release_work(decision)
    assert decision.fos["F"].state == ("open" if begins else "scheduled")
    assert decision.fos["G"].state == "picking"
    told = sum(isinstance(event, ev.WorkReleased) for event in decision.events)
    on_order = any(not hold.on for hold in state.get("holds", {}).values())
    blocked = on_order or state.get("phase") or state.get("released") or not policy
    assert told == (not blocked)


def test_a_new_fulfillment_order_takes_the_place_of_the_last_that_was_given_back() -> None:
    rejected = with_supplier("A-F1", "rejected")
    later = attrs.evolve(rejected, id="A-F2")
    fos = {"A-F1": rejected, "A-F2": later}
    order = an_order(OPEN, fulfillment_orders=fos, declined={"1": ("dropship",)})
    decision = making(order, WITH_SUPPLIER)
    names = [open_fo(decision, *HERE) for _ in range(3)]
    assert [(name, decision.fos[name].supersedes) for name in names] == [
        ("A-F3", "A-F2"),
        ("A-F4", "A-F1"),
        ("A-F5", ""),
    ]
    fresh = making(an_order(OPEN, fulfillment_orders=fos), WITH_SUPPLIER)
    name = open_fo(fresh, *HERE)
    assert fresh.fos[name].supersedes == ""


def test_a_line_goes_to_nobody_who_cannot_take_it() -> None:
    class OnlyCups(InHouse):
        def accepts(self, line: object) -> Refusal | None:
            return Refusal("no_cup", str(line))

    decision = making(an_order(OPEN), rules(OnlyCups()), levels=level(9))
    route(decision)
    assert (decision.events, decision.order.ledger.total(Bucket.OPEN)) == ([], 3)
