"""Days' supply and quantity of any medicine: so much at once, so many times a day, for so many days, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor

from pharmacy.domain.bounds import MOST_DAYS
from pharmacy.domain.errors import Impossible
from pharmacy.domain.quantity import decimal_text
from pharmacy.domain.worksheet import OWN, WorksheetStep

MOST_TIMES = 24


@dataclass(frozen=True, slots=True)
class Taking:
    """One step: the amount at once, the times a day, and the days; None until nothing is left (the last step only)."""

    amount: Fraction
    times: int = 1
    days: int | None = None

    def __post_init__(self) -> None:
        if self.amount <= 0:
            raise Impossible("The amount to take must be above 0.", "steps")
        if not 1 <= self.times <= MOST_TIMES:
            raise Impossible(f"It is taken 1 to {MOST_TIMES} times a day.", "steps")
        if self.days is not None and not 1 <= self.days <= MOST_DAYS:
            raise Impossible(f"A step must last from 1 to {MOST_DAYS} days.", "steps")

    @property
    def a_day(self) -> Fraction:
        return self.amount * self.times


def in_order(steps: Sequence[Taking]) -> tuple[Taking, ...]:
    """The steps; only the last may go on without end."""
    if not steps:
        raise Impossible("Say how much is taken and how often.", "steps")
    if any(step.days is None for step in steps[:-1]):
        raise Impossible("Say for how many days each step lasts; only the last may go on without end.", "steps")
    return tuple(steps)


def supply(dispensed: Fraction, steps: Sequence[Taking]) -> tuple[int, Fraction]:
    """The whole days that it lasts, and what is then left over; never past the end of the steps."""
    left, days = dispensed, 0
    for step in in_order(steps):
        lasts = floor(left / step.a_day)
        taken = lasts if step.days is None else min(lasts, step.days)
        days, left = days + taken, left - taken * step.a_day
        if step.days is None or taken < step.days:
            break
    if days > MOST_DAYS:
        raise Impossible(f"That would last more than {MOST_DAYS} days: check the numbers.", "dispensed")
    return days, left


def lasting(dispensed: Fraction, steps: Sequence[tuple[Fraction, int | None]]) -> str:
    """The days that it lasts as a sum: those of the steps it is enough for, and the rest ÷ what is then taken a day.

    ``14 + (30 − 1 × 14) ÷ 3, rounded down`` of 1 a day for 14 days, then 3.
    """
    left = dispensed
    lasted: list[str] = []
    taken: list[str] = []
    rested: list[str] = []
    for a_day, days in steps:
        if not a_day:  # days of rest count only when something is taken after them
            rested.append(str(days))
            continue
        if left >= a_day:
            lasted, rested = [*lasted, *rested], []
        if days is None or a_day * days > left:
            rest = f"{' − '.join([decimal_text(dispensed, 6), *taken])}"
            last = f"{f'({rest})' if taken else rest} ÷ {decimal_text(a_day, 6)}"
            return f"{' + '.join([*lasted, last])}, rounded down"
        left -= a_day * days
        lasted.append(str(days))
        taken.append(f"{decimal_text(a_day, 6)} × {days}")
    return " + ".join(lasted)


def needed(steps: Sequence[Taking]) -> Fraction:
    """The quantity for all steps; each must have its days."""
    if any(step.days is None for step in in_order(steps)):
        raise Impossible("Say for how many days each step lasts.", "steps")
    return sum((step.a_day * (step.days or 0) for step in steps), Fraction(0))


def a_day_steps(steps: Sequence[Taking], unit: str) -> tuple[WorksheetStep, ...]:
    """Each step as a line: what it takes a day and, where it ends, in all."""
    lines = []
    for at, step in enumerate(steps, start=1):
        numbers = f"{decimal_text(step.amount, 6)} × {step.times}"
        ends = step.days is not None
        result = step.a_day * (step.days or 1)
        lines.append(
            WorksheetStep(
                f"Step {at}",
                "amount × times a day × days" if ends else "amount × times a day, until nothing is left",
                f"{numbers} × {step.days}" if ends else numbers,
                decimal_text(result, 6),
                unit if ends else f"{unit} a day",
                OWN,
            )
        )
    return tuple(lines)
