"""A kit again, as a patient would take it: day after day out of full containers, until they are empty."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations

from pharmacy.domain.second_check.spans import demand

Steps = Sequence[tuple[Fraction, int]]  # a daily dose in mg, or an amount at each intake, and for how many days


def replay(doses: Steps, intakes: int, strengths: Sequence[Fraction], schedules: Sequence[Steps]) -> list[Fraction]:
    """What is taken of each container when every day is lived through; refused on the first day with another dose."""
    wanted = [dose for dose, days in doses for _ in range(days)]
    lived = [[amount for amount, days in schedule for _ in range(days)] for schedule in schedules]
    for schedule in lived:
        demand(len(schedule) <= len(wanted), "the days of a container")
        demand(bool(schedule) and schedule[-1] > 0, "the last day of a container")
        schedule.extend([Fraction(0)] * (len(wanted) - len(schedule)))
    taken = [Fraction(0)] * len(lived)
    for day, dose in enumerate(wanted):
        got = Fraction(0)
        for at, schedule in enumerate(lived):
            for _ in range(intakes):
                taken[at] += schedule[day]
                got += schedule[day] * strengths[at]
        demand(got == dose, f"the dose of day {day + 1}")
    return taken


def units_again(dose: Fraction, strengths: Sequence[Fraction], most: int) -> int | None:
    """The fewest units that make the dose: all sums of one unit, of two, of three … until the dose is among them."""
    sums = {Fraction(0)}
    for units in range(1, most + 1):
        sums = {one + strength for one in sums for strength in strengths if one + strength <= dose}
        if dose in sums:
            return units
    return None


def demand_fewest(
    doses: Steps, intakes: int, offered: Sequence[Fraction], containers: int, units: Fraction, most_at_once: int
) -> None:
    """Refuse unless no choice of at most so many of the strengths takes fewer units in all."""
    best: int | None = None
    for chosen in combinations(offered, min(containers, len(offered))):
        total = 0
        for dose, days in doses:
            count = units_again(dose / intakes, chosen, most_at_once)
            if count is None:
                break
            total += count * intakes * days
        else:
            best = total if best is None else min(best, total)
    demand(best is not None and units == best, "the fewest units in all")


def demand_bottles(
    doses: Steps,
    intakes: int,
    offered: Sequence[Fraction],
    syringes: Sequence[tuple[Fraction, Fraction, Fraction]],
    used: tuple[int, Fraction],
) -> None:
    """Refuse two bottles where one would do, and one bottle where another would take fewer mL.

    ``syringes`` are least, capacity and graduation of each; ``used`` the bottles and mL of the kit.
    """
    alone = []
    for strength in offered:
        volumes = [dose / intakes / strength for dose, _ in doses]
        if any(all(low <= one <= high and one % mark == 0 for one in volumes) for low, high, mark in syringes):
            alone.append(sum((dose / strength * days for dose, days in doses), Fraction(0)))
    bottles, volume = used
    demand(volume == min(alone) if bottles == 1 and alone else not alone and bottles > 1, "the number of bottles")


def demand_measured(amounts: Sequence[Fraction], least: Fraction, capacity: Fraction, mark: Fraction) -> None:
    """Refuse unless the plunger stands on a mark for each amount, drawn up mark by mark."""
    for amount in amounts:
        marks, rest = divmod(amount, mark)
        demand(rest == 0 and marks >= 1, "the mark of the syringe")
        demand(least <= amount <= capacity, "what the syringe holds")
