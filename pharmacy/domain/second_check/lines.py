"""The lines of a plan as the second way reads them: each rounded amount stands for half a readable step to either side."""

from __future__ import annotations

from pharmacy.domain.lines import PlannedWeighing
from pharmacy.domain.plan import Plan
from pharmacy.domain.second_check.spans import Span, demand


def around(line: PlannedWeighing) -> Span:
    """Every amount that is shown as this line's target."""
    half = line.readability.value / 2
    return Span(line.target.value - half, line.target.value + half)


def the_line(plan: Plan, key: str) -> PlannedWeighing:
    """The one line of that key."""
    found = [line for line in plan.weighings if line.key == key]
    demand(len(found) == 1, f"the line {key}")
    return found[0]
