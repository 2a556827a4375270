"""How much: what a role may give away of an order's money, whichever way it goes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from orderflow import Dropship, Engine, InHouse, Line, NewOrder, Order, Refused
from orderflow.engine import Explanation
from orderflow.kernel.decision import limits
from orderflow.kernel.decision.limits import Giving
from orderflow.model import commands as cmd
from orderflow.model.document import Charge
from orderflow.model.ledger import Bucket
from orderflow.model.observations import (
    CancellationAnswered,
    GoodsReturned,
    PaymentReported,
    RequestAnswered,
    ReturnInspected,
)
from orderflow.model.phases import ReturnPhase
from orderflow.model.state import PaymentOutcome, RefundStatus
from orderflow.money import Money
from orderflow.policies import EVERY_ROLE, UNLIMITED, Limit
from orderflow.stores import MemoryStore
from tests.mutants import Law, Mutant, Mutants, Mutate, Patch, law, original, replace
from tests.shop import Shop

SUPPORT = frozenset({"support", "sales", "warehouse", "finance", "returns"})
PEOPLE = {
    "ana": SUPPORT | {"clerk"},
    "bo": SUPPORT | {"manager"},
    "cy": SUPPORT | {"clerk", "manager"},
    "fay": SUPPORT | {"clerk", "chief"},
    "dee": SUPPORT,
    "oz": SUPPORT | {"override", "clerk"},
    "boss": EVERY_ROLE,
}
OVER = {"actor.over_limit"}


def limited(most: int, wider: int, currency: str = "EUR") -> Mapping[str, Limit]:
    """A clerk's limit, a manager's wider one, and a chief without."""
    amounts = {"clerk": [Money(most, currency)], "manager": [Money(wider, currency)]}
    found = {
        role: Limit(refund=amount, price_reduction=amount, override=amount)
        for role, amount in amounts.items()
    }
    return {**found, "chief": Limit(refund=UNLIMITED)}


def paid(units: int, price: str, currency: str = "EUR", *, of: Any = None, **rules: Any) -> Shop:
    """A shop with one order of so many units, which is paid and waits for its picker."""
    strategies = of or (InHouse(),)
    rules = {"manual": ["pick"], "roles_of": PEOPLE.get, **rules}
    shop = Shop(*strategies, stock={"MUG": units}, **rules)
    shop.place(Line(sku="MUG", quantity=units, unit_price=Decimal(price)), currency=currency)
    shop.pays(shop.order.document.total.minor)
    return shop


def refunded(order: Order) -> int:
    """What is or was to be paid back."""
    refunds = order.state.refunds.values()
    return sum(r.amount for r in refunds if r.status is not RefundStatus.WITHDRAWN)


def codes(answer: object) -> set[str]:
    """The codes of a refusal; none of a decision."""
    return {found.code for found in answer} if isinstance(answer, tuple) else set()


def told(shop: Shop, body: cmd.CommandBody, by: str) -> str:
    """Why a command would be refused."""
    answer = shop.engine.ask(body.to("A-1", by=by))
    assert isinstance(answer, tuple)
    return "; ".join(map(str, answer))


# --- ways in: each gives back one mug more, or all that are left ---------------------------------


def left(shop: Shop) -> int:
    """The units that are not cancelled."""
    return sum(shop.stands.values()) - shop.stands.get("cancelled", 0)


ONE = cmd.Cancel(lines={"1": 1})
BODIES: Mapping[str, Callable[[Shop], cmd.CommandBody]] = {
    "cancel": lambda _: ONE,
    "edit": lambda shop: cmd.Edit(quantities={"1": max(0, left(shop) - 1)}),
    "all": lambda _: cmd.Cancel(),
    "fire": lambda _: cmd.Fire(trigger="cancel"),
    "override": lambda _: cmd.Override(command=ONE, reason="asked for"),
}


def all_of(engine: Engine, command: cmd.Command) -> None:
    (answer,) = engine.submit_many([command])
    if isinstance(answer, Exception):
        raise answer


RETURNED = [("ask for a return", 1), ("approve", 1), ("what was approved comes", 1)]
EXCHANGED = [("ask for an exchange", 9)]
DOORS: Mapping[str, Callable[[Engine, cmd.Command], object]] = {
    "submit": Engine.submit,
    "submit_many": all_of,
}


@given(
    units=st.integers(1, 12),
    price=st.decimals("0.01", "99.99", places=2),
    narrow=st.integers(0, 20_000),
    wide=st.integers(0, 50_000),
    currencies=st.tuples(*[st.sampled_from(["EUR", "GBP"])] * 2),
    steps=st.lists(
        st.tuples(
            st.sampled_from(sorted(BODIES)),
            st.sampled_from(sorted(DOORS)),
            st.sampled_from(["ana", "bo", "cy", "oz"]),
        ),
        max_size=8,
    ),
)
def test_nobody_passes_their_limit_in_however_many_steps(
    units: int,
    price: Decimal,
    narrow: int,
    wide: int,
    currencies: tuple[str, str],
    steps: Iterable[tuple[str, str, str]],
) -> None:
    """What is refunded stays within the limit of who refunds; `ask` says what `submit` does."""
    ours, theirs = currencies
    shop = paid(units, str(price), theirs, limits=limited(narrow, wide, ours))
    may = {"ana": narrow, "oz": narrow, "bo": wide, "cy": max(narrow, wide)}
    for what, door, actor in steps:
        before, command = shop.order, BODIES[what](shop).to("A-1", by=actor)
        asked = codes(shop.engine.ask(command))
        try:
            DOORS[door](shop.engine, command)
            told: frozenset[str] = frozenset()
        except Refused as refused:
            told = refused.codes
        assert asked == told
        if refunded(shop.order) > refunded(before):
            most = may[actor] if ours == theirs else 0
            assert refunded(shop.order) <= most, f"{actor} passed {most} {theirs}"
        if told:
            assert shop.order == before


def ready(shop: Shop) -> Shop:
    """The order is delivered, and a return of all of it is asked for."""
    shop.does(cmd.Pick(fo="A-1-F1", units={"1": 2}), by="boss")
    shop.delivers()
    shop.does(cmd.RequestReturn(lines={"1": 2}), by="boss")
    return shop


def approving(by: str) -> None:
    shop = ready(paid(2, "10", manual=["pick", "approve_return"], limits=limited(999, 2000)))
    shop.does(cmd.ApproveReturn(rma="A-1-R1"), by=by)


def approving_by_task(by: str) -> None:
    shop = ready(paid(2, "10", manual=["pick", "approve_return"], limits=limited(999, 2000)))
    shop.completes("approve_return", by=by)


def closing(by: str, *, task: bool = False) -> None:
    shop = ready(paid(2, "10", manual=["pick", "close_return"], limits=limited(999, 2000)))
    shop.says(GoodsReturned(lines={"1": 2}))
    if task:
        shop.completes("close_return", by=by)
    else:
        shop.does(cmd.CloseReturn(rma="A-1-R1"), by=by)


def closing_by_task(by: str) -> None:
    closing(by, task=True)


def of_what_was_cancelled() -> Shop:
    shop = paid(2, "10", limits=limited(999, 2000))
    shop.does(cmd.Cancel(), by="boss")
    return shop


def paying(by: str) -> None:
    of_what_was_cancelled().completes("refund", by=by)


def paying_once_more(by: str) -> None:
    shop = of_what_was_cancelled()
    fact = PaymentOutcome.FAILED
    shop.says(PaymentReported(fact=fact, amount=2000, reference="A-1-M1"))
    shop.does(cmd.RetryRefund(refund="A-1-M1"), by=by)


def asking_a_supplier(by: str) -> None:
    """What a party gives up is refunded when it answers; nobody is asked any more by then."""
    shop = paid(2, "10", of=[Dropship(Silent())], manual=(), limits=limited(1000, 2000))
    for line in ("1", "1"):
        shop.does(cmd.Cancel(lines={line: 1}), by=by)


class Silent:
    """A supplier who takes what it is told, and answers later."""

    def __getattr__(self, _asked: str) -> Callable[..., None]:
        return lambda *_given, **_named: None


WAYS = (approving, approving_by_task, closing, closing_by_task, paying, paying_once_more)


@pytest.mark.parametrize("way", [*WAYS, asking_a_supplier], ids=lambda way: way.__name__)
def test_every_way_to_refund_is_asked(way: Callable[[str], None]) -> None:
    with pytest.raises(Refused) as told:
        way("ana")
    assert told.value.codes == OVER
    for actor in ("bo", "cy", "fay", "dee", "boss", "system"):
        way(actor)


def test_ten_small_refunds_do_not_pass_a_limit() -> None:
    shop = paid(10, "9.99", limits=limited(1000, 2000))
    shop.does(ONE, by="ana")
    assert told(shop, ONE, "ana") == (
        "actor.over_limit: ana may refund at most 10.00 EUR of an order, and 9.99 EUR make "
        "19.98 EUR; that needs the role chief or manager"
    )
    shop.does(ONE, by="bo")
    assert shop.refused(ONE, by="bo") == OVER
    assert shop.refused(ONE, by="cy") == OVER
    shop.does(ONE, by="fay")


def mugs(**more: Any) -> Line:
    """Two mugs at 10.00."""
    return Line(sku="MUG", quantity=2, unit_price=Decimal(10), **more)


def new(line: Line, *charges: Charge) -> NewOrder:
    return NewOrder(number="B-1", currency="EUR", lines=[line], charges=charges)


LESS = Line(sku="SORRY", quantity=1, amount=-1000, ships=False, stocked=False)
REDUCTIONS: Mapping[str, NewOrder | cmd.Edit] = {
    "a discount": new(mugs(discount=1000)),
    "a low amount": new(mugs(amount=1000)),
    "a credit": new(mugs(), Charge(code="LESS", amount=-1000)),
    "a tax below 0": new(mugs(tax=-1000)),
    "a line below 0": cmd.Edit(lines=[LESS]),
    "beside a dear one": cmd.Edit(lines=[LESS, mugs()]),
    "a cheap line": cmd.Edit(lines=[mugs(amount=1000)]),
}
"""Ways to take 10.00 off a price."""


@pytest.mark.parametrize("way", REDUCTIONS)
def test_every_way_to_reduce_a_price_is_asked(way: str) -> None:
    given = REDUCTIONS[way]
    shop = paid(2, "10", limits=limited(999, 1000))
    command = given.to("A-1") if isinstance(given, cmd.Edit) else cmd.PlaceOrder(order=given).to()
    for actor, told in {"ana": OVER, "bo": set(), "dee": set(), "system": set()}.items():
        assert codes(shop.engine.ask(command.model_copy(update={"actor": actor}))) == told
    if isinstance(given, cmd.Edit):
        shop.does(given, by="bo")
        assert shop.refused(given, by="bo") == OVER


def test_an_override_is_for_orders_of_so_much() -> None:
    shop = paid(2, "10", limits=limited(1999, 2000))
    over = cmd.Override(command=cmd.PlaceHold(hold="h", reason="look"), reason="x")
    assert told(shop, over, "oz") == (
        "actor.over_limit: oz may override for orders of at most 19.99 EUR, and this one is of "
        "20.00 EUR; that needs the role manager"
    )
    shop.does(over, by="boss")


# --- in any order of events --------------------------------------------------------------------


def deliver(shop: Shop, units: int) -> None:
    """A picker takes units of the first line, and a carrier delivers them."""
    for fo in shop.order.state.fulfillment_orders:
        there = shop.order.units(Bucket.ALLOCATED, fo=fo).get("1", 0)
        with suppress(Refused):
            shop.does(cmd.Pick(fo=fo, units={"1": min(units, there) or 1}), by="boss")
    for parcel in shop.order.state.parcels:
        shop.delivers(parcel)


SCHEDULED = frozenset({"pick", "approve_return", "close_return"})
THE_PRICE = "the customer pays the price"
WORLD: Mapping[str, Callable[[Sold, int], None]] = {
    THE_PRICE: lambda shop, _: shop.pays_once(),
    "some are delivered": deliver,
    "what was approved comes": lambda shop, _: come(shop),
    "weeks go by": lambda shop, _: shop.passes(days=40),
}
DEEDS: Mapping[str, Callable[[Shop, int], Iterable[cmd.CommandBody]]] = {
    "cancel": lambda _, units: [cmd.Cancel(lines={"1": units})],
    "cancel what is new": lambda shop, units: [
        cmd.Cancel(lines={line.id: units}) for line in shop.order.document.lines[1:]
    ],
    "ask for a return": lambda _, units: [cmd.RequestReturn(lines={"1": units})],
    "ask for an exchange": lambda _, units: [
        cmd.RequestReturn(lines={"1": 1}, exchange=[gold(units)])
    ],
    "approve": lambda shop, _: [cmd.ApproveReturn(rma=rma) for rma in shop.order.state.returns],
    "decline": lambda shop, _: [
        cmd.DeclineReturn(rma=rma, reason="worn") for rma in shop.order.state.returns
    ],
    "close": lambda shop, _: [cmd.CloseReturn(rma=rma) for rma in shop.order.state.returns],
    "change a quantity": lambda _, units: [cmd.Edit(quantities={"1": units})],
    "add a line": lambda _, units: [cmd.Edit(lines=[gold(units)])],
    "add, and take": lambda shop, units: [
        cmd.Edit(lines=[gold(9)], quantities={"1": max(0, left(shop) - units)})
    ],
}


def gold(units: int) -> Line:
    """What is dear."""
    return Line(sku="GOLD", quantity=units, unit_price=Decimal(10), stocked=False)


def come(shop: Shop) -> None:
    """What the customer may send back arrives, and is good."""
    for rma in list(shop.order.state.returns.values()):
        if rma.phase is ReturnPhase.APPROVED:
            shop.says(GoodsReturned(lines={**rma.lines}, rma=rma.id))
            shop.says(ReturnInspected(rma=rma.id, restock={**rma.lines}))


def try_all(shop: Shop, bodies: Iterable[cmd.CommandBody]) -> None:
    """Ana does what she may."""
    for body in bodies:
        with suppress(Refused):
            shop.does(body, by="ana")


class Sold(Shop):
    """An order of mugs at 10.00 less a discount, of which nothing is paid yet."""

    def __init__(self, units: int, discount: int, most: int) -> None:
        limits = {"clerk": Limit(refund=[eur(most)], price_reduction=[eur(most)])}
        super().__init__(manual=SCHEDULED, stock={"MUG": 99}, roles_of=PEOPLE.get, limits=limits)
        line = Line(sku="MUG", quantity=units, unit_price=Decimal(10), discount=discount)
        self.place(line)
        self.price = self.order.document.total.minor

    def pays_once(self) -> None:
        """The customer pays what the order cost when it was placed."""
        if not self.order.state.payments.captured:
            self.pays(self.price)


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


@given(
    units=st.integers(2, 6),
    discount=st.integers(0, 500),
    most=st.integers(500, 3000),
    steps=st.lists(
        st.tuples(st.sampled_from([*WORLD, *DEEDS, "approve"]), st.integers(1, 9)), max_size=12
    ),
)
@example(3, 0, 1000, [(THE_PRICE, 1), ("some are delivered", 3), *RETURNED, *RETURNED])
@example(6, 0, 1000, [("some are delivered", 3), *RETURNED[:1], *RETURNED, (THE_PRICE, 1)])
@example(6, 0, 1000, [(THE_PRICE, 1), ("ask for an exchange", 9), ("cancel", 5)])
@example(6, 0, 1000, [(THE_PRICE, 1), ("some are delivered", 1), *EXCHANGED, ("cancel", 5)])
@example(6, 0, 1000, [(THE_PRICE, 1), ("add, and take", 5)])
@example(2, 500, 500, [("change a quantity", 9)])
def test_no_order_of_events_passes_a_limit(
    units: int, discount: int, most: int, steps: Iterable[tuple[str, int]]
) -> None:
    """Of a price that is paid once no more than the clerk's limit comes back, in the end."""
    shop = Sold(units, discount, most)
    for what, n in steps:
        if what in WORLD:
            WORLD[what](shop, n)
        else:
            try_all(shop, DEEDS[what](shop, n))
    shop.pays_once()
    come(shop)
    shop.passes(days=60)
    back = refunded(shop.order)
    assert back <= most, f"{back} came back, where {most} may"
    off = sum(line.discount for line in shop.order.document.lines)
    assert off <= max(most, discount), f"{off} are taken off, where {most} may"


