"""Lines that stand in for others: their ids, the facts that name them, and edits of them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orderflow import Line, Refused
from orderflow.fulfillment import Dropship
from orderflow.kernel.decide import Decision
from orderflow.kernel.orders.lines import free_id, line_and_substitutes, substitute_id
from orderflow.model.amount_due import amount_due
from orderflow.model.commands import (
    AcceptSubstitute,
    Cancel,
    Edit,
    ProposeSubstitute,
)
from orderflow.model.observations import (
    CancellationAnswered,
    GoodsReturned,
    GoodsShipped,
    InvoiceLine,
    InvoiceReceived,
    LineAnswer,
    RequestAnswered,
    RequestReceived,
    ReturnInspected,
    TrackingReported,
    Verdict,
)
from orderflow.model.parcel import ParcelStatus
from orderflow.model.state import LineState
from orderflow.testing import FakePartner
from tests.mutants import Law, Mutant, Mutants, Mutate, Patch, law, replace
from tests.shop import Shop

LAMPS = Line(sku="LAMP", quantity=2, unit_price=Decimal(5), substitutes=("L2",))


class Asked(Shop):
    """Two lamps that a supplier has been asked for, who may send L2 in their place."""

    def __init__(self, *lines: Line) -> None:
        super().__init__(Dropship(FakePartner()), manual=["close_return"])
        self.place(*lines or (LAMPS,))

    def answers(self, *lines: LineAnswer) -> None:
        self.says(RequestAnswered(fo="A-1-F1", lines=lines))

    def sends_another(self, units: int | None = None) -> None:
        self.answers(substituted("L2", units))


def live(shop: Shop) -> dict[str, dict[str, int]]:
    """Units per line and bucket, of those that are live."""
    found: dict[str, dict[str, int]] = {}
    for slot, units in shop.order.ledger.items():
        if slot.bucket not in ("cancelled", "substituted"):
            of = found.setdefault(slot.line, {})
            of[slot.bucket] = of.get(slot.bucket, 0) + units
    return found


def substituted(sku: str, units: int | None = None, line: str = "1") -> LineAnswer:
    return LineAnswer(line=line, verdict=Verdict.SUBSTITUTED, quantity=units, substitute=sku)


# --- ids --------------------------------------------------------------------------------------


def test_a_substitute_takes_no_line_away() -> None:
    shop = Asked(LAMPS, Line(id="1.s1", sku="VASE", quantity=1))
    shop.sends_another()
    assert {name: line.sku for name, line in shop.order.state.lines.items()} == {
        "1": "LAMP",
        "1.s1": "VASE",
        "1.s2": "L2",
    }
    assert live(shop) == {"1.s1": {"allocated": 1}, "1.s2": {"allocated": 2}}


def test_a_line_without_a_name_leaves_the_names_that_are_given() -> None:
    shop = Asked()
    try:
        shop.does(Edit(lines=(Line(sku="CUP", quantity=1), Line(id="2", sku="HAT", quantity=1))))
    except Refused as error:
        pytest.fail(f"nobody can add both: {error}")
    assert {name: line.sku for name, line in shop.order.state.lines.items()} == {
        "1": "LAMP",
        "3": "CUP",
        "2": "HAT",
    }


NAMES = st.sampled_from(["1", "2", "3", "4", "1.s1", "1.s2", "1.s1.s1", "1.s1.s2", "2.s1", "a"])


@given(st.dictionaries(NAMES, st.none() | NAMES, min_size=1), st.data())
def test_new_ids_are_free_whatever_the_lines_are_called(
    given_names: dict[str, str | None], data: st.DataObject
) -> None:
    lines = {name: LineState("MUG", 1, substitutes=of or "") for name, of in given_names.items()}
    line = data.draw(st.sampled_from(sorted(lines)))
    new = substitute_id(lines, line)
    assert new not in lines
    assert free_id(lines) not in lines
    first = lines[line].substitutes or line
    lines[new] = LineState("CUP", 1, substitutes=first)
    assert line_and_substitutes(lines, line)[0] == line
    assert new in line_and_substitutes(lines, line)
    assert all(lines[name].substitutes == first for name in line_and_substitutes(lines, line)[1:])


# --- facts that name a line -------------------------------------------------------------------


def test_a_notice_for_a_line_ships_what_stands_in_for_it() -> None:
    shop = Asked()
    shop.sends_another()
    shop.says(GoodsShipped(fo="A-1-F1", notice="N", lines={"1": 2}, tracking_number="X"))
    assert live(shop) == {"1.s1": {"shipped": 2}}
    assert (shop.order.state.surplus, shop.tasks()) == ({}, set())
    cost = InvoiceLine(line="1", quantity=2, unit_cost=Decimal(3))
    shop.says(InvoiceReceived(fo="A-1-F1", number="I", lines=(cost,)))
    assert shop.tasks() == set()
    assert shop.order.state.fulfillment_orders["A-1-F1"].state == "fulfilled"
    shop.says(TrackingReported(tracking_number="X", status=ParcelStatus.DELIVERED))
    assert live(shop) == {"1.s1": {"delivered": 2}}


def test_a_notice_for_a_line_ships_its_own_units_first() -> None:
    shop = Asked()
    shop.sends_another(1)
    shop.says(GoodsShipped(fo="A-1-F1", notice="N", lines={"1": 1}))
    assert live(shop) == {"1": {"shipped": 1}, "1.s1": {"allocated": 1}}
    shop.says(GoodsShipped(fo="A-1-F1", notice="N2", lines={"1": 2}))
    assert live(shop) == {"1": {"shipped": 1}, "1.s1": {"shipped": 1}}
    assert shop.order.state.surplus == {"1": 1}


def test_an_answer_for_a_line_is_one_for_what_stands_in_for_it() -> None:
    shop = Asked()
    shop.sends_another()
    day = shop.clock.now() + timedelta(days=3)
    shop.answers(LineAnswer(line="1", verdict=Verdict.BACKORDERED, quantity=2, at=day))
    assert shop.order.state.fulfillment_orders["A-1-F1"].promised == day
    shop.sends_another(2)  # told once more
    assert (live(shop), shop.tasks()) == ({"1.s1": {"allocated": 2}}, set())
    shop.answers(LineAnswer(line="1", verdict=Verdict.REJECTED, quantity=1, reason="no"))
    assert live(shop) == {"1.s1": {"allocated": 1, "open": 1}}


def test_an_answer_speaks_of_what_was_there_before_it() -> None:
    shop = Asked()
    shop.answers(
        substituted("L2", 1), LineAnswer(line="1", verdict=Verdict.REJECTED, reason="gone")
    )
    assert live(shop) == {"1": {"open": 1}, "1.s1": {"allocated": 1}}


def test_an_answer_that_comes_twice_substitutes_once() -> None:
    shop = Asked()
    for _ in range(2):
        shop.sends_another(1)
    assert live(shop) == {"1": {"allocated": 1}, "1.s1": {"allocated": 1}}


@pytest.mark.parametrize("asked_first", [False, True])
def test_units_given_up_by_line_are_those_that_stand_in_for_it(asked_first: bool) -> None:
    shop = Asked()
    if asked_first:
        shop.says(RequestReceived(fo="A-1-F1"))
        shop.does(Cancel(lines={"1": 2}))
    shop.sends_another()
    if not asked_first:
        shop.does(Cancel(lines={"1.s1": 2}))
    shop.says(CancellationAnswered(fo="A-1-F1", lines={"1": 2}))
    assert (shop.order.status, shop.tasks()) == ("cancelled", set())
    assert not shop.order.state.cancellations


def test_goods_that_come_back_for_a_line_are_what_stood_in_for_it() -> None:
    shop = Asked()
    shop.sends_another()
    shop.says(GoodsShipped(fo="A-1-F1", notice="N", lines={"1": 2}, tracking_number="X"))
    shop.says(TrackingReported(tracking_number="X", status=ParcelStatus.DELIVERED))
    shop.says(GoodsReturned(lines={"1": 1}))
    assert live(shop) == {"1.s1": {"delivered": 1, "returned": 1}}
    shop.says(ReturnInspected(rma="A-1-R1", restock={"1": 1}))
    assert shop.order.state.returns["A-1-R1"].phase.final
    assert (shop.order.state.surplus, shop.tasks()) == ({}, set())


# --- edits ------------------------------------------------------------------------------------


def cups_for_mugs(ordered: int = 2, by_cups: int = 2) -> Shop:
    """Mugs ordered of us where only cups are there: *by_cups* of them are cups by now."""
    shop = Shop(manual=["pick"], stock={"CUP": 20})
    shop.place(Line(sku="MUG", quantity=by_cups or ordered, unit_price=Decimal(5)))
    if by_cups:
        shop.does(ProposeSubstitute(line="1", sku="CUP"))
        shop.does(AcceptSubstitute(fo="A-1", line="1"))
        if ordered > by_cups:
            shop.does(Edit(quantities={"1": ordered}))
    return shop


def count_of(shop: Shop, line: str) -> int:
    return sum(live(shop).get(line, {}).values())


def test_fewer_of_a_line_are_fewer_of_what_stands_in_for_it() -> None:
    shop = cups_for_mugs()
    shop.does(Edit(quantities={"1": 1}))
    assert live(shop) == {"1.s1": {"allocated": 1}}
    shop.does(Edit(quantities={"1.s1": 3}))
    assert live(shop) == {"1.s1": {"allocated": 3}}
    quantity = shop.order.document.line("1").quantity
    assert quantity == shop.order.state.lines["1"].ordered == 4  # one was cancelled
    shop.does(Edit(quantities={"1": 0}))
    assert shop.order.status == "cancelled"


def test_what_left_of_a_substitute_is_not_taken_back_by_an_edit() -> None:
    shop = Asked()
    shop.sends_another()
    shop.says(GoodsShipped(fo="A-1-F1", notice="N", lines={"1": 2}))
    with pytest.raises(Refused, match=r"cancel\.units_left"):
        shop.does(Edit(quantities={"1": 1}))
    with pytest.raises(Refused, match=r"line\.unknown.*there are: 1, 1\.s1"):
        shop.does(Edit(quantities={"1.s2": 1}))


@settings(max_examples=40)
@given(
    ordered=st.integers(1, 4),
    replaced=st.integers(0, 4),
    wishes=st.lists(
        st.dictionaries(st.sampled_from(["1", "1.s1"]), st.integers(0, 4), min_size=1),
        min_size=1,
        max_size=3,
    ),
)
def test_an_edit_and_its_preview_make_live_what_they_name(
    ordered: int, replaced: int, wishes: list[dict[str, int]]
) -> None:
    shop = cups_for_mugs(ordered, min(ordered, replaced))
    for wish in wishes:
        if not wish.keys() <= shop.order.state.lines.keys():
            continue
        other = count_of(shop, "1.s1")
        if shop.order.state.phase.final:
            break
        wanted = Edit(quantities=wish)
        preview = shop.engine.ask(wanted.to("A-1"))
        assert isinstance(preview, Decision)
        shop.does(wanted)
        assert preview.order.document == shop.order.document
        assert preview.order.ledger.totals() == shop.order.ledger.totals()
        if "1" in wish:
            both = count_of(shop, "1") + count_of(shop, "1.s1")
            assert both == wish["1"] + wish.get("1.s1", 0)
        if "1.s1" in wish:
            assert count_of(shop, "1.s1") == wish["1.s1"]
        elif wish["1"] >= other:
            assert count_of(shop, "1.s1") == other, "its own units go first"
        assert amount_due(shop.order) == 500 * (count_of(shop, "1") + count_of(shop, "1.s1"))


# --- mutants ----------------------------------------------------------------------------------


def counts_substitutes_only(patch: Patch) -> None:
    """A substitute's id is its number, whatever has that id."""

    def next_id(lines: Any, line: str) -> str:
        return f"{line}.s{1 + sum(bool(known.substitutes) for known in lines.values())}"

    replace(patch, "a substitute's name", next_id)


