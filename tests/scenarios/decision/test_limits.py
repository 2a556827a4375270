"""How much: what a role may give away of an order's money, whichever way it goes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderflow import Dropship, Engine, InHouse, Line, NewOrder, Order, Refused
from orderflow.engine import Explanation
from orderflow.kernel.decision import limits
from orderflow.kernel.decision.limits import Giving
from orderflow.model import commands as cmd
from orderflow.model.document import Charge
from orderflow.model.observations import GoodsReturned, PaymentReported
from orderflow.model.state import PaymentFact, RefundStatus
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


def told(shop: Shop, body: cmd.Body, by: str) -> str:
    """Why a command would be refused."""
    answer = shop.engine.ask(body.to("A-1", by=by))
    assert isinstance(answer, tuple)
    return "; ".join(map(str, answer))


# --- ways in: each gives back one mug more, or all that are left ---------------------------------


def left(shop: Shop) -> int:
    """The units that are not cancelled."""
    return sum(shop.stands.values()) - shop.stands.get("cancelled", 0)


ONE = cmd.Cancel(lines={"1": 1})
BODIES: Mapping[str, Callable[[Shop], cmd.Body]] = {
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
    fact = PaymentFact.FAILED
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
    command = given.to("A-1") if isinstance(given, cmd.Edit) else cmd.Place(order=given).to()
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


# --- what is offered ------------------------------------------------------------------------------


def cancellations(told: Explanation) -> list[tuple[dict[str, int] | None, Money | None]]:
    return [
        (offer.command.body.lines, offer.at_most)
        for offer in told.offered
        if isinstance(offer.command.body, cmd.Cancel)
    ]


def test_as_much_as_may_be_is_offered() -> None:
    shop = paid(10, "9.99", limits=limited(3000, 5000))
    told = shop.engine.explain("A-1", by="ana")
    assert cancellations(told) == [({"1": 3}, Money(3000, "EUR"))]
    for offer in (*told.offered, *told.blocked):
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


LAWS: dict[Mutate, Law] = {
    forgets_what_was_given: law(test_nobody_passes_their_limit_in_however_many_steps),
    asks_of_cancellations_only: law(test_every_way_to_refund_is_asked, paying),
    takes_any_currency: law(test_nobody_passes_their_limit_in_however_many_steps),
    waits_for_the_answer: law(test_every_way_to_refund_is_asked, asking_a_supplier),
}
MUTANTS = Mutants("limits", LAWS)


@MUTANTS.each
def test_mutant_is_caught(mutant: Mutant[Mutate], monkeypatch: Patch) -> None:
    mutant.how(monkeypatch)
    mutant.breaks(LAWS[mutant.how])
