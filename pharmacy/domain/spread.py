"""How far single values scatter: mean, sample variance, and roots that leave the fractions only to be shown.

A variance is rational and its root is not. Whatever is judged is judged by squares, exactly; the root is taken once, for
a person to read, and its text never lies on the other side of a limit than the number itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import isqrt

from pharmacy.domain.errors import Impossible
from pharmacy.domain.plain import Plain
from pharmacy.domain.quantity import Exact, decimal_text, exact, rounded
from pharmacy.domain.worksheet import OWN, WorksheetStep

_PLACES = 60
LISTED = 12  # more values than these are not written out one by one
SD = Fraction(1, 10**6)  # a standard deviation is kept to six places


@dataclass(frozen=True, slots=True)
class Spread(Plain):
    """Mean and sample variance (n − 1) of `count` values, both exact."""

    count: int
    mean: Fraction
    variance: Fraction

    @property
    def sd(self) -> Decimal:
        """The sample standard deviation to six places."""
        return rounded(root(self.variance), SD)

    @property
    def rsd_squared(self) -> Fraction:
        """The square of the relative standard deviation in per cent: what a limit's square is compared with."""
        if self.mean <= 0:
            raise Impossible("The mean must be above 0 for a relative standard deviation.")
        return self.variance / self.mean**2 * 10_000

    @property
    def rsd(self) -> Decimal:
        """The relative standard deviation in per cent, to six places."""
        return rounded(root(self.rsd_squared), SD)


def spread(values: Sequence[Exact]) -> Spread:
    """Mean and sample variance; at least two values, for one does not scatter."""
    if len(values) < 2:
        raise Impossible("At least 2 values are needed.", "values")
    numbers = [exact(one) for one in values]
    mean = sum(numbers, Fraction(0)) / len(numbers)
    squares = sum(((one - mean) ** 2 for one in numbers), Fraction(0))
    return Spread(len(numbers), mean, squares / (len(numbers) - 1))


def root(square: Fraction) -> Fraction:
    """The square root, exact where it is a short decimal; else within 10⁻⁶⁰ of it and never across such a decimal."""
    if square < 0:
        raise Impossible("A square is never below 0.")
    scaled = square * 10 ** (2 * _PLACES)
    whole = isqrt(scaled.numerator // scaled.denominator)
    if whole * whole == scaled:
        return Fraction(whole, 10**_PLACES)
    return Fraction(2 * whole + 1, 2 * 10**_PLACES)


def side_text(value: Fraction, limits: Iterable[Exact], places: int = 1) -> str:
    """The number to that many places, or as many as keep it on its own side of each limit: 89.96 is not 90."""
    sides = [exact(limit) for limit in limits]
    for more in range(places, 13):
        shown = Fraction(round(value * 10**more), 10**more)
        if all((value < limit) == (shown < limit) and (value > limit) == (shown > limit) for limit in sides):
            return decimal_text(shown, more) if shown or not value else decimal_text(value, more)
    nearest = min(sides, key=lambda limit: abs(limit - value))
    return f"just {'under' if value < nearest else 'over'} {decimal_text(nearest)}"


def spread_steps(found: Spread, values: Sequence[Fraction], unit: str) -> tuple[WorksheetStep, ...]:
    """Mean, sample standard deviation and RSD as lines of a worksheet; the values in `unit`."""
    listed = f"({' + '.join(decimal_text(one, 4) for one in values)})"
    if len(values) > LISTED:
        total = decimal_text(sum(values, Fraction(0)), 4)
        listed = f"{f'{total} {unit}' if unit else total} (of {len(values)} together)"
    mean, sd = decimal_text(found.mean, 4), decimal_text(root(found.variance), 4)
    squares = f"√({decimal_text(found.variance * (found.count - 1), 6)} ÷ {found.count - 1})"
    words = "√(sum of (value − mean)² ÷ (number − 1))"
    why = "n − 1, for the values are a sample of the lot"
    steps = [
        WorksheetStep("Mean", "sum ÷ number", f"{listed} ÷ {found.count}", mean, unit, OWN),
        WorksheetStep("Sample standard deviation", words, squares, sd, unit, OWN, why),
    ]
    if found.mean > 0:
        rsd, words = decimal_text(root(found.rsd_squared), 4), "standard deviation ÷ mean × 100 %"
        steps.append(WorksheetStep("RSD", words, f"{sd} ÷ {mean} × 100 %", rsd, "%", OWN))
    return tuple(steps)
