"""Substitutes: proposed, taken by the customer, or moot."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderflow import Line
from orderflow.kernel.orders.substitutes import (
    drop_moot_proposals,
    propose,
    propose_to_customer,
    substitute,
)
from orderflow.model import events as ev
from orderflow.model.commands import AcceptSubstitute, ProposeSubstitute
from orderflow.model.ledger import Bucket
from orderflow.model.state import Proposal
from orderflow.model.stock import LeaveWaitingList, Release, Reserve, StockKey, StockLevel
from tests.kernel.values import (
    MAIN,
    PRICE,
    WITH_SUPPLIER,
    an_fo,
    an_order,
    codes,
    making,
    moves,
    slot,
    with_supplier,
)

CUP = StockKey("CUP", "main")
SUPPLIED = {"S": with_supplier("S")}
MAY_BE_CUPS = {"lines": (Line(id="1", sku="MUG", quantity=3, amount=PRICE, substitutes=("CUP",)),)}


@pytest.mark.parametrize(("agreed", "open_"), [(True, False), (False, True)])
def test_a_party_replaces_at_once_what_the_customer_agreed_to(agreed: bool, open_: bool) -> None:
    document = MAY_BE_CUPS if agreed else {}
    order = an_order({slot("allocated", "S"): 3}, document, fulfillment_orders=SUPPLIED)
    decision = making(order, WITH_SUPPLIER)
    propose(decision, "S", "1", "CUP", 2)
    assert bool(decision.order.state.proposals) == open_
    found = decision.order.units(Bucket.ALLOCATED)
    assert found == ({"1": 3} if open_ else {"1": 1, "1.s1": 2})


def test_from_our_own_stock_the_customer_is_asked_all_the_same() -> None:
    decision = making(an_order({slot("allocated", "F"): 3}, MAY_BE_CUPS))
    propose(decision, "F", "1", "CUP", 2)
    assert decision.order.state.proposals == {"F/1": Proposal("F", "1", "CUP", 2)}


def test_we_propose_for_what_nobody_has_begun_with() -> None:
    units = {
        slot("open"): 1,
        slot("backordered"): 1,
        slot("allocated", "W"): 1,
        slot("allocated", "F"): 1,
        slot("picked", "F"): 1,
    }
    fos = {"W": an_fo("W", "scheduled"), "F": an_fo("F")}
    decision = making(an_order(units, fulfillment_orders=fos))
    propose_to_customer(decision, ProposeSubstitute(line="1", sku="CUP"))
    assert decision.events == [ev.SubstituteProposed("A", "1", "CUP", 3)]


@pytest.mark.parametrize(
    ("bucket", "line", "sku", "refused"),
    [
        ("open", "1", "MUG", {"substitute.same"}),
        ("shipped", "1", "CUP", {"substitute.nothing"}),
        ("open", "9", "CUP", {"line.unknown"}),
    ],
)
def test_what_cannot_be_proposed_is_refused(
    bucket: str, line: str, sku: str, refused: set[str]
) -> None:
    decision = making(an_order({slot(bucket): 1}))
    propose_to_customer(decision, ProposeSubstitute(line=line, sku=sku))
    assert (codes(decision), decision.events) == (refused, [])


@given(
    open_=st.integers(0, 2), waiting=st.integers(0, 2), has=st.integers(0, 2), of=st.integers(1, 5)
)
def test_our_substitute_takes_what_is_still_there_reserved_units_last(
    open_: int, waiting: int, has: int, of: int
) -> None:
    units = {slot("open"): open_, slot("backordered"): waiting, slot("allocated", "F"): has}
    order = an_order(
        {at: n for at, n in units.items() if n} or {slot("delivered"): 1},
        fulfillment_orders={"F": an_fo("F", "open")},
        proposals={"A/1": Proposal("A", "1", "CUP", of)},
    )
    decision = making(order, waiting={("1", MAIN): waiting})
    substitute(decision, AcceptSubstitute(fo="A", line="1"))
    taken = min(of, open_ + waiting + has)
    assert sum(n for _, dest, n in moves(decision) if dest == "substituted") == taken
    from_reserved = max(0, taken - open_ - waiting)
    assert decision.units.get(slot("allocated", "F"), 0) == has - from_reserved
    released = sum(op.quantity for op in decision.stock if isinstance(op, Release))
    left = sum(op.quantity for op in decision.stock if isinstance(op, LeaveWaitingList))
    assert (released, left) == (from_reserved, min(waiting, taken))
    assert decision.order.units(Bucket.OPEN).get("1.s1", 0) == taken
    assert not decision.order.state.proposals


@given(available=st.integers(0, 3))
def test_a_party_with_our_stock_replaces_only_what_is_there(available: int) -> None:
    proposals = {"F/1": Proposal("F", "1", "CUP", 2)}
    order = an_order({slot("allocated", "F"): 3}, proposals=proposals)
    decision = making(order, levels={CUP: StockLevel(CUP, available)})
    substitute(decision, AcceptSubstitute(fo="F", line="1"))
    if available < 2:
        assert (codes(decision), decision.events) == ({"stock.not_available"}, [])
    else:
        assert decision.stock == [Release(MAIN, "A", "1", 2), Reserve(CUP, "A", "1.s1", 2)]
        assert decision.order.units(Bucket.ALLOCATED, fo="F") == {"1": 1, "1.s1": 2}
        line = decision.order.state.lines["1.s1"]
        assert (line.sku, line.ordered, line.substitutes) == ("CUP", 2, "1")


def test_what_nobody_proposed_cannot_be_taken() -> None:
    proposals = {"F/1": Proposal("F", "1", "CUP", 2)}
    decision = making(an_order({slot("allocated", "F"): 3}, proposals=proposals))
    substitute(decision, AcceptSubstitute(fo="G", line="1"))
    assert codes(decision) == {"substitute.unknown"}
    assert "open proposals: F/1" in decision.refusals[0].sentence


def test_a_proposal_about_units_that_are_gone_is_dropped() -> None:
    proposals = {
        "F/1": Proposal("F", "1", "CUP", 2),
        "G/1": Proposal("G", "1", "CUP", 2),
        "A/2": Proposal("A", "2", "CUP", 2),
        "A/1": Proposal("A", "1", "CUP", 2),
    }
    units = {slot("allocated", "F"): 1, slot("picked", "G"): 1, slot("open", line="2"): 1}
    decision = making(an_order(units, proposals=proposals))
    drop_moot_proposals(decision)
    assert decision.events == [
        ev.SubstituteProposalClosed("G", "1"),
        ev.SubstituteProposalClosed("A", "1"),
    ]
    assert set(decision.order.state.proposals) == {"F/1", "A/2"}
