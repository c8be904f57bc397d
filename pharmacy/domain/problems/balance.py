"""Problems of a balance: the least that it can weigh, and its repeatability from readings."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from pharmacy.domain.balance import (
    BalanceFacts,
    MinimumRule,
    accuracy,
    minimum_step,
    minimum_weighable,
    weighing_error,
    weighing_error_step,
)
from pharmacy.domain.bounds import MOST_BALANCE_STEPS
from pharmacy.domain.errors import CalculationRefused
from pharmacy.domain.problems.given import Given
from pharmacy.domain.problems.kinds import Field, ProblemKind, Solution, Sort
from pharmacy.domain.quantity import Mass, decimal_text, exact
from pharmacy.domain.repeatability import repeatability, repeatability_worksheet
from pharmacy.domain.second_check.balance import classic_again, classic_error_again, repeatability_again, usp41_again
from pharmacy.domain.spread import side_text
from pharmacy.domain.worksheet import Worksheet

USUAL_ERROR = Decimal(5)

BALANCE = (
    Field("readability", "Readability", Sort.MASS, "0.1 mg", hint="One step of its last digit."),
    Field(
        "rule", "Rule", Sort.CHOICE, "classic", optional=True, choices=tuple(MinimumRule), hint="Classic when left out."
    ),
    Field(
        "sensitivity_requirement",
        "Sensitivity requirement",
        Sort.MASS,
        "6 mg",
        optional=True,
        hint="The classic rule needs it.",
    ),
    Field(
        "accepted_error", "Accepted error of a weighing", Sort.PERCENT, "5 %", optional=True, hint="5 % when left out."
    ),
    Field(
        "repeatability",
        "Repeatability",
        Sort.MASS,
        "",
        optional=True,
        hint="Standard deviation of at least ten weighings; USP <41> needs it.",
    ),
)


def read_balance(given: Given, capacity: str = "capacity") -> BalanceFacts:
    """The balance of these fields. What its rule does not need may be left out; without a capacity it has
    as many steps as no balance has.

    `capacity` is the name of that field, where a shell has one too.
    """
    rule = given.choice("rule", MinimumRule) if given.has("rule") else MinimumRule.CLASSIC
    readability = given.mass("readability")
    needed = rule is MinimumRule.CLASSIC or given.has("sensitivity_requirement")
    most = given.mass(capacity) if given.has(capacity) else readability.times(MOST_BALANCE_STEPS)
    try:
        return BalanceFacts(
            given.text("name") if given.has("name") else "of this problem",
            readability,
            given.mass("sensitivity_requirement") if needed else readability,
            given.percent("accepted_error") if given.has("accepted_error") else USUAL_ERROR,
            most,
            rule,
            given.mass("repeatability") if given.has("repeatability") else None,
        )
    except CalculationRefused as refused:
        if refused.field == "capacity":
            told_by = "sensitivity_requirement" if rule is MinimumRule.CLASSIC else "repeatability"
            refused.field = capacity if given.has(capacity) else told_by
        raise


def _minimum(given: Given) -> Solution:
    balance = read_balance(given)
    worksheet = Worksheet("Minimum weighable mass", (minimum_step(balance),))
    return Solution(worksheet, {"minimum": minimum_weighable(balance)}, balance)


def _minimum_again(given: Given, solution: Solution) -> str:
    balance, least = solution.subject, solution.answers["minimum"]
    assert isinstance(least, Mass)
    if balance.rule is MinimumRule.CLASSIC:
        error = given.percent("accepted_error") if given.has("accepted_error") else USUAL_ERROR
        classic_again(given.mass("sensitivity_requirement"), error, least)
        return f"Weighing {least.text('mg')}, {given.mass('sensitivity_requirement').text('mg')} are {decimal_text(error)} % of it."
    usp41_again(given.mass("readability"), given.mass("repeatability"), least)
    return f"Weighing {least.text('mg')}, twice its spread, {Mass(least.value / 1000).text('mg', 6)}, is 0.1 % of it."


def _error(given: Given) -> Solution:
    balance, mass = read_balance(given), given.mass("mass")
    step = weighing_error_step(balance, mass)
    # 5.000004 % is not within 5 %, and must not read as if it were.
    step = replace(step, result=side_text(weighing_error(balance, mass) * 100, (accuracy(balance),), 4))
    return Solution(Worksheet("Error of one weighing", (step,)), {"error": weighing_error(balance, mass)}, balance)


def _error_again(given: Given, solution: Solution) -> str:
    balance, mass, error = solution.subject, given.mass("mass"), solution.answers["error"]
    assert isinstance(error, Fraction)
    part = Mass(mass.value * error)
    if balance.rule is MinimumRule.CLASSIC:
        classic_error_again(given.mass("sensitivity_requirement"), part)
    else:
        usp41_again(given.mass("readability"), given.mass("repeatability"), Mass(part.value * 1000))
    return f"{mass.text('mg', 6)} may be {part.text('mg', 6)} more or less than the balance shows."


def _repeatability(given: Given) -> Solution:
    readings, readability = given.masses("readings"), given.mass("readability")
    worksheet = repeatability_worksheet(readings, readability)
    return Solution(worksheet, {"repeatability": repeatability(readings, readability)}, readings)


def _repeatability_again(given: Given, solution: Solution) -> str:
    readings, found = given.masses("readings"), solution.answers["repeatability"]
    assert isinstance(found, Mass)
    repeatability_again(readings, given.mass("readability"), found)
    apart = max(readings) - min(readings)
    share = decimal_text(exact(found.value / apart.value * 100), 1) if apart.value else "0"
    return f"The readings lie at most {apart.text('mg', 6)} apart; the repeatability is {share} % of that."


KINDS = (
    ProblemKind("minimum", "Minimum weighable mass", "Weighing", BALANCE, _minimum, _minimum_again, bench=True),
    ProblemKind(
        "weighing-error",
        "Error of one weighing",
        "Weighing",
        (Field("mass", "Mass that is weighed", Sort.MASS, "150 mg"), *BALANCE),
        _error,
        _error_again,
        bench=True,
    ),
    ProblemKind(
        "repeatability",
        "Repeatability of a balance",
        "Weighing",
        (
            Field(
                "readings",
                "Readings of one small weight, at least ten",
                Sort.LIST,
                "100.1 mg\n100.0 mg\n99.9 mg\n100.0 mg\n100.1 mg\n100.0 mg\n100.0 mg\n99.9 mg\n100.1 mg\n100.0 mg",
            ),
            Field("readability", "Readability", Sort.MASS, "0.1 mg"),
        ),
        _repeatability,
        _repeatability_again,
        bench=True,
    ),
)
