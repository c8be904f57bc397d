"""The four faces of everything printed: Clear Sans for what a patient reads, Roboto Condensed for the facts.

Medium stands in for regular: below 8 points at 203 dots per inch a regular stem is 1.4 dots wide and breaks up when the
print is light; a medium stem has nearly 2 and survives. In Roboto a capital I and a small l look alike, therefore it is
never used in the patient's block.

Measures are in ems (1 em = the type size), from the glyphs' real outlines: a fixed ascent would let the accents of
``Ễ`` stick out of the printable area.
"""

import struct
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

READ = "ClearSans"
READ_BOLD = "ClearSans-Bold"
FACT = "RobotoCondensed"
FACT_BOLD = "RobotoCondensed-Bold"

FILES = {
    READ: "ClearSans-Medium.ttf",
    READ_BOLD: "ClearSans-Bold.ttf",
    FACT: "RobotoCondensed-Medium.ttf",
    FACT_BOLD: "RobotoCondensed-Bold.ttf",
}

_registering = threading.Lock()


@dataclass(frozen=True, slots=True)
class Ink:
    """Where the ink of a piece of text lies, in ems from its origin on the baseline; ``top`` up, ``bottom`` down."""

    left: float
    right: float
    top: float
    bottom: float


def register() -> None:
    """Make the faces known to ReportLab under the names of ``FILES``; calling it again does nothing."""
    with _registering:
        known = pdfmetrics.getRegisteredFontNames()
        for name, file in FILES.items():
            if name not in known:
                # asciiReadable would embed all of ASCII in each document: 39 kB a label instead of 23.
                pdfmetrics.registerFont(TTFont(name, str(Path(__file__).parent / file), asciiReadable=0))


def missing(text: str, faces: Iterable[str] = tuple(FILES)) -> set[str]:
    """The characters of a text that have no glyph in at least one of the faces (all four unless told).

    ReportLab leaves such characters out without a word, so every text is asked first.
    """
    return {letter for face in faces for letter in set(text) if ord(letter) not in _glyphs(face)}


@lru_cache(maxsize=8192)
def advance(text: str, face: str) -> float:
    """How far the pen moves, in ems."""
    glyphs = _glyphs(face)
    return sum(glyphs[ord(letter)][0] for letter in text)


@lru_cache(maxsize=8192)
def ink(text: str, face: str) -> Ink:
    """The box of the ink; a text of spaces has an empty one."""
    glyphs = _glyphs(face)
    pen = 0.0
    left, right, top, bottom = 0.0, 0.0, 0.0, 0.0
    for letter in text:
        width, box = glyphs[ord(letter)]
        if box is not None:
            left, right = min(left, pen + box.left), max(right, pen + box.right)
            top, bottom = max(top, box.top), max(bottom, box.bottom)
        pen += width
    return Ink(left, right, top, bottom)


@cache
def _glyphs(face: str) -> dict[int, tuple[float, Ink | None]]:
    """Code point to advance and ink box in ems, from the tables of the font file ("glyf", "loca": OpenType 1.9)."""
    register()
    parsed = pdfmetrics.getFont(face).face
    outlines, places = parsed.get_table("glyf"), parsed.get_table("loca")
    head = parsed.get_table("head")
    em = struct.unpack(">H", head[18:20])[0]
    long_places = struct.unpack(">h", head[50:52])[0] == 1
    result: dict[int, tuple[float, Ink | None]] = {}
    for code, glyph in parsed.charToGlyph.items():
        if long_places:
            start, end = struct.unpack(">2L", places[4 * glyph : 4 * glyph + 8])
        else:
            start, end = (2 * half for half in struct.unpack(">2H", places[2 * glyph : 2 * glyph + 4]))
        box = None
        if end > start:
            x_min, y_min, x_max, y_max = struct.unpack(">4h", outlines[start + 2 : start + 10])
            box = Ink(x_min / em, x_max / em, y_max / em, -y_min / em)
        result[code] = (parsed.charWidths.get(code, parsed.defaultWidth) / 1000, box)
    return result
