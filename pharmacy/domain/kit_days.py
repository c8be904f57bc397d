"""What follows from a kit, day by day: how far quantities reach, what a refill is, and the dated calendar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from pharmacy.domain.amounts import of_them
from pharmacy.domain.bounds import MOST_DAYS
from pharmacy.domain.directions import Directions, after_titration, amount_on, days_text, quantity_for
from pharmacy.domain.errors import EndsSooner, Impossible
from pharmacy.domain.plain import Plain
from pharmacy.domain.quantity import Exact, exact
from pharmacy.domain.second_check.calendar import calendar_again
from pharmacy.domain.titration import Kit, KitPart


def covered_days(kit: Kit, quantities: Sequence[Exact]) -> int:
    """The days from day 1 on for which these quantities, one for each container, suffice."""
    if len(quantities) != len(kit.parts):
        raise Impossible("Give one quantity for each container.", "supplied")
    reach = kit.titration.days
    for part, quantity in zip(kit.parts, quantities, strict=True):
        left = exact(quantity)
        if left < 0:
            raise Impossible("A quantity must be 0 or more.", "supplied")
        before = 0
        for step in part.directions.steps:
            days = step.days or 0
            lasts = days if not step.amount else min(days, int(left // step.a_day))
            left -= step.a_day * lasts
            if lasts < days:
                reach = min(reach, before + lasts)
                break
            before += days
    return reach


def check_covers(kit: Kit, quantities: Sequence[Exact]) -> None:
    """Refuse quantities that leave a step uncovered; the message says which, from which day, and how much is missing."""
    reach = covered_days(kit, quantities)
    if reach == kit.titration.days:
        return
    first, last, step = next(one for one in kit.titration.ranges() if one[1] > reach)
    form = kit.titration.form
    missing = [
        f"{form.amount_text(exact(part.quantity) - exact(quantity))} of {part.strength.amount_text()}"
        for part, quantity in zip(kit.parts, quantities, strict=True)
        if exact(part.quantity) > exact(quantity)
    ]
    raise EndsSooner(
        f"This lasts {reach} {of_them(reach, 'day')}. {days_text(max(first, reach + 1), last)}, {step.dose.text('mg')} a day, "
        f"{'is' if last == max(first, reach + 1) else 'are'} not covered: {' and '.join(missing)} more would cover all "
        f"{kit.titration.days} {of_them(kit.titration.days, 'day')}.",
        "supplied",
    )


def refill_of(kit: Kit, days: int) -> tuple[KitPart, ...]:
    """What a refill is: the containers of the last step alone, at its dose without end, for so many days."""
    if not 1 <= days <= MOST_DAYS:
        raise Impossible(f"A refill is for 1 to {MOST_DAYS} days.", "refill_days")
    parts = []
    for part in kit.parts:
        if part.days == kit.titration.days:
            after = after_titration(part.directions)
            parts.append(KitPart(part.strength, after, quantity_for(after, days), part.syringe))
    return tuple(parts)


@dataclass(frozen=True, slots=True)
class CalendarDay(Plain):
    """One day: its number, its date, and what is taken at each intake from each container, 0 where nothing is."""

    number: int
    on: date
    amounts: tuple[Decimal, ...]


def calendar(directions: Sequence[Directions], start: date, days: int) -> tuple[CalendarDay, ...]:
    """Each day from `start` on, with what to take from each container. Dates are counted, never hours: no clock change moves one."""
    if not 1 <= days <= MOST_DAYS:
        raise Impossible(f"A calendar has from 1 to {MOST_DAYS} days.", "days")
    if date.max - start < timedelta(days=days):
        raise Impossible("The calendar would end after the year 9999.", "start")
    return tuple(
        CalendarDay(number, start + timedelta(days=number - 1), tuple(amount_on(one, number) for one in directions))
        for number in range(1, days + 1)
    )


def kit_calendar(kit: Kit, start: date) -> tuple[CalendarDay, ...]:
    """The calendar of a whole kit."""
    return calendar([part.directions for part in kit.parts], start, kit.titration.days)


def checked_kit_calendar(kit: Kit, start: date) -> tuple[CalendarDay, ...]:
    """The calendar of a whole kit, each date and each day's dose found a second time."""
    made, titration = kit_calendar(kit, start), kit.titration
    doses = [(titration.at_once(step).value, step.days) for step in titration.steps]
    calendar_again(_plain(made), start, doses, [exact(part.strength.amount) for part in kit.parts])
    return made


def checked_calendar(directions: Directions, start: date, days: int) -> tuple[CalendarDay, ...]:
    """The calendar of one container for so many days, each date and each day's amount found a second time."""
    made, left, steps = calendar([directions], start, days), days, []
    for step in directions.steps:
        steps.append((exact(step.amount), left if step.days is None else min(step.days, left)))
        left -= steps[-1][1]
    calendar_again(_plain(made), start, [*steps, (Fraction(0), left)], [Fraction(1)])
    return made


def _plain(days: Sequence[CalendarDay]) -> list[tuple[int, date, list[Fraction]]]:
    return [(day.number, day.on, [exact(one) for one in day.amounts]) for day in days]


def units_taken(days: Sequence[CalendarDay], container: int, intakes: int) -> Fraction:
    """What a calendar takes from one container, counted from 0."""
    return sum((exact(day.amounts[container]) * intakes for day in days), Fraction(0))
