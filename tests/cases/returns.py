"""What comes back."""

from __future__ import annotations

from orderflow import Dropship
from orderflow.model.commands import Resend
from orderflow.model.observations import GoodsReturned
from orderflow.testing import FakePartner
from tests.cases.shop import Shop, case, expect, line, notice, require


def lost_and_resent() -> Shop:
    """P1 was lost, P2 was sent in its place, and P1 is scanned on its way back."""
    shop = Shop()
    shop.stock("A", 5)
    shop.place(line("A", price="10.00"))
    shop.pay(1000)
    first = shop.number()
    shop.wait(days=1)
    shop.scan(first, "lost")
    shop.do(Resend())
    shop.wait(days=2)
    shop.scan(first, "returned_to_sender")
    return shop


@case("lost, sent again, and the first parcel is scanned on its way back", "high")
def lost_parcel_comes_back() -> None:
    """A parcel that was lost and replaced is scanned ``returned_to_sender``.

    Right: somebody is told, as its goods are nobody's now and belong on the shelf. Kind: goods in
    hand that were given up before.
    """
    require("a task", bool(lost_and_resent().tasks()), "none")


@case("lost, sent again, and the goods of the first parcel are received", "high")
def lost_goods_are_received() -> None:
    """Then the warehouse receives its unit, and the second parcel is delivered.

    Right: 4 on the shelf, nothing paid back, the customer has what was bought. Kind: the same.
    """
    shop = lost_and_resent()
    shop.wait(hours=1)
    shop.hear(GoodsReturned(lines={"1": 1}))
    shop.wait(days=1)
    shop.deliver("P2")
    got = {"paid back": shop.bank.paid, "units": shop.units(), "on hand": shop.on_hand("A")}
    expect({"paid back": [], "units": {"delivered": 1}, "on hand": 4}, got)


@case("three came for two; the third goes back", "high")
def surplus_goes_back() -> None:
    """Two are ordered and paid, the supplier ships three, and one is sent back as surplus.

    Right: nothing is paid back, two are delivered, the surplus is settled. Kind: what was never
    sold is not returned for money.
    """
    shop = Shop(Dropship(FakePartner()))
    shop.place(line("A", 2, "10.00"))
    shop.pay(2000)
    shop.wait(hours=1)
    shop.hear(notice(3))
    shop.scan("T1", "delivered")
    shop.wait(hours=1)
    shop.hear(GoodsReturned(lines={"1": 1}, reason="surplus"))
    surplus = sum(shop.engine.order("A-1").state.surplus.values())
    got = {"paid back": shop.bank.paid, "units": shop.units(), "surplus": surplus}
    expect({"paid back": [], "units": {"delivered": 2}, "surplus": 0}, got)


@case("say where a return came in", "medium", open=True)
def place_of_a_return() -> None:
    """Sent from north, handed in at south: it goes on the shelf in north, so two stocks are wrong.

    To become possible: to say where returned goods are (goods received, findings, parcels that come
    back to another depot); where they left from stays the default.
    """


@case("one withdrawal of an order of which half has left", "medium", open=True)
def withdrawal() -> None:
    """A customer withdraws from an order of which one line has left.

    To become possible: one command that cancels what has not left and opens a return for what has.
    Now the application must know which is which.
    """
