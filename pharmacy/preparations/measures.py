"""The graduates that liquids are measured with.

Usual cylinders with the volume between two of their marks. None is used for less than a fifth of its capacity (common
compounding practice); what falls between the marks of all of them is refused by the calculation.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from pharmacy.domain.lines import MeasureFacts
from pharmacy.domain.quantity import Volume

_ACCEPTED_ERROR = Decimal(2)  # per cent
_CYLINDERS = (("10", "0.2"), ("25", "0.5"), ("50", "1"), ("100", "1"), ("250", "2"), ("500", "5"), ("1000", "10"))

MEASURES: tuple[MeasureFacts, ...] = tuple(
    MeasureFacts(
        f"{capacity} mL cylinder",
        Volume.of(mark, "mL"),
        Volume.of(capacity, "mL").times(Fraction(1, 5)),
        Volume.of(capacity, "mL"),
        _ACCEPTED_ERROR,
    )
    for capacity, mark in _CYLINDERS
)