def asked_back_first(*, by: str) -> int:
    """A supplier is asked for units before the customer pays: what comes back in the end."""
    shop = Shop(Dropship(Silent()), roles_of=PEOPLE.get, limits=limited(1000, 2000))
    shop.place(mugs())
    shop.says(RequestAnswered(fo="A-1-F1"))
    with suppress(Refused):
        shop.does(cmd.Cancel(lines={"1": 2}), by=by)
    shop.pays(2000)
    if shop.order.state.cancellations:
        shop.says(CancellationAnswered(fo="A-1-F1", lines={"1": 2}))
    return refunded(shop.order)


def test_who_pays_later_changes_nothing() -> None:
    assert asked_back_first(by="ana") == 0
    assert asked_back_first(by="bo") == 2000


@pytest.mark.parametrize("ends", ["decline", "expire"])
def test_an_exchange_that_never_goes_out_gives_nothing_away(ends: str) -> None:
    shop = Sold(3, 0, 1000)
    deliver(shop, 1)
    try_all(shop, DEEDS["ask for an exchange"](shop, 9))
    if ends == "decline":
        (body,) = DEEDS["decline"](shop, 1)
        assert codes(shop.engine.ask(body.to("A-1", by="ana"))) == set()
        shop.does(body, by="ana")
    else:
        try_all(shop, DEEDS["approve"](shop, 1))
        shop.passes(days=40)
    assert shop.refused(cmd.Cancel(lines={"1": 2}), by="ana") == OVER
    assert codes(shop.engine.ask(ONE.to("A-1", by="ana"))) == set()


