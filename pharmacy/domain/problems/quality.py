"""Problems of quality control: what was delivered, how evenly capsules are filled, uniformity of content, yield."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from pharmacy.domain.capsule_weights import CapsuleLimits, CapsuleStatistics, capsule_statistics, mean_shell
from pharmacy.domain.plain import exact_text
from pharmacy.domain.problems.given import BadGiven, Given
from pharmacy.domain.problems.kinds import Answer, Field, ProblemKind, Solution, Sort
from pharmacy.domain.quantity import NBSP, Concentration, Exact, Mass, Volume, exact
from pharmacy.domain.results import (
    USUAL_LIMITS,
    Delivered,
    delivered_concentration,
    delivered_strength,
    yield_percent,
    yield_step,
)
from pharmacy.domain.second_check.quality import (
    acceptance_again,
    delivered_again,
    delivered_liquid_again,
    spread_again,
    statistics_again,
    verdicts_again,
    yield_again,
)
from pharmacy.domain.second_check.spans import demand_answers
from pharmacy.domain.spread import Spread, spread, spread_steps
from pharmacy.domain.uniformity import (
    AcceptanceValue,
    acceptance_steps,
    acceptance_value,
    acceptance_value_of,
)
from pharmacy.domain.weight_steps import weight_steps
from pharmacy.domain.worksheet import Worksheet

GROUP = "Quality control"
MOST = 1000  # values of one sample


def _percent(given: Given, name: str, usual: Exact) -> Decimal:
    """The per cent of a field, or its usual value."""
    return given.percent(name) if given.has(name) else Decimal(str(usual))


def _limits(given: Given, low: Exact, high: Exact) -> tuple[Decimal, Decimal]:
    lowest, highest = _percent(given, "low", low), _percent(given, "high", high)
    if lowest > highest:
        raise BadGiven("low: The lowest limit is above the highest.", "low")
    return lowest, highest


def _yes(holds: bool) -> str:
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
    within = _yes(found.within(low, high))
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


# --- weights of capsules --------------------------------------------------------------------------------------------------


def _shell(given: Given) -> Mass:
    if given.has("shells") == given.has("shell"):
        raise BadGiven("shell: Give the mean empty shell, or the empty shells as weighed; one of the two.", "shell")
    if given.has("shell"):
        return given.mass("shell")
    return mean_shell(_few(given.masses("shells"), "shells"))


def _few(values: tuple[Mass, ...], name: str) -> tuple[Mass, ...]:
    if len(values) > MOST:
        raise BadGiven(f"{name}: At most {MOST:,} values are taken.", name)
    return values


def _capsule_limits(given: Given) -> CapsuleLimits:
    usual = CapsuleLimits()
    limits = []
    for name, value in (("limit", usual.each), ("mean_limit", usual.mean), ("rsd_limit", usual.rsd)):
        percent = _percent(given, name, value)
        if not 0 < percent < 100:
            raise BadGiven(f"{name}: A limit must be above 0 % and below 100 %.", name)
        limits.append(percent)
    return CapsuleLimits(*limits)


def _statistics(given: Given) -> Solution:
    shell, target, limits = _shell(given), given.mass("target"), _capsule_limits(given)
    found = capsule_statistics(_few(given.masses("gross"), "gross"), shell, target, limits.each)
    shells = given.masses("shells") if given.has("shells") else ()
    steps = weight_steps(found, shell, target, limits, shells)
    answers: dict[str, Answer] = {
        "mean_net": found.mean_net,
        "mean_percent": found.mean_percent,
        "sd": f"{found.sd.normalize():f} mg",
        "rsd": f"{found.rsd.normalize():f}",
        "outside": found.outside,
        "expected_outside": found.expected_outside.replace("\u00a0", " "),
        "mean_within": _yes(found.mean_within(limits)),
        "rsd_within": _yes(found.rsd_within(limits)),
    }
    return Solution(Worksheet("Weights of single capsules", steps), answers, found)


def _statistics_again(given: Given, solution: Solution) -> str:
    found: CapsuleStatistics = solution.subject
    limits, target = _capsule_limits(given), given.mass("target")
    verdicts_again(found, target, limits)
    said = statistics_again(given.masses("gross"), _shell(given), target, exact(limits.each), found)
    again: dict[str, object] = {
        "mean_net": found.mean_net,
        "mean_percent": found.mean_percent,
        "sd": f"{exact_text(Fraction(found.sd))} mg",
        "rsd": exact_text(Fraction(found.rsd)),
        "outside": len([one for one in found.each if not one.within]),
        "expected_outside": found.expected_outside.replace(NBSP, " "),
        "mean_within": "yes" if found.mean_within(limits) else "no",
        "rsd_within": "yes" if found.rsd_within(limits) else "no",
    }
    demand_answers(solution.answers, again)
    return said


# --- mean, standard deviation and RSD of anything --------------------------------------------------------------------------


def _values(given: Given) -> tuple[str, Sequence[Fraction]]:
    """The unit, empty for plain numbers, and the values in it."""
    texts = given.texts("values")
    if len(texts) > MOST:
        raise BadGiven(f"values: At most {MOST:,} values are taken.", "values")
    if any(one[-1:].isalpha() for one in texts):
        return "mg", [one.value for one in given.masses("values")]
    unit = "%" if any(one.endswith("%") for one in texts) else ""
    return unit, [exact(one) for one in given.percents("values")]


def _spread(given: Given) -> Solution:
    unit, values = _values(given)
    found = spread(values)
    if not found.mean:
        raise BadGiven("values: Their mean must be above 0.", "values")
    answers: dict[str, Answer] = {
        "mean": Mass(found.mean) if unit == "mg" else found.mean,
        "sd": f"{found.sd.normalize():f}{' mg' if unit == 'mg' else ''}",
        "rsd": f"{found.rsd.normalize():f}",
    }
    worksheet = Worksheet("Mean, standard deviation, RSD", spread_steps(found, values, unit))
    return Solution(worksheet, answers, found)


def _spread_again(given: Given, solution: Solution) -> str:
    found: Spread = solution.subject
    unit, values = _values(given)
    said = spread_again(values, found)
    sd = exact_text(Fraction(found.sd))
    again: dict[str, object] = {"mean": found.mean, "sd": sd, "rsd": exact_text(Fraction(found.rsd))}
    if unit == "mg":
        again |= {"mean": Mass(found.mean), "sd": f"{sd} mg"}
    demand_answers(solution.answers, again)
    return said


# --- uniformity of content --------------------------------------------------------------------------------------------------


def _acceptance(given: Given) -> Solution:
    target = _percent(given, "target", 100)
    if given.has("units"):
        for other in ("mean", "sd", "count"):
            if given.has(other):
                raise BadGiven(f"{other}: Give the single units, or mean, SD and number; not both.", other)
        found = acceptance_value(given.percents("units"), target)
    else:
        found = acceptance_value_of(given.percent("mean"), given.percent("sd"), given.count("count"), target)
    answers: dict[str, Answer] = {
        "mean": found.found.mean,
        "sd": f"{found.found.sd.normalize():f}",
        "reference": found.reference,
        "acceptance_value": f"{found.value.normalize():f}",
        "unit_low": found.unit_low,
        "unit_high": found.unit_high,
        "outside": found.outside,
        "verdict": found.verdict.value,
    }
    return Solution(Worksheet("Uniformity of content, <905>", acceptance_steps(found)), answers, found)


def _acceptance_again(given: Given, solution: Solution) -> str:
    found: AcceptanceValue = solution.subject
    said = acceptance_again(found, _percent(given, "target", 100))
    again: dict[str, object] = {
        "mean": found.found.mean,
        "sd": exact_text(Fraction(found.found.sd)),
        "reference": found.reference,
        "acceptance_value": exact_text(Fraction(found.value)),
        "unit_low": found.reference * Fraction(3, 4),
        "unit_high": found.reference * Fraction(5, 4),
        "outside": found.outside,
        "verdict": found.verdict.value,
    }
    demand_answers(solution.answers, again)
    return said


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
    return Solution(worksheet, {"percent": percent, "within": _yes(exact(low) <= percent <= exact(high))}, percent)


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
        "statistics",
        "Weights of single capsules",
        GROUP,
        (
            Field(
                "gross",
                "Capsules as weighed, one a line",
                Sort.LIST,
                "178.9 mg\n177.2 mg\n180.4 mg",
                hint="with their shells",
            ),
            Field("shell", "Mean empty shell", Sort.MASS, "48 mg", optional=True),
            Field("shells", "Or empty shells as weighed, one a line", Sort.LIST, "", optional=True),
            Field("target", "Target net mass", Sort.MASS, "130.9 mg"),
            Field("limit", "A capsule may differ by", Sort.PERCENT, "10 %", optional=True),
            Field("mean_limit", "The mean may differ by", Sort.PERCENT, "5 %", optional=True),
            Field("rsd_limit", "Highest RSD", Sort.PERCENT, "5 %", optional=True),
        ),
        _statistics,
        _statistics_again,
        bench=True,
    ),
    ProblemKind(
        "standard-deviation",
        "Mean, standard deviation, RSD",
        GROUP,
        (
            Field(
                "values",
                "Values, one a line",
                Sort.LIST,
                "19.4\n20.1\n19.8",
                hint="plain numbers, all in per cent, or all masses",
            ),
        ),
        _spread,
        _spread_again,
        bench=True,
    ),
    ProblemKind(
        "acceptance-value",
        "Uniformity of content: acceptance value",
        GROUP,
        (
            Field(
                "units",
                "Assay of single units, one a line",
                Sort.LIST,
                "97.2\n101.5\n95.8\n99.0\n103.1\n98.4\n96.7\n100.9\n94.9\n102.5",
                optional=True,
                hint="10 units, or all 30, each in per cent of the label",
            ),
            Field("mean", "Or their mean", Sort.PERCENT, "", optional=True),
            Field("sd", "and sample standard deviation", Sort.PERCENT, "", optional=True),
            Field("count", "and number", Sort.COUNT, "", optional=True),
            Field("target", "Target content T of a unit", Sort.PERCENT, "100 %", optional=True),
        ),
        _acceptance,
        _acceptance_again,
        bench=True,
    ),
    ProblemKind(
        "yield",
        "Yield",
        GROUP,
        (
            Field("made", "What came out", Sort.TEXT, "98", hint="capsules, mL, or a mass"),
            Field("meant", "What was to be made, without the excess", Sort.TEXT, "100"),
            Field("low", "Lowest yield", Sort.PERCENT, "90 %", optional=True),
            Field("high", "Highest yield", Sort.PERCENT, "105 %", optional=True),
        ),
        _yield,
        _yield_again,
        bench=True,
    ),
)
