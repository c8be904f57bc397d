"""Paragraphs one under the other, by the real height of their ink; and the codes at the foot. Millimetres, points."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from labels.barcode import code128, data_matrix
from labels.content import LabelContent
from labels.fonts import FACT, FACT_BOLD
from labels.placed import Code, Drawing, Placed, Text
from labels.text import POINT, Line, TooWide, pieces, words, wrap

# Bars of 0.25 mm are two dots at 203 dots per inch, squares of 0.375 mm three; on this grid both decode from 203 to 600
# dots per inch, printed light and heavy. A grid made for 300 did not survive at 203.
BAR = 0.25
SQUARE = 0.375
GRID = 0.125
QUIET_BARS = 10 * BAR  # ISO/IEC 15417: ten modules on each side
QUIET_SQUARE = SQUARE  # ISO/IEC 16022: one module
BREATH = 0.4  # mm between the caption and the square code, so that the last figure is not read as part of it
BARS_LOWEST = 4.75
BARS_HIGHEST = 9.0
AIR = 0.2  # between the ink of two lines, at the least
SYMBOL_TOP, SYMBOL_SIDE = 0.83, 1.04  # ems: the square hangs from the height of a capital


class DoesNotFit(Exception):
    """These contents do not fit into this area; ``culprit`` is the part that takes most of it."""

    def __init__(self, culprit: str, *, word: bool = False) -> None:
        super().__init__(culprit)
        self.culprit = culprit
        self.word = word


@dataclass(frozen=True, slots=True)
class Area:
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines of one size; ``leading`` in ems, ``gap`` before it and ``indent`` in millimetres; ``part`` for messages."""

    part: str
    lines: tuple[Line, ...]
    size: float
    leading: float
    gap: float = 0.0
    indent: float = 0.0
    symbol: str | None = None


def tallness(paragraphs: list[Paragraph]) -> float:
    """From the top of the first ink to the bottom of the last."""
    steps = list(_steps(paragraphs, 0.0))
    return sum(drop for *_, drop in steps) + steps[-1][2] if steps else 0.0


def stand(paragraphs: list[Paragraph], area: Area, page: int, most_extra: float) -> tuple[Placed, ...]:
    """The paragraphs from the top of the area, with its spare height spread between them. Raises DoesNotFit."""
    spare = area.height - tallness(paragraphs)
    if spare < 0:
        lines: dict[str, float] = {}
        for paragraph in paragraphs:
            lines[paragraph.part] = lines.get(paragraph.part, 0) + len(paragraph.lines) * paragraph.size
        raise DoesNotFit(max(lines, key=lambda part: lines[part]))
    extra = min(most_extra, spare / max(1, len(paragraphs) - 1))
    placed: list[Placed] = []
    y = area.y
    for paragraph, line, _depth, drop in _steps(paragraphs, extra):
        y += drop
        em = paragraph.size * POINT
        if paragraph.symbol and line is paragraph.lines[0]:
            placed.append(Drawing(page, area.x, y - SYMBOL_TOP * em, SYMBOL_SIDE * em, paragraph.symbol))
        placed.append(Text(page, area.x + paragraph.indent - line.left * em, y, paragraph.size, line.spans))
    return tuple(placed)


def _steps(paragraphs: list[Paragraph], extra: float) -> Iterator[tuple[Paragraph, Line, float, float]]:
    """Each line with its depth below the baseline and the drop of its baseline from the one before (or the top)."""
    depth: float | None = None
    for paragraph in paragraphs:
        em = paragraph.size * POINT
        for number, line in enumerate(paragraph.lines):
            top, bottom = line.top * em, line.bottom * em
            if paragraph.symbol and number == 0:
                top, bottom = max(top, SYMBOL_TOP * em), max(bottom, (SYMBOL_SIDE - SYMBOL_TOP) * em)
            if depth is None:
                drop = top
            else:
                drop = max(paragraph.leading * em, depth + top + AIR)
                drop += paragraph.gap + extra if number == 0 else 0
            depth = bottom
            yield paragraph, line, depth, drop


@dataclass(frozen=True, slots=True)
class Codes:
    """Both codes with their caption, standing on the foot of an area: what lies where, and what they take.

    Between ``free_from`` and ``free_to`` (across) words may stand beside them.
    """

    placed: tuple[Placed, ...]
    height: float
    free_from: float
    free_to: float


def stand_codes(
    content: LabelContent, area: Area, page: int, size: float, bars: float, *, narrow: bool = False
) -> Codes:
    """Code 128 of the fill with its number and the serial below it, DataMatrix of fill, lot and serial on the right.

    The DataMatrix tells a label from the void one before it, which the fill's number cannot. ``narrow``: the caption takes
    no more width than the bars if it can, so that words may stand beside it. Raises DoesNotFit.
    """
    try:
        line = code128(content.fill_number)
        square = data_matrix(f"{content.fill_number}|{content.lot}|{content.serial}")
    except ValueError:
        raise DoesNotFit("codes") from None
    side = square.width * SQUARE
    foot = area.y + area.height
    x = math.ceil((area.x + QUIET_BARS) / GRID) * GRID
    bars_end = x + line.width * BAR + QUIET_BARS
    square_x = math.floor((area.x + area.width - QUIET_SQUARE - side) / GRID) * GRID
    if bars_end + QUIET_SQUARE > square_x or side > area.height:
        raise DoesNotFit("codes")
    groups = [
        pieces(words(f"Rx {content.fill_number}", FACT_BOLD)),
        pieces(words(f"Serial {content.serial}", FACT)),
    ]
    width = square_x - QUIET_SQUARE - BREATH - area.x
    try:
        if narrow:
            widest = max(row.right for group in groups for row in wrap([group], width, size)) * size * POINT
            width = min(width, max(bars_end - area.x, widest + AIR))
        caption = Paragraph("codes", wrap(groups, width, size, gap=3), size, 1.12)
    except TooWide:
        raise DoesNotFit("codes", word=True) from None
    under = tallness([caption])
    height = max(bars + 0.5 + under, side + QUIET_SQUARE)
    top = foot - under - 0.5 - bars
    below = stand([caption], Area(area.x, foot - under, area.width, under + AIR), page, 0)
    square_y = math.floor((foot - side) / GRID) * GRID
    placed: tuple[Placed, ...] = (
        Code(page, x, top, BAR, bars, line),
        *below,
        Code(page, square_x, square_y, SQUARE, SQUARE, square),
    )
    caption_end = area.x + max((row.right - row.left) * size * POINT for row in caption.lines)
    return Codes(placed, height + GRID, max(bars_end, caption_end + 1.5), square_x - QUIET_SQUARE - 0.5)
