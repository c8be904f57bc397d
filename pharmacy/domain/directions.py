"""How a patient takes it: ordered steps that read as one sentence and add up to quantity and days' supply."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import floor
from typing import Any

from pharmacy.domain.errors import EndsSooner, Impossible
from pharmacy.domain.plain import Plain, exact_text
from pharmacy.domain.quantity import NBSP, Exact, Mass, decimal_text, exact
from pharmacy.domain.strength import Form, Strength


class When(StrEnum):
    """When on a day. The words are those of the sentence (16 CCR 1707.5: times of day, not "twice daily")."""

    BEDTIME = "at bedtime"
    MORNING = "in the morning"
    NOON = "at noon"
    EVENING = "in the evening"
    MORNING_AND_EVENING = "in the morning and in the evening"
    MORNING_AND_BEDTIME = "in the morning and at bedtime"

    @property
    def times(self) -> tuple[str, ...]:
        return tuple(self.value.split(" and "))

    @property
    def intakes(self) -> int:
        """Intakes a day."""
        return len(self.times)


@dataclass(frozen=True, slots=True)
class Step(Plain):
    """`amount` capsules or mL at each intake, for `days` days, or without end when None (the last step only).

    An amount of 0 is a rest: on these days nothing is taken from this container of a kit.
    """

    amount: Decimal
    when: When
    days: int | None = None

    def __post_init__(self) -> None:
        if exact(self.amount) < 0 or (not self.amount and self.days is None):
            raise Impossible("The amount to take must be above 0.")
        if self.days is not None and not 1 <= self.days <= 3650:
            raise Impossible("A step must last from 1 to 3,650 days.")

    @property
    def a_day(self) -> Fraction:
        """Units a day."""
        return exact(self.amount) * self.when.intakes


@dataclass(frozen=True, slots=True)
class Directions(Plain):
    """The steps of one form in order: one for a steady dose, several for a titration.

    ``by_days``: one container of a kit. Its steps are named by the days of the kit, and it may rest on some of them.
    """

    form: Form
    steps: tuple[Step, ...]
    by_days: bool = False

    def __post_init__(self) -> None:
        if not self.steps or not self.steps[-1].amount:
            raise Impossible("Say how much to take and when.")
        if self.by_days and self.steps[-1].days is None:
            raise Impossible("Say for how many days each step lasts: a kit ends.")
        if not self.by_days and not all(step.amount for step in self.steps):
            raise Impossible("The amount to take must be above 0.")
        for step in self.steps[:-1]:
            if step.days is None:
                raise Impossible("Say for how many days each step lasts; only the last may go on without end.")
        for step in self.steps:
            if self.form is Form.CAPSULE and exact(step.amount).denominator != 1:
                raise Impossible("Capsules are taken whole: write 1, 2 or 3.")

    @property
    def length(self) -> int | None:
        """Days from the first intake to the last, or None when the last step goes on."""
        days = [step.days for step in self.steps]
        return None if days[-1] is None else sum(one for one in days if one is not None)

    def to_json(self) -> dict[str, Any]:
        """As every version wrote it: ``by_days`` stands only where it holds."""
        data = Plain.to_json(self)
        if not self.by_days:
            del data["by_days"]
        return data


def sentence(directions: Directions) -> str:
    """The directions as one plain sentence with numerals, times of day, mL alone for liquids, and no abbreviation.

    Wording after 16 CCR 1707.5 and USP <17>: numerals, times of day, dose apart from timing.
    """
    form, steps = directions.form, directions.steps
    if directions.by_days:
        return _numbered(directions)
    if len(steps) == 1:
        return _single(form, steps[0])
    whens = {step.when for step in steps}
    if len(whens) > 1:
        parts = [_varied(form, step, index) for index, step in enumerate(steps)]
        return f"Take {form.route}: {', then '.join(parts)}."
    when = steps[0].when
    times = " and again ".join(when.times)
    each = " each time" if when.intakes > 1 else ""
    parts = []
    for index, step in enumerate(steps):
        amount = form.amount_text(step.amount)
        if index and form is Form.CAPSULE:
            amount = decimal_text(step.amount)
        parts.append(f"{amount}{each}{_for_days(step, 'every day after that')}")
    return f"Take {form.route} {times}: {', then '.join(parts)}."


def _single(form: Form, step: Step) -> str:
    amount = form.amount_text(step.amount)
    rest = "".join(f" and {amount} {time}" for time in step.when.times[1:])
    return f"Take {amount} {form.route} {step.when.times[0]}{rest}{_for_days(step, '')}."


def _varied(form: Form, step: Step, index: int) -> str:
    amount = form.amount_text(step.amount)
    taken = " and ".join(f"{amount} {time}" for time in step.when.times)
    return f"{taken}{_for_days(step, 'every day after that' if index else '')}"


def day_ranges(directions: Directions) -> tuple[tuple[int, int, Step], ...]:
    """First day, last day and step wherever something is taken; like steps that follow each other are one."""
    ranges: list[tuple[int, int, Step]] = []
    day = 0
    for step in directions.steps:
        days = step.days or 0
        if step.amount:
            before = ranges[-1] if ranges else None
            if before and before[1] == day and (before[2].amount, before[2].when) == (step.amount, step.when):
                ranges[-1] = (before[0], day + days, step)
            else:
                ranges.append((day + 1, day + days, step))
        day += days
    return tuple(ranges)


def days_text(first: int, last: int) -> str:
    """``Day 8``, ``Days 8 to 14``."""
    return f"Day {first}" if first == last else f"Days {first} to {last}"


def _days(first: int, last: int) -> str:
    """The same, never broken: a line that begins with "14: 2 capsules" is misread."""
    return days_text(first, last).replace(" ", NBSP)


def _numbered(directions: Directions) -> str:
    """One container of a kit: what to take from it, and on which days of the kit."""
    form, ranges = directions.form, day_ranges(directions)
    if len(ranges) == 1:
        first, last, step = ranges[0]
        said = _single(form, Step(step.amount, step.when))
        return f"{_days(first, last)}: t{said[1:]}"
    whens = {step.when for _, _, step in ranges}
    if len(whens) > 1:
        parts = [
            f"{_days(first, last)}: {_varied(form, Step(one.amount, one.when), 0)}." for first, last, one in ranges
        ]
        return f"Take {form.route}. {' '.join(parts)}"
    when = whens.pop()
    each = " each time" if when.intakes > 1 else ""
    parts = [f"{_days(first, last)}: {form.amount_text(step.amount)}{each}." for first, last, step in ranges]
    return f"Take {form.route} {' and again '.join(when.times)}. {' '.join(parts)}"


def amount_on(directions: Directions, day: int) -> Decimal:
    """What is taken at each intake on that day, counted from 1; 0 on a day of rest and after the end."""
    if day < 1:
        raise Impossible("Days are counted from 1.")
    before = day - 1
    for step in directions.steps:
        if step.days is None or before < step.days:
            return step.amount
        before -= step.days
    return Decimal(0)


def _for_days(step: Step, endless: str) -> str:
    if step.days is None:
        return f" {endless}" if endless else ""
    return f" for {step.days} {'day' if step.days == 1 else 'days'}"


def daily_doses(directions: Directions, strength: Strength) -> tuple[Mass, ...]:
    """Naltrexone HCl (anhydrous) a day in each step that takes any."""
    _same_form(directions, strength)
    return tuple(strength.dose(step.a_day) for step in directions.steps if step.amount)


def highest_daily_dose(directions: Directions, strength: Strength) -> Mass:
    """Naltrexone HCl (anhydrous) a day in the step that takes most."""
    return max(daily_doses(directions, strength))


def lowest_daily_dose(directions: Directions, strength: Strength) -> Mass:
    """Naltrexone HCl (anhydrous) a day in the step that takes least."""
    return min(daily_doses(directions, strength))


def _same_form(directions: Directions, strength: Strength) -> None:
    if directions.form is not strength.form:
        raise Impossible(
            f"The directions are for the {directions.form.words}, but the strength is of the {strength.form.words}."
        )


def units_for_days(directions: Directions, days: int, from_day: int = 1) -> Fraction:
    """Capsules or mL for `days` days, counted from day `from_day` of the directions (1 is the first).

    Raises :class:`EndsSooner` when the directions do not last so long.
    """
    if days < 0 or from_day < 1:
        raise Impossible("Days are counted from 1.")
    before, wanted, total = from_day - 1, days, Fraction(0)
    for step in directions.steps:
        if step.days is None:
            return total + step.a_day * wanted
        skipped = min(before, step.days)
        taken = min(wanted, step.days - skipped)
        total += step.a_day * taken
        before, wanted = before - skipped, wanted - taken
    if wanted:
        raise EndsSooner(f"The directions last {directions.length} days; that is fewer than asked for.")
    return total


def quantity_for(directions: Directions, days: int, from_day: int = 1) -> Decimal:
    """The quantity for `days` days, process excess never in it: whole capsules, or mL exactly."""
    return Decimal(exact_text(units_for_days(directions, days, from_day)))


def days_supply(directions: Directions, quantity: Exact, from_day: int = 1) -> int:
    """The whole days that the quantity lasts, step by step: 84 capsules of 1, 2 and 3 for 14 days each last 42 days.

    Directions that end are never counted past their end, however much is left over. Days of rest count only when
    something is taken after them: a supply ends with its last intake.
    """
    left, before, days, rest = exact(quantity), from_day - 1, 0, 0
    if left < 0 or from_day < 1:
        raise Impossible("A quantity must be 0 or more, and days are counted from 1.")
    for step in directions.steps:
        if step.days is None:
            return days + floor(left / step.a_day)
        skipped = min(before, step.days)
        before -= skipped
        if not step.amount:
            rest += step.days - skipped
            continue
        taken = min(floor(left / step.a_day), step.days - skipped)
        if taken:
            days, rest, left = days + rest + taken, 0, left - taken * step.a_day
        if taken < step.days - skipped:
            return days
    return days


def left_over(directions: Directions, quantity: Exact, from_day: int = 1) -> Fraction:
    """What remains of the quantity after its last whole day: not 0 means that quantity and directions do not match."""
    return exact(quantity) - units_for_days(directions, days_supply(directions, quantity, from_day), from_day)


def after_titration(directions: Directions) -> Directions:
    """What a refill says: the last step alone, without end; the steps that led to it are never repeated."""
    last = directions.steps[-1]
    return Directions(directions.form, (Step(last.amount, last.when),))


def continued(directions: Directions, from_day: int) -> Directions:
    """What is left of the directions from day `from_day` on, for a quantity owed after part was handed over."""
    if from_day < 1:
        raise Impossible("Days are counted from 1.")
    if from_day == 1:
        return directions
    if directions.by_days and from_day <= (directions.length or 0):
        raise Impossible("A container of a kit is taken by the days of the kit: it cannot be supplied in part.")
    before, rest = from_day - 1, []
    for step in directions.steps:
        if step.days is None:
            rest.append(step)
        elif before < step.days:
            rest.append(Step(step.amount, step.when, step.days - before))
            before = 0
        else:
            before -= step.days
    if not rest:
        raise EndsSooner(f"The directions last {directions.length} days; nothing is left of them.")
    return Directions(directions.form, tuple(rest))
