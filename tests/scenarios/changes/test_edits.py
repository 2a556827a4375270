"""Edits after placement, exchanges, substitutes of ours, interceptions, overrides, shortfalls."""

from __future__ import annotations

from contextlib import ExitStack, closing
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orderflow import InHouse, Line, Refusal, Refused, Step
from orderflow.errors import NeedsPerson
from orderflow.fulfillment import Dropship, FulfillmentStrategy
from orderflow.kernel.decide import Decision
from orderflow.kernel.decision.draft import Draft
from orderflow.kernel.decision.hooks import Hooks
from orderflow.model.commands import (
    ApproveReturn,
    Cancel,
    CloseReturn,
    Confirm,
    Count,
    DeclineReturn,
    Edit,
    Intercept,
    Override,
    ProposeSubstitute,
    ReceiveStock,
    RequestReturn,
    Reroute,
    Resend,
)
from orderflow.model.document import Address
from orderflow.model.events import UnitsMoved
from orderflow.model.ledger import Bucket
from orderflow.model.observations import (
    CancellationAnswered,
    GoodsReturned,
    GoodsShipped,
    ObservationBody,
    RequestAnswered,
    ReturnAnswered,
    TrackingReported,
)
from orderflow.model.parcel import ParcelStatus
from orderflow.policies import newest_first, not_once_packed
from orderflow.ports import Label, LabelRequest, PartnerReturn
from orderflow.simulation import SimulatedCarrier, VirtualClock, World
from orderflow.stores import SqlStore
from orderflow.testing import FakeCarrier, FakePartner
from tests.mutants import Law, Mutant, Mutants, Mutate, Patch, law, replace
from tests.shop import Shop

HERE = Address(name="Ada", lines=("1 Mill Lane",), city="York", postal_code="YO1", country="GB")
THERE = HERE.model_copy(update={"lines": ("2 Hill Road",)})


