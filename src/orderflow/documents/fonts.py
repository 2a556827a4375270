"""Text in any script: fonts, shaping, and the order of characters."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path

import attrs
import uharfbuzz
from bidi import get_display
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfbase.ttfonts import TTFont

__all__ = ["Fonts", "Run", "is_right_to_left", "runs", "width"]

_FIRST = "NotoSans[wght].ttf"
_SIMPLE = (_FIRST, "wqy-microhei.ttc")
"""Fonts without shaping; other scripts are shaped."""
_BOX = "□"
"""The replacement for characters that no font has."""
_JOINERS = "\u200c\u200d"


@attrs.frozen
class Fonts:
    """Font files of the application, tried before ours: Noto Sans for many scripts, Micro Hei.

    They must be TrueType; reportlab embeds no others.
    """

    own: tuple[Path, ...] = ()

    def covers(self, text: str) -> bool:
        """Whether every character of a text can be drawn; others become a box."""
        return all(_covering(self, character) is not None for character in text)


@attrs.frozen
class Run:
    """Characters of one font, in visual order.

    *advance* is their width at 1 point; *glyphs* are (character, x, y) if shaped.
    """

    font: str
    text: str
    advance: float
    glyphs: tuple[tuple[str, float, float], ...] = ()


@lru_cache(maxsize=4096)
def runs(fonts: Fonts, text: str) -> tuple[Run, ...]:
    """A line of text as runs, from left to right."""
    if text.isascii() and text.isprintable():
        return (_simple(_fonts(fonts)[0], text),)
    plain = "".join(map(_plain, unicodedata.normalize("NFC", text)))
    return tuple(_runs(fonts, get_display(plain)))


def _plain(character: str) -> str:
    """A drawable character: controls become spaces, other invisible ones nothing."""
    if character.isprintable() or character in _JOINERS:
        return character
    return "" if unicodedata.category(character) == "Cf" else " "


def width(fonts: Fonts, text: str, size: float) -> float:
    """The width of a line, in points."""
    return size * sum(run.advance for run in runs(fonts, text))


def is_right_to_left(text: str) -> bool:
    """Whether a text is right-to-left, by its first letter with a direction."""
    kinds = (unicodedata.bidirectional(c) for c in text)
    return next((k for k in kinds if k in ("L", "R", "AL")), "L") != "L"


def _runs(fonts: Fonts, seen: str) -> Iterator[Run]:
    pairs: list[tuple[tuple[Path, bool], str]] = []
    for given in seen:
        if unicodedata.category(given) in ("Mn", "Me", "Cf") and pairs:
            pairs.append((pairs[-1][0], given))  # a mark belongs to the letter before it
            continue
        character = given if _covering(fonts, given) else _BOX
        back = unicodedata.bidirectional(given) in ("R", "AL")
        pairs.append(((_covering(fonts, character) or _fonts(fonts)[0], back), character))
    for (path, back), group in groupby(pairs, key=lambda pair: pair[0]):
        text = "".join(character for _, character in group)
        if path.name in _SIMPLE:
            yield _simple(path, text)
        else:
            yield _shaped(path, text[::-1] if back else text)


def _simple(path: Path, text: str) -> Run:
    font = _load(path)
    if not text.isascii():
        known = font.face.charToGlyph
        text = "".join(character for character in text if ord(character) in known)
    return Run(font.fontName, text, font.stringWidth(text, 1))


def _shaped(path: Path, text: str) -> Run:
    """A run shaped by HarfBuzz: letters that join, stack or change places."""
    font = _load(path)
    scale = 1 / font.face.unitsPerEm
    buffer = uharfbuzz.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    uharfbuzz.shape(font.hbFont(), buffer, {})
    glyphs, x = [], 0
    for info, at in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
        character = chr(font.face.glyphToChar[info.codepoint][0])
        glyphs.append((character, (x + at.x_offset) * scale, at.y_offset * scale))
        x += at.x_advance
    return Run(font.fontName, text, x * scale, tuple(glyphs))


@cache
def _load(path: Path) -> TTFont:
    """A font registered in reportlab. Glyphs without a character get a fixed private one."""
    font = TTFont(f"orderflow-{path.stem}", str(path), subfontIndex=0)
    if path.name not in _SIMPLE:
        shaper = font.hbFont()
        for glyph in range(font.hbFace.glyph_count):
            if glyph not in font.face.glyphToChar:
                name = shaper.glyph_to_string(glyph)
                advance = shaper.get_glyph_h_advance(glyph) * 1000 / font.face.unitsPerEm
                font.hbAddPrivate(name, glyph, advance)
    registerFont(font)
    return font


@cache
def _fonts(fonts: Fonts) -> tuple[Path, ...]:
    """All font files in the order of preference."""
    ours = [*_files("manimgx_fonts", "*.ttf"), *_files("paperang_p2_fonts_cjk", "fonts/*.ttc")]
    upright = [path for path in ours if "Italic" not in path.name]
    rank = {_FIRST: 0, "wqy-microhei.ttc": 1}
    return *fonts.own, *sorted(upright, key=lambda path: (rank.get(path.name, 2), path.name))


def _files(package: str, pattern: str) -> list[Path]:
    spec = find_spec(package)
    assert spec is not None  # the extra requires it
    assert spec.origin is not None
    return sorted(Path(spec.origin).parent.glob(pattern))


@lru_cache(maxsize=4096)
def _covering(fonts: Fonts, character: str) -> Path | None:
    """The first font with a character; the font of its script comes early."""
    script = unicodedata.name(character, "none").split()[0].title()
    found = _fonts(fonts)
    early = len(fonts.own) + 1
    named = [path for path in found if path.name == f"NotoSans{script}[wght].ttf"]
    for path in (*found[:early], *named, *found[early:]):
        if ord(character) in _load(path).face.charToGlyph:
            return path
    return None
