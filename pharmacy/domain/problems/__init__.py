"""Problems of the craft as plain data: named fields in, a worksheet out that a second way has already confirmed."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pharmacy.domain.errors import CalculationRefused
from pharmacy.domain.problems import (
    aliquots_of_liquids,
    balance,
    capsules,
    dates,
    directions,
    liquids,
    potency,
    quality,
    samples,
    syringe,
    titration,
    toolbox,
    weighing,
)
from pharmacy.domain.problems.given import BadGiven, Given
from pharmacy.domain.problems.kinds import Calculation, ProblemKind, Result, answer_text
from pharmacy.domain.second_check.pencil import follow
from pharmacy.domain.second_check.verdicts import verdicts_followed

PROBLEMS: dict[str, ProblemKind] = {
    one.key: one
    for one in (
        *potency.KINDS,
        *directions.KINDS,
        *titration.KINDS,
        *syringe.KINDS,
        *quality.KINDS,
        *samples.KINDS,
        *balance.KINDS,
        *liquids.KINDS,
        *aliquots_of_liquids.KINDS,
        *weighing.KINDS,
        *capsules.KINDS,
        *dates.KINDS,
        *toolbox.KINDS,
    )
}


_CALLED = {  # a field of a formula or a plan: the fields of a problem that are the same, the first that it has
    "capacity": ("capacity_of_balance",),
    "combined": ("limit",),
    "crushed": ("tablets_weighed",),
    "drug_displacement": ("displacement",),
    "holes": ("count",),
    "label_strength": ("label",),
    "mass": ("shell_mass",),
    "need": ("total", "count", "quantity"),
    "others": ("other",),
    "parts": ("more_lots",),
    "per_100_ml": ("parts",),
    "portions": ("parts",),
    "shell_capacity": ("capacity",),
    "shell_size": ("size",),
    "strength": ("drug",),
    "volume": ("powder", "quantity"),
    "weighed": ("measured",),
}


def _field(kind: ProblemKind, path: str) -> str:
    """The field of this kind that is to be put right; none where the refusal names one that only the engine has."""
    name = re.split(r"[.\[]", path)[0]
    fields = {one.name for one in kind.fields}
    return path if name in fields else next((one for one in _CALLED.get(name, ()) if one in fields), "")


def solve(kind: str, given: Mapping[str, object]) -> Calculation:
    """Solve one problem twice, and follow its worksheet with a pencil; raises a :class:`~pharmacy.domain.errors.CalculationRefused` that says what to do.

    A refusal of one field is a :class:`BadGiven` that names it. Two ways that disagree raise
    :class:`~pharmacy.domain.errors.ChecksDisagree`, and nothing is returned that could be used.
    """
    found = PROBLEMS.get(kind)
    if found is None:
        raise BadGiven(f"{kind[:40]} is no kind of problem; there are {', '.join(sorted(PROBLEMS))}.", "solve")
    read = Given(given)
    try:
        solution = found.first(read)
    except CalculationRefused as refused:
        refused.field = _field(found, refused.field)
        raise
    read.finish(found.not_asked())
    plausibility = found.second(Given(given), solution)
    follow(solution.worksheet)
    verdicts_followed(solution.worksheet)
    results = tuple(Result(name, answer_text(value)) for name, value in solution.answers.items())
    return Calculation(kind, solution.worksheet, results, plausibility)


__all__ = ("PROBLEMS", "BadGiven", "Calculation", "Given", "ProblemKind", "Result", "solve")