def looks_at_the_order_alone(patch: Patch) -> None:
    """A line without a name takes one that another line of the same edit is given."""

    def next_number(taken: Any) -> str:
        return next(str(n) for n in count(2) if str(n) not in set(taken) - {"2"})

    replace(patch, "a new line's name", next_number)


def counts_a_line_alone(patch: Patch) -> None:
    """What stands in for a line is none of its units."""
    replace(patch, "which lines an edit means", lambda _lines, line, _wanted: [line])


def takes_lines_by_their_names(patch: Patch) -> None:
    """Who speaks of a line means that one, and not what stands in for it."""
    replace(patch, "what stands for a line", lambda _lines, line: (line,))


LAWS: dict[Mutate, Law] = {
    counts_substitutes_only: law(test_a_substitute_takes_no_line_away),
    counts_a_line_alone: law(test_fewer_of_a_line_are_fewer_of_what_stands_in_for_it),
    takes_lines_by_their_names: law(test_a_notice_for_a_line_ships_what_stands_in_for_it),
    looks_at_the_order_alone: law(test_a_line_without_a_name_leaves_the_names_that_are_given),
}
MUTANTS = Mutants("substitutes", LAWS)


@MUTANTS.each
def test_mutant_is_caught(mutant: Mutant[Mutate], monkeypatch: Patch) -> None:
    mutant.how(monkeypatch)
    mutant.breaks(LAWS[mutant.how])
