"""Goods that come back: in any order with what carriers and inspectors say, to one end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from orderflow import Line
from orderflow.kernel.decision.draft import Draft
from orderflow.model.commands import CloseReturn, CommandBody, Pack, RequestReturn
from orderflow.model.ledger import Bucket, Slot
from orderflow.model.observations import (
    GoodsReturned,
    ObservationBody,
    ReturnInspected,
)
from orderflow.model.parcel import ParcelStatus
from orderflow.model.phases import ReturnPhase
from orderflow.model.returns import Disposition, InspectionLine
from orderflow.model.state import OrderState
from tests.mutants import Law, Mutant, Mutants, Mutate, Patch, law, original, replace
from tests.shop import Shop

MUGS = Line(sku="MUG", quantity=3, unit_price=Decimal(5))


def sent(*commands: CommandBody, delivered: bool = False, split: bool = False) -> Shop:
    """Three mugs of twenty, paid and handed over to a carrier; in two parcels, where split."""
    manual = ["close_return", "pack"] if split else ["close_return"]
    shop = Shop(manual=manual, stock={"MUG": 20, "CUP": 20}).place(MUGS)
    if split:
        shop.does(*(Pack(fo="A-1-F1", units={"1": units}) for units in (1, 2)))
    shop.pays(1500)
    if delivered:
        shop.scan(ParcelStatus.DELIVERED)
    shop.does(*commands)
    return shop


def returns(shop: Shop) -> dict[str, str]:
    return {rma.id: rma.state for rma in shop.order.state.returns.values()}


def refunded(shop: Shop) -> list[int]:
    return [refund.amount for refund in shop.order.state.refunds.values()]


# --- which units came -------------------------------------------------------------------------


def test_goods_without_a_number_are_those_that_were_announced() -> None:
    shop = sent(RequestReturn(lines={"1": 2}), delivered=True)
    shop.says(GoodsReturned(lines={"1": 1}), GoodsReturned(lines={"1": 1}))
    assert shop.stands == {"delivered": 1, "returned": 2}
    assert returns(shop) == {"A-1-R1": "received"}
    shop.does(CloseReturn(rma="A-1-R1"))
    assert (refunded(shop), shop.order.state.surplus) == ([1000], {})
    assert shop.engine.level("MUG").on_hand == 19


def test_more_than_was_announced_comes_with_the_same_return() -> None:
    shop = sent(RequestReturn(lines={"1": 1}), delivered=True)
    shop.says(GoodsReturned(lines={"1": 2}, others={"HAT": 1}))
    assert shop.order.units(rma="A-1-R1") == {"1": 2}
    assert shop.tasks() == {"close_return", "exception.other_goods.HAT"}
    shop.does(CloseReturn(rma="A-1-R1"))
    shop.says(GoodsReturned(lines={"1": 1}))
    assert returns(shop) == {"A-1-R1": "closed", "A-1-R2": "received"}


def test_goods_under_the_wrong_number_are_no_surplus() -> None:
    shop = sent(RequestReturn(lines={"1": 2}), RequestReturn(lines={"1": 1}), delivered=True)
    shop.says(GoodsReturned(lines={"1": 3}, rma="A-1-R2"))
    assert (shop.stands, shop.order.state.surplus) == ({"returned": 3}, {})


STATUSES = (
    ParcelStatus.IN_TRANSIT,
    ParcelStatus.DELIVERED,
    ParcelStatus.RETURNING_TO_SENDER,
    ParcelStatus.RETURNED_TO_SENDER,
    ParcelStatus.LOST,
)


def test_goods_ahead_of_the_scans_are_no_surplus() -> None:
    for status in STATUSES:
        shop = sent()
        shop.scan(status)
        shop.says(GoodsReturned(lines={"1": 2}))
        assert (shop.stands.get("returned"), shop.order.state.surplus) == (2, {})
        shop.does(CloseReturn(rma="A-1-R1"))
        assert refunded(shop) == [1000]


def end(first: Callable[[], Shop], told: Callable[[Shop], Sequence[ObservationBody]]) -> Any:
    """Where the order stands after the facts, in whatever order they come."""
    found: list[Any] = []
    for numbers in permutations(range(len(told(first())))):
        shop = first()
        shop.clock.advance(timedelta(hours=1))
        said = [
            fact.at(shop.clock.now(), subject="A-1", id=f"f{number}")
            for number, fact in enumerate(told(shop))
        ]
        for number in numbers:
            shop.engine.observe(said[number])
            shop.work()
        state = shop.order.state
        findings = {rma.id: dict(rma.rejected) for rma in state.returns.values()}
        stands = shop.stands, dict(state.surplus), findings, refunded(shop), shop.tasks()
        if stands not in found:
            found.append(stands)
    assert len(found) == 1, f"it depends on what comes first: {found}"
    return found[0]


@settings(max_examples=40)
@given(
    status=st.sampled_from(STATUSES),
    came=st.lists(st.integers(1, 3), min_size=1, max_size=2),
    announced=st.integers(0, 3),
)
def test_goods_and_scans_agree_in_any_order(
    status: ParcelStatus, came: list[int], announced: int
) -> None:
    def shop() -> Shop:
        asked = (RequestReturn(lines={"1": announced}),) if announced else ()
        return sent(*asked)

    def told(shop: Shop) -> Sequence[ObservationBody]:
        return [shop.scanned(status), *(GoodsReturned(lines={"1": units}) for units in came)]

    stands, surplus, *_ = end(shop, told)
    assert stands["returned"] == min(3, sum(came))
    assert sum(surplus.values()) == max(0, sum(came) - 3)


def parcels_and_goods(statuses: Sequence[ParcelStatus], units: int, announced: int) -> Any:
    """Where an order of two parcels stands after their scans and its goods."""

    def shop() -> Shop:
        asked = (RequestReturn(lines={"1": announced}),) if announced else ()
        return sent(*asked, split=True)

    def told(shop: Shop) -> Sequence[ObservationBody]:
        scans = [shop.scanned(s, f"A-1-P{n}") for n, s in enumerate(statuses, start=1)]
        return [*scans, GoodsReturned(lines={"1": units})]

    return end(shop, told)


@settings(max_examples=15)
@given(
    statuses=st.lists(st.sampled_from(STATUSES), min_size=2, max_size=2),
    units=st.integers(1, 4),
    announced=st.integers(0, 3),
)
def test_goods_and_the_scans_of_several_parcels_agree_in_any_order(
    statuses: list[ParcelStatus], units: int, announced: int
) -> None:
    stands, *_ = parcels_and_goods(statuses, units, announced)
    assert stands["returned"] == min(3, units)


def test_goods_are_those_of_the_parcel_that_was_delivered() -> None:
    statuses = ParcelStatus.IN_TRANSIT, ParcelStatus.DELIVERED
    stands, *_ = parcels_and_goods(statuses, 1, 0)
    assert stands == {"shipped": 1, "delivered": 1, "returned": 1}


# --- what was found ---------------------------------------------------------------------------


def test_an_inspection_before_its_goods_holds_when_they_come() -> None:
    shop = sent(RequestReturn(lines={"1": 2}), delivered=True)
    broken = InspectionLine(line="1", quantity=1, disposition=Disposition.SEND_BACK)
    shop.says(ReturnInspected(rma="A-1-R1", restock={"1": 1}, findings=(broken,)))
    (task,) = shop.engine.tasks()
    assert "1 of line 1 send_back, 1 of line 1 restock" in task.instructions
    shop.says(GoodsReturned(lines={"1": 1}, rma="A-1-R1"))
    assert returns(shop) == {"A-1-R1": "received"}
    shop.says(GoodsReturned(lines={"1": 1}, rma="A-1-R1"))
    assert returns(shop) == {"A-1-R1": "closed"}
    assert (refunded(shop), shop.engine.level("MUG").on_hand) == ([500], 18)
    assert shop.tasks() == {"refund", "send_back"}


def test_who_closes_a_return_that_was_inspected_goes_by_the_findings() -> None:
    shop = sent(RequestReturn(lines={"1": 2}), delivered=True)
    broken = InspectionLine(line="1", quantity=2, disposition=Disposition.SEND_BACK)
    shop.says(ReturnInspected(rma="A-1-R1", findings=(broken,)))
    shop.says(GoodsReturned(lines={"1": 1}))
    shop.does(CloseReturn(rma="A-1-R1"))
    assert (shop.order.state.returns["A-1-R1"].rejected, refunded(shop)) == ({"1": 1}, [])


@settings(max_examples=40)
@given(
    came=st.lists(st.tuples(st.integers(1, 2), st.sampled_from(["A-1-R1", None])), max_size=2),
    more=st.integers(-1, 1),
    rejected=st.integers(0, 3),
    twice=st.booleans(),
)
def test_goods_and_their_inspection_agree_in_any_order(
    came: list[tuple[int, str | None]], more: int, rejected: int, twice: bool
) -> None:
    total = sum(units for units, _ in came)
    spoken_of = total + (more if len(came) < 2 else abs(more))
    rejected = min(rejected, spoken_of)
    goods = [GoodsReturned(lines={"1": units}, rma=rma) for units, rma in came]
    found = InspectionLine.model_construct(
        line="1", quantity=rejected, disposition=Disposition.SEND_BACK
    )
    inspected = ReturnInspected(
        rma="A-1-R1",
        restock={"1": spoken_of - rejected} if spoken_of > rejected else {},
        findings=(found,) if rejected else (),
    )

    def shop() -> Shop:
        return sent(RequestReturn(lines={"1": 2}), delivered=True)

    stands, _surplus, findings, paid_back, tasks = end(
        shop, lambda _shop: [*goods, *[inspected] * (1 + twice)]
    )
    told = spoken_of <= min(3, total) and total > 0
    assert ("exception.return_inspected" in tasks) is not told
    if told:
        kept = 3 - stands["returned"] + sum(findings["A-1-R1"].values())
        assert paid_back == ([500 * (3 - kept)] if kept < 3 else [])


# --- exchanges --------------------------------------------------------------------------------


def sent_for(
    announced: int, came: int, rejected: int, exchange: Sequence[int], *, early: bool = False
) -> tuple[int, int]:
    """Units of an exchange that were sent, and cancelled, when its return is over."""
    cups = tuple(Line(sku="CUP", quantity=units, unit_price=Decimal(5)) for units in exchange)
    shop = sent(RequestReturn(lines={"1": announced}, exchange=cups), delivered=True)
    back = InspectionLine.model_construct(
        line="1", quantity=rejected, disposition=Disposition.SEND_BACK
    )
    found = (back,) if rejected else ()
    good = {"1": came - rejected} if came > rejected else {}
    goods: list[ObservationBody] = [GoodsReturned(lines={"1": came}, rma="A-1-R1")] if came else []
    inspected = ReturnInspected(rma="A-1-R1", restock=good, findings=found)
    for fact in [inspected, *goods] if early else goods:
        shop.says(fact)
        waits = sum(exchange) if not shop.order.state.returns["A-1-R1"].phase.final else 0
        assert shop.stands.get("open", 0) == waits
    if came and not early:
        shop.does(CloseReturn(rma="A-1-R1", findings=found))
    shop.passes(days=31)  # what never comes expires
    assert "open" not in shop.stands
    return shop.stands.get("shipped", 0), shop.stands.get("cancelled", 0)


def test_an_exchange_goes_out_for_what_was_accepted() -> None:
    assert sent_for(2, 2, 0, [2]) == (2, 0)
    assert sent_for(2, 2, 2, [2]) == (0, 2)
    assert sent_for(2, 1, 0, [1, 1]) == (1, 1)
    assert sent_for(2, 0, 0, [2]) == (0, 2)
    assert sent_for(2, 1, 0, [1]) == (1, 0)
    assert sent_for(1, 1, 0, [2]) == (2, 0)  # a set for its two cups
    assert sent_for(2, 1, 0, [4]) == (2, 2)


@settings(max_examples=40)
@given(
    announced=st.integers(1, 3),
    came=st.integers(0, 3),
    rejected=st.integers(0, 3),
    exchange=st.lists(st.integers(1, 3), min_size=1, max_size=2),
    early=st.booleans(),
)
def test_an_exchange_never_goes_out_for_more_than_was_accepted(
    announced: int, came: int, rejected: int, exchange: list[int], early: bool
) -> None:
    came, wanted = min(came, announced), sum(exchange)
    rejected = min(rejected, came)
    sent, cancelled = sent_for(announced, came, rejected, exchange, early=early)
    accepted = came - rejected
    assert sent + cancelled == wanted
    assert sent * announced <= accepted * max(wanted, announced)
    assert sent == wanted if accepted == announced else sent >= min(accepted, wanted)


# --- mutants ----------------------------------------------------------------------------------


def opens_one_for_all_that_comes(patch: Patch) -> None:
    """Goods without a number are nobody's that was announced."""
    replace(patch, "which returns goods are of", lambda _deciding, lines: {"": lines})


