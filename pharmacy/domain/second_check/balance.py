"""A balance again: the least mass from the error of weighing it, and the spread of its readings from their differences."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import combinations

from pharmacy.domain.quantity import Mass
from pharmacy.domain.second_check.spans import demand


def classic_again(sensitivity_requirement: Mass, accepted_error: Decimal, least: Mass) -> None:
    """Refuse unless the accepted share of the least mass is the sensitivity requirement."""
    hundredth = least.value / 100
    demand(hundredth * Fraction(accepted_error) == sensitivity_requirement.value, "the minimum weighable mass")


def classic_error_again(sensitivity_requirement: Mass, part: Mass) -> None:
    """Refuse unless the part of the mass that is the error is the sensitivity requirement."""
    demand(part == sensitivity_requirement, "the error of the weighing")


def usp41_again(readability: Mass, repeatability: Mass, least: Mass) -> None:
    """Refuse unless a thousandth of the least mass is twice the spread, by whichever of the two is the larger."""
    half = least.value / 2000
    by_display = readability.value * 41 / 100
    demand(half >= repeatability.value and half >= by_display, "the minimum weighable mass")
    demand(half in {repeatability.value, by_display}, "the minimum weighable mass")


def repeatability_again(readings: Sequence[Mass], readability: Mass, found: Mass) -> None:
    """Refuse unless the spread is the one of the differences between every two readings, without their mean.

    Σ(x − y)² over all pairs ÷ n(n − 1) is the same variance; its root lies within one step below what was found.
    """
    count = len(readings)
    pairs = sum(((one.value - other.value) ** 2 for one, other in combinations(readings, 2)), Fraction(0))
    variance, step = pairs / (count * (count - 1)), readability.value / 1000
    demand(found.value**2 >= variance, "the repeatability")
    demand(found.value == 0 or (found.value - step) ** 2 < variance, "the repeatability")