# --- what is offered ------------------------------------------------------------------------------


def cancellations(told: Explanation) -> list[tuple[dict[str, int] | None, Money | None]]:
    return [
        (offer.command.body.lines, offer.at_most)
        for offer in told.allowed
        if isinstance(offer.command.body, cmd.Cancel)
    ]


def test_as_much_as_may_be_is_offered() -> None:
    shop = paid(10, "9.99", limits=limited(3000, 5000))
    told = shop.engine.explain("A-1", by="ana")
    assert cancellations(told) == [({"1": 3}, Money(3000, "EUR"))]
    for offer in (*told.allowed, *told.blocked):
        answer = shop.engine.ask(offer.command)
        assert offer.refusals == (answer if isinstance(answer, tuple) else ())
    assert cancellations(shop.engine.explain("A-1", by="dee")) == [(None, None)]


# --- what is declared -----------------------------------------------------------------------------


def test_limits_are_checked_where_they_are_declared() -> None:
    with pytest.raises(ValueError, match="roles_of"):
        Engine(MemoryStore(), [InHouse()], limits=limited(1, 1))
    with pytest.raises(ValueError, match="one amount in each currency"):
        Limit(refund=[Money(1, "EUR"), Money(2, "EUR")])
    with pytest.raises(ValueError, match="not below 0"):
        Limit(refund=[Money(-1, "EUR")])
    with pytest.raises(TypeError, match="amounts of Money"):
        Limit(refund=[5])  # type: ignore[list-item]  # a mistake
    with pytest.raises(TypeError, match="each role its Limit"):
        Engine(MemoryStore(), [InHouse()], roles_of=PEOPLE.get, limits={"clerk": 5})  # type: ignore[dict-item]  # a mistake