def believes_the_scans(patch: Patch) -> None:
    """What was not delivered cannot have come back."""
    coming = original("which goods came")
    delivered = (Bucket.RETURNING, Bucket.DELIVERED, Bucket.SHIPPED)

    def only(making: Draft, *asked: Any) -> list[tuple[Slot, int]]:
        found = coming(making, *asked)
        return [(slot, units) for slot, units in found if slot.bucket in delivered]

    replace(patch, "which goods came", only)


def exchanges_for_whatever_came(patch: Patch) -> None:
    """An exchange goes out whole when its return is closed."""
    replace(patch, "what was accepted", lambda _deciding, rma: sum(rma.lines.values()))


def exchanges_before_it_is_known(patch: Patch) -> None:
    """An exchange goes out when the first goods are there."""
    waits = (ReturnPhase.REQUESTED, ReturnPhase.APPROVED)

    def awaits(state: OrderState, line: str) -> bool:
        rma = state.returns.get(state.lines[line].awaits)
        return rma is not None and rma.phase in waits

    replace(patch, "an exchange waits for its goods", awaits)


def concludes_at_once(patch: Patch) -> None:
    """An inspection ends a return, whatever came."""
    replace(patch, "an inspection is ahead of its goods", lambda *_args: {})


def never_thinks_again(patch: Patch) -> None:
    """Which units came is settled when they come, whatever the carriers say later."""
    replace(patch, "scans say which goods came", lambda *_args: None)


LAWS: dict[Mutate, Law] = {
    opens_one_for_all_that_comes: law(test_goods_without_a_number_are_those_that_were_announced),
    exchanges_for_whatever_came: law(test_an_exchange_goes_out_for_what_was_accepted),
    exchanges_before_it_is_known: law(test_an_exchange_goes_out_for_what_was_accepted),
    never_thinks_again: law(test_goods_are_those_of_the_parcel_that_was_delivered),
    concludes_at_once: law(test_an_inspection_before_its_goods_holds_when_they_come),
    believes_the_scans: law(test_goods_ahead_of_the_scans_are_no_surplus),
}
MUTANTS = Mutants("returned_goods", LAWS)


@MUTANTS.each
def test_mutant_is_caught(mutant: Mutant[Mutate], monkeypatch: Patch) -> None:
    mutant.how(monkeypatch)
    mutant.breaks(LAWS[mutant.how])
