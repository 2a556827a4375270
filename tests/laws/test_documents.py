"""Documents: equal facts, equal bytes; bar codes that scan; nothing is lost or runs over."""

import hashlib
import subprocess
import sys
from datetime import date
from decimal import Decimal
from io import BytesIO

import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orderflow.documents import (
    A4,
    LETTER,
    DocumentLine,
    Fonts,
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
from orderflow.documents.fonts import runs, width
from orderflow.documents.sheet import _wrapped
from orderflow.documents.words import WORDS, Language, address_lines
from orderflow.identifiers import sscc
from orderflow.model.document import Address
from tests.conftest import ROOT
from tests.scanning import BERLIN, SHOP, codes, pages, scanned

DAY = date(2026, 1, 5)
FONTS = Fonts()
SCRIPTS = {
    "Latin": "Đặng Żółć Ærø",
    "Greek": "Ελλάδα",
    "Cyrillic": "Москва",
    "Arabic": "مرحبا بالعالم",
    "Hebrew": "שלום עולם",
    "Devanagari": "क्षत्रिय हिन्दी",
    "Bengali": "বাংলা",
    "Tamil": "தமிழ்",
    "Telugu": "తెలుగు",
    "Thai": "ภาษาไทย",
    "Khmer": "ភាសាខ្មែរ",
    "Georgian": "საქართველო",
    "Armenian": "Հայաստան",
    "Ethiopic": "አማርኛ",
    "Chinese": "北京市朝陽區",
    "Japanese": "東京都千代田区ひらがなカタカナ",
    "Korean": "서울특별시",
    "Emoji": "🎁",
}
CODES = st.from_regex(r"\A\S(.{0,22}\S)?\Z").map(lambda text: text[:64])
PLAIN = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-", min_size=1, max_size=24)
TEXTS = st.text(
    st.one_of(st.sampled_from("".join(SCRIPTS.values())), st.characters(codec="utf-8")), max_size=60
)
SLOW = settings(max_examples=20)


def label(order: str = "A-1001", tracking: str = "1Z5R89390357567127") -> ShippingLabel:
    return ShippingLabel(order, f"{order}-P1", BERLIN, "UPS", tracking, 1450, sscc("4006381", 42))


def slip(*items: DocumentLine, **other: object) -> PackingSlip:
    facts = {"order": "A-1001", "parcel": "A-1001-P1", "date": DAY, "language": "en"}
    return PackingSlip(**{**facts, "currency": "EUR", "items": items, "ship_to": BERLIN, **other})  # type: ignore[arg-type]


def every_document(style: Style) -> list[bytes]:
    mug = DocumentLine("MUG", 2, "Mug " + SCRIPTS["Arabic"] + SCRIPTS["Devanagari"], Decimal("6.5"))
    line = PickLine("main", "A-1", "MUG", "Mug", {"A-1001-F1": 2})
    return [
        packing_slip(slip(mug, gift_message=SCRIPTS["Thai"]), style),
        shipping_label(label(), style),
        pick_list(PickList("A-1001-F1", DAY, (line,)), style),
        purchase_order(PurchaseOrder("A-1001-F2", DAY, "Mills", "EUR", (mug,), BERLIN), style),
        return_label(ReturnLabel("A-1001-R1", "A-1001", DAY, "de", (mug,), BERLIN), style),
    ]


def test_equal_facts_make_equal_bytes_in_every_process_and_in_any_order() -> None:
    here = every_document(Style(SHOP))
    again = every_document(Style(SHOP))[::-1]
    script = (
        "import hashlib; from tests.laws.test_documents import *\n"
        "shipping_label(label('OTHER'), Style(SHOP)); runs(FONTS, SCRIPTS['Devanagari'][::-1])\n"
        "print(hashlib.sha256(b''.join(every_document(Style(SHOP)))).hexdigest())"
    )
    there = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True, cwd=ROOT
    )
    assert here == again[::-1]
    assert there.stdout.strip() == hashlib.sha256(b"".join(here)).hexdigest()


@SLOW
@given(PLAIN, PLAIN.map("1Z".__add__), st.integers(0, 10**10 - 1))
def test_a_label_is_scanned_back_to_the_numbers_of_the_parcel(
    order: str, tracking: str, number: int
) -> None:
    order = f"A-{order}"  # equal bar codes above each other are one to the reader
    serial = sscc("4006381", number)
    facts = ShippingLabel(order, f"{order}-P1", BERLIN, "UPS", tracking, 450, serial)
    found = scanned(shipping_label(facts, Style(SHOP)))
    assert ("GS1-128", f"00{serial}") in found
    assert {text for _, text in found} == {order, tracking, f"00{serial}"}


@SLOW
@given(CODES)
def test_any_order_number_is_scanned_back_even_if_bars_cannot_carry_it(order: str) -> None:
    assert order in codes(packing_slip(slip(DocumentLine("MUG", 1), order=order), Style(SHOP)))
    assert order in codes(shipping_label(label(order), Style(SHOP)))


@SLOW
@given(st.sampled_from([A4, LETTER]), st.integers(0, 10**10 - 1))
def test_a_slip_is_scanned_back_to_the_order_and_the_sscc(
    paper: tuple[float, float], number: int
) -> None:
    serial = sscc("4006381", number)
    made = packing_slip(slip(DocumentLine("MUG", 1), sscc=serial), Style(SHOP, paper=paper))
    assert codes(made) == {"A-1001", f"00{serial}"}


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_fonts_cover_the_script(script: str) -> None:
    assert FONTS.covers(SCRIPTS[script])
    assert not FONTS.covers("\U00016800")  # Bamum supplement: drawn as a box


