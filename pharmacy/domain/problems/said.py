"""The answers of a calculation as people read them: named, in a handy unit, and whether the shown number is rounded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from pharmacy.domain.amounts import PLACES, shown
from pharmacy.domain.dates import day_text
from pharmacy.domain.problems.kinds import Calculation, ProblemKind
from pharmacy.domain.quantity import NBSP, Mass, Volume, decimal_text

_UNITS = ("mEq", "mmol", "ppm", "mL")
# Answers whose name is a field's too, or an abbreviation: what they are, not what was asked.
_WORDS: dict[str | tuple[str, str], str] = {
    ("equivalent", "mass"): "Mass of the other form",
    ("statistics", "mean"): "Mean net mass",
    ("standard-deviation", "mean"): "Mean",
    ("acceptance-value", "mean"): "Mean",
    ("acceptance-value", "sd"): "Standard deviation",
    "sd": "Standard deviation",
    "rsd": "RSD, per cent",
    "percent": "Share of the label, per cent",
    "outside": "Capsules outside",
    "volume": "Volume",
}
_SIZES = {"mg": Mass.units, "mL": Volume.units}


@dataclass(frozen=True, slots=True)
class Said:
    """One answer: what it is, its number and unit, and the exact value where the number is rounded."""

    label: str
    number: str
    unit: str
    exact: str = ""

    def text(self) -> str:
        """Number and unit, never parted."""
        return f"{self.number}{NBSP}{self.unit}" if self.unit else self.number


def said(calculation: Calculation, kind: ProblemKind | None) -> tuple[Said, ...]:
    """Every answer in words; a kind that is no longer known still has its answers' own names."""
    labels = {one.name: one.label for one in kind.fields} if kind else {}
    own = {one.name: _WORDS.get((calculation.solve, one.name)) or _WORDS.get(one.name) for one in calculation.results}
    return tuple(
        _said(own[one.name] or labels.get(one.name) or _label(one.name), one.value) for one in calculation.results
    )


def _label(name: str) -> str:
    words = name.replace("_", " ")
    return words if words.startswith(_UNITS) else words[:1].upper() + words[1:]


def _said(label: str, value: str) -> Said:
    number, _, unit = value.partition(" ")
    try:
        exact = Fraction(number)
    except (ValueError, ZeroDivisionError):
        return Said(label, _text(value), "")
    text, handy = _handy(exact, unit)
    factor = _SIZES.get(unit, {}).get(handy, Fraction(1))
    is_rounded = Fraction(text.replace(",", "")) * factor != exact
    return Said(label, text, handy, f"exactly {value}".replace(" ", NBSP) if is_rounded else "")


def _handy(exact: Fraction, unit: str) -> tuple[str, str]:
    if unit == "mg" and exact >= 0:
        return shown(Mass(exact))
    return shown(Volume(exact)) if unit == "mL" and exact >= 0 else (decimal_text(exact, PLACES), unit)


def _text(value: str) -> str:
    try:
        return day_text(date.fromisoformat(value))
    except ValueError:
        return value
