"""Returns: of what has left, once; and what is not accepted goes back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderflow import Dropship, InHouse, Line, Refusal
from orderflow.kernel.returns.rma import (
    approve,
    close,
    decline,
    request,
    return_answered,
    send_back,
)
from orderflow.model import events as ev
from orderflow.model.commands import (
    ApproveReturn,
    CloseReturn,
    DeclineReturn,
    RequestReturn,
    SendBack,
)
from orderflow.model.ledger import Bucket
from orderflow.model.messages import Dispatched, TakeUnitsOut
from orderflow.model.observations import ObservationBody, ReturnAnswered
from orderflow.model.phases import OrderPhase
from orderflow.model.returns import Disposition, InspectionLine
from orderflow.model.stock import AdjustStock, Cause
from orderflow.ports import PartnerReturn
from orderflow.testing import FakePartner
from tests.kernel.values import (
    MAIN,
    a_return,
    an_order,
    codes,
    making,
    moves,
    rules,
    slot,
    with_supplier,
)


class AcceptsReturns(FakePartner):
    """May be asked before goods go back to it."""

    def accept_return(self, request: PartnerReturn) -> ObservationBody | None:
        raise AssertionError(f"a decision calls nobody: {request}")


HOME = slot("delivered", "F", "P")


@given(
    delivered=st.integers(0, 3),
    shipped=st.integers(0, 2),
    announced=st.integers(0, 2),
    asked=st.integers(1, 6),
    over=st.booleans(),
)
def test_no_more_is_returned_than_has_left_and_is_in_no_other_return(
    delivered: int, shipped: int, announced: int, asked: int, over: bool
) -> None:
    units = {HOME: delivered, slot("shipped", "F", "Q"): shipped, slot("open"): 1}
    announced = min(announced, delivered + shipped)
    other = a_return("closed" if over else "requested", {"1": announced})
    order = an_order({at: n for at, n in units.items() if n}, returns={"R1": other})
    decision = making(order)
    request(decision, RequestReturn(lines={"1": asked}, reason="small"))
    free = delivered + shipped - (0 if over else announced)
    if asked > free:
        assert codes(decision) == {"return.too_many"}
        assert f"{free} have left" in decision.refusals[0].sentence
    else:
        opened = decision.order.state.returns["A-R2"]
        assert (opened.lines, opened.reason, opened.state) == ({"1": asked}, "small", "requested")


def test_units_on_their_way_back_are_not_announced_twice() -> None:
    units = {HOME: 1, slot("returning", "F", "P", "R1"): 2}
    for asked, refused in ((1, set()), (2, {"return.too_many"})):
        rma = a_return("approved", {"1": 2})
        decision = making(an_order(units, returns={"R1": rma}))
        request(decision, RequestReturn(lines={"1": asked}))
        assert codes(decision) == refused


def test_the_policy_may_say_no_and_a_line_must_be_there() -> None:
    never = rules(returnable=lambda *_given: Refusal("too.late", "too late"))
    decision = making(an_order({HOME: 1}), never)
    request(decision, RequestReturn(lines={"1": 1}))
    assert (codes(decision), decision.events) == ({"too.late"}, [])
    request(unknown := making(an_order({HOME: 1})), RequestReturn(lines={"7": 1}))
    assert codes(unknown) == {"line.unknown"}


@pytest.mark.parametrize("phase", [OrderPhase.CONFIRMED, OrderPhase.COMPLETED])
def test_an_exchange_is_ordered_besides_and_waits_for_the_goods(phase: OrderPhase) -> None:
    cup = Line(sku="CUP", quantity=2, amount=100)
    decision = making(an_order({HOME: 1}, phase=phase))
    request(decision, RequestReturn(lines={"1": 1}, exchange=(cup,)))
    after = decision.order
    assert (after.state.lines["2"].awaits, after.units(Bucket.OPEN)) == ("A-R1", {"2": 2})
    assert after.state.phase is OrderPhase.CONFIRMED


@pytest.mark.parametrize(
    ("shipped_by", "takes_back", "to"),
    [
        (["S"], True, "dropship"),
        (["S"], False, ""),
        (["F"], True, ""),
        (["S", "F"], True, ""),
    ],
)
def test_the_party_that_shipped_all_of_it_is_asked(
    shipped_by: list[str], takes_back: bool, to: str
) -> None:
    supplier = Dropship(AcceptsReturns() if takes_back else FakePartner())
    units = {slot("delivered", fo, f"P{fo}"): 1 for fo in shipped_by}
    order = an_order(units)
    fos = {**order.fulfillment_orders, "S": with_supplier("S", "fulfilled")}
    decision = making(an_order(units, fulfillment_orders=fos), rules(InHouse(), supplier))
    request(decision, RequestReturn(lines={"1": len(shipped_by)}))
    assert decision.order.state.returns["A-R1"].to == to


def test_delivered_units_are_on_their_way_when_the_return_is_approved() -> None:
    units = {HOME: 2, slot("shipped", "F", "Q"): 1}
    decision = making(an_order(units, returns={"R1": a_return("requested", {"1": 3})}))
    approve(decision, ApproveReturn(rma="R1"))
    assert moves(decision) == [("delivered", "returning", 2)]
    assert decision.order.units(Bucket.RETURNING, rma="R1") == {"1": 2}
    approve(gone := making(an_order(units)), ApproveReturn(rma="R7"))
    assert codes(gone) == {"return.unknown"}


def test_a_declined_return_is_over() -> None:
    decision = making(an_order({HOME: 1}, returns={"R1": a_return("requested", {"1": 1})}))
    decline(decision, DeclineReturn(rma="R1", reason="worn"))
    assert decision.order.state.returns["R1"].phase.final
    decline(unknown := making(an_order({HOME: 1})), DeclineReturn(rma="R1", reason="worn"))
    assert codes(unknown) == {"return.unknown"}


@pytest.mark.parametrize(
    ("state", "refused", "after"),
    [
        ("requested", "", "approved"),
        ("requested", "opened", "requested"),
        ("received", "", "received"),
        ("received", "opened", "received"),
    ],
)
def test_a_party_answers_only_what_it_was_asked(state: str, refused: str, after: str) -> None:
    decision = making(an_order({HOME: 1}, returns={"R1": a_return(state, {"1": 1})}))
    return_answered(decision, ReturnAnswered(rma="R1", refused=refused))
    rma = decision.order.state.returns["R1"]
    assert (rma.state, rma.refused) == (after, refused if state == "requested" else "")


def test_an_answer_about_no_return_is_kept_for_a_person() -> None:
    decision = making(an_order({HOME: 1}))
    return_answered(decision, ReturnAnswered(rma="R9"))
    assert isinstance(decision.events[0], ev.ObservationKept)
    assert "A:exception.return_answered" in decision.order.state.tasks


CAME = {slot("returned", "F", "P", "R1"): 3}


@pytest.mark.parametrize(("restock", "on_shelf"), [(True, 2), (False, 0)])
def test_what_came_is_dealt_with_as_it_was_found(restock: bool, on_shelf: int) -> None:
    decision = making(an_order(CAME, returns={"R1": a_return("received", {"1": 3})}))
    bad = InspectionLine(line="1", quantity=1, disposition=Disposition.SEND_BACK)
    close(decision, CloseReturn(rma="R1", findings=(bad,), restock=restock))
    rma = decision.order.state.returns["R1"]
    assert (rma.phase.final, rma.rejected) == (True, {"1": 1})
    back = [op for op in decision.stock if isinstance(op, AdjustStock)]
    assert sum(op.quantity for op in back if op.key == MAIN) == on_shelf


def test_findings_speak_of_what_came() -> None:
    decision = making(an_order(CAME, returns={"R1": a_return("received", {"1": 3})}))
    many = InspectionLine(line="1", quantity=4, disposition=Disposition.DISCARD)
    close(decision, CloseReturn(rma="R1", findings=(many,)))
    assert codes(decision) == {"return.findings"}
    assert "names 1 more of line 1 than arrived" in decision.refusals[0].sentence


@given(came=st.integers(1, 3), rejected=st.integers(0, 3))
def test_what_was_not_accepted_goes_back_in_a_parcel_of_its_own(came: int, rejected: int) -> None:
    rejected = min(came, rejected)
    rma = a_return("closed", {"1": came}, rejected={"1": rejected} if rejected else {})
    decision = making(an_order({slot("returned", "F", "P", "R1"): came}, returns={"R1": rma}))
    send_back(decision, SendBack(rma="R1", carrier="post", tracking_number="X"))
    if not rejected:
        assert codes(decision) == {"return.nothing_rejected"}
        return
    assert decision.order.units(Bucket.SHIPPED, parcel="post/X") == {"1": rejected}
    assert decision.order.state.returns["R1"].rejected == {}
    out, despatched = (message.body for message in decision.messages)
    assert isinstance(out, TakeUnitsOut)
    assert isinstance(despatched, Dispatched)
    assert [c.quantity for c in out.contents] == [c.quantity for c in despatched.contents]
    assert (despatched.carrier, despatched.tracking_number) == ("post", "X")
    assert not [
        op for op in decision.stock if isinstance(op, AdjustStock) and op.cause is Cause.RETURN
    ]
