"""Problems of samples: how evenly capsules are filled, the spread of anything, uniformity of content."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from pharmacy.domain.capsule_weights import CapsuleLimits, CapsuleStatistics, capsule_statistics, mean_shell
from pharmacy.domain.plain import exact_text
from pharmacy.domain.problems.given import BadGiven, Given
from pharmacy.domain.problems.kinds import Answer, Field, ProblemKind, Solution, Sort
from pharmacy.domain.problems.quality import GROUP, percent_of, yes_no
from pharmacy.domain.quantity import NBSP, Mass, exact
from pharmacy.domain.second_check.quality import acceptance_again, spread_again, statistics_again, verdicts_again
from pharmacy.domain.second_check.spans import demand_answers
from pharmacy.domain.spread import Spread, spread, spread_steps
from pharmacy.domain.uniformity import AcceptanceValue, acceptance_steps, acceptance_value, acceptance_value_of
from pharmacy.domain.weight_steps import weight_steps
from pharmacy.domain.worksheet import Worksheet

MOST = 1000  # values of one sample


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
        percent = percent_of(given, name, value)
        if not 0 < percent < 100:
            raise BadGiven(f"{name}: A limit must be above 0 % and below 100 %.", name)
        limits.append(percent)
    return CapsuleLimits(*limits)


def _strength(given: Given, target: Mass) -> Mass | None:
    """The drug in one capsule, where it is told: less than all of its fill."""
    if not given.has("strength"):
        return None
    strength = given.mass("strength")
    if not 0 < strength.value < target.value:
        raise BadGiven("strength: The drug must weigh more than 0 and less than the target net mass.", "strength")
    return strength


def _statistics(given: Given) -> Solution:
    shell, target, limits = _shell(given), given.mass("target"), _capsule_limits(given)
    found = capsule_statistics(_few(given.masses("gross"), "gross"), shell, target, limits.each)
    shells = given.masses("shells") if given.has("shells") else ()
    steps = weight_steps(found, shell, target, limits, shells, _strength(given, target))
    answers: dict[str, Answer] = {
        "mean_net": found.mean_net,
        "mean_percent": found.mean_percent,
        "sd": f"{found.sd.normalize():f} mg",
        "rsd": f"{found.rsd.normalize():f}",
        "outside": found.outside,
        "expected_outside": found.expected_outside.replace("\u00a0", " "),
        "mean_within": yes_no(found.mean_within(limits)),
        "rsd_within": yes_no(found.rsd_within(limits)),
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
    target = percent_of(given, "target", 100)
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
        "verdict": found.verdict.value,
    }
    if found.units:  # of mean and standard deviation alone nobody knows how many are outside
        answers["outside"] = found.outside
    return Solution(Worksheet("Uniformity of content, <905>", acceptance_steps(found)), answers, found)


def _acceptance_again(given: Given, solution: Solution) -> str:
    found: AcceptanceValue = solution.subject
    said = acceptance_again(found, percent_of(given, "target", 100))
    again: dict[str, object] = {
        "mean": found.found.mean,
        "sd": exact_text(Fraction(found.found.sd)),
        "reference": found.reference,
        "acceptance_value": exact_text(Fraction(found.value)),
        "unit_low": found.reference * Fraction(3, 4),
        "unit_high": found.reference * Fraction(5, 4),
        "verdict": found.verdict.value,
    }
    if given.has("units"):
        again["outside"] = found.outside
    demand_answers(solution.answers, again)
    return said


KINDS = (
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
                hint="With their shells.",
            ),
            Field("shell", "Mean empty shell", Sort.MASS, "48 mg", optional=True),
            Field("shells", "Or empty shells as weighed, one a line", Sort.LIST, "", optional=True),
            Field("target", "Target net mass", Sort.MASS, "130.9 mg"),
            Field("strength", "Drug in one capsule, on the label", Sort.MASS, "4.5 mg", optional=True),
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
                hint="Plain numbers, all in per cent, or all masses.",
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
                hint="10 units, or all 30, each in per cent of the label.",
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
)