# --- mutants --------------------------------------------------------------------------------------


def forgets_what_was_given(patch: Patch) -> None:
    """Each refund is within the limit by itself."""
    give = original("what a decision gives away")
    replace(
        patch,
        "what a decision gives away",
        lambda *asked: [attrs.evolve(each, in_all=each.amount) for each in give(*asked)],
    )


def asks_of_cancellations_only(patch: Patch) -> None:
    """Only who cancels has a limit."""
    give = original("what a decision gives away")

    def asked(body: object, *rest: Any) -> Iterable[Giving]:
        return give(body, *rest) if isinstance(body, cmd.Cancel) else ()

    replace(patch, "what a decision gives away", asked)


def takes_any_currency(patch: Patch) -> None:
    """A limit in one currency is one in every currency."""
    most = original("how much an actor may give away")
    assert most is limits.at_most
    replace(
        patch,
        "how much an actor may give away",
        lambda rules, actor, kind, _currency: max(
            most(rules, actor, kind, known) or 0 for known in ("EUR", "GBP")
        ),
    )


def waits_for_the_answer(patch: Patch) -> None:
    """What a party or a customer is yet to give back is not counted."""
    patch.setattr(limits, "_coming", lambda _order: {})


def looks_at_new_lines_only(patch: Patch) -> None:
    """What a discount grows by is not counted."""
    below = limits._reductions
    patch.setattr(
        limits,
        "_reductions",
        lambda document, charges, before=None: below(
            document, charges, dict.fromkeys(before or (), 10**9)
        ),
    )


