"""The beyond-use date of a preparation, what decided it, and whether it outlasts the supply.

It counts from the day of compounding, never from printing, dispensing or pick-up (22 TAC 291.131, definitions).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

from pharmacy.domain.dates import day_text, last_day_of_month
from pharmacy.domain.directions import Directions, quantity_for
from pharmacy.domain.errors import Expired, Impossible
from pharmacy.domain.plain import Plain
from pharmacy.domain.worksheet import WorksheetStep

__all__ = (
    "BeyondUse",
    "BeyondUseClass",
    "Cap",
    "Fits",
    "StabilityStudy",
    "TooShort",
    "beyond_use_date",
    "first_day_of_use",
    "last_day_of_month",
    "outlasts",
    "quantity_that_fits",
    "still_usable",
)

SOURCE = "USP <795> (2023), Table 4"
CEILING_DAYS = 180  # no stability study extends a nonsterile preparation past it: USP <795> (2023)


class BeyondUseClass(StrEnum):
    """The classes of USP <795> (2023), Table 4. Their limits in days are rule data."""

    NONPRESERVED_AQUEOUS = "nonpreserved-aqueous"
    PRESERVED_AQUEOUS = "preserved-aqueous"
    NONAQUEOUS_LIQUID = "nonaqueous-liquid"
    NONAQUEOUS = "nonaqueous"

    @property
    def words(self) -> str:
        return _CLASS_WORDS[self]

    @property
    def aqueous(self) -> bool:
        return self in {BeyondUseClass.NONPRESERVED_AQUEOUS, BeyondUseClass.PRESERVED_AQUEOUS}


_CLASS_WORDS = {
    BeyondUseClass.NONPRESERVED_AQUEOUS: "nonpreserved aqueous preparation",
    BeyondUseClass.PRESERVED_AQUEOUS: "preserved aqueous preparation",
    BeyondUseClass.NONAQUEOUS_LIQUID: "nonaqueous oral liquid",
    BeyondUseClass.NONAQUEOUS: "other nonaqueous preparation",
}


@dataclass(frozen=True, slots=True)
class Cap(Plain):
    """A day that the beyond-use date may not pass: the expiry of a bought lot, or the beyond-use date of one made here.

    `name` reads in a sentence: "naltrexone HCl lot N-101 (expiry)".
    """

    name: str
    date: date


@dataclass(frozen=True, slots=True)
class StabilityStudy(Plain):
    """A study of this formula in this container. It shortens whatever it is; it lengthens only if all else is met."""

    name: str
    days: int
    stability_indicating: bool = False
    same_formula_and_container: bool = False
    antimicrobial_effectiveness: bool = False

    def __post_init__(self) -> None:
        if self.days < 1:
            raise Impossible("A stability study covers at least 1 day.")


@dataclass(frozen=True, slots=True)
class BeyondUse(Plain):
    """The date, the sentence that says what decided it, and the steps."""

    date: date
    decided_by: str
    steps: tuple[WorksheetStep, ...]


@dataclass(frozen=True, slots=True)
class Fits(Plain):
    """The supply ends on `last_day_of_use`, on or before the beyond-use date."""

    last_day_of_use: date
    kind: ClassVar[str] = "fits"


@dataclass(frozen=True, slots=True)
class TooShort(Plain):
    """Only the first `days` of the `wanted` days end on or before the beyond-use date."""

    days: int
    wanted: int
    last_day_of_use: date
    kind: ClassVar[str] = "too short"


def beyond_use_date(
    compounded_on: date,
    limit_days: int,
    *,
    day_one: bool,
    caps: tuple[Cap, ...] = (),
    study: StabilityStudy | None = None,
    bud_class: BeyondUseClass,
) -> BeyondUse:
    """The last day on which the preparation may be used.

    Start + limit, less one day when the day of compounding is day 1 (`day_one`, the default that is never a day too
    long), and never past any cap. A study shorter than the limit shortens it; a longer one lengthens it only when it
    is stability-indicating, of the same formula and container, and for aqueous forms with antimicrobial effectiveness
    <51>; never past 180 days. Raises :class:`Expired` when a component's day was already over on the day of
    compounding. Source: USP <795> (2023).
    """
    if not 1 <= limit_days <= CEILING_DAYS:
        raise Impossible(f"A beyond-use limit must be from 1 to {CEILING_DAYS} days.")
    steps = [_limit_step(limit_days, bud_class)]
    days, why = limit_days, bud_class.words
    if study is not None:
        days, note = _with_study(limit_days, study, aqueous=bud_class.aqueous)
        why = f"stability study {study.name}" if days != limit_days else why
        words = "a shorter study shortens; a longer one lengthens only if it qualifies, to 180 days at most"
        numbers = f"limit {limit_days} days, study {study.days} days"
        steps.append(WorksheetStep("Stability study", words, numbers, str(days), "days", "USP <795> (2023)", note))
    last = compounded_on + timedelta(days=days - 1 if day_one else days)
    counting = "the day of compounding is day 1" if day_one else "counted from the day after compounding"
    steps.append(
        WorksheetStep(
            "End of the limit", counting, f"{day_text(compounded_on)} + {days} days", day_text(last), "", SOURCE
        )
    )
    decided = f"{days} days from {day_text(compounded_on)}, {counting} ({why})."
    for cap in sorted(caps, key=lambda one: (one.date, one.name)):
        still_usable(cap, compounded_on)
        steps.append(
            WorksheetStep(
                "Not past", cap.name, f"{day_text(cap.date)} or sooner", day_text(min(last, cap.date)), "", SOURCE
            )
        )
        if cap.date < last:
            last, decided = cap.date, f"{day_text(cap.date)}, not past {cap.name}."
    return BeyondUse(last, decided, tuple(steps))


def still_usable(cap: Cap, on: date) -> None:
    """Raise :class:`Expired` when the day is past; the day itself is still good."""
    if cap.date < on:
        raise Expired(f"{cap.name} ended on {day_text(cap.date)} and cannot be used on {day_text(on)}.")


def _limit_step(limit_days: int, bud_class: BeyondUseClass) -> WorksheetStep:
    return WorksheetStep("Limit of the class", bud_class.words, "", str(limit_days), "days", SOURCE)


def _with_study(limit: int, study: StabilityStudy, *, aqueous: bool) -> tuple[int, str]:
    if study.days <= limit:
        return study.days, f"{study.name} says {study.days} days"
    if not study.stability_indicating:
        return limit, f"{study.name} is not stability-indicating and does not lengthen"
    if not study.same_formula_and_container:
        return limit, f"{study.name} is of another formula or container and does not lengthen"
    if aqueous and not study.antimicrobial_effectiveness:
        return limit, f"{study.name} has no antimicrobial effectiveness test and does not lengthen an aqueous form"
    days = min(study.days, CEILING_DAYS)
    return days, f"{study.name} lengthens" if days == study.days else f"{study.name} lengthens to the ceiling"


def first_day_of_use(hand_over: date, supply_in_hand_ends: date | None = None) -> date:
    """The later of the hand-over and the day after the supply in hand ends."""
    if supply_in_hand_ends is None:
        return hand_over
    return max(hand_over, supply_in_hand_ends + timedelta(days=1))


def outlasts(beyond_use: date, first_day: date, days: int) -> Fits | TooShort:
    """Whether a supply of `days` days, begun on `first_day`, ends on or before the beyond-use date."""
    if days < 1:
        raise Impossible("A supply lasts at least 1 day.")
    last = first_day + timedelta(days=days - 1)
    if last <= beyond_use:
        return Fits(last)
    return TooShort(max((beyond_use - first_day).days + 1, 0), days, last)


def quantity_that_fits(
    directions: Directions, beyond_use: date, first_day: date, days: int, from_day: int = 1
) -> tuple[int, Decimal]:
    """The days, and the quantity for them, that end on or before the beyond-use date; 0 when not even one does."""
    answer = outlasts(beyond_use, first_day, days)
    fitting = days if isinstance(answer, Fits) else answer.days
    return fitting, quantity_for(directions, fitting, from_day)
