"""A document as a scanner and a person see it."""

from io import BytesIO

import pypdfium2
import zxingcpp

from orderflow.model.document import Address

SHOP = Address(
    name="Harbour Goods Ltd",
    lines=("14 Quay Street",),
    city="Bristol",
    postal_code="BS1 4DJ",
    country="GB",
)
BERLIN = Address(
    name="Änne Großmüller-Øvergård",
    lines=("c/o Müller", "Straße des 17. Juni 135"),
    city="Berlin",
    postal_code="10623",
    country="DE",
    phone="+49 30 1234567",
)


def scanned(document: bytes, *, dpi: int = 203) -> set[tuple[str, str]]:
    """The symbology and the text of each bar code, as a thermal printer's 203 dpi show them."""
    found = set()
    pdf = pypdfium2.PdfDocument(BytesIO(document))
    for page in pdf:
        image = page.render(scale=dpi / 72, grayscale=True).to_pil()
        for code in zxingcpp.read_barcodes(image, text_mode=zxingcpp.TextMode.Plain):
            kind = "GS1-128" if code.symbology_identifier == "]C1" else str(code.format)
            found.add((kind, code.text))
        page.close()
    pdf.close()
    return found


def codes(document: bytes) -> set[str]:
    """The texts of its bar codes."""
    return {text for _, text in scanned(document)}


def pages(document: bytes) -> list[str]:
    """The text of each page."""
    pdf = pypdfium2.PdfDocument(BytesIO(document))
    found = []
    for page in pdf:
        text = page.get_textpage()
        found.append(text.get_text_bounded())
        text.close()
        page.close()
    pdf.close()
    return found
