"""Exact amounts with their unit: a mass is never a volume, and no float is let in.

Amounts are held as :class:`fractions.Fraction` in one base unit of their kind (mg, mL), so that sums and quotients are
exact. Text is made once, at the edge, by :func:`decimal_text`: a leading zero, never a trailing one, no exponent, and
never "0" for what is not 0 (ISMP, list of error-prone dose designations; see domain notes 3.4).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar, Self, TypeVar

from pharmacy.domain.errors import CalculationRefused

NBSP = "\u00a0"
Exact = Fraction | Decimal | int

_TOO_LONG = re.compile(r"[1-9][0-9]{9,}(?:\.[0-9]*)?|(?:0|[1-9][0-9]*)\.[0-9]{10,}", re.ASCII)
_PLAIN = re.compile(r"(?:0|[1-9][0-9]{0,8})(?:\.[0-9]{1,9})?", re.ASCII)


class NotAQuantity(CalculationRefused):
    """The text or value is no amount; the message is one sentence for the person who typed it."""


def parse_decimal(text: str) -> Decimal:
    """Read one plain decimal number such as ``4.5``: ASCII digits, one point, at most nine digits on either side.

    No sign, exponent, comma, blank inside, leading zeros, infinity or full-width digit passes.
    """
    given = text.strip()
    if not given:
        raise NotAQuantity("Type a number.")
    if "," in given:
        raise NotAQuantity("Write the number with a point, not a comma: 4.5.")
    if given.startswith(("-", "−")):
        raise NotAQuantity("The number must not be below 0.")
    if given.startswith("."):
        raise NotAQuantity("Write a zero before the point: 0.5.")
    if _TOO_LONG.fullmatch(given) and not _PLAIN.fullmatch(given):
        raise NotAQuantity("The number is too long: write at most nine digits before the point and nine after it.")
    if not _PLAIN.fullmatch(given):
        raise NotAQuantity("Write a plain number with digits and at most one point, such as 4.5.")
    return Decimal(given)


def parse_positive(text: str) -> Decimal:
    """Read one plain decimal number above zero."""
    value = parse_decimal(text)
    if not value:
        raise NotAQuantity("The number must be above 0.")
    return value


def parse_count(text: str) -> int:
    """Read one whole number, 0 or more; a refusal gives a whole number as its example."""
    given = text.strip()
    if "," in given:
        raise NotAQuantity("Write a whole number without a comma or a point: 30, or 1000.")
    if given and not given.startswith(("-", "−")) and not (_PLAIN.fullmatch(given) or _TOO_LONG.fullmatch(given)):
        raise NotAQuantity("Write a whole number with digits alone, such as 30.")
    value = parse_decimal(text)
    if value != value.to_integral_value() or "." in text:
        raise NotAQuantity("Write a whole number.")
    return int(value)


def exact(value: Exact) -> Fraction:
    """The same number as a fraction; a float is refused."""
    if isinstance(value, bool) or not isinstance(value, (Fraction, Decimal, int)):
        raise TypeError(f"{type(value).__name__} is not exact")
    if isinstance(value, Decimal) and not value.is_finite():
        raise NotAQuantity("The number must be finite.")
    return Fraction(value)


def rounded(value: Exact, step: Exact) -> Decimal:
    """The value rounded half to even to a whole number of steps, as a decimal with the step's places."""
    size = exact(step)
    if size <= 0:
        raise NotAQuantity("The rounding step must be above 0.")
    whole = round(exact(value) / size)
    result = whole * size
    places = _places(size)
    return _with_places(int(result * 10**places), places)


def _places(step: Fraction) -> int:
    for places in range(13):
        if (step * 10**places).denominator == 1:
            return places
    raise NotAQuantity("The rounding step has no short decimal form.")


def decimal_text(value: Exact, places: int = 3) -> str:
    """The number as people read it: leading zero, no trailing zero, thousands with commas, never a false 0.

    More places are shown than asked for when fewer would print a number as 0 that is not 0.
    """
    number = exact(value)
    for shown in range(places, 31):
        quantised = _quantise(number, shown)
        if quantised or not number:
            text = format(quantised, ",f")
            if "." in text:
                text = text.rstrip("0").rstrip(".")
            return text
    raise NotAQuantity("The number is too small to be shown.")


def _quantise(number: Fraction, places: int) -> Decimal:
    return _with_places(round(number * 10**places), places)


def _with_places(scaled: int, places: int) -> Decimal:
    """scaled ÷ 10^places, digit by digit: a Decimal that is computed is cut to 28 digits, and without a word."""
    return Decimal((int(scaled < 0), tuple(map(int, str(abs(scaled)))), -places))


