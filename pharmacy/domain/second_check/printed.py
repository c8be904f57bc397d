"""Arithmetic as it is printed in a line: numbers with their units, + − × ÷ √ ² and brackets, read and reckoned exactly.

A printed number stands for everything that is printed so: half of its last place, or of the third, to either side.
"""

from __future__ import annotations

import re
from fractions import Fraction
from math import isqrt
from typing import NamedTuple

NUMBER = r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?"
# The size of each unit where g, mL, mol and 1 are 1: then 1 % w/v is 1 g in 100 mL without more ado. Its kind is mass + 100 ×
# volume as powers (mg/mL: 1 − 100); None where it says nothing of the kind: a percentage may be w/w or w/v.
UNITS: dict[str, tuple[int, int, int | None]] = {  # so many of so many parts of g, mL, mol or 1, and its kind
    "mg/mL": (1, 1000, -99),
    "mcg/mL": (1, 1_000_000, -99),
    "g/mL": (1, 1, -99),
    "mL/g": (1, 1, 99),
    "mg/g": (1, 1000, None),
    "mg²": (1, 1_000_000, 2),
    "mcg": (1, 1_000_000, 1),
    "mg": (1, 1000, 1),
    "kg": (1000, 1, 1),
    "g": (1, 1, 1),
    "mL": (1, 1, 100),
    "L": (1000, 1, 100),
    "mmol": (1, 1000, None),
    "mEq": (1, 1000, None),
    "ppm": (1, 1_000_000, None),
    "%": (1, 100, None),
}
COUNTED: tuple[int, int, int | None] = (1, 1, 0)
LEAST_PLACES = 3  # a number with fewer places may have lost a zero there
ROOT = 10**18
DEEPEST = 12
LONGEST = 60

_UNIT = "|".join(re.escape(one) for one in UNITS)
_FIGURE = re.compile(
    rf" *({NUMBER})(?![0-9.,]*[0-9])(?: ?({_UNIT})(?![A-Za-z²]|/[A-Za-z])(?: (?:w/w|w/v|v/v)(?![A-Za-z]))?"
    r"|((?: [a-z]+){1,3})(?= [×÷+−=≥≤<]|\)|,|$))?"
)
_OPENING = re.compile(r" *([√(|])")
_SQUARED_SHARE = re.compile(rf"\(({NUMBER}) %(?: [^()]*)?\)²")
_PER = re.compile(r"/(?=[0-9])| in (?=[0-9])")
_SIGN = re.compile(r" *([×÷+−])(?= )")
_RELATION = re.compile(r" (=|≥|≤|<|to) (?=[0-9√(|])")


class Unreadable(Exception):
    """This is no arithmetic that is known here."""


class Figure(NamedTuple):
    """One printed number: ``523.4 mg`` is 5234 with 1 place, in mg."""

    scaled: int
    places: int
    unit: str = ""

    @property
    def value(self) -> Fraction:
        """The number in the units of :data:`UNITS`."""
        many, of, _ = UNITS.get(self.unit, COUNTED)
        return Fraction(self.scaled * many, 10**self.places * of)

    def to_its_place(self) -> Figure:
        """The same with the places to which it may be off: of what is weighed or measured three at least, else one.

        Percentages and counts are rounded sooner; and nothing is rounded to whole ones without saying so.
        """
        places = max(self.places, LEAST_PLACES if self.unit in UNITS and self.unit != "%" else 1)
        return self._replace(scaled=self.scaled * 10 ** (places - self.places), places=places)

    @property
    def place(self) -> Fraction:
        """One unit of that place."""
        return self.to_its_place()._replace(scaled=1).value


