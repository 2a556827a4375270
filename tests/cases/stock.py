"""Who gets the units that are there, and how many there are."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from orderflow import InHouse, Line, Steps, ThirdParty
from orderflow.model.commands import Cancel, Count, Edit, ReceiveStock, Reroute, SetStockPolicy
from orderflow.model.observations import (
    CancellationAnswered,
    GoodsReturned,
    RequestAnswered,
    StockReported,
)
from orderflow.testing import FakePartner
from tests.cases.shop import Shop, case, expect, line, notice, refusal

BY_HAND = Steps(manual=frozenset({"pick"}))


def provider(reports: int = 0) -> Shop:
    """A provider with 5 of A, who may report so itself; order A-1 takes two."""
    shop = Shop(ThirdParty(FakePartner(), "rtm"))
    if reports:
        shop.hear(StockReported(sku="A", location="rtm", on_hand=reports), about="")
    else:
        shop.stock("A", 5, "rtm")
    shop.place(line("A", 2))
    return shop


@case("stock that a late ship notice frees is given to who waits", "high")
def late_notice() -> None:
    """Of 5 at a provider A-1 takes 2, which leave; 3 are reported; A-2 wants 3; the notice comes.

    Right: A-2 gets its 3, and A-3, placed after it, waits. Kind: each change that makes stock
    available serves the queue, whichever way it comes.
    """
    shop = provider(reports=5)
    shop.hear(RequestAnswered(fo="A-1-F1"))
    shop.wait(hours=1)
    left = shop.clock.now()
    shop.wait(hours=1)
    shop.hear(StockReported(sku="A", location="rtm", on_hand=3), about="")
    shop.place(line("A", 3), number="A-2")
    shop.hear(notice(2), left)
    shop.place(line("A", 2), number="A-3")
    right = {"A-2": {"allocated": 3}, "A-3": {"backordered": 2}}
    expect(right, {number: shop.units(number) for number in right})


@case("what came back before a provider's report is not added to it", "high")
def returned_before_report() -> None:
    """2 of 5 leave and one comes back; the provider reports 4, then tells of the return.

    Right: 4 on hand. Kind: every movement at a place whose stock is reported counts only where it
    happened after the report.
    """
    shop = provider(reports=5)
    shop.wait(hours=1)
    shop.hear(notice(2))
    shop.scan("T1", "delivered")
    shop.wait(days=1)
    back = shop.clock.now()
    shop.wait(hours=6)
    shop.hear(StockReported(sku="A", location="rtm", on_hand=4), about="")
    shop.wait(hours=2)
    shop.hear(GoodsReturned(lines={"1": 1}), back)
    expect(4, shop.on_hand("A", "rtm"))


@case("a provider ships what it had given up", "high")
def shipped_what_was_given_up() -> None:
    """Of 5, 2 are ordered, cancelled and given up, and leave all the same.

    Right: 3 on hand, and an order for 5 gets 3. Kind: units that leave without a reservation leave
    the stock, too.
    """
    shop = provider()
    shop.do(Cancel())
    shop.wait(hours=1)
    shop.hear(CancellationAnswered(fo="A-1-F1", lines={"1": 2}))
    shop.wait(hours=1)
    shop.hear(notice(2))
    on_hand = shop.on_hand("A", "rtm")
    shop.place(line("A", 5), number="A-2")
    right = {"on hand": 3, "A-2": {"allocated": 3, "backordered": 2}}
    expect(right, {"on hand": on_hand, "A-2": shop.units("A-2")})


@case("a provider ships more than was ordered", "high")
def shipped_more() -> None:
    """Of 5, 2 are ordered and 3 leave. Right: 2 on hand. Kind: the same."""
    shop = provider()
    shop.wait(hours=1)
    shop.hear(notice(3))
    expect(2, shop.on_hand("A", "rtm"))


def limited(sku: str, quantity: int, **rules: Any) -> Shop:
    """So many pieces, and nothing is sold beyond them."""
    shop = Shop(**rules)
    shop.stock(sku, quantity)
    shop.engine.change_stock(SetStockPolicy(sku=sku, backorder_limit=0).to())
    return shop


@case("three pieces, no backorders, and five orders for later", "high")
def preorders() -> None:
    """Of three pieces five customers order one each for in ten days; one wants three at once.

    Right: three orders and three refusals. Kind: what is ordered for later, or waits for something
    else, counts for the limit.
    """
    shop = limited("LTD", 3)

    def place(number: str, wanted: Line) -> str:
        got = refusal(lambda: shop.place(wanted, number=number))
        return got.replace("done", "placed")

    later = line("LTD", not_before=shop.clock.now() + timedelta(days=10))
    got = [place(f"P-{n}", later) for n in range(5)]
    got.append(place("N-1", line("LTD", 3)))
    expect(["placed"] * 3 + ["stock.not_available"] * 3, got)


@case("an edit does not pass the backorder limit", "high")
def edit_beyond_the_limit() -> None:
    """Two are there and nothing is sold beyond; a line of one is edited to nine.

    Right: refused as its placement would be. Kind: whatever orders more on an order that exists.
    """
    shop = limited("A", 2, steps=BY_HAND)
    shop.place(line("A", price="10.00"))
    expect("stock.not_available", shop.do(Edit(quantities={"1": 9})))


@case("the shelf is counted while units stand at the packing table", "high")
def count_while_picked() -> None:
    """Of 10 three are picked; the shelf is counted: 7.

    Right: 7 on hand once the three have left. Kind: a count says what lies there; what was taken
    from there for orders is known, and not taken off twice.
    """
    shop = Shop(steps=Steps(manual=frozenset({"pack"})))
    shop.stock("A", 10)
    shop.place(line("A", 3))
    shop.engine.change_stock(Count(sku="A", counted=7).to())
    shop.run()
    shop.complete()
    expect(7, shop.on_hand("A"))


@case("one place cannot: the other place of the same strategy is next", "high")
def rerouted_to_the_other_place() -> None:
    """``InHouse("north", "south")`` with stock in both; what north was to send is rerouted.

    Right: to south. Kind: what declines is a place, not all that one strategy does.
    """
    shop = Shop(InHouse("north", "south"), steps=BY_HAND)
    shop.stock("A", 5, "north")
    shop.stock("A", 20, "south")
    shop.place(line("A", 2))
    before = shop.places()
    shop.do(Reroute(fo="A-1-F1", reason="flooded"))
    expect((["north"], ["south"]), (before, shop.places()))


@case("a provider's first warehouse rejects: its second is asked", "medium")
def rejected_by_one_warehouse() -> None:
    """A provider has stock in two warehouses; the first rejects.

    Right: the other has it next. Kind: the same.
    """
    shop = Shop(ThirdParty(FakePartner(), "rtm", "lyon"))
    shop.stock("A", 5, "rtm")
    shop.stock("A", 5, "lyon")
    shop.place(line("A", 2))
    (first,) = shop.places()
    shop.hear(RequestAnswered(fo="A-1-F1", rejected="fire alarm"))
    expect(sorted({"rtm", "lyon"} - {first}), shop.places())


@case("an id used for one stock may be used for another", "low")
def stock_keys() -> None:
    """Deliveries of ``A@B`` at ``C`` and of ``A`` at ``B@C`` carry one number.

    Right: both are received, as ids are known per stock. Kind: a key that is made of parts is taken
    apart into the same parts.
    """
    shop = Shop(InHouse("C", "B@C"))
    shop.engine.change_stock(ReceiveStock(sku="A@B", location="C", quantity=3).to(id="k"))
    other = ReceiveStock(sku="A", location="B@C", quantity=3).to(id="k")
    got = refusal(lambda: shop.engine.change_stock(other))
    expect("received", got.replace("done", "received"))
    expect(3, shop.on_hand("A", "B@C"))


@case("a kit is one unit", "medium", open=True)
def kit() -> None:
    """A desk is one top and four legs; ``parent_line`` is checked, and then no rule uses it.

    To become possible: lines that leave, wait, are cancelled and come back together, at a price for
    the whole. Now parts leave one by one, and a parent that does not ship is delivered at once.
    """


@case("a picker gives the units to another order than was decided", "medium", open=True)
def picker_decides() -> None:
    """Units are reserved for one order; the warehouse gave them to another, and they have left.

    To become possible: to tell what happened. The other has them, the first waits again in its
    place, the stock is right, and the first is served when more come in.
    """