def sees_money_only(patch: Patch) -> None:
    """What is not paid yet, or is made up for by what was added, is not given away."""
    of = limits._Given.of

    def given(order: Order) -> limits._Given:
        payments, found = order.state.payments, of(order)
        due = payments.net_captured - payments.total + found.agreed - found.off
        most = payments.refunded + max(0, due)
        return limits._Given(0, min(found.agreed, most), found.money)

    patch.setattr(limits._Given, "of", staticmethod(given))


def forgets_what_came(patch: Patch) -> None:
    """What came back and is not closed is not counted."""
    coming = limits._coming
    patch.setattr(
        limits,
        "_coming",
        lambda order: coming(order) - Counter(order.units(Bucket.RETURNED)),
    )


def counts_what_was_never_due(patch: Patch) -> None:
    """An exchange that never went out is given away."""
    patch.setattr(limits, "_never_due", lambda _order: 0)


LAWS: dict[Mutate, Law] = {
    forgets_what_was_given: law(test_nobody_passes_their_limit_in_however_many_steps),
    asks_of_cancellations_only: law(test_every_way_to_refund_is_asked, paying),
    takes_any_currency: law(test_nobody_passes_their_limit_in_however_many_steps),
    waits_for_the_answer: law(test_every_way_to_refund_is_asked, asking_a_supplier),
    looks_at_new_lines_only: law(test_no_order_of_events_passes_a_limit),
    sees_money_only: law(test_who_pays_later_changes_nothing),
    forgets_what_came: law(test_no_order_of_events_passes_a_limit),
    counts_what_was_never_due: law(
        test_an_exchange_that_never_goes_out_gives_nothing_away, "decline"
    ),
}
MUTANTS = Mutants("limits", LAWS)


@MUTANTS.each
def test_mutant_is_caught(mutant: Mutant[Mutate], monkeypatch: Patch) -> None:
    mutant.how(monkeypatch)
    mutant.breaks(LAWS[mutant.how])
