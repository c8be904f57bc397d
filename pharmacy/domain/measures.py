"""Usual graduated cylinders, with the volume between two of their marks.

None is used for less than a fifth of its capacity (uhphar-4330, Measuring Volume by Aliquot Method: the least of a
10 mL cylinder is 20 % of it, 2 mL). What falls between the marks of all of them is refused by the calculation.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from pharmacy.domain.lines import MeasureFacts
from pharmacy.domain.quantity import Volume

LEAST_SHARE = Fraction(1, 5)
ACCEPTED_ERROR = Decimal(2)  # per cent
ASSUMED = f"{ACCEPTED_ERROR} % of a usual cylinder is assumed, not from its certificate"
_CYLINDERS = (("10", "0.2"), ("25", "0.5"), ("50", "1"), ("100", "1"), ("250", "2"), ("500", "5"), ("1000", "10"))


def cylinder(capacity: str, mark: str) -> MeasureFacts:
    """A cylinder of that many mL, marked every so many mL."""
    whole = Volume.of(capacity, "mL")
    return MeasureFacts(
        f"{capacity} mL cylinder", Volume.of(mark, "mL"), whole.times(LEAST_SHARE), whole, ACCEPTED_ERROR
    )


CYLINDERS: tuple[MeasureFacts, ...] = tuple(cylinder(capacity, mark) for capacity, mark in _CYLINDERS)
