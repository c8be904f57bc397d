"""The repeatability of a balance: the sample standard deviation of at least ten weighings of one small weight.

Sums and squares are exact; the root, which has no exact decimal, is rounded up, so that it never flatters the balance.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import isqrt

from pharmacy.domain.errors import BalanceLacksData, Impossible
from pharmacy.domain.plain import exact_text
from pharmacy.domain.quantity import NBSP, Mass, decimal_text
from pharmacy.domain.worksheet import OWN, Worksheet, WorksheetStep

FEWEST_READINGS = 10
MOST_READINGS = 100
SOURCE = (
    "sample standard deviation of at least 10 weighings: USP <41> (2019) as quoted by ppmu.ouryao.com (thread 701175)"
)


def repeatability(readings: Sequence[Mass], readability: Mass) -> Mass:
    """s = √(Σ(x − mean)² ÷ (n − 1)), rounded up to a thousandth of the readability.

    Raises at ``readings``: :class:`BalanceLacksData` for fewer than ten, :class:`Impossible` for what the balance
    cannot have shown.
    """
    _check(readings, readability)
    step = readability.value / 1000
    return Mass(_root_up(_squares(readings) / (len(readings) - 1) / step**2) * step)


def repeatability_worksheet(readings: Sequence[Mass], readability: Mass) -> Worksheet:
    """The working, as a second person follows it with a pencil."""
    found, count = repeatability(readings, readability), len(readings)
    total = sum((one.value for one in readings), Fraction(0))
    squares = _squares(readings)
    mean = Mass(total / count)
    return Worksheet(
        "Repeatability of a balance",
        (
            WorksheetStep(
                "Mean",
                "sum of the readings ÷ their number",
                f"{decimal_text(total, 6)}{NBSP}mg ÷ {count}",
                decimal_text(mean.value, 6),
                "mg",
                OWN,
            ),
            WorksheetStep(
                "Sum of squares",
                "each reading less the mean, squared, and added up",
                f"Σ(x − {decimal_text(mean.value, 6)}{NBSP}mg)²",
                decimal_text(squares, 6),
                "mg²",
                OWN,
            ),
            WorksheetStep(
                "Repeatability",
                "√(sum of squares ÷ (number of readings − 1))",
                f"√({decimal_text(squares, 6)}{NBSP}mg² ÷ {count - 1}), up to the next {decimal_text(readability.value / 1000, 12)}{NBSP}mg",
                exact_text(found.value),
                "mg",
                SOURCE,
                "rounded up, to a thousandth of the readability",
            ),
        ),
    )


def _check(readings: Sequence[Mass], readability: Mass) -> None:
    if readability.value <= 0:
        raise BalanceLacksData("Enter the readability of the balance, above 0.", "readability")
    if not FEWEST_READINGS <= len(readings) <= MOST_READINGS:
        raise BalanceLacksData(
            f"Enter from {FEWEST_READINGS} to {MOST_READINGS} readings of one small weight; there are {len(readings)}.",
            "readings",
        )
    for one in readings:
        if one.value <= 0:
            raise Impossible("Each reading must be above 0 mg.", "readings")
        if one.ratio(readability).denominator != 1:
            raise Impossible(
                f"A balance that shows {readability.text('mg')} cannot have shown {one.text('mg', 6)}; "
                "check the reading.",
                "readings",
            )


def _squares(readings: Sequence[Mass]) -> Fraction:
    mean = sum((one.value for one in readings), Fraction(0)) / len(readings)
    return sum(((one.value - mean) ** 2 for one in readings), Fraction(0))


def _root_up(square: Fraction) -> int:
    """The smallest whole number whose square is at least that."""
    whole = -(-square.numerator // square.denominator)
    root = isqrt(whole)
    return root if root * root == whole else root + 1
