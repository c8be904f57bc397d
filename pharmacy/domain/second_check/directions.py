"""Directions again: the highest daily dose intake by intake, and the numbers that the sentence really says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from pharmacy.domain.second_check.spans import demand
from pharmacy.domain.worksheet import Worksheet

NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")


def highest_again(steps: Sequence[tuple[Fraction, int, int | None]], strength: Fraction) -> Fraction:
    """The drug of the day on which most is taken, added up intake by intake."""
    most = Fraction(0)
    for amount, times, _ in steps:
        drug = Fraction(0)
        for _ in range(times):
            drug += amount * strength
        most = max(most, drug)
    return most


def warned_again(worksheet: Worksheet, highest: Fraction) -> None:
    """Refuse a worksheet of low-dose naltrexone that says nothing of a dose ten times too high, or says it of another."""
    notes = " ".join(step.note for step in worksheet.steps)
    demand(("ten-fold" in notes or "standard-dose" in notes) == (highest >= 10), "what is said of the daily dose")


def sentence_again(said: str, steps: Sequence[tuple[str, int | None]]) -> None:
    """Refuse unless each amount, and the days of each step, stand in the sentence in their order."""
    numbers = iter(NUMBER.findall(said))
    for amount, days in steps:
        for wanted in (amount, *((str(days),) if days is not None else ())):
            demand(wanted in numbers, "the words of the directions")
