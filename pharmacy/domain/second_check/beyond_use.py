"""The beyond-use date a second time: day after day, from the day of compounding on, until a day that may not be one of use.

The first way adds and takes the least; here every day is asked by itself whether all allow it. Nothing is computed from
the limit, so a day too many or too few in the sum does not come out here as well.
"""

from __future__ import annotations

from datetime import date

from pharmacy.domain.dates import day_text
from pharmacy.domain.keeping import CEILING_DAYS, TABLE_4, BeyondUseClass, Cap, StabilityStudy, Temperature
from pharmacy.domain.quantity import NBSP
from pharmacy.domain.second_check.spans import demand


def beyond_use_again(
    answer: date,
    compounded_on: date,
    limit_days: int,
    *,
    day_one: bool,
    caps: tuple[Cap, ...] = (),
    studies: tuple[StabilityStudy, ...] = (),
    kept: Temperature | None = None,
    bud_class: BeyondUseClass,
) -> str:
    """What the day is and why the next is none of use; :class:`ChecksDisagree` when another day is the last one."""
    demand(0 < limit_days <= TABLE_4[bud_class], "the limit of the class")
    warm = kept is Temperature.ROOM
    demand(not (warm and bud_class is BeyondUseClass.NONPRESERVED_AQUEOUS), "where it is kept")
    number, day = (1 if day_one else 0), compounded_on
    why = _objection(number, day, limit_days, caps, studies, kept, bud_class)
    demand(not why, "the day of compounding")
    while True:
        tomorrow = date.fromordinal(day.toordinal() + 1)
        why = _objection(number + 1, tomorrow, limit_days, caps, studies, kept, bud_class)
        if why:
            break
        number, day = number + 1, tomorrow
    demand(day == answer, "the beyond-use date")
    return f"{day_text(day)} is day{NBSP}{number}; {day_text(tomorrow)} would be {why}."


def _objection(
    number: int,
    day: date,
    limit: int,
    caps: tuple[Cap, ...],
    studies: tuple[StabilityStudy, ...],
    kept: Temperature | None,
    bud_class: BeyondUseClass,
) -> str:
    """Who objects to that day, being day `number` of the preparation; empty when nobody does."""
    for cap in caps:
        if day > cap.date:
            return f"past {cap.name}"
    if number > CEILING_DAYS:
        return f"past {CEILING_DAYS} days, the longest of all"
    table = TABLE_4[bud_class]
    # All but a study at room temperature of what is kept colder: that one may say too little.
    told = [one for one in studies if not (kept is Temperature.REFRIGERATOR and one.temperature is Temperature.ROOM)]
    for study in told:
        if study.days < table and number > study.days:
            return f"past the {study.days} days of {study.citation}"
    if number > limit < table:
        return f"past the {limit} days that are allowed here"
    if number <= table:
        return ""
    proofs = [study for study in told if study.days > table and _proves(study, bud_class)]
    if any(study.temperature is kept for study in proofs) and all(number <= study.days for study in proofs):
        return ""
    return f"past {min((study.days for study in proofs if study.temperature is kept), default=table)} days"


def _proves(study: StabilityStudy, bud_class: BeyondUseClass) -> bool:
    """Everything that a study must be to lengthen, where it is kept as it was studied."""
    microbes = study.antimicrobial_effectiveness or bud_class in {
        BeyondUseClass.NONAQUEOUS,
        BeyondUseClass.NONAQUEOUS_LIQUID,
    }
    real_time = not study.accelerated and study.temperature is not None
    return (
        study.stability_indicating
        and study.same_formula_and_container
        and microbes
        and real_time
        and study.documents.strip() != ""
    )


def outlasts_again(beyond_use: date, first_day: date, days: int) -> tuple[int, date]:
    """How many of the days are days of use, counted one by one, and the last day of the supply counted from its end."""
    last = date.fromordinal(first_day.toordinal() + days - 1)
    usable = sum(1 for at in range(days) if date.fromordinal(last.toordinal() - at) <= beyond_use)
    return usable, last
