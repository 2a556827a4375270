"""Units that the customer cancelled go to nobody else, whatever the party says that has them."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from orderflow import InHouse, Line
from orderflow.fulfillment import Dropship
from orderflow.kernel.partners import cancellation_request
from orderflow.model.commands import Cancel, Reroute
from orderflow.model.ledger import Bucket
from orderflow.model.observations import (
    CancellationAnswered,
    GoodsShipped,
    LineAnswer,
    RequestAnswered,
    Verdict,
)
from orderflow.testing import FakePartner
from tests.mutants import Law, Mutant, Mutants, Mutate, Patch, law, replace
from tests.shop import Shop

ORDERED = 6
UNITS = st.integers(0, ORDERED)


def ordered() -> Shop:
    """Six pots, of a supplier who takes requests and says nothing; others have some, too."""
    pots = Line(sku="POT", quantity=ORDERED, unit_price=Decimal(9))
    return Shop(Dropship(FakePartner()), InHouse(), stock={"POT": 20}).place(pots)


def rejects(shop: Shop, units: int) -> None:
    """The supplier does not ship so many units after all."""
    no = LineAnswer(line="1", verdict=Verdict.REJECTED, quantity=units, reason="gone")
    shop.says(RequestAnswered(fo="A-1-F1", lines=(no,)))


def at_others(shop: Shop) -> int:
    """Units that others ship in its place."""
    fos = shop.order.fulfillment_orders.values()
    others = [fo.id for fo in fos if fo.strategy != "dropship"]
    return sum(sum(shop.order.units(*set(Bucket), fo=fo).values()) for fo in others)


@settings(max_examples=60)
@given(wanted=UNITS, given_up=UNITS, shipped=UNITS, first=UNITS, again=st.booleans())
def test_what_is_cancelled_is_routed_to_nobody(
    wanted: int, given_up: int, shipped: int, first: int, again: bool
) -> None:
    """Of what the party has in the end, and does not ship, the unwanted units are cancelled."""
    shop = ordered()
    if wanted:
        shop.does(Cancel(lines={"1": wanted}), by="customer")
    given_up = min(given_up, wanted)
    shop.says(CancellationAnswered(fo="A-1-F1", lines={"1": given_up} if given_up else {}))
    assert not shop.order.state.cancellations
    unwanted, has = wanted - given_up, ORDERED - given_up
    if again and unwanted:
        shop.does(Cancel(lines={"1": unwanted}), by="customer")
        shop.says(CancellationAnswered(fo="A-1-F1", lines={}))
    if shipped := min(shipped, has):
        shop.says(GoodsShipped(fo="A-1-F1", notice="N1", lines={"1": shipped}))
    left = has - shipped
    if first := min(first, left):
        rejects(shop, first)
    if left > first:
        rejects(shop, left - first)
    cancelled = given_up + min(unwanted, left)
    assert shop.order.units(Bucket.CANCELLED) == ({"1": cancelled} if cancelled else {})
    assert at_others(shop) == ORDERED - shipped - cancelled, "others ship what nobody wants"
    assert not shop.tasks()


@given(wanted=st.integers(1, ORDERED), silent=st.booleans())
@settings(max_examples=12)
def test_who_asks_for_all_units_has_none_routed_that_nobody_wants(
    wanted: int, silent: bool
) -> None:
    """A person, or silence, asks for the rest: what was cancelled stays cancelled."""
    shop = ordered()
    shop.does(Cancel(lines={"1": wanted}), by="customer")
    shop.says(CancellationAnswered(fo="A-1-F1", lines={}))
    if silent:
        shop.passes(days=2)
        shop.passes(days=2)
    else:
        shop.does(Reroute(fo="A-1-F1"))
    asked = shop.order.state.cancellations.values()
    assert sum(sum(request.lines.values()) for request in asked) == ORDERED
    shop.says(CancellationAnswered(fo="A-1-F1", lines={"1": ORDERED}))
    assert shop.order.units(Bucket.CANCELLED) == {"1": wanted}
    assert at_others(shop) == ORDERED - wanted, "others ship what nobody wants"


# --- mutants --------------------------------------------------------------------------------------


def forgets_who_wanted_it(patch: Patch) -> None:
    """The customer's wish is over with the party's answer."""
    replace(patch, "what stays unwanted", lambda *_asked: {})


def routes_what_is_asked_again(patch: Patch) -> None:
    """Who asks for all of a party's units has all of them routed again."""

    def asks(making: object, fo: object, lines: object, reason: str, *, reroute: bool) -> None:
        cancellation_request._ask(making, fo, lines, reason, reroute=reroute)  # type: ignore[arg-type]  # as given

    replace(patch, "units are asked back", asks)


LAWS: dict[Mutate, Law] = {
    forgets_who_wanted_it: law(test_what_is_cancelled_is_routed_to_nobody, 4, 2, 0, 0, False),
    routes_what_is_asked_again: law(
        test_who_asks_for_all_units_has_none_routed_that_nobody_wants, 2, False
    ),
}
MUTANTS = Mutants("unwanted", LAWS)


@MUTANTS.each
def test_mutant_is_caught(mutant: Mutant[Mutate], monkeypatch: Patch) -> None:
    mutant.how(monkeypatch)
    mutant.breaks(LAWS[mutant.how])
