"""A supply again, taken out of the bottle one intake after the other."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import repeat

from pharmacy.domain.second_check.spans import demand

Intakes = Sequence[tuple[Fraction, int, int | None]]  # amount, times a day, days or without end


def lived(dispensed: Fraction, steps: Intakes) -> tuple[int, Fraction]:
    """The days on which every intake could be taken, and what is left after the last of them."""
    left, days = dispensed, 0
    for amount, times, lasts in steps:
        for _ in repeat(None) if lasts is None else range(lasts):
            after = left
            for _ in range(times):
                after -= amount
            if after < 0:
                return days, left
            days, left = days + 1, after
    return days, left


def supply_again(dispensed: Fraction, steps: Intakes, days: int, left: Fraction) -> None:
    """Refuse unless the supply, lived through, lasts as long and leaves as much; of nothing there is no supply."""
    demand(dispensed > 0, "what is dispensed")
    again = lived(dispensed, steps)
    demand(again[0] == days, "the days’ supply")
    demand(again[1] == left, "what is left over")


def needed_again(steps: Intakes, quantity: Fraction) -> None:
    """Refuse unless exactly that quantity is empty after the last day, and any less is not enough."""
    days = sum(lasts or 0 for _, _, lasts in steps)
    demand(days > 0, "the days")
    demand(lived(quantity, steps) == (days, Fraction(0)), "the quantity")
