"""Amounts of any kind as people write them: a mass, a volume, or so many of something; and a strength in any of its ways."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import TypeVar, cast

from pharmacy.domain.plain import exact_text
from pharmacy.domain.quantity import NBSP, Mass, NotAQuantity, Volume, decimal_text, exact, parse_amount, parse_decimal

PLACES = 4  # what is shown of a number that no balance or measure rounds
IN_FULL = 9  # the places of a number as it may be typed, and the digits that count of one that does not end
_WORD = re.compile(r"[a-z]{1,20}", re.ASCII)
_UNITS = {unit.lower() for unit in (*Mass.units, *Volume.units)}
_HANDY = (("kg", 10_000_000), ("g", 1000), ("mg", Fraction(1, 10)), ("mcg", 0))
_PLURALS = {"ies": "y", "xes": "x", "ches": "ch"}


@dataclass(frozen=True, slots=True)
class Counted:
    """So many of something that is neither weighed nor measured: 60 tablets, 1,000 units. ``word`` is the singular."""

    value: Fraction
    word: str


Amount = Mass | Volume
Quantity = Mass | Volume | Counted
Q = TypeVar("Q", bound=Quantity)


def parse_mass_or_volume(text: str) -> Amount:
    """Read a mass or a volume above 0, whichever its unit says."""
    given = text.strip()
    unit = given.lstrip("0123456789.,-+ \u00a0")
    if unit in Mass.units:
        return above_0(parse_amount(Mass, given))
    if unit in Volume.units:
        return above_0(parse_amount(Volume, given))
    why = f"{unit[:20]} is neither" if unit else "the unit is missing"
    raise NotAQuantity(f"Write a mass or a volume with its unit, such as 30 g or 500 mL: {why}.")


def parse_mass(text: str) -> Mass:
    """Read a mass above 0."""
    return above_0(parse_amount(Mass, text))


def parse_volume(text: str) -> Volume:
    """Read a volume above 0."""
    return above_0(parse_amount(Volume, text))


def parse_quantity(text: str) -> Quantity:
    """Read a mass, a volume, or a number of something (``60 tablets``), above 0."""
    number, _, rest = text.strip().replace(NBSP, " ").partition(" ")
    word = rest.strip()
    if word in Mass.units or word in Volume.units:
        return parse_mass_or_volume(text)
    if word.lower() in _UNITS:
        raise NotAQuantity("Write the unit as mcg, mg, g, kg, mL or L.")
    if not _WORD.fullmatch(word):
        raise NotAQuantity("Write a number and what it counts or measures, such as 60 tablets or 150 mL.")
    return above_0(Counted(exact(parse_decimal(number)), singular(word)))


def singular(word: str) -> str:
    """One of them: tablet for tablets, syringe for syringes, box for boxes."""
    for ending, single in _PLURALS.items():
        if word.endswith(ending):
            return word.removesuffix(ending) + single
    return word.removesuffix("s")


def plural(word: str) -> str:
    """Several of them."""
    if word.endswith(("x", "ch")):
        return f"{word}es"
    if word.endswith("y") and word[-2:-1] not in set("aeiou"):  # remedies, but days and sprays
        return f"{word.removesuffix('y')}ies"
    return f"{word}s"


def of_them(count: Fraction | int, word: str) -> str:
    """The word as it stands after its number: day after 1, days after 2."""
    return word if count == 1 else plural(word)


def above_0(amount: Q) -> Q:
    """The amount itself; refused when it is 0."""
    if not amount.value:
        raise NotAQuantity("The amount must be above 0.")
    return amount


def shown(amount: Quantity) -> tuple[str, str]:
    """Number and unit as people read them, in the unit in which the number is handy."""
    if isinstance(amount, Counted):
        return digits(amount.value), amount.word if amount.value == 1 else plural(amount.word)
    if isinstance(amount, Volume):
        unit = "L" if amount.value >= 10_000 else "mL"
    else:
        unit = next(name for name, least in _HANDY if amount.value >= least) if amount.value else "mg"
    return decimal_text(amount.to(unit), PLACES), unit


def amount_text(amount: Quantity) -> str:
    """Number and unit with a no-break space between: ``30 g``, ``60 tablets``."""
    number, unit = shown(amount)
    return f"{number}{NBSP}{unit}"


def digits(number: Fraction) -> str:
    """A strength to four places, and where it is small to four digits that count: 0.00007 % is not 0.0001 %."""
    places = PLACES
    while number and number * 10**places < 1000:
        places += 1
    return decimal_text(number, places)


def in_full(number: Fraction) -> str:
    """A number as it is reckoned with in a line: all its digits where it ends within nine places, else nine that count.

    So a pencil that follows the line comes to its result, which is rounded once.
    """
    for places in range(IN_FULL + 1):
        if (number * 10**places).denominator == 1:
            return decimal_text(number, places)
    places = IN_FULL
    while number * 10**places < 10 ** (IN_FULL - 1):
        places += 1
    return decimal_text(number, places)


def ratio_text(ratio: Fraction) -> str:
    """A ratio as it is reckoned with: ``0.5``, and ``1/3`` of one that never ends."""
    ends = (ratio * 10**IN_FULL).denominator == 1
    return in_full(ratio) if ends else f"{ratio.numerator}/{ratio.denominator}"


def full_text(amount: Quantity) -> str:
    """An amount as it is reckoned with in a line, in the unit in which it is shown."""
    _, unit = shown(amount)
    return f"{in_full(amount.value if isinstance(amount, Counted) else amount.to(unit))}{NBSP}{unit}"


def same_kind(one: Quantity, other: Quantity) -> bool:
    """Whether the two can be added and compared."""
    if isinstance(one, Counted) and isinstance(other, Counted):
        return one.word == other.word
    return type(one) is type(other)


def like(amount: Q, value: Fraction) -> Q:
    """Another amount of the same kind, in its base unit."""
    made = Counted(value, amount.word) if isinstance(amount, Counted) else type(amount)(value)
    return cast("Q", made)


class Basis(StrEnum):
    """Of what the strength is a part: mass in mass, mass in volume, volume in volume."""

    MASS_IN_MASS = "w/w"
    MASS_IN_VOLUME = "w/v"
    VOLUME_IN_VOLUME = "v/v"


class Way(StrEnum):
    """How a strength is written."""

    PERCENT = "%"
    RATIO = "1:"
    MILLION = "ppm"
    MG_ML = "mg/mL"
    MCG_ML = "mcg/mL"
    MG_G = "mg/g"


_FIXED = {Way.MG_ML: Basis.MASS_IN_VOLUME, Way.MCG_ML: Basis.MASS_IN_VOLUME, Way.MG_G: Basis.MASS_IN_MASS}
_RATIO = re.compile(r"1\s*(?::|in)\s*([0-9.]+)", re.ASCII)
_HOW = "Write the strength as 5 %, 1:1000, 40 ppm, 2 mg/mL or 10 mg/g"


@dataclass(frozen=True, slots=True)
class Written:
    """A strength as it was written: the number and its way (of 1:1000 the 1000); the basis where it is known."""

    number: Fraction
    way: Way
    basis: Basis | None = None

    def text(self) -> str:
        """As people read it: ``5 % w/v``, ``1:1,000``."""
        number = digits(self.number)
        said = f"1:{number}" if self.way is Way.RATIO else f"{number}{NBSP}{self.way.value}"
        return f"{said} {self.basis.value}" if self.basis and self.way not in _FIXED else said


def parse_strength(text: str) -> Written:
    """Read a strength in any way; a strength of more than the whole, or 1 in less than 1, is refused."""
    given, basis = text.strip().replace(NBSP, " "), None
    for one in Basis:
        if given.endswith(one.value):
            given, basis = given.removesuffix(one.value).strip(), one
    if ratio := _RATIO.fullmatch(given):
        return _possible(Written(exact(parse_decimal(ratio[1])), Way.RATIO, basis))
    for way in (Way.MCG_ML, Way.MG_ML, Way.MG_G, Way.MILLION, Way.PERCENT):
        if given.endswith(way.value):
            number = exact(parse_decimal(given.removesuffix(way.value)))
            if basis and way in _FIXED and basis is not _FIXED[way]:
                raise NotAQuantity(f"{way.value} is always {_FIXED[way].value}.")
            return _possible(Written(number, way, basis or _FIXED.get(way)))
    raise NotAQuantity(f"{_HOW}.")


def _possible(written: Written) -> Written:
    most = {Way.PERCENT: 100, Way.MILLION: 1_000_000, Way.MG_G: 1000, Way.MG_ML: 2000, Way.MCG_ML: 2_000_000}
    if written.basis is Basis.MASS_IN_VOLUME:
        most |= {Way.PERCENT: 200, Way.MILLION: 2_000_000}  # a liquid denser than 2 g/mL is none of this pharmacy's
    if written.way is Way.RATIO and written.number < 1:
        raise NotAQuantity("Write the ratio as 1 in 1 or more: 1:1000.")
    if written.way is not Way.RATIO and written.number > most[written.way]:
        raise NotAQuantity(f"{written.text()} is more than the whole.")
    return written


def percent_text(percent: Fraction) -> str:
    """A strength in per cent, exactly, as an answer: ``2 %``, ``175/13 %``."""
    return f"{exact_text(percent)} %"
