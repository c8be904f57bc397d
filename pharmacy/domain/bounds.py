"""The most that an amount can be before it is a slip of the pen: data, each with its reason, for both ways to ask.

What is above is refused where it is written. None of them is a rule of the trade, so each lies far above anything that is made.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from pharmacy.domain.errors import Impossible
from pharmacy.domain.quantity import Concentration, Density, Mass, Volume

Q = TypeVar("Q", Mass, Volume, Concentration, Density)


@dataclass(frozen=True, slots=True)
class Bound(Generic[Q]):
    """The most, and why; `why` reads as a sentence of its own before what to do."""

    most: Q
    why: str


IN_A_SHELL = Bound(Mass.of(5, "g"), "No shell holds or weighs so much")  # size 000 holds 1.37 mL and weighs 163 mg
PACKED = Bound(Density.of(5, "g/mL"), "No powder packs so densely")  # calcium carbonate, the heaviest filler: below 1
TABLET = Bound(Mass.of(5, "g"), "No tablet that is swallowed weighs so much")  # the largest weigh about 2 g
LIQUID_STRENGTH = Bound(Concentration.of(2000, "mg/mL"), "No oral liquid weighs so much")  # syrup: 1.3 g/mL

MOST_DAYS = 3650  # ten years: no supply, kit or study of a compounded preparation runs longer
MOST_TIMES = 24  # intakes a day: one an hour
# Without a capacity a balance has so many steps at most: 52 g in steps of 0.001 mg are 52 million, and few have more.
MOST_BALANCE_STEPS = 100_000_000


def check_bound(amount: Q, bound: Bound[Q], field: str) -> None:
    """Refuse what is above its bound, at its field."""
    if amount > bound.most:
        said, most = amount.base_text(), bound.most.base_text()
        raise Impossible(f"{bound.why} as {said}: write at most {most}, and look at the unit.", field)


def check_days(days: int, field: str = "days") -> None:
    """Refuse no days, and more than ten years of them."""
    if not 1 <= days <= MOST_DAYS:
        raise Impossible(f"Write from 1 to {MOST_DAYS:,} days.", field)


def check_times(times: int, field: str = "times_a_day") -> None:
    """Refuse no intake a day, and more than one an hour."""
    if not 1 <= times <= MOST_TIMES:
        raise Impossible(f"It is taken 1 to {MOST_TIMES} times a day.", field)
