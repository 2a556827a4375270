"""Printed documents."""

from __future__ import annotations

from pathlib import Path

import pypdfium2

from orderflow import Address, Line
from orderflow.documents import Printer, Style
from orderflow.ports import DocumentStore
from orderflow.stores import FileDocuments, MemoryDocuments
from tests.cases.shop import POSTER, Shop, case, line, require

HOME = Address(name="Shop", lines=("1 Q",), city="Bristol", postal_code="BS1 4DJ", country="GB")


def printed(filed: DocumentStore, wanted: Line, number: str = "A-1", *, gift: bool = False) -> Shop:
    """An order whose documents are printed and filed."""
    printer = Printer(filed, Style(HOME))
    shop = Shop(hooks=printer.hooks(), performers={"document": printer})
    shop.place(wanted, number=number, ship_to=HOME, gift=gift)
    return shop


@case("a gift shows no prices on its packing slip", "high")
def gift() -> None:
    """``NewOrder(gift=True)``, without a message.

    Right: no prices on the packing slip, as the guide promises. Kind: each way to say that
    something is a gift, on each paper that goes into the parcel.
    """
    filed = MemoryDocuments()
    printed(filed, line("POSTER", 2, "12.50", name="Poster", stocked=False), gift=True)
    page = pypdfium2.PdfDocument(filed.read("A-1", "A-1-P1-packing-slip"))[0]
    told = page.get_textpage().get_text_range()
    require("no price on it", "12.5" not in told, "12.50 on it")


@case("an order number of 64 emoji has its papers", "low")
def long_number() -> None:
    """64 characters are allowed, and 64 emoji are 256 bytes as the name of a folder.

    Right: its pick list and label are filed. Kind: names of files that come from names of orders.
    """
    filed, number = FileDocuments(Path("papers")), "\N{WRAPPED PRESENT}" * 64
    shop = printed(filed, POSTER, number)
    for _ in range(24):
        shop.wait(hours=1)
    try:
        papers = len(filed.filed(number))
    except OSError:
        papers = 0
    require("papers", papers > 0, "none")
