"""The answers of a calculation as people read them: named, in a handy unit, and whether the shown number is rounded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from pharmacy.domain.amounts import PLACES, digits, shown
from pharmacy.domain.dates import day_text
from pharmacy.domain.plain import exact_text
from pharmacy.domain.problems.kinds import Calculation, ProblemKind
from pharmacy.domain.quantity import NBSP, Mass, Volume, decimal_text

_UNITS = ("mEq", "mmol", "ppm", "mL")
# Answers whose own name would leave a reader guessing: what they are, not what was asked, and of which thing.
_WORDS: dict[str | tuple[str, str], str] = {
    ("equivalent", "mass"): "Mass of the other form",
    ("directions", "sentence"): "Directions",
    ("directions", "quantity"): "Dispensed",
    ("days-supply", "days"): "Days’ supply",
    ("quantity", "quantity"): "Quantity to dispense",
    ("titration", "units"): "Taken in all",
    ("titration", "drug"): "Drug in all",
    ("kit-calendar", "first"): "First day",
    ("kit-calendar", "last"): "Last day",
    ("syringe", "volumes"): "To draw up",
    ("syringe", "capacity"): "Syringe of",
    ("concentration-change", "volume"): "New volume",
    ("concentration-change", "dose"): "Dose, as before",
    ("concentration-change", "wrong_dose"): "WRONG: the old volume of the new liquid would hold",
    ("concentration-change", "times"): "That would be, times the dose",
    ("delivered", "strength"): "Delivered strength",
    ("delivered-liquid", "strength"): "Delivered strength",
    ("statistics", "mean_percent"): "Mean, of the target",
    ("statistics", "expected_outside"): "Expected outside in the lot",
    ("acceptance-value", "reference"): "Reference value M",
    ("acceptance-value", "unit_low"): "Least for a single unit",
    ("acceptance-value", "unit_high"): "Most for a single unit",
    ("acceptance-value", "outside"): "Units outside",
    ("yield", "percent"): "Yield",
    ("minimum", "minimum"): "Minimum weighable",
    ("weighing-error", "error"): "Error of the weighing",
    ("tablet-suspension", "volume"): "Volume to make",
    ("tablet-suspension", "weigh"): "Powder to weigh",
    ("tablet-suspension", "mean"): "Mean mass of a tablet",
    ("tablet-suspension", "vehicle"): "Vehicle, about",
    ("weighing-plan", "total"): "Diluted to",
    ("capsule-fill", "filler"): "Filler in a capsule",
    ("capsules", "drug"): "Drug in the batch",
    ("capsules", "blend"): "Whole blend",
    ("capsules", "powders"): "All powders of a capsule",
    ("outlasts", "fits"): "Outlasts the supply",
    ("outlasts", "last"): "Last day of the supply",
    ("outlasts", "quantity"): "Quantity that fits",
    ("strength-forms", "percent"): "Per cent",
    ("containers", "needed"): "Containers needed",
    ("containers", "full"): "Of them full",
    ("containers", "in_last"): "In the last",
    "days_supply": "Days’ supply",
    "expected_outside": "Expected outside",
    "gross": "Gross mass of a capsule",
    ("delivered", "lowest"): "Lowest it may be",
    ("delivered", "highest"): "Highest it may be",
    ("delivered-liquid", "lowest"): "Lowest it may be",
    ("delivered-liquid", "highest"): "Highest it may be",
    "highest": "Highest daily dose",
    "mean": "Mean",
    "mean_net": "Mean net mass",
    "mean_within": "Mean inside its limits",
    "net": "Net mass of a capsule",
    "off": "May be off by",
    "outside": "Capsules outside",
    "percent": "Share of the label",
    "rsd": "RSD",
    "rsd_within": "RSD inside its limit",
    "sd": "Standard deviation",
    "surely_within": "All of the interval inside",
    "volume": "Volume",
    "weigh-drug": "Drug to weigh",
    "weigh-filler": "Filler to weigh",
    "within": "Inside the limits",
}
# Of one of several: the container of a kit, the load of a machine.
_NUMBERED = {
    "quantity": "Container {}, quantity",
    "days": "Container {}, used to day",
    "directions": "Container {}, directions",
    "weigh-load": "Load {} to weigh",
}
# Answers that are numbers of per cent, and those that are a share of one, which is read in per cent as well.
_IN_PERCENT: set[str | tuple[str, str]] = {
    "mean_percent",
    "rsd",
    *((kind, one) for kind in ("delivered", "delivered-liquid") for one in ("percent", "off", "lowest", "highest")),
    ("yield", "percent"),
    *(("acceptance-value", one) for one in ("mean", "sd", "reference", "unit_low", "unit_high")),
}
# Roots: what is kept of them is itself rounded.
_ROOTS = {"sd", "rsd", "acceptance_value"}
_SHORT = 999  # a fraction with a larger denominator says less to a reader than a few more places
_MORE_PLACES = 9
_SHARES = {("potency", "potency"), ("weighing-error", "error")}
PERCENT = "%"
_SIZES = {"mg": Mass.units, "mL": Volume.units}


@dataclass(frozen=True, slots=True)
class Said:
    """One answer: what it is, its number and unit, and the exact value, or more of its places, where the number is rounded."""

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
    found = []
    for one in calculation.results:
        place = (calculation.solve, one.name)
        own = _WORDS.get(place) or _WORDS.get(one.name) or labels.get(one.name) or _label(one.name)
        found.append(_said(own, _percent(place, one.value), is_root=one.name in _ROOTS))
    return tuple(found)


def _label(name: str) -> str:
    kind, _, number = name.replace("_", "-").rpartition("-")
    if kind in _NUMBERED and number.isdecimal():
        return _NUMBERED[kind].format(number)
    words = name.replace("_", " ")
    return words if words.startswith(_UNITS) else words[:1].upper() + words[1:]


def _percent(place: tuple[str, str], value: str) -> str:
    """The value with its per cent, where it is one: nobody reads a potency as 0.9027."""
    if place in _SHARES:
        return f"{exact_text(Fraction(value) * 100)} {PERCENT}"
    return f"{value} {PERCENT}" if place in _IN_PERCENT or place[1] in _IN_PERCENT else value


def _said(label: str, value: str, *, is_root: bool = False) -> Said:
    number, _, unit = value.partition(" ")
    try:
        exact = Fraction(number)
    except (ValueError, ZeroDivisionError):
        return Said(label, _text(value), "")
    text, handy = _handy(exact, unit)
    factor = _SIZES.get(unit, {}).get(handy, Fraction(1))
    is_rounded = Fraction(text.replace(",", "")) * factor != exact
    if not is_rounded:
        return Said(label, text, handy)
    more = f"exactly {value}"
    if is_root or ("/" in number and exact.denominator > _SHORT):
        more = f"more exactly {decimal_text(exact / factor, _MORE_PLACES)} {handy}".rstrip()
    return Said(label, text, handy, more.replace(" ", NBSP))


def _handy(exact: Fraction, unit: str) -> tuple[str, str]:
    if unit == "mg" and exact >= 0:
        return shown(Mass(exact))
    if unit == "mL" and exact >= 0:
        return shown(Volume(exact))
    return digits(exact) if unit else decimal_text(exact, PLACES), unit


def _text(value: str) -> str:
    try:
        return day_text(date.fromisoformat(value))
    except ValueError:
        return value
