"""Problems of the craft as plain data: named fields in, a worksheet out that a second way has already confirmed."""

from __future__ import annotations

from collections.abc import Mapping

from pharmacy.domain.problems import (
    aliquots_of_liquids,
    balance,
    capsules,
    dates,
    directions,
    liquids,
    potency,
    quality,
    syringe,
    titration,
    toolbox,
    weighing,
)
from pharmacy.domain.problems.given import BadGiven, Given
from pharmacy.domain.problems.kinds import Calculation, ProblemKind, Result, answer_text

PROBLEMS: dict[str, ProblemKind] = {
    one.key: one
    for one in (
        *potency.KINDS,
        *directions.KINDS,
        *titration.KINDS,
        *syringe.KINDS,
        *quality.KINDS,
        *balance.KINDS,
        *liquids.KINDS,
        *aliquots_of_liquids.KINDS,
        *weighing.KINDS,
        *capsules.KINDS,
        *dates.KINDS,
        *toolbox.KINDS,
    )
}


def solve(kind: str, given: Mapping[str, object]) -> Calculation:
    """Solve one problem twice; raises a :class:`~pharmacy.domain.errors.CalculationRefused` that says what to do.

    A refusal of one field is a :class:`BadGiven` that names it. Two ways that disagree raise
    :class:`~pharmacy.domain.errors.ChecksDisagree`, and nothing is returned that could be used.
    """
    found = PROBLEMS.get(kind)
    if found is None:
        raise BadGiven(f"{kind[:40]} is no kind of problem; there are {', '.join(sorted(PROBLEMS))}.", "solve")
    read = Given(given)
    solution = found.first(read)
    read.finish()
    plausibility = found.second(Given(given), solution)
    results = tuple(Result(name, answer_text(value)) for name, value in solution.answers.items())
    return Calculation(kind, solution.worksheet, results, plausibility)


__all__ = ("PROBLEMS", "BadGiven", "Calculation", "Given", "ProblemKind", "Result", "solve")