class Printed(NamedTuple):
    """What is printed stands for all from low ÷ over to high ÷ over; `bare` where no unit is in it."""

    low: int
    high: int
    over: int
    kind: int | None = 0
    bare: bool = False

    @property
    def lowest(self) -> Fraction:
        return Fraction(self.low, self.over)

    @property
    def highest(self) -> Fraction:
        return Fraction(self.high, self.over)

    def plus(self, other: Printed) -> Printed:
        kind = self.kind if self.kind == other.kind else None
        bare = self.bare and other.bare
        if self.over == other.over:
            return Printed(self.low + other.low, self.high + other.high, self.over, kind, bare)
        low, high = (
            one * other.over + two * self.over for one, two in ((self.low, other.low), (self.high, other.high))
        )
        return Printed(low, high, self.over * other.over, kind, bare)

    def counted_in(self, unit: str) -> Printed:
        """The same number of a unit that stands elsewhere."""
        many, of, kind = UNITS.get(unit, COUNTED)
        return Printed(self.low * many, self.high * many, self.over * of, kind)

    def negative(self) -> Printed:
        return Printed(-self.high, -self.low, self.over, self.kind, self.bare)

    def times(self, other: Printed) -> Printed:
        kind = None if self.kind is None or other.kind is None else self.kind + other.kind
        over, bare = self.over * other.over, self.bare and other.bare
        if self.low >= 0 <= other.low:
            return Printed(self.low * other.low, self.high * other.high, over, kind, bare)
        ends = [one * two for one in (self.low, self.high) for two in (other.low, other.high)]
        return Printed(min(ends), max(ends), over, kind, bare)

    def per(self, other: Printed) -> Printed:
        """Divided by what is above 0 for sure."""
        if other.low <= 0:
            raise Unreadable
        kind = None if other.kind is None else -other.kind
        return self.times(
            Printed(other.over * other.low, other.over * other.high, other.low * other.high, kind, other.bare)
        )

    def root(self) -> Printed:
        if self.high < 0:
            raise Unreadable
        low = isqrt(max(self.low, 0) * ROOT * ROOT // self.over)
        high = isqrt(self.high * ROOT * ROOT // self.over) + 1
        kind = None if self.kind is None or self.kind % 2 else self.kind // 2
        return Printed(low, high, ROOT, kind, self.bare)

    def size(self) -> Printed:
        """Without its sign."""
        if self.low >= 0:
            return self
        high = max(-self.low, self.high)
        return Printed(max(-self.high, 0), high, self.over, self.kind, self.bare)


def figure_of(number: str, unit: str = "") -> Figure:
    """The number as it is printed, with its unit."""
    whole, _, part = number.replace(",", "").partition(".")
    if len(number) > LONGEST:
        raise Unreadable
    return Figure(int(whole + part), len(part), unit)


def around(figure: Figure, slack: int = 1) -> Printed:
    """All that is printed so; a whole number without a unit is counted, and 0 is nothing. `slack` is in halves of a place."""
    scaled, places, unit = figure
    many, of, kind = UNITS.get(unit, COUNTED)
    if not scaled or not (places or unit in UNITS):
        return Printed(scaled * many, scaled * many, 10**places * of, kind, not unit)
    if places < LEAST_PLACES:
        scaled, places = scaled * 10 ** (LEAST_PLACES - places), LEAST_PLACES
    return Printed((2 * scaled - slack) * many, (2 * scaled + slack) * many, 2 * 10**places * of, kind, not unit)


class Part(NamedTuple):
    """One side of a line: what it makes, its terms, and the one number that it is, if it is no more."""

    total: Printed
    terms: tuple[Printed, ...]
    figure: Figure | None


class Reader:
    """Reads one line from left to right; raises :class:`Unreadable` where it is no arithmetic."""

    def __init__(self, text: str) -> None:
        self.text, self.at, self.depth = text, 0, 0

    def rest(self) -> str:
        """What is not read yet."""
        return self.text[self.at :]

    def relation(self) -> str:
        """``=``, ``≥``, ``≤``, ``<`` or ``to``, where one comes next."""
        found = _RELATION.match(self.text, self.at)
        if found is None:
            return ""
        self.at = found.end()
        return found[1]

    def part(self) -> Part:
        """Terms that are added and taken off."""
        terms, figures = [], []
        sign = "+"
        while True:
            term, figure = self._product()
            terms.append(term.negative() if sign == "−" else term)
            figures.append(figure)
            found = _SIGN.match(self.text, self.at)
            if found is None:
                break
            self.at, sign = found.end(), found[1]
        terms = _in_the_last_unit(terms, figures)
        total = terms[0]
        for term in terms[1:]:
            total = total.plus(term)
        return Part(total, tuple(terms), figures[0] if len(terms) == 1 else None)

    def _product(self) -> tuple[Printed, Figure | None]:
        value, figure = self._factor()
        while (found := _SIGN.match(self.text, self.at)) and found[1] in "×÷":
            self.at, figure = found.end(), None
            factor, _ = self._factor()
            value = value.times(factor) if found[1] == "×" else value.per(factor)
        return value, figure

    def _factor(self) -> tuple[Printed, Figure | None]:
        if figure := _FIGURE.match(self.text, self.at):
            self.at = figure.end()
            return self._measured(figure[1], figure[2] or (figure[3] or "").strip())
        opening = _OPENING.match(self.text, self.at)
        if opening is None or self.depth == DEEPEST:
            raise Unreadable
        if share := _SQUARED_SHARE.match(self.text, opening.start(1)):
            self.at = share.end()
            off = figure_of(share[1], "%")
            # What may be off is rounded up to 0.01 %: a hundredth to either side, or one unit of a finer last place.
            value = around(off, 2 if off.places >= LEAST_PLACES else 20)
            return value.times(value), None
        self.at, self.depth = opening.end(), self.depth + 1
        value = self._root() if opening[1] == "√" else self._closed(opening[1])
        self.depth -= 1
        return value, None

    def _root(self) -> Printed:
        return self._factor()[0].root()

    def _closed(self, opening: str) -> Printed:
        """What stands in brackets, or between two bars: then without its sign."""
        value = self.part().total
        closed = self.text[self.at : self.at + 1]
        if closed != (")" if opening == "(" else "|"):
            raise Unreadable
        self.at += 1
        if opening == "|":
            return value.size()
        if self.text.startswith("²", self.at):
            self.at += 1
            return value.times(value)
        return value

    def _measured(self, number: str, unit: str) -> tuple[Printed, Figure | None]:
        """A number with its unit, what it is in (``187 mg/5 mL``), and the name of what it is, which is skipped."""
        figure: Figure | None = figure_of(number, unit)
        assert figure is not None
        value = around(figure)
        if unit not in UNITS:
            if unit.removesuffix("s") in UNITS:  # a word that is counted is no unit: 3 mmols are not 3 × 1 mmol here
                raise Unreadable
            return value, figure
        if per := _PER.match(self.text, self.at):
            self.at = per.end()
            whole = _FIGURE.match(self.text, self.at)
            if whole is None or not whole[2]:
                raise Unreadable
            self.at, figure = whole.end(), None
            value = value.per(around(figure_of(whole[1], whole[2])))
        if self.text.startswith(" (", self.at):
            self._skip_name()
        elif not self.depth and self.text.startswith(" of lot ", self.at):
            self.at = len(self.text)
        return value, figure

    def _skip_name(self) -> None:
        """To the bracket that closes the one here."""
        depth = 0
        for at in range(self.at + 1, len(self.text)):
            depth += {"(": 1, ")": -1}.get(self.text[at], 0)
            if not depth:
                self.at = at + 1
                return
        raise Unreadable


def _in_the_last_unit(terms: list[Printed], figures: list[Figure | None]) -> list[Printed]:
    """``178.9 + 163.9 mg``: a list of numbers has its unit once, after the last of them."""
    last = figures[-1]
    if last is None or UNITS.get(last.unit, (0, 0, None))[2] is None:
        return terms
    before = [one for one in figures[:-1] if one is not None and not one.unit]
    if len(before) < len(terms) - 1:
        return terms
    return [*(around(Figure(one.scaled, one.places, last.unit)) for one in before), terms[-1]]


def whole(text: str) -> Part:
    """All of a text as one part."""
    reader = Reader(text)
    part = reader.part()
    if reader.rest():
        raise Unreadable
    return part
