"""Money is exact and moments are moments, whatever the host has set."""

from __future__ import annotations

import decimal
from datetime import datetime
from typing import Any

from orderflow.engine.doctor import examine
from orderflow.errors import OrderflowError
from orderflow.model.commands import PlaceHold
from orderflow.model.observations import TrackingReported
from orderflow.model.parcel import ParcelStatus
from orderflow.money import Money
from orderflow.stores import SqlStore
from tests.cases.shop import POSTER, Shop, answer, case, done_or_told, expect, order

TYPED = (OrderflowError, ValueError)


def amount(price: str, quantity: int) -> Any:
    """What so many cost, in cents, or that the price is refused."""
    try:
        placed = order("A-1", lines=[{"sku": "S", "quantity": quantity, "unit_price": price}])
    except TYPED:
        return "refused"
    return placed.lines[0].amount


@case("three times 12345678.91 in a host with few digits", "high")
def few_digits() -> None:
    """A host works with nine digits, or with six and the trap ``Inexact``.

    Right: 37037036.73, and money is printed to the cent. Kind: no calculation with Decimal (costs,
    routing, taxes) depends on the thread's context.
    """
    with decimal.localcontext(decimal.ExtendedContext):
        got = [amount("12345678.91", 3)]
    with decimal.localcontext(decimal.Context(prec=6, traps=[decimal.Inexact])):
        got.append(amount("12345678.91", 3))
    with decimal.localcontext(decimal.Context(prec=9)):
        got.append(str(Money(12345678901, "EUR")))
    expect([3703703673, 3703703673, "123456789.01 EUR"], got)


@case("a price of thirty digits is exact or refused", "low")
def thirty_digits() -> None:
    """Three times a price of 31 digits, and once a price of 35 that is less than half a cent.

    Right: exact and rounded once, or refused. Kind: the same, with the default context of 28
    digits.
    """
    got = [amount("12345678901234567890123456789.99", 3)]
    got.append(amount("0.00499999999999999999999999999999999", 1))
    right = [3703703670370370367037037036997, 0]
    expect(right, [r if g == "refused" else g for r, g in zip(right, got, strict=True)])


def held_until(moment: str) -> Shop:
    """An order on hold until then, if that can be."""
    shop = Shop(store=SqlStore("sqlite:///moments.db"))
    shop.place(POSTER)
    hold: dict[str, Any] = {"hold": "h", "reason": "for good", "until": moment}
    answer(lambda: shop.engine.submit(PlaceHold(**hold).to("A-1")), told=TYPED)
    return shop


@case("a hold until 9999-12-31, which is to say for good", "high")
def for_good() -> None:
    """A usual way to write "without end".

    Right: the doctor finds nothing, or the moment is refused. Kind: every moment near the edges
    (promised, not_before, expected receipts, edits).
    """
    expect([], [found.what for found in examine(held_until("9999-12-31T00:00:00Z").engine)])


@case("a hold until the last second of 9999, west of Greenwich", "high")
def beyond_the_end() -> None:
    """As UTC it lies in the year 10000.

    Right: refused with the field, or kept. Kind: the same; what is stored can be read.
    """
    engine = held_until("9999-12-31T23:59:59-12:00").engine
    got = [answer(lambda: engine.explain("A-1")), answer(lambda: list(examine(engine)))]
    expect(["done", "done"], got)


@case("promised in the year 1, east of Greenwich", "medium")
def before_the_beginning() -> None:
    """As UTC it lies before the year 1. Right: a typed error, or it is taken. Kind: the same."""
    promised = "0001-01-01T00:00:00+14:00"
    done_or_told(answer(lambda: Shop().place(POSTER, promised=promised), told=TYPED))


@case("a scan of the year 9999 is a fact like others", "medium")
def fact_at_the_end() -> None:
    """A carrier's clock is wrong.

    Right: kept, or refused when it is built; ``observe`` never refuses a fact. Kind: the same.
    """
    shop = Shop()
    shop.place(POSTER)
    fact = TrackingReported(tracking_number=shop.number(), status=ParcelStatus.IN_TRANSIT)
    try:
        scan = fact.at(datetime.fromisoformat("9999-12-31T23:59:59-14:00"))
    except TYPED:
        return
    expect("done", answer(lambda: shop.engine.observe(scan)))


@case("one moment in two notations is one scan", "low")
def notations() -> None:
    """A carrier sends one scan twice, at 10:00:00Z and at 11:00:00+01:00.

    Right: one scan. Kind: what makes a fact the same does not depend on how its moment was written.
    """
    shop = Shop()
    shop.place(POSTER)
    for moment in ("2026-01-05T10:00:00Z", "2026-01-05T11:00:00+01:00"):
        at = datetime.fromisoformat(moment)
        shop.scan(shop.number(), "in_transit", at, place="Leeds")
    parcel = shop.engine.store.parcel("A-1-P1")
    expect(1, parcel and len(parcel.scans))
