"""Problems of dates: how long a preparation may be used, and whether that outlasts the supply."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from math import ceil

from pharmacy.domain.amounts import ratio_text
from pharmacy.domain.beyond_use import BeyondUseClass, Cap, Fits, StabilityStudy, Temperature, beyond_use_date, outlasts
from pharmacy.domain.bounds import MOST_DAYS
from pharmacy.domain.dates import day_text, last_day_of_month, read_day
from pharmacy.domain.errors import Expired, Impossible
from pharmacy.domain.keeping import TABLE_4
from pharmacy.domain.problems.given import BadGiven, Given
from pharmacy.domain.problems.kinds import Answer, Field, ProblemKind, Solution, Sort
from pharmacy.domain.quantity import NBSP, decimal_text
from pharmacy.domain.second_check.beyond_use import beyond_use_again, outlasts_again
from pharmacy.domain.second_check.spans import demand
from pharmacy.domain.worksheet import OWN, Worksheet, WorksheetStep

STUDY = "The names: citation, days, temperature, stability_indicating, same_formula_and_container, antimicrobial_effectiveness, accelerated, documents."


def _last_days(given: Given) -> tuple[Cap, ...]:
    """The last day of each component: a month as ``06/2026``, or a day; either may stand after a name and a colon."""
    caps = []
    for at, text in enumerate(given.texts("expiries") if given.has("expiries") else (), start=1):
        name, colon, day = text.rpartition(":")
        try:
            last = last_day_of_month(day) if day.count("/") == 1 else read_day(day)
        except Impossible:
            raise BadGiven("expiries: Write each last day as 06/2026 or 30 JUN 2026.", "expiries") from None
        caps.append(Cap(name.strip() if colon else f"the last day of component {at}", last))
    return tuple(caps)


def _study(given: Given) -> StabilityStudy:
    try:
        return _read_study(given)
    except Impossible as why:
        raise BadGiven(f"studies: {why}", "studies") from why


def _read_study(given: Given) -> StabilityStudy:
    study = StabilityStudy(
        given.text("citation"),
        given.count("days"),
        given.choice("temperature", Temperature) if given.has("temperature") else None,
        given.flag("stability_indicating"),
        given.flag("same_formula_and_container"),
        given.flag("antimicrobial_effectiveness"),
        given.flag("accelerated"),
        given.text("documents") if given.has("documents") else "",
    )
    given.finish()
    return study


def _studies(given: Given) -> tuple[StabilityStudy, ...]:
    return tuple(_study(one) for one in given.tables("studies")) if given.has("studies") else ()


def _day_one(given: Given) -> bool:
    """The safe counting, never a day too long, unless the other is asked for."""
    return given.flag("day_one") if given.has("day_one") else True


def _kept(given: Given) -> Temperature | None:
    return given.choice("kept", Temperature) if given.has("kept") else None


def _limit(given: Given) -> int:
    """What Table 4 allows, or the fewer days of a board or the pharmacy that is stricter."""
    return given.count("limit") if given.has("limit") else TABLE_4[given.choice("class", BeyondUseClass)]


def _beyond_use(given: Given) -> Solution:
    compounded, day_one = given.day("compounded"), _day_one(given)
    limit, caps, studies, kept = _limit(given), _last_days(given), _studies(given), _kept(given)
    bud_class = given.choice("class", BeyondUseClass)
    try:
        found = beyond_use_date(
            compounded, limit, day_one=day_one, caps=caps, studies=studies, kept=kept, bud_class=bud_class
        )
    except Expired as expired:
        raise Expired(str(expired), "expiries") from expired
    days = (found.date - compounded).days + day_one
    answers: dict[str, Answer] = {"date": found.date, "days": days, "decided_by": found.decided_by}
    return Solution(Worksheet("Beyond-use date", found.steps), answers)


def _beyond_use_again(given: Given, solution: Solution) -> str:
    answer, compounded, caps = solution.answers["date"], given.day("compounded"), _last_days(given)
    assert isinstance(answer, date)
    days = answer.toordinal() - compounded.toordinal() + (1 if _day_one(given) else 0)
    demand(solution.answers["days"] == days, "the days")
    told = str(solution.answers["decided_by"])
    by_caps = {f"{day_text(cap.date)}, not past {cap.name}." for cap in caps if cap.date == answer}
    counting = "the day of compounding is day 1" if _day_one(given) else "counted from the day after compounding"
    by_limit = told.startswith(f"{days} days from {day_text(compounded)}, {counting} (") and told.endswith(").")
    demand(told in by_caps or by_limit, "what decides")
    return beyond_use_again(
        answer,
        compounded,
        _limit(given),
        day_one=_day_one(given),
        caps=caps,
        studies=_studies(given),
        kept=_kept(given),
        bud_class=given.choice("class", BeyondUseClass),
    )


def _days(given: Given) -> int:
    days = given.count("days")
    if not 1 <= days <= MOST_DAYS:
        raise BadGiven(f"days: A supply lasts 1 to {MOST_DAYS:,} days.", "days")
    if given.day("first_day").year > 9900:
        raise BadGiven("first_day: That day lies too far ahead.", "first_day")
    return days


def _outlasts(given: Given) -> Solution:
    beyond_use, first_day, days = given.day("beyond_use"), given.day("first_day"), _days(given)
    a_day = given.ratio("a_day") if given.has("a_day") else Fraction(1)
    found = outlasts(beyond_use, first_day, days)
    fits = isinstance(found, Fits)
    fitting = days if isinstance(found, Fits) else found.days
    last, quantity = found.last_day_of_use, ceil(fitting * a_day)
    verdict = "on or before" if fits else "after"
    steps = (
        WorksheetStep(
            "Last day of the supply",
            "first day + days − 1",
            f"{day_text(first_day)} + {days} − 1",
            day_text(last),
            "",
            OWN,
            f"It ends {verdict} the beyond-use date, {day_text(beyond_use)}.",
        ),
        WorksheetStep(
            "Days that fit",
            "from the first day to the beyond-use date, both counted, and no more than were asked for",
            f"{day_text(first_day)} to {day_text(beyond_use)}, at most {days}",
            str(fitting),
            "days",
            OWN,
        ),
        WorksheetStep(
            "Quantity that fits",
            "days that fit × units a day",
            f"{fitting} × {ratio_text(a_day)}{_whole(fitting * a_day)}",
            decimal_text(quantity),
            "unit" if quantity == 1 else "units",
            OWN,
        ),
    )
    answers: dict[str, Answer] = {
        "fits": "yes" if fits else "no",
        "days": fitting,
        "last": last,
        "quantity": quantity,
    }
    return Solution(Worksheet("Does it outlast the supply?", steps), answers)


def _whole(units: Fraction) -> str:
    """What is said where units are rounded up to whole ones: the last of them is begun before it is used up."""
    return "" if units.denominator == 1 else f" = {decimal_text(units, 4)}, rounded up"


def _outlasts_again(given: Given, solution: Solution) -> str:
    beyond_use, first_day, days = given.day("beyond_use"), given.day("first_day"), _days(given)
    usable, last = outlasts_again(beyond_use, first_day, days)
    found = solution.answers
    demand(found["last"] == last, "the last day of the supply")
    demand(found["days"] == usable, "the days that fit")
    demand(found["fits"] == ("yes" if usable == days else "no"), "whether it fits")
    each = given.ratio("a_day") if given.has("a_day") else Fraction(1)
    taken, units = sum((each for _ in range(usable)), Fraction(0)), found["quantity"]
    demand(isinstance(units, int) and units - 1 < taken <= units, "the quantity that fits")
    return f"{usable} of {days}{NBSP}days of use end on or before {day_text(beyond_use)}; {days - usable} lie past it."


KINDS = (
    ProblemKind(
        "beyond-use",
        "Beyond-use date",
        "Dates",
        (
            Field("class", "Class of the preparation", Sort.CHOICE, "nonaqueous", choices=tuple(BeyondUseClass)),
            Field("compounded", "Day of compounding", Sort.DAY, "2026-03-02"),
            Field(
                "limit",
                "Limit of a board or of the pharmacy, in days, where it is stricter",
                Sort.COUNT,
                "",
                optional=True,
                hint="What USP <795> (2023), Table 4 allows when left out. No study lengthens past it.",
            ),
            Field(
                "day_one",
                "The day of compounding is day 1",
                Sort.CHOICE,
                "yes",
                optional=True,
                choices=("yes", "no"),
                hint="It is, unless you say no: never a day too long.",
            ),
            Field(
                "expiries",
                "Last days of the components",
                Sort.LIST,
                "drug lot N-101: 06/2026",
                optional=True,
                hint="One a line: 06/2026 or 30 JUN 2026, after a name and a colon if you like.",
            ),
            Field("kept", "Kept at", Sort.CHOICE, "", optional=True, choices=tuple(Temperature)),
            Field("studies", "Stability studies", Sort.TABLE, "", optional=True, hint=STUDY),
        ),
        _beyond_use,
        _beyond_use_again,
        bench=True,
    ),
    ProblemKind(
        "outlasts",
        "Does it outlast the supply?",
        "Dates",
        (
            Field("beyond_use", "Beyond-use date", Sort.DAY, "2026-06-30"),
            Field("first_day", "First day of use", Sort.DAY, "2026-04-20"),
            Field("days", "Days’ supply", Sort.COUNT, "90"),
            Field(
                "a_day",
                "Units a day",
                Sort.RATIO,
                "1",
                optional=True,
                hint="1 when it is left empty; 1/3 is one every three days. Units are whole.",
            ),
        ),
        _outlasts,
        _outlasts_again,
        bench=True,
    ),
)
