"""Documents as effects: the worker makes them, a person prints them again."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from orderflow import Dropship, InHouse, InvalidInput, Line, NotFound
from orderflow.carriers import ManualCarrier
from orderflow.documents import Printer, Style, pick_list_of
from orderflow.identifiers import read_sscc
from orderflow.kernel.decision.workflows import IN_HOUSE, REMOTE
from orderflow.model.commands import Pack, RequestReturn, Seal
from orderflow.ports import Carrier
from orderflow.simulation import SimulatedCarrier, SimulatedPartner, VirtualClock
from orderflow.simulation.world import World
from orderflow.stores import MemoryDocuments, MemoryNumbers
from tests.scanning import BERLIN, SHOP, codes, pages
from tests.shop import Shop, new_order

DAY = date(2026, 1, 5)
MUG = Line(sku="MUG", name="Blue mug", quantity=3, unit_price=Decimal("6.50"))


class Printing(Shop):
    """A shop with a printer, whose orders go to Berlin; sofas come from a supplier."""

    def __init__(
        self, carrier: Carrier | None = None, manual: Sequence[str] = (), **options: Any
    ) -> None:
        self.documents, clock = MemoryDocuments(), VirtualClock()
        self.printer = Printer(
            self.documents, Style(SHOP), numbers=MemoryNumbers(), gs1_prefix="4006381", **options
        )
        supplier, simulated = SimulatedPartner(clock, 1), SimulatedCarrier(clock, 1)
        super().__init__(
            InHouse(carrier=carrier or simulated),
            Dropship(supplier, cost=lambda line: line.unit_price / 2),
            hooks=self.printer.hooks(picked=[IN_HOUSE], submitted=[REMOTE]),
            performers={"document": self.printer},
            clock=clock,
            stock={"MUG": 9},
            manual=manual,
        )
        self.world = World(self.engine, clock, [simulated, supplier])


def test_each_document_is_made_by_the_worker_and_filed() -> None:
    shop = Printing()
    order = shop.engine.place(new_order(MUG, ship_to=BERLIN)).id
    assert shop.documents.filed(order) == {}  # nothing is made inside the decision
    shop.world.run_until()
    shop.does(RequestReturn(lines={"1": 1}))
    assert set(shop.documents.filed(order)) == {
        "A-1-F1-pick-list",
        "A-1-P1-label",
        "A-1-P1-packing-slip",
        "A-1-R1-return-label",
    }


def test_a_pick_list_says_what_was_to_be_picked_when_it_was_asked_for() -> None:
    shop = Printing(bins=lambda sku, location: f"{location[0].upper()}-{sku[-1]}7")
    shop.place(MUG, ship_to=BERLIN)  # picked by now
    made = shop.documents.read("A-1", "A-1-F1-pick-list")
    assert made is not None
    text = " ".join(pages(made)[0].split())
    assert "main M-G7 MUG Blue mug 3" in text
    assert "3 × A-1-F1" in text
    assert codes(made) == {"A-1-F1"}


def test_a_walk_is_one_list_in_the_order_of_the_shelves() -> None:
    shop = Printing(manual=("pick",))
    bins = {"POT": "A-10", "PAN": "A-9", "MUG": "B-1"}
    for number in (1, 2):
        lines = tuple(Line(sku=sku, quantity=number, stocked=False) for sku in bins)
        shop.place(*lines, number=f"A-{number}")
    walk = shop.engine.plan_pick_tour(by="ana")
    work = [(shop.engine.order(each.order), each.fo, each.units) for each in walk.picks]
    found = pick_list_of("ana", DAY, work, lambda sku, _location: bins[sku], "en")
    assert [(line.bin, line.sku, line.quantity) for line in found.lines] == [
        ("A-9", "PAN", 3),
        ("A-10", "POT", 3),
        ("B-1", "MUG", 3),
    ]
    assert found.lines[0].units == {"A-1-F1": 1, "A-2-F1": 2}


def test_a_label_bears_the_numbers_of_its_parcel() -> None:
    shop = Printing()
    shop.place(MUG, ship_to=BERLIN)
    label = shop.documents.read("A-1", "A-1-P1-label")
    view = shop.order.state.parcels["A-1-P1"]
    serial = read_sscc(shop.printer.sscc("A-1-P1"))
    assert label is not None
    assert codes(label) == {"A-1", view.tracking_number, f"00{serial}"}


def test_a_slip_lists_what_is_in_the_parcel_and_what_follows_in_others() -> None:
    shop = Printing()
    tray = Line(sku="TRAY", name="Tray", quantity=1, unit_price=Decimal(20))
    shop.place(MUG, tray, ship_to=BERLIN)
    slip = shop.documents.read("A-1", "A-1-P1-packing-slip")
    assert slip is not None
    inside, _, following = pages(slip)[0].partition("Still to come")
    assert "MUG Blue mug 3 €6.50" in inside.replace("\r\n", " ")
    assert "TRAY" not in inside
    assert "TRAY" in following


def test_a_gift_shows_no_prices() -> None:
    shop = Printing()
    shop.place(MUG, gift_message="Well done!", ship_to=BERLIN)
    slip = shop.documents.read("A-1", "A-1-P1-packing-slip")
    assert slip is not None
    text = pages(slip)[0]
    assert "Well done!" in text
    assert "6.50" not in text


def test_a_supplier_gets_a_purchase_order_with_what_we_pay() -> None:
    shop = Printing(supplier_name=lambda code: f"The {code} mills")
    shop.place(Line(sku="SOFA", name="Sofa", quantity=2, unit_price=Decimal(99)), ship_to=BERLIN)
    found = next(name for name in shop.documents.filed("A-1") if "purchase" in name)
    made = shop.documents.read("A-1", found)
    assert made is not None
    text = pages(made)[0]
    for part in ("The dropship mills", "SOFA", "€49.50", "Total: €99.00", "BERLIN"):
        assert part in text


def test_a_document_is_printed_again_with_the_same_bytes_until_it_is_erased() -> None:
    shop = Printing()
    shop.place(MUG, ship_to=BERLIN)
    first = shop.documents.read("A-1", "A-1-P1-packing-slip")
    shop.world.run_until()  # delivered by now
    now = shop.order
    assert shop.printer.document(now, "packing-slip", "A-1-P1") == first
    shop.documents.erase("A-1")
    assert shop.documents.read("A-1", "A-1-P1-packing-slip") is None
    with pytest.raises(NotFound, match="A-1 has no A-1-P9 for a label; it has: A-1-P1"):
        shop.printer.document(now, "label", "A-1-P9")


def test_a_template_of_the_application_takes_the_place_of_ours() -> None:
    shop = Printing(templates={"label": lambda facts, _style: f"^XA{facts.parcel}^XZ".encode()})
    shop.place(MUG, ship_to=BERLIN)
    assert shop.documents.read("A-1", "A-1-P1-label") == b"^XAA-1-P1^XZ"


def test_a_template_for_no_document_is_an_error_that_names_it() -> None:
    with pytest.raises(InvalidInput, match=r"templates: got 'labels', one of label, packing-slip"):
        Printing(templates={"labels": lambda _facts, _style: b""})


def test_a_label_that_was_not_bought_cannot_be_printed() -> None:
    shop = Printing(carrier=ManualCarrier())
    shop.place(MUG, ship_to=BERLIN)
    with pytest.raises(NotFound, match="A-1-P1 is created: no label was bought yet"):
        shop.printer.document(shop.order, "label", "A-1-P1")
    assert "A-1-P1-label" not in shop.documents.filed("A-1")


def test_a_printer_that_fails_is_tried_again_and_then_becomes_a_task() -> None:
    broken = [True]

    def sometimes(facts: Any, _style: Style) -> bytes:
        if broken[0]:
            raise OSError("out of paper")
        return bytes(facts.parcel, "ascii")

    shop = Printing(templates={"label": sometimes})
    shop.place(MUG, ship_to=BERLIN)
    (row,) = [row for row in shop.engine.store.open_rows("order:A-1") if row.name == "document"]
    assert "out of paper" in row.error
    broken[0] = False
    shop.passes(minutes=1)
    assert shop.documents.read("A-1", "A-1-P1-label") == b"A-1-P1"

    shop, broken[0] = Printing(templates={"label": sometimes}), True
    shop.place(MUG, ship_to=BERLIN)
    shop.world.run_until()
    assert "exception.document" in shop.tasks()


def test_orders_that_share_a_parcel_get_a_slip_each_and_one_label() -> None:
    shop = Printing(manual=("pack",))
    for number in ("A-1", "A-2"):
        shop.place(number=number, ship_to=BERLIN)
        shop.does(Pack(fo=f"{number}-F1", units={"1": 2}, into="BOX-1"), to=number)
    shop.does(Seal(parcel="BOX-1"))
    filed = {order: set(shop.documents.filed(order)) for order in ("A-1", "A-2")}
    assert filed["A-1"] == {"A-1-F1-pick-list", "BOX-1-label", "BOX-1-packing-slip"}
    assert filed["A-2"] == {"A-2-F1-pick-list", "BOX-1-packing-slip"}
