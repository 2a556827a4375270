"""One figure: what is owed for what is kept says what is paid, released, reminded and refunded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from orderflow import Line, Order, Refused
from orderflow.kernel.decision import policies
from orderflow.kernel.decision.draft import Draft
from orderflow.model import events as ev
from orderflow.model.commands import Cancel, Edit, Pack, Pick, Resend, SendDunning
from orderflow.model.document import Charge, Terms
from orderflow.model.ledger import Bucket, Slot
from orderflow.model.observations import GoodsReturned, TrackingReported
from orderflow.model.parcel import ParcelStatus
from orderflow.model.state import PaymentOutcome
from orderflow.policies import at_confirmation, when_paid
from tests.mutants import (
    Law,
    Mutant,
    Mutants,
    Mutate,
    Patch,
    forget_events,
    give_engines,
    law,
    original,
    replace,
)
from tests.shop import Shop

PRICE = 500


def mugs(units: int) -> tuple[Line, ...]:
    return (Line(sku="MUG", quantity=units, amount=PRICE * units),)


def prepaid(*lines: Line, manual: Iterable[str] = ()) -> Shop:
    """An order whose work starts when it is paid."""
    shop = Shop(release=policies.when_paid, manual=manual)
    return shop.place(*lines, terms=Terms.PREPAID)


def may_be_reminded(shop: Shop) -> bool:
    with suppress(Refused):
        shop.engine.submit(SendDunning().to("A-1"))
        return True
    return False


# --- cancelled in parts, paid in parts ------------------------------------------------------------


@given(steps=st.permutations([0, 0, 1, 300, 200, 499, 501]), taken=st.integers(0, 7))
def test_a_prepaid_order_is_worked_as_soon_as_what_is_kept_is_paid(
    steps: list[int], taken: int
) -> None:
    works_as_soon_as_it_is_paid(steps[:taken])


def works_as_soon_as_it_is_paid(steps: list[int]) -> None:
    """Each step cancels a unit (0), or pays a part of the price."""
    shop = prepaid(*mugs(3), manual=["pick"])
    owed, released = 3 * PRICE, False
    for number, step in enumerate(steps):
        if step:
            shop.pays(step, ref=str(number))
        else:
            shop.engine.submit(Cancel(lines={"1": 1}).to("A-1"))
            shop.work()
            owed -= PRICE
        payments = shop.order.state.payments
        released = released or sum(steps[: number + 1]) >= owed
        assert shop.order.state.released == released
        assert payments.total == owed
        assert may_be_reminded(shop) == (payments.net_captured < owed)
    if shop.order.state.payments.captured and not shop.order.state.payments.refunded:
        paid = shop.order.state.payments.captured >= owed
        assert shop.order.payment_status == ("paid" if paid else "partially_paid")
    shop.passes(days=7)
    if not released:
        in_sight = shop.order.state.payments.captured
        assert (shop.order.status == "cancelled") == (not in_sight)
        assert ("overdue.payment" in shop.roles()) == bool(in_sight)
    else:
        assert shop.order.units(Bucket.ALLOCATED) == {"1": owed // PRICE}
        assert "overdue.payment" not in shop.roles()


# --- added, and paid for later -------------------------------------------------------------------


@given(
    paid=st.integers(0, 5),
    added=st.lists(st.tuples(st.integers(1, 3), st.booleans()), min_size=1, max_size=3),
    by_hand=st.booleans(),
)
def test_what_is_added_to_a_prepaid_order_goes_out_when_it_is_paid(
    paid: int, added: list[tuple[int, bool]], by_hand: bool
) -> None:
    goes_out_when_it_is_paid(paid, added, by_hand=by_hand)


def goes_out_when_it_is_paid(
    paid: int, added: list[tuple[int, bool]], *, by_hand: bool = False
) -> None:
    """One mug is paid; more are added, and *paid* of them are paid at once."""
    shop = prepaid(*mugs(1), manual=["pick"] if by_hand else ())
    shop.pays(PRICE)
    wanted = covered = 1
    for number, (units, as_line) in enumerate(added):
        wanted += units
        now = shop.order.document.line("1").quantity
        more = {"lines": mugs(units)} if as_line else {"quantities": {"1": now + units}}
        shop.engine.submit(Edit(**more).to("A-1"))
        shop.work()
        begun = [fo for fo in shop.order.fulfillment_orders.values() if fo.phase != "waiting"]
        assert sum(sum(shop.order.units(fo=fo.id).values()) for fo in begun) == covered
        if paid >= wanted - covered:
            shop.pays(PRICE * (wanted - covered), ref=f"more-{number}")
            paid, covered = paid - (wanted - covered), wanted
    shop.passes(days=7)
    assert ("overdue.payment" in shop.roles()) == (covered < wanted)
    if covered < wanted:
        task = next(task for task in shop.engine.tasks() if task.name == "overdue.payment")
        shop.engine.complete(task, by="fin", data={"answer": "paid"})
        shop.work()
    assert {fo.phase for fo in shop.order.fulfillment_orders.values()} <= {"ready", "done"}
    assert shop.order.payment_status == "paid"


def test_a_prepaid_order_that_was_delivered_half_paid_is_asked_about() -> None:
    """Under a release policy that did not wait for its money."""
    shop = Shop(release=at_confirmation).place(terms=Terms.PREPAID)
    shop.pays(500)
    shop.delivers()
    shop.passes(days=7)
    assert shop.roles() == {"overdue.payment": "support"}
    shop.passes(days=30)
    assert shop.order.status == "delivered"
    shop.pays(500, ref="rest")
    assert (shop.roles(), shop.order.status) == ({}, "completed")


# --- paid too much --------------------------------------------------------------------------------


@given(
    paid=st.lists(st.integers(1, 2 * PRICE), min_size=1, max_size=4),
    cancelled=st.integers(0, 2),
    late=st.integers(0, 3),
)
def test_what_was_paid_too_much_goes_back_when_the_order_is_over(
    paid: list[int], cancelled: int, late: int
) -> None:
    goes_back_when_it_is_over(paid, cancelled, late)


def goes_back_when_it_is_over(paid: list[int], cancelled: int, late: int) -> None:
    """Two mugs; the last *late* payments come when the order is over."""
    shop = Shop(manual=["pick"]).place(*mugs(2))
    first = max(0, len(paid) - late)
    for number, amount in enumerate(paid[:first]):
        shop.pays(amount, ref=str(number))
    for _ in range(cancelled):
        shop.engine.submit(Cancel(lines={"1": 1}).to("A-1"))
        shop.work()
    owed = (2 - cancelled) * PRICE
    if owed:
        due = min(max(0, sum(paid[:first]) - owed), cancelled * PRICE)
        assert refunded(shop) == due
        shop.engine.submit(Pick(fo="A-1-F1", units=shop.order.units(Bucket.ALLOCATED)).to("A-1"))
        shop.work()
        shop.delivers()
        shop.passes(days=15)
    assert shop.order.state.phase.final
    for number, amount in enumerate(paid[first:], first):
        shop.pays(amount, ref=str(number))
    assert refunded(shop) == max(0, sum(paid) - owed)


def refunded(shop: Shop) -> int:
    """What is paid back, or is to be."""
    return sum(refund.amount for refund in shop.order.state.refunds.values())


# --- the same payment, told twice -----------------------------------------------------------------


reports = st.tuples(
    st.sampled_from([PaymentOutcome.CAPTURED, PaymentOutcome.AUTHORISED, PaymentOutcome.FAILED]),
    st.sampled_from("ab"),
    st.sampled_from([300, 500, 700, 1000]),
)


@given(
    told=st.lists(reports, max_size=5).flatmap(lambda r: st.tuples(st.just(r), st.permutations(r)))
)
def test_amounts_that_differ_count_with_the_greatest_whichever_came_first(
    told: tuple[list[tuple[PaymentOutcome, str, int]], list[tuple[PaymentOutcome, str, int]]],
) -> None:
    greatest_counts(*told)


def greatest_counts(*tellings: list[tuple[PaymentOutcome, str, int]]) -> None:
    """Each telling has the same reports, in another order."""
    ends = []
    for told in tellings:
        shop = prepaid()
        amounts: dict[tuple[PaymentOutcome, str], set[int]] = {}
        for fact, ref, amount in told:
            shop.pays(amount, fact, ref)
            if fact is not PaymentOutcome.FAILED:
                amounts.setdefault((fact, ref), set()).add(amount)
        paid = shop.order.state.payments
        for fact in (PaymentOutcome.CAPTURED, PaymentOutcome.AUTHORISED):
            most = [max(found) for (kind, _), found in amounts.items() if kind is fact]
            assert getattr(paid, fact) == sum(most)
        asked = {task.subject for task in shop.engine.tasks(role="finance")}
        assert asked == {f"A-1/{f}:{ref}" for (f, ref), found in amounts.items() if len(found) > 1}
        tasks = sorted(task.instructions for task in shop.engine.tasks())
        ends.append((shop.order.status, shop.order.payment_status, tasks))
    assert all(end == ends[0] for end in ends)


# --- collected at the door ---------------------------------------------------------------------


@given(
    parts=st.lists(
        st.tuples(
            st.integers(1, 2),
            st.integers(1, 999),
            st.sampled_from(["arrives", "comes back", "is lost", "is lost, and goes again"]),
        ),
        min_size=1,
        max_size=3,
    ),
    ahead=st.integers(0, 100),
    postage=st.integers(0, 99),
)
def test_carriers_collect_what_is_owed_whatever_becomes_of_the_parcels(
    parts: list[tuple[int, int, str]], ahead: int, postage: int
) -> None:
    collects_what_is_owed(parts, ahead, postage)


def collects_what_is_owed(parts: list[tuple[int, int, str]], ahead: int, postage: int) -> None:
    """Each line leaves in a parcel of its own, after it is known what became of the one before."""
    lines = tuple(Line(sku="MUG", quantity=units, amount=price) for units, price, _ in parts)
    charges = (Charge(code="POST", amount=postage),)
    cash = Terms.CASH_ON_DELIVERY
    shop = Shop(manual=["pick", "pack"]).place(*lines, terms=cash, charges=charges)
    shop.pays(shop.order.document.total.minor * ahead // 100, ref="ahead")
    for number, (units, _, fate) in enumerate(parts, 1):
        pack(shop, {str(number): units})
        if "lost" in fate:
            scan(shop, ParcelStatus.LOST)
        if fate == "is lost":
            shop.engine.submit(Cancel(lines={str(number): units}).to("A-1"))
            shop.work()
        if fate == "is lost, and goes again":
            shop.engine.submit(Resend(lines={str(number): units}).to("A-1"))
            shop.work()
            pack(shop, {str(number): units})
        if fate != "is lost":
            scan(shop, ParcelStatus.DELIVERED)
            if collected := shop.carrier.asked[-1].collect:
                shop.pays(collected.minor, ref=f"cash-{number}")
        if fate == "comes back":
            shop.says(GoodsReturned(lines={str(number): 1}))
    state = shop.order.state
    going_back = sum(refund.amount for refund in state.refunds.values())
    assert state.payments.net_captured - going_back == state.payments.total


def pack(shop: Shop, units: dict[str, int]) -> None:
    """Units leave in a parcel whose carrier collects no more than is missing."""
    fo = next(
        fo.id for fo in reversed([*shop.order.fulfillment_orders.values()]) if not fo.phase.final
    )
    shop.engine.submit(Pick(fo=fo, units=units).to("A-1"))
    shop.does(Pack(fo=fo, units=units))
    cash = shop.carrier.asked[-1].collect
    assert cash is None or cash.minor <= shop.order.state.payments.outstanding


def scan(shop: Shop, status: ParcelStatus) -> None:
    """The carrier says where the last parcel is."""
    *_, parcel = shop.order.state.parcels.values()
    shop.says(TrackingReported(tracking_number=parcel.tracking_number, status=status))


# --- mutants --------------------------------------------------------------------------------------


def owes_what_was_placed(patch: Patch) -> None:
    """What is owed stays the total of the placement."""
    forget_events(patch, ev.AmountDueChanged)


def collects_what_is_gone(patch: Patch) -> None:
    """Goods that came back or were lost still count as collected for."""

    def all_units(order: Order) -> Iterator[tuple[Slot, int]]:
        yield from order.ledger.items()

    to_collect: Callable[[Order, str], int] = original("what a carrier collects")

    def collects(order: Order, parcel: str) -> int:
        with Patch.context() as inner:
            replace(inner, "what is kept", all_units)
            return to_collect(order, parcel)

    replace(patch, "what a carrier collects", collects)


def asks_once_whether_work_may_start(patch: Patch) -> None:
    """What is added to an order that is in work is worked, too."""
    give_engines(patch, release=lambda order: order.state.released or when_paid(order))


def keeps_what_was_paid_too_much(patch: Patch) -> None:
    """Money beyond the price is kept, whatever becomes of the order."""
    refund = original("refunds are proposed")

    def propose(draft: Draft) -> None:
        if not draft.order.state.phase.final:
            refund(draft)

    replace(patch, "refunds are proposed", propose)


def the_first_report_counts(patch: Patch) -> None:
    """What is told of a reference again is passed over."""
    replace(patch, "a payment is told again", lambda *_: None)


LAWS: dict[Mutate, Law] = {
    owes_what_was_placed: law(
        test_a_prepaid_order_is_worked_as_soon_as_what_is_kept_is_paid, [0, 1000], 2
    ),
    collects_what_is_gone: law(
        test_carriers_collect_what_is_owed_whatever_becomes_of_the_parcels,
        [(1, 500, "comes back"), (1, 500, "arrives")],
        ahead=0,
        postage=0,
    ),
    asks_once_whether_work_may_start: law(
        test_what_is_added_to_a_prepaid_order_goes_out_when_it_is_paid,
        paid=0,
        added=[(1, False)],
        by_hand=False,
    ),
    the_first_report_counts: law(
        test_amounts_that_differ_count_with_the_greatest_whichever_came_first,
        (
            [(PaymentOutcome.CAPTURED, "a", 500), (PaymentOutcome.CAPTURED, "a", 1000)],
            [(PaymentOutcome.CAPTURED, "a", 1000), (PaymentOutcome.CAPTURED, "a", 500)],
        ),
    ),
    keeps_what_was_paid_too_much: law(
        test_what_was_paid_too_much_goes_back_when_the_order_is_over,
        [1000, 1000],
        cancelled=0,
        late=0,
    ),
}
MUTANTS = Mutants("owed", LAWS)


@MUTANTS.each
def test_mutant_is_caught(mutant: Mutant[Mutate], monkeypatch: Patch) -> None:
    mutant.how(monkeypatch)
    mutant.breaks(LAWS[mutant.how])