@dataclass(frozen=True, slots=True, order=True)
class _Quantity:
    """An exact amount in the base unit of its kind. Subclasses name the kind; unlike kinds never mix."""

    value: Fraction
    units: ClassVar[dict[str, Fraction]] = {}

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", exact(self.value))

    @classmethod
    def of(cls, value: Exact | str, unit: str) -> Self:
        """An amount in a named unit; text is read by :func:`parse_decimal`."""
        if unit not in cls.units:
            raise NotAQuantity(f"{unit} is no unit of {cls.__name__.lower()}.")
        number = parse_decimal(value) if isinstance(value, str) else value
        return cls(exact(number) * cls.units[unit])

    def to(self, unit: str) -> Fraction:
        """The exact number of the named units."""
        return self.value / self.units[unit]

    def text(self, unit: str, places: int = 3) -> str:
        """The amount with a no-break space before its unit: ``4.5 mg``."""
        return f"{decimal_text(self.to(unit), places)}{NBSP}{unit}"

    def base_text(self) -> str:
        """The amount in the base unit of its kind: ``130 mg``, ``0.45 g/mL``."""
        return self.text(next(name for name, size in self.units.items() if size == 1))

    def __add__(self, other: Self) -> Self:
        self._same(other)
        return type(self)(self.value + other.value)

    def __sub__(self, other: Self) -> Self:
        self._same(other)
        return type(self)(self.value - other.value)

    def times(self, factor: Exact) -> Self:
        return type(self)(self.value * exact(factor))

    def over(self, divisor: Exact) -> Self:
        return type(self)(self.value / exact(divisor))

    def ratio(self, other: Self) -> Fraction:
        """How many times the other amount goes into this one: a pure number."""
        self._same(other)
        return self.value / other.value

    def _same(self, other: object) -> None:
        if type(other) is not type(self):
            raise TypeError(f"{type(self).__name__} and {type(other).__name__} do not mix")


class Mass(_Quantity):
    """A mass; the base unit is the milligram."""

    __slots__ = ()
    units: ClassVar[dict[str, Fraction]] = {
        "mcg": Fraction(1, 1000),
        "mg": Fraction(1),
        "g": Fraction(1000),
        "kg": Fraction(1_000_000),
    }


class Volume(_Quantity):
    """A volume; the base unit is the millilitre."""

    __slots__ = ()
    units: ClassVar[dict[str, Fraction]] = {"mL": Fraction(1), "L": Fraction(1000)}


class Concentration(_Quantity):
    """Mass of drug in a volume; the base unit is mg/mL."""

    __slots__ = ()
    units: ClassVar[dict[str, Fraction]] = {"mg/mL": Fraction(1), "mcg/mL": Fraction(1, 1000)}


class Density(_Quantity):
    """Mass of a powder or liquid that takes up a volume (of a powder: as it is packed); the base unit is g/mL."""

    __slots__ = ()
    units: ClassVar[dict[str, Fraction]] = {"g/mL": Fraction(1)}

    def mass_of(self, volume: Volume) -> Mass:
        """What that volume weighs."""
        return Mass(self.value * 1000 * volume.value)

    def volume_of(self, mass: Mass) -> Volume:
        """The room that that mass takes up."""
        if self.value <= 0:
            raise NotAQuantity("A density must be above 0 g/mL.")
        return Volume(mass.value / 1000 / self.value)


Amount = Mass | Volume | Concentration | Density
KINDS: tuple[tuple[type[Amount], str, str], ...] = (
    (Mass, "a mass", "4.5 mg"),
    (Volume, "a volume", "10 mL"),
    (Concentration, "a concentration", "1 mg/mL"),
    (Density, "a density", "0.45 g/mL"),
)
A = TypeVar("A", Mass, Volume, Concentration, Density)


# More than this is a slip of the pen in whatever field it stands; many fields have a smaller bound of their own.
LARGEST: dict[type[Amount], tuple[Amount, str]] = {
    Mass: (Mass.of(1000, "kg"), "no pharmacy weighs out a tonne"),
    Volume: (Volume.of(10_000, "L"), "no pharmacy measures out ten cubic metres"),
    Concentration: (Concentration.of(10_000, "mg/mL"), "no liquid weighs ten times as much as water"),
    Density: (Density.of(25, "g/mL"), "no matter is denser than 22.6 g/mL"),
}


def _possible(amount: A) -> A:
    most, why = LARGEST[type(amount)]
    if amount.value > most.value:
        raise NotAQuantity(f"Look at the number and its unit: {why}.")
    return amount


def _meant(unit: str) -> str:
    """The unit that was probably meant, where it was only written in another way: ``mL`` for ml, ``mcg`` for µg."""
    plain = unit.replace("µ", "mc").replace("μ", "mc").replace("ug", "mcg").casefold()
    found = next((name for one, _, _ in KINDS for name in one.units if name.casefold() == plain), "")
    return f"; write {found}" if found else ""


def parse_amount(kind: type[A], text: str) -> A:
    """Read an amount with its unit, such as ``4.5 mg``; a number alone or a unit of another kind is refused."""
    given = text.strip().replace(NBSP, " ")
    split = next((at for at, letter in enumerate(given) if letter.isalpha()), len(given))
    number, unit = given[:split].strip(), given[split:].strip()
    _, name, example = next(one for one in KINDS if one[0] is kind)
    value = parse_decimal(number)
    if not unit:
        raise NotAQuantity(f"Write the unit too: {example}.")
    if unit in kind.units:
        return _possible(kind.of(value, unit))
    other = next((said for one, said, _ in KINDS if unit in one.units), "")
    why = f"{unit} is {other}" if other else f"{unit[:20]} is no unit known here{_meant(unit)}"
    raise NotAQuantity(f"Write {name}, such as {example}: {why}.")
