"""The beyond-use date of a preparation, what decided it, and whether it outlasts the supply.

It counts from the day of compounding, never from printing, dispensing or pick-up (22 TAC 291.131, definitions).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import ClassVar

from pharmacy.domain.dates import day_text, last_day_of_month
from pharmacy.domain.directions import Directions, quantity_for
from pharmacy.domain.errors import Expired, Impossible
from pharmacy.domain.keeping import (
    CEILING_DAYS,
    TABLE_4,
    BeyondUseClass,
    Cap,
    StabilityStudy,
    Temperature,
    check_kept,
)
from pharmacy.domain.plain import Plain
from pharmacy.domain.second_check.beyond_use import beyond_use_again
from pharmacy.domain.second_check.pencil import followed
from pharmacy.domain.worksheet import WorksheetStep

__all__ = (
    "BeyondUse",
    "BeyondUseClass",
    "Cap",
    "Fits",
    "StabilityStudy",
    "Temperature",
    "TooShort",
    "beyond_use_date",
    "first_day_of_use",
    "last_day_of_month",
    "lasting",
    "outlasts",
    "quantity_that_fits",
    "still_usable",
)

TABLE = "USP <795> (2023), Table 4"
# The text of the chapter itself was not at hand: each line names what was read, or that nobody read it.
DAY_ONE = "Establishing BUDs USP 795 (answers.uillinois.edu, page 130886)"
TOOL = "a beyond-use date tool after the USP fact sheet (Mississippi Board of Pharmacy copy)"
STUDIES = "Compounding FAQ (usp.org); else general knowledge of USP <795> (2023)"
GIVEN = "as given"
STRICTER = "stricter limit of a board or of the pharmacy"
COLD_ONLY = ", in the refrigerator"


@dataclass(frozen=True, slots=True)
class BeyondUse(Plain):
    """The date, the sentence that says what decided it, the steps, and what the second way says of it."""

    date: date
    decided_by: str
    steps: tuple[WorksheetStep, ...]
    plausibility: str = ""


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
    studies: tuple[StabilityStudy, ...] = (),
    kept: Temperature | None = None,
    bud_class: BeyondUseClass,
    limit_source: str = GIVEN,
) -> BeyondUse:
    """The last day on which the preparation may be used, found a second way too.

    Start + limit, less one day when the day of compounding is day 1 (`day_one`, the default that is never a day too
    long), and never past any cap. Of the studies that speak of where the preparation is `kept`, the shortest that is
    shorter than the limit of its class shortens it; else the shortest that qualifies lengthens it, to 180 days at most.
    `limit_days` below that of the class are a board's or the pharmacy's (`limit_source`) and hold after any extension.
    Raises :class:`Expired` when a component's day was already over on the day of compounding. Source: USP <795> (2023).
    """
    most = TABLE_4[bud_class]
    if not 1 <= limit_days <= most:
        raise Impossible(f"The limit must be from 1 to {most} days ({bud_class.words}: Table 4).", "limit")
    if compounded_on.year > 9990:
        raise Impossible("The day of compounding lies too far ahead.", "compounded")
    check_kept(bud_class, kept)
    days, study, steps = _days(limit_days, studies, kept, bud_class, limit_source)
    cold = COLD_ONLY if bud_class is BeyondUseClass.NONPRESERVED_AQUEOUS else ""
    why = f"stability study {study.citation}" if study else STRICTER if days < most else f"{bud_class.words}{cold}"
    last = compounded_on + timedelta(days=days - 1 if day_one else days)
    counting = "the day of compounding is day 1" if day_one else "counted from the day after compounding"
    numbers = f"{day_text(compounded_on)} + {days} days{' − 1 day' if day_one else ''}"
    steps.append(WorksheetStep("End of the limit", counting, numbers, day_text(last), "", DAY_ONE if day_one else TOOL))
    decided = f"{days} days from {day_text(compounded_on)}, {counting} ({why})."
    for cap in sorted(caps, key=lambda one: (one.date, one.name)):
        still_usable(cap, compounded_on)
        numbers = f"{day_text(last)} or {day_text(cap.date)}, the sooner"
        steps.append(WorksheetStep("Not past", cap.name, numbers, day_text(min(last, cap.date)), "", TOOL))
        if cap.date < last:
            last, decided = cap.date, f"{day_text(cap.date)}, not past {cap.name}."
    found = BeyondUse(last, decided, followed(steps))
    again = beyond_use_again(
        found.date,
        compounded_on,
        limit_days,
        day_one=day_one,
        caps=caps,
        studies=studies,
        kept=kept,
        bud_class=bud_class,
    )
    return replace(found, plausibility=again)


def lasting(
    limit_days: int, studies: tuple[StabilityStudy, ...], kept: Temperature | None, bud_class: BeyondUseClass
) -> tuple[int, StabilityStudy | None]:
    """For how many days, the day of compounding as day 1, a preparation may be used as long as no lot ends sooner.

    With the study that lengthens or shortens the limit of the class to them, None where the class alone decides. Found
    from one whole beyond-use date, and so a second way too.
    """
    first = date(2001, 1, 1)
    last = beyond_use_date(first, limit_days, day_one=True, studies=studies, kept=kept, bud_class=bud_class).date
    return (last - first).days + 1, _days(limit_days, studies, kept, bud_class, GIVEN)[1]


def _days(
    limit_days: int,
    studies: Iterable[StabilityStudy],
    kept: Temperature | None,
    bud_class: BeyondUseClass,
    limit_source: str,
) -> tuple[int, StabilityStudy | None, list[WorksheetStep]]:
    """The days that count, the study that decided them if one did, and the lines that lead to them."""
    most = TABLE_4[bud_class]
    cold = "it holds in the refrigerator only, 2–8 °C" if bud_class is BeyondUseClass.NONPRESERVED_AQUEOUS else ""
    first = WorksheetStep("Limit of the class", bud_class.words, "", str(most), "days", TABLE, cold)
    days, study, more = _with_studies(most, studies, kept, bud_class)
    steps = [first, *more]
    if limit_days == most:
        return days, study, steps
    words, numbers = "what a board or the pharmacy allows at most", f"{days} days or {limit_days} days, the fewer"
    note = "no study lengthens past it"
    steps.append(
        WorksheetStep("Stricter limit", words, numbers, str(min(days, limit_days)), "days", limit_source, note)
    )
    return (limit_days, None, steps) if limit_days < days else (days, study, steps)


def _with_studies(
    limit: int, studies: Iterable[StabilityStudy], kept: Temperature | None, bud_class: BeyondUseClass
) -> tuple[int, StabilityStudy | None, list[WorksheetStep]]:
    """The days with the studies taken into account, the study that decided them if one did, and a step for each.

    What did not last in the refrigerator does not last longer at room temperature: there a study of the refrigerator
    shortens too, also what another study lengthens. A study at room temperature says nothing of the refrigerator.
    """
    shorter: list[StabilityStudy] = []
    longer: list[StabilityStudy] = []
    colder: list[StabilityStudy] = []
    steps = []
    for one in studies:
        held = kept is None or one.temperature is None or one.temperature is kept
        cold = kept is Temperature.ROOM and one.temperature is Temperature.REFRIGERATOR
        lacking = shortcoming(one, one.temperature if cold else kept, bud_class)
        where = one.temperature.words if one.temperature else ""
        if not held and not cold:
            said = f"holds {where}, not where this formula is kept: it decides nothing"
        elif one.days < limit:
            said = "shortens the limit: it lasts no longer where it is warmer" if cold else "shortens the limit"
            shorter.append(one)
        elif one.days == limit:
            said = "says what the limit says"
        elif cold:
            said = f"holds {where}, not where this formula is kept, so it does not lengthen"
            colder += [] if lacking else [one]
        elif lacking:
            said = f"{lacking}, so it does not lengthen"
        else:
            said = (
                "may lengthen" if one.days <= CEILING_DAYS else f"may lengthen, to the ceiling of {CEILING_DAYS} days"
            )
            longer.append(one)
        words = "a shorter study shortens; a longer one lengthens only when it meets every condition"
        numbers = f"limit {limit} days, study {f'{one.days} days {where}'.strip()}"
        steps.append(
            WorksheetStep("Stability study", words, numbers, str(one.days), "days", STUDIES, f"{one.citation} {said}.")
        )
    chosen = min(shorter or (longer and [*longer, *colder]), key=lambda one: (one.days, one.citation), default=None)
    if chosen is None:
        return limit, None, steps
    days = min(chosen.days, CEILING_DAYS)
    words = "the shortest study that says less" if shorter else "the shortest study that meets every condition"
    note = "" if days == chosen.days else f"No study passes {CEILING_DAYS} days."
    if days != limit:
        numbers = f"{chosen.citation}: {chosen.days} days"
        steps.append(WorksheetStep("Days with the studies", words, numbers, str(days), "days", STUDIES, note))
        return days, chosen, steps
    return limit, None, steps


def shortcoming(study: StabilityStudy, kept: Temperature | None, bud_class: BeyondUseClass) -> str:
    """Why a study cannot lengthen the limit, in words that follow its citation; empty when it can."""
    conditions = (
        (not study.accelerated, "rests on accelerated data alone"),
        (study.stability_indicating, "is not stability-indicating"),
        (study.same_formula_and_container, "is of another formula or container"),
        (study.antimicrobial_effectiveness or not bud_class.aqueous, "has no antimicrobial effectiveness test"),
        (bool(study.documents.strip()), "has no documents on file"),
        (kept is not None and study.temperature is kept, "states no temperature that the formula is kept at"),
    )
    return next((why for met, why in conditions if not met), "")


def still_usable(cap: Cap, on: date) -> None:
    """Raise :class:`Expired` when the day is past; the day itself is still good."""
    if cap.date < on:
        raise Expired(f"{cap.name} ended on {day_text(cap.date)} and cannot be used on {day_text(on)}.")


def first_day_of_use(hand_over: date, supply_in_hand_ends: date | None = None) -> date:
    """The later of the hand-over and the day after the supply in hand ends."""
    if supply_in_hand_ends is None:
        return hand_over
    return max(hand_over, supply_in_hand_ends + timedelta(days=1))


def outlasts(beyond_use: date, first_day: date, days: int) -> Fits | TooShort:
    """Whether a supply of `days` days, begun on `first_day`, ends on or before the beyond-use date."""
    if days < 1:
        raise Impossible("A supply lasts at least 1 day.", "days")
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
