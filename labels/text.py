"""Words into lines: what may never be parted, where a line may end, how much room its ink takes. Millimetres.

A line that ends between a number and what it counts reads as another dose: "4.5 / mg", "bottle / 2, 3 mg". Here such words
are one piece, and a piece is never broken.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from labels import fonts
from labels.content import printed

POINT = 25.4 / 72  # millimetres

NUMBER = re.compile(r"[(\[≤≥~+–−-]*[\d½⅓⅔¼¾⅛⅜⅝⅞][\d.,:/×x%½⅓⅔¼¾⅛⅜⅝⅞–−-]*(?<![.,:])\)?")
# Words that belong to the number behind them.
BEFORE_A_NUMBER = re.compile(
    r"(?i:[(\[]?(?:bottle|size|label|day|days|week|month|step|lot|rx|no\.?|qty|container|serial|age|phone|suite"
    r"|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))"
)
# "Not" at the end of a line is read over: what is denied stays beside it.
DENIAL = re.compile(r"(?i:not|no|never)")
US_STATE = re.compile(r"[A-Z]{2}")
HYPHEN = re.compile(r"(?<=[^\W\d_]-)(?=[^\W\d_])")


class TooWide(Exception):
    """A piece that may not be broken is wider than the line."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


@dataclass(frozen=True, slots=True)
class Word:
    """Letters in one face; without white space, or with such as holds them together."""

    letters: str
    face: str


Piece = tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """Spans of text in one face each, drawn one after the other; and how far the ink reaches, in ems."""

    spans: tuple[tuple[str, str], ...]
    left: float
    right: float
    top: float
    bottom: float

    @property
    def text(self) -> str:
        return "".join(text for text, _ in self.spans)


def words(text: str, face: str) -> list[Word]:
    return [Word(letters, face) for letters in printed(text).split(" ") if letters]


def pieces(some: list[Word]) -> list[Piece]:
    """Words joined where no line may end."""
    result: list[Piece] = []
    for word in some:
        if result and _belong_together(result[-1][-1].letters, word.letters):
            result[-1] = (*result[-1], word)
        else:
            result.append((word,))
    return result


def _belong_together(before: str, after: str) -> bool:
    before, after = before.rsplit("\u00a0", 1)[-1], after.split("\u00a0", 1)[0]
    counts = after[:1].isdigit() or bool(NUMBER.match(after))
    return (
        (NUMBER.fullmatch(before) is not None and after[:1] != "(")
        or DENIAL.fullmatch(before) is not None
        or (counts and BEFORE_A_NUMBER.fullmatch(before) is not None)
        or (counts and US_STATE.fullmatch(before) is not None)
    )


def wrap(
    groups: list[list[Piece]], width: float, size: float, *, gap: int = 1, hyphens: bool = False
) -> tuple[Line, ...]:
    """Greedy lines of at most ``width`` millimetres at ``size`` points.

    Each group stays on one line if it is not wider than a line, and groups stand ``gap`` spaces apart. With ``hyphens`` a
    word wider than the line may end it after a hyphen between letters, as a double name must. Raises TooWide.
    """
    room = width / (size * POINT)
    whole: list[tuple[int, Piece]] = []
    for group in groups:
        joined = tuple(word for piece in group for word in piece)
        if _width(joined) <= room:
            whole.append((gap, joined))
        else:
            whole += [
                (gap if first else 1, piece) for first, piece in zip([True] + [False] * len(group), group, strict=False)
            ]
    lines: list[list[tuple[int, Piece]]] = []
    for distance, piece in whole:
        for space, part in _parts(distance, piece, room, hyphens=hyphens):
            if lines and space and _width(_joined([*lines[-1], (space, part)])) <= room:
                lines[-1].append((space, part))
            elif _width(part) <= room:
                lines.append([(0, part)])
            else:
                raise TooWide(" ".join(word.letters for word in part))
    return tuple(_line(_joined(line)) for line in lines)


def _parts(distance: int, piece: Piece, room: float, *, hyphens: bool) -> list[tuple[int, Piece]]:
    """The piece itself, or as few parts as fit, cut after hyphens; a distance of 0 makes a part start its own line."""
    if not hyphens or len(piece) > 1 or _width(piece) <= room:
        return [(distance, piece)]
    face = piece[0].face
    parts: list[str] = []
    for bit in HYPHEN.split(piece[0].letters):
        if parts and _width((Word(parts[-1] + bit, face),)) <= room:
            parts[-1] += bit
        else:
            parts.append(bit)
    return [(0 if at else distance, (Word(part, face),)) for at, part in enumerate(parts)]


def _joined(line: list[tuple[int, Piece]]) -> Piece:
    """The words of a line; what stands before a wider gap carries the extra spaces."""
    result: list[Word] = []
    for space, piece in line:
        if result and space > 1:
            result[-1] = Word(result[-1].letters + " " * (space - 1), result[-1].face)
        result += piece
    return tuple(result)


@lru_cache(maxsize=16384)
def _width(some: Piece) -> float:
    """Ems from the leftmost to the rightmost ink or pen position of the words, one space apart."""
    line = _line(some)
    return line.right - line.left


@lru_cache(maxsize=16384)
def _line(some: Piece) -> Line:
    spans: list[tuple[str, str]] = []
    for at, word in enumerate(some):
        letters = word.letters + (" " if at + 1 < len(some) else "")
        if spans and spans[-1][1] == word.face:
            spans[-1] = (spans[-1][0] + letters, word.face)
        else:
            spans.append((letters, word.face))
    pen = left = right = top = bottom = 0.0
    for text, face in spans:
        box = fonts.ink(text, face)
        left, right = min(left, pen + box.left), max(right, pen + box.right)
        top, bottom = max(top, box.top), max(bottom, box.bottom)
        pen += fonts.advance(text, face)
    return Line(tuple(spans), left, right, top, bottom)
