"""Problems of quality control: what was delivered, and the yield."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from pharmacy.domain.problems.given import BadGiven, Given
from pharmacy.domain.problems.kinds import Answer, Field, ProblemKind, Solution, Sort
from pharmacy.domain.quantity import Concentration, Exact, Mass, Volume, exact
from pharmacy.domain.results import (
    USUAL_LIMITS,
    Delivered,
    delivered_concentration,
    delivered_strength,
    yield_percent,
    yield_step,
)
from pharmacy.domain.second_check.quality import delivered_again, delivered_liquid_again, yield_again
from pharmacy.domain.second_check.spans import demand_answers
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
_LIMITS = (
    Field("low", "Lowest delivered strength", Sort.PERCENT, "90 %", optional=True),
    Field("high", "Highest delivered strength", Sort.PERCENT, "110 %", optional=True),
)


def _potency(given: Given) -> Fraction:
    potency = exact(given.percent("potency")) / 100
    if not 0 < potency <= Fraction(11, 10):
        raise BadGiven("potency: It must be above 0 % and at most 110 %.", "potency")
    return potency


def _delivered_solution(given: Given, found: Delivered, title: str) -> Solution:
    low, high = _limits(given, *USUAL_LIMITS)
    assert not isinstance(found.amount, Fraction)
    within = yes_no(found.within(low, high))
    answers: dict[str, Answer] = {"strength": found.amount, "percent": found.percent, "within": within}
    return Solution(Worksheet(title, (found.step,)), answers, found)


def _capsule(given: Given) -> tuple[Mass, Fraction, Mass, Mass, Mass]:
    return given.mass("drug"), _potency(given), given.mass("blend"), given.mass("mean_net"), given.mass("label")


def _delivered(given: Given) -> Solution:
    return _delivered_solution(given, delivered_strength(*_capsule(given)), "Delivered strength of a capsule")


def _delivered_again(given: Given, solution: Solution) -> str:
    found: Delivered = solution.subject
    assert isinstance(found.amount, Mass)
    _told_again(given, solution, found.amount.value, given.mass("label").value)
    return delivered_again(*_capsule(given), found.amount, found.percent)


def _told_again(given: Given, solution: Solution, amount: Fraction, label: Fraction) -> None:
    """The answers of a delivered strength: inside is asked of the amount, between the limits of the label."""
    low, high = _limits(given, *USUAL_LIMITS)
    inside = exact(low) * label <= amount * 100 <= exact(high) * label
    found: Delivered = solution.subject
    again = {"strength": found.amount, "percent": found.percent, "within": "yes" if inside else "no"}
    demand_answers(solution.answers, again)


def _liquid(given: Given) -> tuple[Mass, Fraction, Volume, Concentration]:
    return given.mass("drug"), _potency(given), given.volume("volume"), given.concentration("label")


def _delivered_liquid(given: Given) -> Solution:
    return _delivered_solution(given, delivered_concentration(*_liquid(given)), "Delivered strength of a liquid")


def _delivered_liquid_again(given: Given, solution: Solution) -> str:
    found: Delivered = solution.subject
    assert isinstance(found.amount, Concentration)
    _told_again(given, solution, found.amount.value, given.concentration("label").value)
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
    worksheet = Worksheet("Yield", (yield_step(made, meant, unit),))
    return Solution(worksheet, {"percent": percent, "within": yes_no(exact(low) <= percent <= exact(high))}, percent)


def _yield_again(given: Given, solution: Solution) -> str:
    made, meant, _ = _amounts(given)
    low, high = _limits(given, 90, 105)
    inside = exact(low) * meant <= made * 100 <= exact(high) * meant
    demand_answers(solution.answers, {"percent": solution.subject, "within": "yes" if inside else "no"})
    return yield_again(made, meant, solution.subject)


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
