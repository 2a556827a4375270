"""The pictures of documents show what the code draws. `ORDERFLOW_DRAW=1 pytest` draws them anew."""

import os
from datetime import date
from decimal import Decimal
from io import BytesIO

import pypdfium2
import pytest
from PIL import Image, ImageChops, ImageStat

from orderflow.documents import (
    DocumentLine,
    PackingSlip,
    PickLine,
    PickList,
    PurchaseOrder,
    ReturnLabel,
    ShippingLabel,
    Style,
    packing_slip,
    pick_list,
    purchase_order,
    return_label,
    shipping_label,
)
from orderflow.identifiers import sscc
from tests.conftest import ROOT
from tests.docs.test_examples import PAGES
from tests.scanning import BERLIN, SHOP

DAY = date(2026, 1, 5)
STYLE = Style(SHOP)
SERIAL = sscc("9521234", 42)
ITEMS = (
    DocumentLine("MUG-BLUE", 2, "Becher, blau, 350 ml", Decimal("6.50")),
    DocumentLine("TEA-100", 1, "Grüner Tee 緑茶, 100 g", Decimal("12.90")),
)
FOLLOWING = (DocumentLine("TRAY-OAK", 1, "Tablett, Eiche"),)
SLIP = PackingSlip(
    "A-1001", "A-1001-P1", DAY, "de", "EUR", ITEMS, FOLLOWING, BERLIN, "", SERIAL, "SIM41782716535"
)
LABEL = ShippingLabel("A-1001", "A-1001-P1", BERLIN, "Parcel Post", "SIM41782716535", 1450, SERIAL)
SHELVES = (
    PickLine("main", "A-9", "MUG-BLUE", "Blue mug", {"A-1001-F1": 2, "A-1002-F1": 4}),
    PickLine("main", "A-10", "TEA-100", "Green tea, 100 g", {"A-1001-F1": 1}),
    PickLine("main", "C-2", "TRAY-OAK", "Oak tray", {"A-1002-F1": 1}),
)
ORDER = PurchaseOrder("A-1001-F2", DAY, "Oak Mills", "GBP", ITEMS, BERLIN)
BACK = ReturnLabel("A-1001-R1", "A-1001", DAY, "en", ITEMS[:1], BERLIN)
DRAWN = {
    "packing-slip": lambda: packing_slip(SLIP, STYLE),
    "label": lambda: shipping_label(LABEL, STYLE),
    "pick-list": lambda: pick_list(PickList("ana-20260105", DAY, SHELVES), STYLE),
    "purchase-order": lambda: purchase_order(ORDER, STYLE),
    "return-label": lambda: return_label(BACK, STYLE),
}


def picture(name: str) -> Image.Image:
    """The first page, cut to what is on it, in few greys."""
    pdf = pypdfium2.PdfDocument(BytesIO(DRAWN[name]()))
    page = pdf[0].render(scale=1.2, grayscale=True).to_pil().convert("L")
    pdf.close()
    foot = 60 if page.height > 600 else 0
    drawn = ImageChops.invert(page).crop((0, 0, page.width, page.height - foot)).getbbox()
    assert drawn is not None
    height = drawn[3]
    framed = Image.new("L", (page.width, min(page.height, height + 30)), 160)
    framed.paste(page.crop((1, 1, page.width - 1, framed.height - 1)), (1, 1))
    return framed


@pytest.mark.parametrize("name", DRAWN)
def test_the_picture_is_what_the_code_draws(name: str) -> None:
    path = ROOT / "docs" / "pictures" / f"{name}.png"
    now = picture(name)
    if "ORDERFLOW_DRAW" in os.environ:
        now.quantize(16).save(path, optimize=True)
    with Image.open(path) as shown:
        assert shown.size == now.size
        difference = ImageChops.difference(shown.convert("L"), now)
    assert ImageStat.Stat(difference).mean[0] < 4, f"{path} shows something else"
    assert f"pictures/{name}.png" in PAGES["docs/how-to/print-documents.md"]