class Supplier(FakePartner):
    """Says nothing by itself; may be asked to take goods back."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[PartnerReturn] = []

    def accept_return(self, request: PartnerReturn) -> ObservationBody | None:
        self.taken.append(request)
        return None


def mugs(units: int = 2) -> Line:
    return Line(sku="MUG", quantity=units, unit_price=Decimal("2.55"), tax=10)


def ordered(*strategies: FulfillmentStrategy, units: int = 2, **rules: Any) -> Shop:
    """A shop of mugs and cups, of which mugs are ordered."""
    shop = Shop(*strategies, **{"stock": {"MUG": 9, "CUP": 9}, **rules})
    return shop.place(mugs(units), ship_to=HERE)


# --- edits ------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", ["", "shop.db"])
def test_more_of_a_line_is_ordered_paid_for_and_sent(file: str, tmp_path: Path) -> None:
    with ExitStack() as opened:
        store = None
        if file:
            store = opened.enter_context(closing(SqlStore(f"sqlite:///{tmp_path / file}")))
        shop = ordered(manual=["pick"], store=store)
        shop.does(Edit(quantities={"1": 3}))
        line = shop.order.document.line("1")
        assert (line.quantity, line.amount, line.tax) == (3, 765, 15)
        assert shop.order.state.payments.total == 780
        assert shop.order.units(Bucket.ALLOCATED) == {"1": 3}
        assert shop.engine.level("MUG").reserved == 3


def test_fewer_of_a_line_are_cancelled_and_none_may_be_left() -> None:
    shop = ordered(units=3, manual=["pick"])
    shop.does(Edit(quantities={"1": 1}))
    assert shop.order.ledger.totals() == {Bucket.ALLOCATED: 1, Bucket.CANCELLED: 2}
    shop.does(Edit(quantities={"1": 4}))
    assert shop.order.ledger.totals() == {Bucket.ALLOCATED: 4, Bucket.CANCELLED: 2}
    shop.does(Edit(quantities={"1": 0}))
    assert shop.order.status == "cancelled"


def test_a_line_is_added_and_what_cannot_be_had_waits() -> None:
    shop = ordered(manual=["pick"])
    shop.does(Edit(lines=(Line(sku="CUP", quantity=10, unit_price=Decimal(1)),)))
    assert shop.order.document.line("2").amount == 1000
    assert shop.order.units(Bucket.BACKORDERED) == {"2": 1}
    assert shop.refused(Edit(lines=(Line(id="2", sku="CUP", quantity=1),))) == {"edit.line_taken"}


def test_a_new_address_takes_parcels_apart_that_have_not_left() -> None:
    shop = ordered(manual=["ship"])
    assert shop.order.units(Bucket.PACKED) == {"1": 2}
    shop.does(Edit(ship_to=THERE))
    assert shop.order.document.ship_to == THERE
    assert shop.order.state.parcels["A-1-P1"].status is ParcelStatus.VOIDED
    assert [request.ship_to for request in shop.carrier.asked] == [HERE, THERE]
    assert [label.tracking_number for label in shop.carrier.voided] == ["T1"]


def test_an_address_that_a_carrier_refuses_is_mended_by_an_edit() -> None:
    class Strict(FakeCarrier):
        def buy_label(self, request: LabelRequest) -> Label:
            if request.ship_to == HERE:
                raise NeedsPerson("no such street")
            return super().buy_label(request)

    shop = ordered(InHouse(carrier=Strict()), manual=["ship"])
    assert "label" in shop.tasks()
    shop.does(Edit(ship_to=THERE))
    assert shop.order.state.parcels["A-1-P2"].status is ParcelStatus.LABELED
    assert "label" not in shop.tasks()


def test_what_another_party_has_does_not_go_elsewhere() -> None:
    shop = ordered(Dropship(Supplier()))
    assert shop.refused(Edit(ship_to=THERE)) == {"edit.with_party"}
    shop.does(Reroute(fo="A-1-F1"))
    shop.says(CancellationAnswered(fo="A-1-F1", lines={"1": 2}))
    shop.does(Edit(ship_to=THERE))


def test_what_has_left_and_what_is_over_does_not_change() -> None:
    shop = ordered()
    assert shop.refused(Edit(ship_to=THERE)) == {"edit.nothing_to_leave"}
    assert shop.refused(Edit()) == {"edit.nothing"}
    assert shop.refused(Edit(quantities={"7": 1})) == {"line.unknown"}
    shop.scan(ParcelStatus.DELIVERED)
    shop.passes(days=15)
    assert shop.order.status == "completed"
    assert shop.refused(Edit(quantities={"1": 9})) == {"order.over"}


def test_a_preview_says_what_an_edit_would_do_and_does_nothing() -> None:
    shop = ordered(manual=["pick"])
    before = shop.order
    answer = shop.engine.ask(Edit(quantities={"1": 4}).to("A-1"))
    assert isinstance(answer, Decision)
    assert (answer.order.document.total.minor, answer.order.status) == (1040, "confirmed")
    assert shop.order == before


def test_the_promised_date_moves() -> None:
    shop = ordered(manual=["pick"])
    day = shop.clock.now() + timedelta(days=9)
    shop.does(Edit(promised=day))
    assert shop.order.state.promised == shop.order.document.promised == day


# --- exchanges --------------------------------------------------------------------------------


def exchanged(**rules: Any) -> Shop:
    """Two mugs were paid and delivered; one is to be exchanged for a cup."""
    shop = ordered(**rules)
    shop.pays(shop.order.state.payments.total)
    shop.scan(ParcelStatus.DELIVERED)
    cup = Line(sku="CUP", quantity=1, unit_price=Decimal(1))
    shop.does(RequestReturn(lines={"1": 1}, exchange=(cup,)))
    return shop


def test_an_exchange_goes_out_when_the_goods_are_back_and_the_rest_is_refunded() -> None:
    shop = exchanged(manual=["close_return"])
    assert shop.order.units(Bucket.OPEN) == {"2": 1}
    shop.says(GoodsReturned(lines={"1": 1}, rma="A-1-R1"))
    assert shop.order.units(Bucket.OPEN) == {"2": 1}
    shop.does(CloseReturn(rma="A-1-R1"))
    assert shop.order.units(Bucket.SHIPPED) == {"2": 1}
    assert [refund.amount for refund in shop.order.state.refunds.values()] == [260 - 100]


def test_an_exchange_whose_return_comes_to_nothing_is_cancelled() -> None:
    shop = exchanged(manual=["approve_return"])
    shop.does(DeclineReturn(rma="A-1-R1", reason="worn"))
    assert shop.order.units(Bucket.CANCELLED) == {"2": 1}
    assert not shop.order.state.refunds


def test_an_exchange_reopens_an_order_that_was_complete() -> None:
    shop = ordered()
    shop.scan(ParcelStatus.DELIVERED)
    shop.passes(days=15)
    shop.does(RequestReturn(lines={"1": 1}, exchange=(Line(sku="MUG", quantity=1),)))
    shop.says(GoodsReturned(lines={"1": 1}, rma="A-1-R1"))
    shop.scan(ParcelStatus.DELIVERED, "A-1-P2")
    shop.passes(days=15)
    assert shop.order.status == "completed"


def test_what_is_lost_after_all_is_sent_again_by_an_order_that_is_open_again() -> None:
    shop = ordered()
    shop.scan(ParcelStatus.DELIVERED)
    shop.passes(days=15)
    assert shop.order.status == "completed"
    shop.scan(ParcelStatus.LOST)
    shop.does(Resend())
    assert shop.order.units(Bucket.SHIPPED) == {"1": 2}


# --- substitutes of ours ----------------------------------------------------------------------


def test_a_substitute_of_ours_is_sent_when_the_customer_takes_it() -> None:
    shop = ordered(stock={"CUP": 5})
    assert shop.order.status == "backordered"
    shop.does(ProposeSubstitute(line="1", sku="CUP"))
    shop.completes("substitute")
    assert shop.order.units(Bucket.SHIPPED) == {"1.s1": 2}
    assert shop.order.units(Bucket.SUBSTITUTED) == {"1": 2}
    assert shop.engine.level("MUG").backordered == 0
    assert shop.refused(ProposeSubstitute(line="1", sku="CUP")) == {"substitute.nothing"}


# --- cancelling what is packed or on its way --------------------------------------------------


def test_a_policy_may_let_what_is_packed_go_out_and_be_overridden_for_a_reason() -> None:
    held = {"ana": frozenset({"sales"}), "eve": frozenset({"override", "sales"})}
    shop = ordered(manual=["ship"], cancellable=not_once_packed, roles_of=held.get)
    assert shop.refused(Cancel()) == {"cancel.packed"}
    override = Override(command=Cancel(), reason="the customer is the owner's aunt")
    assert shop.refused(override) == {"actor.role_missing"}
    shop.does(override, by="eve")
    assert shop.order.units(Bucket.CANCELLED) == {"1": 2}
    entry = [entry for entry in shop.engine.journal("A-1") if entry.actor == "eve"][-1]
    (told,) = [event for event in entry.events if type(event).__name__ == "Overridden"]
    assert (told.command, told.codes) == ("cancel", ("cancel.packed",))  # type: ignore[attr-defined]  # an Overridden


def test_an_override_passes_guards_and_nothing_else() -> None:
    hooks = Hooks()

    @hooks.guard("confirm")
    def credit(step: Step) -> Refusal | None:
        del step
        return Refusal("credit.exhausted", "the credit limit is reached")

    shop = ordered(hooks=hooks, manual=["confirm"])
    confirm = Confirm()
    assert shop.refused(confirm) == {"credit.exhausted"}
    shop.does(Override(command=confirm, reason="paid by wire"))
    assert shop.order.status == "shipped"
    assert shop.refused(Override(command=Cancel(), reason="why not")) == {"cancel.nothing_left"}


def test_a_parcel_on_its_way_is_intercepted_and_its_units_are_cancelled() -> None:
    clock = VirtualClock()
    carrier = SimulatedCarrier(clock, attempted=0)
    shop = ordered(InHouse(carrier=carrier), clock=clock)
    world = World(shop.engine, clock, [carrier])
    world.run_until(clock.now() + timedelta(hours=8))
    assert shop.order.status == "shipped"
    shop.engine.submit(Intercept(parcel="A-1-P1").to("A-1"))
    with pytest.raises(Refused, match="asked already"):
        shop.engine.submit(Intercept(parcel="A-1-P1").to("A-1"))
    world.run_until(clock.now() + timedelta(days=4))
    assert shop.order.units(Bucket.RETURNED_UNDELIVERED) == {"1": 2}
    shop.engine.submit(Cancel().to("A-1"))
    assert shop.order.status == "cancelled"
    assert shop.engine.level("MUG").on_hand == 9


def test_a_carrier_that_cannot_intercept_leaves_it_to_a_person() -> None:
    shop = ordered()
    shop.does(Intercept(parcel="A-1-P1"))
    assert "exception.intercept" in shop.tasks()


# --- stock ------------------------------------------------------------------------------------


def test_a_shortfall_hits_those_whom_the_policy_names() -> None:
    shop = ordered(manual=["pick"], stock={"MUG": 4}, shortage=newest_first)
    shop.passes(hours=1)
    shop.place(number="A-2")
    shop.engine.change_stock(Count(sku="MUG", counted=3).to())
    shop.work()
    assert shop.order.units(Bucket.ALLOCATED) == {"1": 2}
    second = shop.engine.order("A-2")
    assert second.ledger.totals() == {Bucket.ALLOCATED: 1, Bucket.BACKORDERED: 1}
    moves = [
        e for entry in shop.engine.journal("A-2") for e in entry.events if isinstance(e, UnitsMoved)
    ]
    assert [m.quantity for m in moves if m.dest.bucket is Bucket.BACKORDERED] == [1]
    assert "exception.shortfall" not in shop.tasks()


def test_damage_on_receipt_is_counted_and_never_sold() -> None:
    shop = Shop(stock={})
    shop.engine.change_stock(ReceiveStock(sku="MUG", quantity=3, damaged=2).to(id="r"))
    assert shop.engine.level("MUG").on_hand == 1
    assert shop.engine.level("MUG", "main:quarantine").on_hand == 2
    shop.place()
    assert shop.order.units(Bucket.BACKORDERED) == {"1": 1}
    shop.place(mugs(3), number="A-2")
    shop.engine.change_stock(ReceiveStock(sku="MUG", quantity=4, damaged=2).to(id="r2"))
    shop.work()
    assert shop.engine.order("A-2").ledger.totals() == {Bucket.SHIPPED: 1, Bucket.BACKORDERED: 2}


# --- returns that a party may refuse ----------------------------------------------------------


def test_a_supplier_is_asked_before_goods_go_back_to_it() -> None:
    returned_to_supplier(refused="")


def test_a_supplier_may_refuse_what_comes_back_to_it() -> None:
    returned_to_supplier(refused="opened")


def returned_to_supplier(refused: str) -> None:
    supplier = Supplier()
    shop = ordered(Dropship(supplier))
    shop.says(RequestAnswered(fo="A-1-F1"))
    notice = {"fo": "A-1-F1", "notice": "N1", "lines": {"1": 2}, "tracking_number": "T9"}
    shop.says(GoodsShipped.model_validate(notice))
    shop.says(TrackingReported(tracking_number="T9", status=ParcelStatus.DELIVERED))
    shop.does(RequestReturn(lines={"1": 1}, reason="too small"))
    assert [(asked.number, asked.lines) for asked in supplier.taken] == [("A-1-R1", {"1": 1})]
    shop.says(ReturnAnswered(rma="A-1-R1", refused=refused))
    state = shop.order.state.returns["A-1-R1"].state
    assert state == ("requested" if refused else "approved")
    if refused:
        (task,) = [task for task in shop.engine.tasks() if task.name == "approve_return"]
        assert "dropship refuses A-1-R1 (opened)" in task.instructions
        shop.does(ApproveReturn(rma="A-1-R1"))
        assert shop.order.units(Bucket.RETURNING) == {"1": 1}


# --- mutants ----------------------------------------------------------------------------------


def goes_to_the_old_address(patch: Patch) -> None:
    """Parcels that are packed keep their labels when the address changes."""
    replace(patch, "what is edited is unpacked", lambda *_args: None)


def sends_the_exchange_at_once(patch: Patch) -> None:
    """An exchange goes out before the goods are back."""
    replace(patch, "an exchange waits for its goods", lambda *_args: False)


def keeps_an_exchange_for_nothing(patch: Patch) -> None:
    """An exchange is still to go out when its return is declined."""
    replace(patch, "exchanges are dropped", lambda _deciding: None)


def lets_anybody_override(patch: Patch) -> None:
    """A veto of the application is taken down, and does not stand."""
    patch.setattr(Draft, "is_vetoed", lambda *_args: False)


def takes_back_without_asking(patch: Patch) -> None:
    """A supplier is not asked whether it takes a return."""
    replace(patch, "who takes goods back", lambda *_args: "")


def forgets_who_goes_without(patch: Patch) -> None:
    """Stock that was lost stays reserved for whom the policy names."""
    replace(patch, "who goes without waits for stock", lambda *_args: None)


LAWS: dict[Mutate, Law] = {
    goes_to_the_old_address: law(test_a_new_address_takes_parcels_apart_that_have_not_left),
    sends_the_exchange_at_once: law(
        test_an_exchange_goes_out_when_the_goods_are_back_and_the_rest_is_refunded
    ),
    keeps_an_exchange_for_nothing: law(test_an_exchange_whose_return_comes_to_nothing_is_cancelled),
    lets_anybody_override: law(
        test_a_policy_may_let_what_is_packed_go_out_and_be_overridden_for_a_reason
    ),
    forgets_who_goes_without: law(test_a_shortfall_hits_those_whom_the_policy_names),
    takes_back_without_asking: law(test_a_supplier_is_asked_before_goods_go_back_to_it),
}
MUTANTS = Mutants("edits", LAWS)


@MUTANTS.each
def test_mutant_is_caught(mutant: Mutant[Mutate], monkeypatch: Patch) -> None:
    mutant.how(monkeypatch)
    mutant.breaks(LAWS[mutant.how])