@given(TEXTS, st.floats(2, 40))
def test_lines_are_never_too_wide_and_lose_nothing(text: str, room: float) -> None:
    lines = _wrapped(FONTS, text, room)
    for line in lines:
        assert len(line) <= 1 or width(FONTS, line, 1) <= room + 1e-6
    assert "".join("".join(lines).split()) == "".join("".join(text.splitlines()).split())


@given(TEXTS)
def test_a_line_is_drawn_whole_whatever_its_scripts(text: str) -> None:
    found = runs(FONTS, text)
    assert all(run.advance >= 0 for run in found)
    if text.isascii() and text.isprintable():
        assert "".join(run.text for run in found) == text


@pytest.mark.parametrize("paper", [A4, LETTER])
def test_two_hundred_lines_go_over_pages_with_their_titles(paper: tuple[float, float]) -> None:
    items = [DocumentLine(f"SKU-{n:04d}", n + 1, "long " * (n % 30)) for n in range(200)]
    found = pages(packing_slip(slip(*items), Style(SHOP, paper=paper)))
    text = " ".join(found)
    assert [f"SKU-{n:04d}" for n in range(200)] == [w for w in text.split() if w[:4] == "SKU-"]
    assert len(found) > 3
    for number, page in enumerate(found, start=1):
        assert "Item no." in page
        assert f"Page {number} of {len(found)}" in page


@SLOW
@given(st.lists(st.integers(0, 400), min_size=1, max_size=40), st.sampled_from([A4, LETTER]))
def test_nothing_is_drawn_outside_the_margins(
    lengths: list[int], paper: tuple[float, float]
) -> None:
    items = [DocumentLine(f"SKU-{n}", n + 1, "wide " * (n // 5), Decimal(n)) for n in lengths]
    made = packing_slip(slip(*items, gift_message="dear " * 300), Style(SHOP, paper=paper))
    assert_within_margins(made)


def assert_within_margins(document: bytes) -> None:
    pdf = pypdfium2.PdfDocument(BytesIO(document))
    for page in pdf:
        image = page.render(scale=0.5, grayscale=True).to_pil().point(lambda v: 255 * (v < 200))
        left, top, right, bottom = image.getbbox()
        assert left >= 20
        assert top >= 20
        assert right <= image.width - 20
        assert bottom <= image.height - 10
    pdf.close()


def test_a_pick_list_for_hundreds_goes_over_pages() -> None:
    line = PickLine("main", "A-1", "MUG", "Mug", {f"A-{n:04d}-F1": 2 for n in range(300)})
    made = pick_list(PickList("walk", DAY, (line,)), Style(SHOP))
    assert_within_margins(made)
    text = " ".join(pages(made))
    assert [f"A-{n:04d}-F1" in text for n in range(300)] == [True] * 300
    assert "Total: 600" in text


def test_a_gift_message_says_no_price_and_a_slip_says_what_follows() -> None:
    mug = DocumentLine("MUG", 1, "Mug", Decimal("6.5"))
    priced = pages(
        packing_slip(slip(mug, following=(DocumentLine("TRAY", 2, "Tray"),)), Style(SHOP))
    )[0]
    assert "€6.50" in priced
    assert "Still to come, in other parcels" in priced
    gift = slip(DocumentLine("MUG", 1, "Mug"), gift_message="Well done!")
    assert "Well done!" in (text := pages(packing_slip(gift, Style(SHOP)))[0])
    assert "Unit price" not in text


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", ["Packing slip", "January 5, 2026", "€1,234.50"]),
        ("en-GB", ["Packing slip", "5 January 2026", "€1,234.50"]),
        ("de", ["Lieferschein", "5. Januar 2026", "1.234,50 €"]),
        ("fr", ["Bon de livraison", "5 janvier 2026", "1 234,50 €"]),
        ("sv", ["Packing slip", "5 januari 2026", "1 234,50 €"]),
        ("nonsense", ["Packing slip", "January 5, 2026"]),
    ],
)
def test_a_slip_speaks_the_customers_language(language: str, told: list[str]) -> None:
    made = packing_slip(
        slip(DocumentLine("X", 1, "", Decimal("1234.5")), language=language), Style(SHOP)
    )
    text = pages(made)[0].replace("\xa0", " ").replace("\u202f", " ")
    assert [part for part in told if part not in text] == []


@given(st.decimals(0, 10**6, places=4), st.sampled_from(["EUR", "JPY", "BHD"]))
def test_money_is_written_exactly(amount: Decimal, currency: str) -> None:
    text = Language.of("en", {}).money(amount, currency)
    digits = "".join(c for c in text if c.isdigit() or c == ".")
    assert Decimal(digits) == amount


def test_every_language_has_every_word() -> None:
    assert {language: WORDS["en"].keys() - words.keys() for language, words in WORDS.items()} == {
        language: set() for language in WORDS
    }


def test_words_and_templates_can_be_replaced() -> None:
    style = Style(SHOP, words={"en": {"packing_slip": "What you get"}})
    assert "What you get" in pages(packing_slip(slip(DocumentLine("MUG", 1)), style))[0]


@given(
    st.builds(
        Address,
        name=PLAIN,
        lines=st.lists(PLAIN, min_size=1, max_size=6).map(tuple),
        city=PLAIN,
        postal_code=st.sampled_from(["", "12345"]),
        region=st.sampled_from(["", "Somewhere"]),
        country=st.sampled_from(["GB", "DE", "US", "JP", "CN", "SG", "EG", "BR", "IN", "HK", "XX"]),
    )
)
def test_an_address_keeps_every_part(address: Address) -> None:
    text = "\n".join(address_lines(address)).casefold()
    parts = [address.name, *address.lines, address.city, address.postal_code, address.region]
    assert [part for part in parts if part.casefold() not in text] == []
