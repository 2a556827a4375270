"""Working steps: units move where they are, by the shortest way that the workflow knows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderflow import IN_HOUSE, REMOTE, Pickup
from orderflow.kernel.decision.draft import Draft
from orderflow.kernel.work.fulfillment_order import complete_work
from orderflow.kernel.work.packing import pack, seal, unpack
from orderflow.kernel.work.picking import pick
from orderflow.kernel.work.put_away import finish_put_away
from orderflow.kernel.work.shipping import collect, deliver, ship
from orderflow.kernel.work.unit_steps import UNIT_STEPS, path_to_step
from orderflow.model import events as ev
from orderflow.model.commands import Collect, Deliver, FinishPutAway, Item, Pack, Pick, Seal, Ship
from orderflow.model.document import Terms
from orderflow.model.ledger import Bucket
from orderflow.model.messages import (
    DeliverParcel,
    HandOverParcel,
    OpenParcel,
    SealParcel,
    VoidParcel,
)
from orderflow.model.order import Order
from orderflow.model.parcel import Content, Parcel, ParcelStatus
from orderflow.model.state import Hold, ParcelView, PutAway
from orderflow.model.stock import AdjustStock, Cause, JoinWaitingList, Release
from tests.kernel.values import (
    MAIN,
    NOW,
    RULES,
    an_fo,
    an_order,
    codes,
    making,
    moves,
    rules,
    slot,
)

HELD = {"h": Hold("h", "look")}


# --- ways -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "verb", "triggers"),
    [
        ("open", "pick", ["pick"]),
        ("picking", "pick", []),
        ("picking", "pack", ["picked"]),
        ("packing", "pack", []),
        ("packing", "ship", ["packed"]),
        ("packed", "ship", []),
        ("picking", "ship", ["picked", "packed"]),
        ("packed", "pick", ["pick"]),
        ("packed", "pack", ["pack"]),
        ("scheduled", "pick", None),
        ("fulfilled", "pick", None),
        ("open", "ship", None),
    ],
)
def test_the_way_to_a_step(state: str, verb: str, triggers: list[str] | None) -> None:
    step = UNIT_STEPS.get(verb, (Bucket.PACKED, Bucket.SHIPPED))
    found = path_to_step(IN_HOUSE, state, verb, step)
    assert (None if found is None else [t.trigger for t in found]) == triggers


@pytest.mark.parametrize("state", [state.name for state in IN_HOUSE.states])
@pytest.mark.parametrize("verb", ["pick", "pack", "ship"])
def test_a_way_is_a_walk_of_declared_transitions_that_one_may_take(state: str, verb: str) -> None:
    step = UNIT_STEPS.get(verb, (Bucket.PACKED, Bucket.SHIPPED))
    here = state
    found = path_to_step(IN_HOUSE, state, verb, step)
    for t in found or ():
        assert t in IN_HOUSE.leaving[here]
        assert t.completes or t.trigger == verb
        here = t.dest
    if found is not None:
        assert any(t.moves == step for t in IN_HOUSE.leaving[here])


def test_a_party_has_no_steps_of_ours() -> None:
    assert path_to_step(REMOTE, "accepted", "pick", UNIT_STEPS["pick"]) is None


# --- what may not be done -------------------------------------------------------------------------

WORKS: list[tuple[Callable[[Draft, Any], None], Any, Any]] = [
    (pick, Pick(fo="F", units={"1": 1}), slot("allocated", "F")),
    (pack, Pack(fo="F", units={"1": 1}), slot("picked", "F")),
    (ship, Ship(parcel="P"), slot("packed", "F", "P")),
    (collect, Collect(fo="F"), slot("picked", "F")),
]


@pytest.mark.parametrize(("act", "body", "there"), WORKS[:3], ids=["pick", "pack", "ship"])
@pytest.mark.parametrize("on", ["", "F", "G"])
def test_nothing_is_worked_that_is_on_hold(act: Any, body: Any, there: Any, on: str) -> None:
    decision = making(an_order({there: 1}, holds={"h": Hold("h", "look", on=on)}))
    act(decision, body)
    assert bool(decision.refusals) == (on != "G")
    assert bool(moves(decision)) == (on == "G")


@pytest.mark.parametrize(
    ("act", "body", "refused"),
    [
        (pick, Pick(fo="F", units={"1": 3}), {"fo.units_missing"}),
        (pick, Pick(fo="F", units={"1": 2}, short={"1": 1}), {"fo.units_missing"}),
        (pick, Pick(fo="X", units={"1": 1}), {"fo.unknown"}),
        (pick, Pick(fo="F"), {"pick.nothing"}),
        (pack, Pack(fo="F", units={"1": 1}), {"fo.units_missing"}),
        (pack, Pack(fo="F", units={}), {"pack.nothing"}),
        (ship, Ship(parcel="X"), {"parcel.unknown"}),
        (seal, Seal(parcel="X"), {"parcel.unknown"}),
        (deliver, Deliver(parcel="X"), {"parcel.unknown"}),
        (collect, Collect(fo="X"), {"fo.unknown"}),
        (finish_put_away, FinishPutAway(put_away="X"), {"put_away.unknown"}),
    ],
)
def test_what_cannot_be_done_is_refused(act: Any, body: Any, refused: set[str]) -> None:
    decision = making(an_order({slot("allocated", "F"): 2}))
    act(decision, body)
    assert codes(decision) == refused
    assert not moves(decision)


def test_the_wrong_state_is_named_with_the_right_ones() -> None:
    fos = {"F": an_fo("F", "scheduled")}
    decision = making(an_order({slot("allocated", "F"): 1}, fulfillment_orders=fos))
    pick(decision, Pick(fo="F", units={"1": 1}))
    assert codes(decision) == {"fo.wrong_state"}
    assert decision.refusals[0].sentence.startswith("F is scheduled; to pick, it must be in ")


# --- pick -----------------------------------------------------------------------------------------


@given(units=st.integers(0, 3), short=st.integers(0, 2))
def test_what_is_short_leaves_the_shelfs_count_and_waits(units: int, short: int) -> None:
    if not units + short:
        return
    decision = making(an_order({slot("allocated", "F"): 5}))
    pick(
        decision,
        Pick(fo="F", units={"1": units} if units else {}, short={"1": short} if short else {}),
    )
    expected = [
        AdjustStock(MAIN, -short, Cause.SHORT_PICK, "F"),
        Release(MAIN, "A", "1", short),
        JoinWaitingList(MAIN, "A", "1", short),
    ]
    assert decision.stock == (expected if short else [])
    totals = decision.order.ledger.totals()
    assert totals.get(Bucket.PICKED, 0) == units
    assert totals.get(Bucket.BACKORDERED, 0) == short
    assert totals.get(Bucket.ALLOCATED, 0) == 5 - units - short


def asking(*asks: str, stocked: bool = True) -> Order:
    order = an_order({slot("allocated", "F"): 2})
    line = attrs.evolve(order.state.lines["1"], asks=asks, stocked=stocked)
    return an_order({slot("allocated", "F"): 2}, lines={"1": line})


def test_what_no_stock_is_kept_of_cannot_be_short() -> None:
    decision = making(asking(stocked=False))
    pick(decision, Pick(fo="F", short={"1": 1}))
    assert codes(decision) == {"pick.not_stocked"}


@pytest.mark.parametrize(
    ("asks", "items", "refused"),
    [
        (("serial",), [("S1", "", 1), ("S2", "", 1)], set()),
        (("serial",), [("S1", "", 1)], {"pick.serial_missing"}),
        (("serial",), [("S1", "", 2)], {"pick.serial_shared"}),
        (("lot",), [("", "L", 2)], set()),
        (("lot",), [("", "L", 3)], {"pick.lot_missing"}),
        (("lot", "serial"), [("", "L", 2)], {"pick.serial_missing", "pick.serial_shared"}),
        ((), [], set()),
    ],
)
def test_each_unit_is_told_apart_where_its_line_asks(
    asks: tuple[str, ...], items: list[tuple[str, str, int]], refused: set[str]
) -> None:
    told = tuple(Item(line="1", serial=s, lot=lot, quantity=n) for s, lot, n in items)
    decision = making(asking(*asks))
    pick(decision, Pick(fo="F", units={"1": 2}, items=told))
    assert codes(decision) == refused
    kept = [e for e in decision.events if isinstance(e, ev.ItemIdentified)]
    assert len(kept) == (0 if refused else len(told))


# --- pack and ship --------------------------------------------------------------------------------


def test_packed_units_are_in_a_parcel_that_hears_of_them() -> None:
    decision = making(an_order({slot("picked", "F"): 3}))
    pack(decision, Pack(fo="F", units={"1": 2}))
    assert decision.order.units(Bucket.PACKED, parcel="A-P1") == {"1": 2}
    (message,) = decision.messages
    assert message.to == "parcel:A-P1"
    assert message.body == OpenParcel("A-P1", "in_house", (Content("A", "F", "1", 2),), sealed=True)
    into = making(an_order({slot("picked", "F"): 1, slot("packed", "F", "BOX"): 1}))
    pack(into, Pack(fo="F", units={"1": 1}, into="BOX"))
    assert into.order.units(Bucket.PACKED, parcel="BOX") == {"1": 2}
    assert not [e for e in into.events if isinstance(e, ev.ParcelPacked)]
    assert isinstance(into.messages[0].body, OpenParcel)
    assert not into.messages[0].body.sealed


@pytest.mark.parametrize(
    ("there", "terms", "refused"),
    [
        ({"sealed": False}, Terms.INVOICE, set()),
        ({"sealed": True}, Terms.INVOICE, {"parcel.closed"}),
        ({"sealed": False, "voided": True}, Terms.INVOICE, {"parcel.closed"}),
        ({"sealed": False}, Terms.CASH_ON_DELIVERY, {"parcel.collects"}),
    ],
)
def test_a_parcel_that_is_there_may_take_no_more(
    there: dict[str, Any], terms: Terms, refused: set[str]
) -> None:
    contents = (Content("B", "B-F1", "1", 1),)
    box = Parcel("BOX", "in_house", 1, contents, ParcelStatus.CREATED, NOW, **there)
    decision = making(an_order({slot("picked", "F"): 1}, {"terms": terms}), parcel=box)
    pack(decision, Pack(fo="F", units={"1": 1}, into="BOX"))
    assert codes(decision) == refused
    own = attrs.evolve(box, contents=(Content("A", "F", "1", 1),), sealed=False, voided=False)
    mine = making(an_order({slot("picked", "F"): 1}, {"terms": terms}), parcel=own)
    pack(mine, Pack(fo="F", units={"1": 1}, into="BOX"))
    assert codes(mine) == set()


@pytest.mark.parametrize(
    ("view", "refused"),
    [
        ({}, set()),
        ({"status": ParcelStatus.CREATED}, {"parcel.not_labelled"}),
        ({"held_by": ("B",)}, {"parcel.held"}),
    ],
)
def test_a_labelled_parcel_leaves_house_and_stock(view: dict[str, Any], refused: set[str]) -> None:
    units = {slot("packed", "F", "P"): 2, slot("packed", "F", "Q"): 1}
    order = an_order(units)
    parcels = {**order.state.parcels}
    parcels["P"] = attrs.evolve(parcels["P"], **view)
    decision = making(an_order(units, parcels=parcels))
    ship(decision, Ship(parcel="P"))
    assert codes(decision) == refused
    if not refused:
        assert moves(decision) == [("packed", "shipped", 2)]
        assert decision.stock == [Release(MAIN, "A", "1", 2, Cause.SHIPMENT)]
        assert [(m.to, m.body) for m in decision.messages] == [("parcel:P", HandOverParcel())]


@pytest.mark.parametrize("bucket", ["open", "backordered", "cancelled"])
@pytest.mark.parametrize("whole", [True, False])
def test_an_order_that_leaves_whole_leaves_whole(bucket: str, whole: bool) -> None:
    units = {slot("packed", "F", "P"): 1, slot(bucket): 1}
    decision = making(an_order(units, ship_complete=whole))
    ship(decision, Ship(parcel="P"))
    stays = whole and bucket != "cancelled"
    assert codes(decision) == ({"order.not_whole"} if stays else set())


@pytest.mark.parametrize("status", [ParcelStatus.CREATED, ParcelStatus.LABELED])
@pytest.mark.parametrize("held", [False, True])
def test_an_open_parcel_is_sealed(status: ParcelStatus, held: bool) -> None:
    parcels = {"P": ParcelView("P", "F", status, NOW)}
    holds = HELD if held else {}
    decision = making(an_order({slot("packed", "F", "P"): 1}, parcels=parcels, holds=holds))
    seal(decision, Seal(parcel="P"))
    if status is ParcelStatus.LABELED:
        assert codes(decision) == {"parcel.closed"}
    else:
        assert [m.body for m in decision.messages] == ([] if held else [SealParcel()])


def test_a_parcel_is_taken_apart() -> None:
    fos = {"F": an_fo("F", "packed")}
    units = {slot("packed", "F", "P"): 2, slot("packed", "F", "Q"): 1}
    decision = making(an_order(units, fulfillment_orders=fos))
    unpack(decision, "P")
    assert moves(decision) == [("packed", "picked", 2)]
    assert decision.order.state.parcels["P"].status is ParcelStatus.VOIDED
    assert decision.fos["F"].state == "packing"
    assert [(m.to, m.body) for m in decision.messages] == [("parcel:P", VoidParcel())]


# --- with the customer ----------------------------------------------------------------------------


def test_what_we_deliver_ourselves_is_delivered() -> None:
    decision = making(an_order({slot("shipped", "F", "P"): 2}))
    deliver(decision, Deliver(parcel="P"))
    assert moves(decision) == [("shipped", "delivered", 2)]
    assert [m.body for m in decision.messages] == [DeliverParcel()]
    here = making(an_order({slot("packed", "F", "P"): 2}))
    deliver(here, Deliver(parcel="P"))
    assert (codes(here), here.messages) == ({"parcel.not_out"}, [])


@pytest.mark.parametrize(("units", "taken"), [(None, 2), ({"1": 1}, 1)])
def test_what_is_collected_is_delivered(units: dict[str, int] | None, taken: int) -> None:
    pickup = Pickup()
    fo = attrs.evolve(an_fo("F", "ready", pickup.workflow, "pickup"), location="main")
    order = an_order({slot("picked", "F"): 2}, fulfillment_orders={"F": fo})
    decision = making(order, rules(pickup))
    collect(decision, Collect(fo="F", units=units))
    assert decision.order.units(Bucket.DELIVERED) == {"1": taken}
    assert decision.stock == [Release(MAIN, "A", "1", taken, Cause.SHIPMENT)]
    unready = an_order({slot("allocated", "F"): 2}, fulfillment_orders={"F": fo})
    none = making(unready, rules(pickup))
    collect(none, Collect(fo="F"))
    assert codes(none) == {"collect.nothing"}


def test_what_was_put_away_is_free() -> None:
    put_aways = {"W": PutAway("W", "F", "1", "main", 2)}
    decision = making(an_order({slot("cancelled"): 2, slot("picked", "F"): 1}, put_aways=put_aways))
    finish_put_away(decision, FinishPutAway(put_away="W"))
    assert decision.stock == [Release(MAIN, "A", "1", 2)]
    assert decision.order.state.put_aways == {}


# --- completions ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "buckets", "after"),
    [
        ("picking", ["picked"], "packing"),
        ("picking", ["allocated", "picked"], "picking"),
        ("packing", ["packed", "shipped"], "packed"),
        ("packed", ["shipped"], "fulfilled"),
        ("packed", ["delivered"], "fulfilled"),
        ("packed", ["shipped", "cancelled"], "fulfilled"),
        ("picking", ["cancelled"], "cancelled"),
        ("picking", [], "cancelled"),
        ("fulfilled", ["cancelled"], "fulfilled"),
    ],
)
def test_work_is_complete_when_no_unit_is_behind(
    state: str, buckets: list[str], after: str
) -> None:
    units = {slot(bucket, "F", "P"): 1 for bucket in buckets}
    order = an_order(units or {slot("open"): 1}, fulfillment_orders={"F": an_fo("F", state)})
    decision = making(order, RULES)
    decision.touched.add("F")
    complete_work(decision)
    assert decision.fos["F"].state == after
    assert not decision.touched
