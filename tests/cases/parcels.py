"""Parcels, their labels, numbers and scans."""

from __future__ import annotations

from datetime import timedelta

from orderflow import Dropship, InHouse
from orderflow.errors import NeedsPerson
from orderflow.model.observations import LabelBought
from orderflow.ports import Label, LabelRequest
from orderflow.testing import FakeCarrier, FakePartner
from tests.cases.shop import POSTER, Shop, case, expect, line, notice


@case("a supplier uses a tracking number again after 200 days", "high")
def number_again() -> None:
    """A-1 left by X1 and completed; 200 days later A-2's notice names X1, and X1 is scanned.

    Right: A-2 is shipped, A-1 untouched. Kind: numbers that carriers use again, and placeholders
    ("own van").
    """
    shop = Shop(Dropship(FakePartner()))

    def leaves(number: str) -> None:
        shop.place(line("L"), number=number)
        shop.hear(notice(number="X1", on=number, carrier="ups"), about=number)

    leaves("A-1")
    shop.scan("X1", "delivered", event="e1")
    shop.days(30)
    shop.wait(days=170)
    leaves("A-2")
    at_once = shop.status("A-2")
    shop.scan("X1", "in_transit", event="e2")
    got = {"A-2 at once": at_once, "A-2": shop.status("A-2"), "A-1": shop.status()}
    expect({"A-2 at once": "shipped", "A-2": "shipped", "A-1": "completed"}, got)


class ByPeople(FakeCarrier):
    """A carrier whose numbers people type in."""

    def buy_label(self, request: LabelRequest) -> Label:
        del request
        raise NeedsPerson("type the number in")


@case("a mistyped number is corrected; the stranger's parcel is delivered", "medium")
def corrected_number() -> None:
    """A typed number is corrected; then the parcel of the wrong number, a stranger's, is delivered.

    Right: ours is shipped. Kind: a number that never was ours, before and after the correction (a
    second, true number is another thing).
    """
    shop = Shop(InHouse(carrier=ByPeople()))
    shop.stock("A", 1)
    shop.place(line("A"))
    shop.complete(carrier="post", tracking_number="TYPO")
    right = LabelBought(parcel="A-1-P1", carrier="post", tracking_number="RIGHT")
    shop.hear(right, about="")
    shop.wait(hours=1)
    shop.scan("TYPO", "delivered", event="e1")
    expect("shipped", shop.status())


@case("an early scan that comes late does not silence a parcel", "high")
def early_scan_comes_late() -> None:
    """After the hand-over comes an event from before it ("label created"); then nothing.

    Right: the parcel stays handed over, and somebody is told that it went quiet. Kind: each status
    of a scan that belongs before the hand-over.
    """
    got = {}
    for status in ("created", "labelled", "voided"):
        shop = Shop()
        shop.place(POSTER)
        shop.scan(shop.number(), status, shop.clock.now() - timedelta(hours=1))
        shop.days(30)
        got[status] = "a task" if shop.tasks("A-1-P1") else shop.silent()
    expect(dict.fromkeys(got, "a task"), got)


@case("a depot's scan after the delivery does not take it back", "high")
def scan_after_delivery() -> None:
    """Delivered, and three hours later scanned ``in_transit`` by an office, as carriers do.

    Right: delivered stays, and the order completes in its time. Kind: only what speaks against a
    delivery (returned, lost, a retraction) undoes it, the more so when the order is completed.
    """
    shop = Shop()
    shop.place(POSTER)
    shop.wait(days=1)
    shop.deliver()
    shop.wait(hours=3)
    shop.scan(shop.number(), "in_transit", place="Feltham")
    then = shop.status()
    shop.days(30)
    expect(("delivered", "completed"), (then, shop.status()))


@case("a task about a parcel without a carrier's name is a sentence", "low")
def nameless_carrier() -> None:
    """A notice names a number and no carrier; the parcel goes quiet.

    Right: the first word of the task is somebody or something. Kind: sentences with parts that may
    be empty.
    """
    shop = Shop(Dropship(FakePartner()))
    shop.place(line("L"))
    shop.hear(notice())
    shop.days(30)
    told = [task.instructions for task in shop.engine.tasks() if "T1" in task.instructions]
    expect([text.strip() for text in told] or ["a task that names T1"], told)


@case("tell a carrier where the parcel lies", "high", open=True)
def ship_from() -> None:
    """Two places, one carrier: the requests for labels differ in weight only.

    To become possible: the address that the carrier collects from is in the request, by the place
    of the fulfillment order.
    """


@case("keep the label that a carrier sold", "high", open=True)
def label_itself() -> None:
    """A label is a name and a number; what carriers sell has bytes, an id, a service and a price.

    To become possible: they are handed over, filed with the order's documents, and the label is
    voided by the carrier's id.
    """


@case("customs facts of the lines reach the carrier", "medium", open=True)
def customs() -> None:
    """A line takes ``hs_code``, ``origin``, ``customs_value`` and lengths, and nothing reads them.

    To become possible: they are in the request for a label, with the quantities in the parcel.
    """


@case("one of three was not in the delivered parcel", "medium", open=True)
def missing_item() -> None:
    """A parcel is delivered, and one unit is missing, wrong or broken.

    To become possible: to say so of single units, and to send them again or pay them back, with the
    stock right. Now ``Resend`` and ``Cancel`` refuse, and a pretended return tells a false history.
    """


@case("our own parcel left: tell it as a fact", "medium", open=True)
def left_as_a_fact() -> None:
    """A supplier's goods leave by a fact; our own by a command, which can be refused.

    To become possible: to tell it as a fact, though the order is on hold or not released: kept,
    followed, and brought to a person where it fits nothing.
    """
