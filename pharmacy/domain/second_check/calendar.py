"""A dated calendar again: by ordinal day numbers, each day against its dose."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction

from pharmacy.domain.second_check.spans import demand


def calendar_again(
    days: Sequence[tuple[int, date, Sequence[Fraction]]],
    start: date,
    doses: Sequence[tuple[Fraction, int]],
    strengths: Sequence[Fraction],
) -> None:
    """Refuse unless each day has the next date, and its amounts make the dose of its step."""
    wanted = [dose for dose, lasts in doses for _ in range(lasts)]
    demand(len(days) == len(wanted), "the days of the calendar")
    for (number, on, amounts), (at, dose) in zip(days, enumerate(wanted), strict=True):
        demand(number == at + 1 and on.toordinal() == start.toordinal() + at, f"the date of day {at + 1}")
        taken = sum((amount * strength for amount, strength in zip(amounts, strengths, strict=True)), Fraction(0))
        demand(taken == dose, f"the dose of day {at + 1}")
