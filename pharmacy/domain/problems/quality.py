"""Problems of quality control: what was delivered, and the yield."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from pharmacy.domain.delivered_interval import Reading, interval_budget, interval_step
from pharmacy.domain.problems.given import BadGiven, Given
from pharmacy.domain.problems.kinds import Answer, Field, ProblemKind, Solution, Sort
from pharmacy.domain.problems.potency import read_assay_error
from pharmacy.domain.quantity import NBSP, Concentration, Exact, Mass, Volume, decimal_text, exact
from pharmacy.domain.results import (
    USUAL_LIMITS,
    Delivered,
    delivered_concentration,
    delivered_strength,
    yield_percent,
    yield_step,
)
from pharmacy.domain.second_check.quality import (
    delivered_again,
    delivered_liquid_again,
    interval_again,
    yield_again,
)
from pharmacy.domain.second_check.spans import demand_answers
from pharmacy.domain.spread import side_text
from pharmacy.domain.worksheet import Worksheet

GROUP = "Quality control"


def percent_of(given: Given, name: str, usual: Exact) -> Decimal:
    """The per cent of a field, or its usual value."""
    return given.percent(name) if given.has(name) else Decimal(str(usual))


def _limits(given: Given, low: Exact, high: Exact) -> tuple[Decimal, Decimal]:
    lowest, highest = percent_of(given, "low", low), percent_of(given, "high", high)
    if lowest > highest:
        raise BadGiven("low: The lowest limit is above the highest.", "low")
    return lowest, highest


def yes_no(holds: bool) -> str:
    """A verdict as an answer tells it."""
    return "yes" if holds else "no"


# --- delivered strength ---------------------------------------------------------------------------------------------------

_DRUG = (
    Field("drug", "Drug weighed, as it is", Sort.MASS, "523.4 mg"),
    Field("potency", "Potency of its lot", Sort.PERCENT, "90.272 %"),
)
_WEIGHING_ERROR = Field(
    "weighing_error",
    "A weighing may be off by",
    Sort.MASS,
    "",
    optional=True,
    hint="Such as 6 mg: two repeatabilities, or the sensitivity requirement. For the interval of the strength.",
)
_ASSAY_ERROR = Field(
    "assay_error",
    "Uncertainty of the assay",
    Sort.PERCENT,
    "",
    optional=True,
    hint="1 % when left out.",
    only_with="weighing_error",
)
_LIMITS = (
    Field("low", "Lowest delivered strength", Sort.PERCENT, "90 %", optional=True),
    Field("high", "Highest delivered strength", Sort.PERCENT, "110 %", optional=True),
)


def _potency(given: Given) -> Fraction:
    potency = exact(given.percent("potency")) / 100
    if not 0 < potency <= Fraction(11, 10):
        raise BadGiven("potency: It must be above 0 % and at most 110 %.", "potency")
    return potency


def _delivered_solution(given: Given, found: Delivered, title: str, readings: tuple[Reading, ...]) -> Solution:
    low, high = _limits(given, *USUAL_LIMITS)
    assert not isinstance(found.amount, Fraction)
    within = found.within(low, high)
    answers: dict[str, Answer] = {"strength": found.amount, "percent": found.percent, "within": yes_no(within)}
    said = f"{side_text(found.percent, (low, high))} % of the label; {_verdict(low, high, within=within)}"
    steps = [replace(found.step, note=said)]
    if readings:
        budget = interval_budget(found.percent, readings, read_assay_error(given))
        steps.append(interval_step(budget, low, high))
        answers |= {"off": budget.combined, "lowest": Fraction(budget.low), "highest": Fraction(budget.high)}
        answers["surely_within"] = yes_no(budget.within(low, high))
    return Solution(Worksheet(title, tuple(steps)), answers, found)


def _verdict(low: Decimal, high: Decimal, *, within: bool) -> str:
    return f"limits {decimal_text(low)} to {decimal_text(high)}{NBSP}%: {'inside' if within else 'OUTSIDE'}"


def _errors_given(given: Given, last: str) -> bool:
    """Whether the interval can be had: what the weighings and the last reading may be off by, both or neither."""
    names = ("weighing_error", last)
    stated = [name for name in names if given.has(name)]
    if len(stated) == 1 or (given.has("assay_error") and not stated):
        missing = next(name for name in names if name not in stated)
        raise BadGiven(f"{missing}: Write this too for the interval of the strength, or leave out all errors.", missing)
    return bool(stated)


def _capsule(given: Given) -> tuple[Mass, Fraction, Mass, Mass, Mass]:
    return given.mass("drug"), _potency(given), given.mass("blend"), given.mass("mean_net"), given.mass("label")


def _capsule_readings(given: Given) -> tuple[Reading, ...]:
    if not _errors_given(given, "mean_error"):
        return ()
    off = given.mass("weighing_error")
    return (
        Reading("drug", given.mass("drug"), off, "weighing_error"),
        Reading("blend", given.mass("blend"), off, "weighing_error"),
        Reading("mean net mass", given.mass("mean_net"), given.mass("mean_error"), "mean_error"),
    )


def _delivered(given: Given) -> Solution:
    found, readings = delivered_strength(*_capsule(given)), _capsule_readings(given)
    return _delivered_solution(given, found, "Delivered strength of a capsule", readings)


def _delivered_again(given: Given, solution: Solution) -> str:
    found: Delivered = solution.subject
    assert isinstance(found.amount, Mass)
    pairs = []
    if given.has("weighing_error"):
        pairs = [(given.mass(name).value, given.mass("weighing_error").value) for name in ("drug", "blend")]
        pairs.append((given.mass("mean_net").value, given.mass("mean_error").value))
    _told_again(given, solution, found.amount.value, given.mass("label").value, pairs)
    return delivered_again(*_capsule(given), found.amount, found.percent)


def _told_again(
    given: Given, solution: Solution, amount: Fraction, label: Fraction, pairs: list[tuple[Fraction, Fraction]]
) -> None:
    """The answers of a delivered strength: inside is asked of the amount, between the limits of the label.

    `pairs` are the readings with what each may be off by, empty where nobody asked for the interval.
    """
    low, high = _limits(given, *USUAL_LIMITS)
    inside = exact(low) * label <= amount * 100 <= exact(high) * label
    found: Delivered = solution.subject
    again: dict[str, object] = {
        "strength": found.amount,
        "percent": found.percent,
        "within": "yes" if inside else "no",
    }
    if pairs:
        told = {name: solution.answers.get(name) for name in ("off", "lowest", "highest")}
        assay = exact(given.percent("assay_error")) if given.has("assay_error") else Fraction(1)
        interval_again(amount / label, [*pairs, (Fraction(100), assay)], told)
        lowest, highest = (Fraction(str(told[name])) for name in ("lowest", "highest"))
        again |= {**told, "surely_within": "yes" if exact(low) <= lowest and highest <= exact(high) else "no"}
    demand_answers(solution.answers, again)


def _liquid(given: Given) -> tuple[Mass, Fraction, Volume, Concentration]:
    return given.mass("drug"), _potency(given), given.volume("volume"), given.concentration("label")


def _liquid_readings(given: Given) -> tuple[Reading, ...]:
    if not _errors_given(given, "volume_error"):
        return ()
    return (
        Reading("drug", given.mass("drug"), given.mass("weighing_error"), "weighing_error"),
        Reading("final volume", given.volume("volume"), given.volume("volume_error"), "volume_error"),
    )


def _delivered_liquid(given: Given) -> Solution:
    found, readings = delivered_concentration(*_liquid(given)), _liquid_readings(given)
    return _delivered_solution(given, found, "Delivered strength of a liquid", readings)


def _delivered_liquid_again(given: Given, solution: Solution) -> str:
    found: Delivered = solution.subject
    assert isinstance(found.amount, Concentration)
    pairs = []
    if given.has("weighing_error"):
        pairs = [(given.mass("drug").value, given.mass("weighing_error").value)]
        pairs.append((given.volume("volume").value, given.volume("volume_error").value))
    _told_again(given, solution, found.amount.value, given.concentration("label").value, pairs)
    return delivered_liquid_again(*_liquid(given), found.amount, found.percent)


# --- yield --------------------------------------------------------------------------------------------------------------------


def _amounts(given: Given) -> tuple[Fraction, Fraction, str]:
    """What came out and what was to be made, in one unit: capsules, mL or mg."""
    found = [_amount(given, name) for name in ("made", "meant")]
    (made, unit), (meant, other) = found
    if unit != other:
        raise BadGiven("meant: Give both as capsules, both as volumes or both as masses.", "meant")
    return made, meant, unit


def _amount(given: Given, name: str) -> tuple[Fraction, str]:
    text = given.text(name)
    if text.endswith("L"):
        return given.volume(name).value, "mL"
    if text[-1:].isalpha() and not text.endswith(("capsule", "capsules")):
        return given.mass(name).value, "mg"
    count = Given({name: text.removesuffix("s").removesuffix("capsule").strip()})
    return Fraction(count.count(name)), "capsules"


def _yield(given: Given) -> Solution:
    made, meant, unit = _amounts(given)
    low, high = _limits(given, 90, 105)
    percent = yield_percent(made, meant)
    worksheet = Worksheet("Yield", (yield_step(made, meant, unit, (low, high)),))
    return Solution(worksheet, {"percent": percent, "within": yes_no(exact(low) <= percent <= exact(high))}, percent)


def _yield_again(given: Given, solution: Solution) -> str:
    made, meant, unit = _amounts(given)
    low, high = _limits(given, 90, 105)
    inside = exact(low) * meant <= made * 100 <= exact(high) * meant
    demand_answers(solution.answers, {"percent": solution.subject, "within": "yes" if inside else "no"})
    return yield_again(made, meant, solution.subject, unit)


KINDS = (
    ProblemKind(
        "delivered",
        "Delivered strength of a capsule",
        GROUP,
        (
            *_DRUG,
            Field("blend", "Whole blend as weighed", Sort.MASS, "13748.1 mg"),
            Field("mean_net", "Mean net mass of a capsule", Sort.MASS, "130.9 mg"),
            Field("label", "Strength on the label", Sort.MASS, "4.5 mg"),
            *_LIMITS,
            _WEIGHING_ERROR,
            Field(
                "mean_error",
                "The mean net mass may be off by",
                Sort.MASS,
                "",
                optional=True,
                hint="Such as 1.6 mg: by its empty shell, a tenth of it ÷ √ of the shells that were weighed.",
                only_with="weighing_error",
            ),
            _ASSAY_ERROR,
        ),
        _delivered,
        _delivered_again,
        bench=True,
    ),
    ProblemKind(
        "delivered-liquid",
        "Delivered strength of a liquid",
        GROUP,
        (
            *_DRUG,
            Field("volume", "Final volume as measured", Sort.VOLUME, "150 mL"),
            Field("label", "Strength on the label", Sort.CONCENTRATION, "1 mg/mL"),
            *_LIMITS,
            _WEIGHING_ERROR,
            Field(
                "volume_error",
                "The final volume may be off by",
                Sort.VOLUME,
                "",
                optional=True,
                hint="Such as 3 mL: the error of the measure, or half a mark where that is more.",
                only_with="weighing_error",
            ),
            _ASSAY_ERROR,
        ),
        _delivered_liquid,
        _delivered_liquid_again,
        bench=True,
    ),
    ProblemKind(
        "yield",
        "Yield",
        GROUP,
        (
            Field("made", "What came out", Sort.TEXT, "98", hint="Capsules, mL, or a mass."),
            Field("meant", "What was to be made, without the excess", Sort.TEXT, "100"),
            Field("low", "Lowest yield", Sort.PERCENT, "90 %", optional=True),
            Field("high", "Highest yield", Sort.PERCENT, "105 %", optional=True),
        ),
        _yield,
        _yield_again,
        bench=True,
    ),
)
