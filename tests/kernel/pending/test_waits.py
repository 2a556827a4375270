"""Waits: what stands open says what is to be done next, and a hold silences it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import attrs
import pytest

from orderflow import MANUAL, InHouse
from orderflow.kernel.pending.order import pending_work
from orderflow.kernel.pending.steps import STEP_COMMANDS
from orderflow.model.commands import Collect, Confirm, Pack, Pick, ReleaseHold, Ship
from orderflow.model.order import Order
from orderflow.model.parcel import ParcelStatus
from orderflow.model.phases import OrderPhase, Phase
from orderflow.model.state import (
    CancellationRequest,
    Hold,
    OpenTask,
    ParcelView,
    Proposal,
    PutAway,
    RefundStatus,
    RequestedEffect,
)
from orderflow.model.work import Effect, Task, Timer
from orderflow.workflow import State, TaskFor, TimerFor, Transition
from tests.kernel.values import (
    NOW,
    RULES,
    WITH_SUPPLIER,
    a_refund,
    a_return,
    an_fo,
    an_order,
    rules,
    slot,
    with_supplier,
)

DAY = timedelta(days=1)
BY_HAND = rules(steps=MANUAL)
QUIET = {slot("cancelled"): 1}
HELD = {"h": Hold("h", "look", until=NOW + DAY, since=NOW)}
PLACED: dict[str, Any] = {"phase": OrderPhase.PLACED}
CONFIRM = {("confirm", "effect")}


def wanted(order: Order, given: Any = RULES) -> set[tuple[str, str]]:
    """The names of what is waited for, and how."""
    return {
        (each.name, type(each).__name__.lower()) for each in pending_work(order, given).values()
    }


def test_an_order_that_is_over_waits_for_nothing() -> None:
    assert wanted(an_order(QUIET, phase=OrderPhase.COMPLETED)) == set()


def test_waits_are_kept_under_their_keys() -> None:
    order = an_order({slot("allocated", "F"): 1}, holds=HELD)
    assert all(key == each.key for key, each in pending_work(order, RULES).items())
    assert pending_work(order, RULES) is pending_work(order, RULES), "derived once"


# --- steps ----------------------------------------------------------------------------------------

STEPS: list[tuple[str, Order]] = [
    ("confirm", an_order({slot("open"): 1}, phase=OrderPhase.PLACED, holds={})),
    ("pick", an_order({slot("allocated", "F"): 1}, released=True)),
    ("pack", an_order({slot("picked", "F"): 1}, released=True)),
    ("ship", an_order({slot("packed", "F", "P"): 1}, released=True)),
    ("put_away", an_order(QUIET, put_aways={"W": PutAway("W", "F", "1", "main", 1)})),
    (
        "approve_return",
        an_order({slot("delivered"): 1}, returns={"R1": a_return("requested", {"1": 1})}),
    ),
    (
        "close_return",
        an_order({slot("returned", rma="R1"): 1}, returns={"R1": a_return("received", {"1": 1})}),
    ),
]


@pytest.mark.parametrize(("step", "order"), STEPS, ids=[step for step, _ in STEPS])
def test_a_step_is_an_effect_or_a_task_and_neither_on_hold(step: str, order: Order) -> None:
    assert (step, "effect") in wanted(order)
    (task,) = (each for each in pending_work(order, BY_HAND).values() if each.name == step)
    assert isinstance(task, Task)
    assert (task.key, task.role) == (f"{task.subject}:{step}:0:task", MANUAL.role(step))
    gave_up = order.with_state(attrs.evolve(order.state, gave_up=(task.key.removesuffix(":task"),)))
    assert (step, "task") in wanted(gave_up), "who gave up leaves it to a person"
    on_hold = order.with_state(attrs.evolve(order.state, holds=HELD))
    assert {name for name, _ in wanted(on_hold)} & {step} == set()


def test_a_picker_has_a_form() -> None:
    order = an_order({slot("allocated", "F"): 1})
    (task,) = (each for each in pending_work(order, BY_HAND).values() if each.name == "pick")
    assert isinstance(task, Task)
    assert [field.name for field in task.fields] == ["short.1"]


def test_units_that_were_left_behind_are_still_worked() -> None:
    fos = {"F": an_fo("F", "packed")}
    units = {slot("packed", "F", "P"): 1, slot("allocated", "F"): 1, slot("picked", "F"): 1}
    order = an_order(units, fulfillment_orders=fos)
    assert {("ship", "effect"), ("pick", "effect"), ("pack", "effect")} <= wanted(
        order.with_state(attrs.evolve(order.state, fulfillment_orders={"F": an_fo("F", "picking")}))
    )


def test_work_that_leads_nowhere_is_blocked() -> None:
    fos = {"F": an_fo("F", "packing")}
    assert wanted(an_order({slot("lost", "F"): 1}, fulfillment_orders=fos)) >= {("blocked", "task")}


def test_what_completes_a_step_is_a_command() -> None:
    order = an_order({slot("allocated", "F"): 2, slot("picked", "F", line="2"): 1})
    assert STEP_COMMANDS["pick"](order, "F") == Pick(fo="F", units={"1": 2})
    assert STEP_COMMANDS["pack"](order, "F") == Pack(fo="F", units={"2": 1})
    assert STEP_COMMANDS["ship"](order, "P") == Ship(parcel="P")
    assert STEP_COMMANDS["confirm"](order, "A") == Confirm()
    assert STEP_COMMANDS["hold"](order, "h") == ReleaseHold(hold="h")
    for step in ("collect", "hand_over", "provide"):
        assert STEP_COMMANDS[step](order, "F") == Collect(fo="F")


# --- parcels --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("view", "state", "found"),
    [
        ({}, {}, ("ship", "effect")),
        ({"status": ParcelStatus.CREATED}, {}, None),
        ({"status": ParcelStatus.IN_TRANSIT}, {}, None),
        ({"lead": "A"}, {}, ("ship", "effect")),
        ({"lead": "B"}, {}, ("parcel of B", "timer")),
        ({"lead": "A", "held_by": ("C",)}, {}, ("parcel of C", "timer")),
        ({}, {"ship_complete": True}, ("rest", "timer")),
    ],
)
def test_one_order_hands_a_parcel_over_when_nothing_is_in_its_way(
    view: dict[str, Any], state: dict[str, Any], found: tuple[str, str] | None
) -> None:
    given = {"status": ParcelStatus.LABELED, **view}
    parcels = {"P": ParcelView("P", "F", since=NOW, **given)}
    units = {slot("packed", "F", "P"): 1, slot("backordered"): 1}
    order = an_order(units, parcels=parcels, released=True, **state)
    names = {each for each in wanted(order) if each[0] != "blocked"}
    assert names == ({found} if found else set())


# --- other parties --------------------------------------------------------------------------------


def test_a_party_is_asked_once_and_then_has_its_time() -> None:
    fos = {"S": with_supplier("S")}
    units = {slot("allocated", "S"): 1}
    fresh = an_order(units, fulfillment_orders=fos)
    assert ("submit", "effect") in wanted(fresh, WITH_SUPPLIER)
    taken = an_order(units, fulfillment_orders=fos, taken={"S:submit:0": NOW})
    assert wanted(taken, WITH_SUPPLIER) >= {("fulfiller", "timer")}
    assert ("submit", "effect") not in wanted(taken, WITH_SUPPLIER)
    tried = an_order(units, fulfillment_orders=fos, gave_up=("S:submit:0",))
    assert ("submit", "task") in wanted(tried, WITH_SUPPLIER)
    held = an_order(units, fulfillment_orders=fos, holds=HELD)
    assert wanted(held, WITH_SUPPLIER) == {("hold", "timer")}


def test_a_party_that_promised_a_day_has_until_then() -> None:
    fo = attrs.evolve(with_supplier("S", "accepted"), promised=NOW + 20 * DAY)
    order = an_order({slot("allocated", "S"): 1}, fulfillment_orders={"S": fo}, released=True)
    (timer,) = pending_work(order, WITH_SUPPLIER).values()
    assert isinstance(timer, Timer)
    assert timer.due > NOW + 20 * DAY
    early = attrs.evolve(fo, promised=NOW - 20 * DAY)
    sooner = order.with_state(attrs.evolve(order.state, fulfillment_orders={"S": early}))
    (again,) = pending_work(sooner, WITH_SUPPLIER).values()
    assert isinstance(again, Timer)
    assert again.due == timer.due - 20 * DAY


def test_what_software_could_not_send_a_person_sends() -> None:
    fos = {"S": with_supplier("S", "open")}
    units = {slot("allocated", "S"): 1}
    ready = an_order(units, fulfillment_orders=fos, released=True)
    assert wanted(ready, WITH_SUPPLIER) == {("submit", "task")}
    task = OpenTask("S:exception.submit", "exception.submit", "support", "why", "S", NOW)
    for state in ({"tasks": {task.id: task}}, {"holds": HELD}):
        order = an_order(units, fulfillment_orders=fos, released=True, **state)
        assert ("submit", "task") not in wanted(order, WITH_SUPPLIER)


@pytest.mark.parametrize("has_it", [True, False])
def test_units_are_asked_back_of_who_was_asked_for_them(has_it: bool) -> None:
    asked = CancellationRequest("S/1", "S", {"1": 1}, "", False, NOW)
    order = an_order(
        {slot("allocated", "S"): 1},
        fulfillment_orders={"S": with_supplier("S")},
        cancellations={"S/1": asked},
        taken={"S:submit:0": NOW} if has_it else {},
    )
    assert (("ask_back", "effect") in wanted(order, WITH_SUPPLIER)) == has_it
    silent = order.with_state(attrs.evolve(order.state, gave_up=("S/1:ask_back:0",)))
    tasks = [e for e in pending_work(silent, WITH_SUPPLIER).values() if e.name == "ask_back"]
    assert [isinstance(e, Task) and bool(e.fields) for e in tasks] == [True] * has_it


def test_a_proposal_is_the_customers_to_take() -> None:
    order = an_order(QUIET, proposals={"S/1": Proposal("S", "1", "CUP", 2)})
    (task,) = (each for each in pending_work(order, RULES).values() if each.name == "substitute")
    assert isinstance(task, Task)
    assert task.instructions.startswith("2 of CUP are proposed for line 1")


@pytest.mark.parametrize(
    ("to", "refused", "found"),
    [
        ("dropship", "", ("approve_return", "effect")),
        ("dropship", "opened", ("approve_return", "task")),
        ("", "", ("approve_return", "effect")),
    ],
)
def test_who_shipped_the_goods_is_asked_whether_it_takes_them(
    to: str, refused: str, found: tuple[str, str]
) -> None:
    rma = a_return("requested", {"1": 1}, to=to, refused=refused)
    order = an_order({slot("delivered"): 1}, returns={"R1": rma})
    assert found in wanted(order, WITH_SUPPLIER)
    effects = [e for e in pending_work(order, WITH_SUPPLIER).values() if isinstance(e, Effect)]
    assert len(effects) == (found[1] == "effect")
    held = order.with_state(attrs.evolve(order.state, holds=HELD))
    assert "approve_return" not in {name for name, _ in wanted(held, WITH_SUPPLIER)}


# --- units that nobody has ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("units", "state", "found"),
    [
        ({slot("open"): 1}, {}, {("route", "task")}),
        ({slot("open"): 1}, {"phase": OrderPhase.COMPLETED}, set()),
        ({slot("lost"): 1}, {}, {("exception.lost", "task")}),
        ({slot("returned_undelivered"): 1}, {}, {("exception.returned_undelivered", "task")}),
        ({slot("backordered"): 1}, {"backordered_at": NOW}, {("backorder", "timer")}),
        ({slot("backordered"): 1}, {}, set()),
        (QUIET, PLACED | {"reserved_until": NOW}, CONFIRM | {("reservation", "timer")}),
        (QUIET, PLACED, CONFIRM),
        (QUIET, {"reserved_until": NOW}, set()),
    ],
)  # fmt: skip
def test_units_without_work_are_looked_after(
    units: Any, state: dict[str, Any], found: set[tuple[str, str]]
) -> None:
    assert wanted(an_order(units, released=True, **state)) == found


def test_a_preorder_waits_for_its_date_and_then_for_somebody_to_take_it() -> None:
    order = an_order({slot("open"): 1}, released=True)
    line = attrs.evolve(order.state.lines["1"], not_before=NOW + DAY)
    before = an_order({slot("open"): 1}, released=True, lines={"1": line})
    (timer,) = pending_work(before, RULES).values()
    assert isinstance(timer, Timer)
    assert (timer.name, timer.due) == ("not_before", NOW + DAY)
    after = before.with_state(attrs.evolve(before.state, done_timers=(timer.key,)))
    assert wanted(after) == {("route", "task")}


def test_a_hold_ends_by_itself_or_by_a_person() -> None:
    until, on = Hold("a", "x", NOW + DAY, since=NOW), Hold("b", "odd", on="F")
    found = pending_work(an_order(QUIET, holds={"a": until, "b": on}), RULES)
    timer, task = (each for each in found.values() if each.name == "hold")
    assert isinstance(timer, Timer)
    assert isinstance(task, Task)
    assert (timer.due, task.instructions) == (
        NOW + DAY,
        "F is on hold (odd): release it, or cancel",
    )


# --- money, tasks and hooks -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "state", "pays", "found"),
    [
        (RefundStatus.PENDING, {}, True, ("effect", "")),
        (RefundStatus.PENDING, {}, False, ("task", "pay it and complete this")),
        (RefundStatus.FAILED, {}, True, ("task", "failed: try again, or pay it")),
        (RefundStatus.PENDING, {"gave_up": ("A-M1:refund:0",)}, True, ("task", "check; if it was")),
        (RefundStatus.PENDING, {"holds": HELD}, True, None),
        (RefundStatus.PENDING, {"holds": HELD}, False, None),
        (RefundStatus.SUCCEEDED, {}, True, None),
        (RefundStatus.WITHDRAWN, {}, True, None),
    ],
)
def test_a_refund_is_paid_by_software_or_by_hand(
    status: RefundStatus, state: dict[str, Any], pays: bool, found: tuple[str, str] | None
) -> None:
    order = an_order(QUIET, refunds={"A-M1": a_refund(1, 250, status)}, **state)
    refunds = [
        e
        for e in pending_work(order, rules(has_payment_provider=pays)).values()
        if e.name == "refund"
    ]
    assert len(refunds) == bool(found)
    for each in refunds:
        assert found is not None
        assert type(each).__name__.lower() == found[0]
        if isinstance(each, Task):
            assert each.instructions.startswith("the refund of 2.50 EUR: ")
            assert found[1] in each.instructions


def test_what_was_not_accepted_is_sent_back() -> None:
    rma = a_return("closed", {"1": 2}, rejected={"1": 2})
    units = {slot("returned", "F", "P", "R1"): 2}
    fos = {"F": an_fo("F", "fulfilled")}
    order = an_order(units, returns={"R1": rma}, fulfillment_orders=fos, released=True)
    (task,) = pending_work(order, RULES).values()
    assert isinstance(task, Task)
    assert (task.name, task.fields != ()) == ("send_back", True)
    assert task.instructions.startswith("2 of line 1 of R1 were not accepted")
    held = pending_work(order.with_state(attrs.evolve(order.state, holds=HELD)), RULES)
    assert [each.name for each in held.values()] == ["hold"]


def test_what_a_hook_asked_for_is_done_when_nothing_is_held() -> None:
    asked = {"k": RequestedEffect("notify", "A")}
    assert ("notify", "effect") in wanted(an_order(QUIET, asked_for=asked))
    assert ("notify", "effect") not in wanted(an_order(QUIET, asked_for=asked, holds=HELD))


def test_an_open_task_is_somebodys() -> None:
    task = OpenTask("t", "look", "support", "why", "A", NOW)
    (found,) = pending_work(an_order(QUIET, tasks={"t": task}, released=True), RULES).values()
    assert found == Task("t", "look", "A", "support", "why")


def test_an_applications_state_waits_for_what_it_declares() -> None:
    class Engraver(InHouse):
        code = "engraver"
        workflow = InHouse.workflow.extend(
            name="engraved",
            states=[
                State("engraving", Phase.WORKING, TaskFor("engraver", within=DAY)),
                State("drying", Phase.WORKING, TimerFor(2 * DAY, "dried")),
            ],
            transitions=[
                Transition("picked", "picking", "engraving"),
                Transition("engraved", "engraving", "drying"),
                Transition("dried", "drying", "packing"),
            ],
            without=[("picked", "picking")],
        )

    own = rules(Engraver())
    for state, held, found in (
        ("engraving", {}, ("engraving", "task")),
        ("engraving", HELD, None),
        ("drying", {}, ("state", "timer")),
    ):
        fo = an_fo("F", state, Engraver.workflow, "engraver")
        order = an_order(
            {slot("picked", "F"): 1}, fulfillment_orders={"F": fo}, released=True, holds=held
        )
        assert {each for each in wanted(order, own) if each[0] != "hold"} == (
            {found} if found else set()
        )
        for each in pending_work(order, own).values():
            if isinstance(each, Task):
                assert each.due == NOW + DAY
            elif each.name == "state":
                assert isinstance(each, Timer)
                assert each.due == NOW + 2 * DAY
