"""The kinds of the general toolbox, all for the bench.

Nothing in it knows the measure or the balance, so no result is rounded to one: where a volume or a mass is printed rounded,
its line says so, and that it is rounded once and to what.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from pharmacy.domain.amounts import PLACES, amount_text, shown
from pharmacy.domain.problems.given import Given
from pharmacy.domain.problems.kinds import ProblemKind, Solution
from pharmacy.domain.problems.toolbox import counting, ions, liquids, mixing, strengths
from pharmacy.domain.quantity import Mass, Volume
from pharmacy.domain.worksheet import WorksheetStep


def _told(first: Callable[[Given], Solution]) -> Callable[[Given], Solution]:
    """The same way to solve it, whose lines say where an amount is printed rounded."""

    def solved(given: Given) -> Solution:
        solution = first(given)
        sheet = solution.worksheet
        return replace(solution, worksheet=replace(sheet, steps=tuple(_said(solution, sheet.steps))))

    return solved


def _said(solution: Solution, steps: tuple[WorksheetStep, ...]) -> Iterator[WorksheetStep]:
    rounded = {}
    for answer in solution.answers.values():
        if isinstance(answer, (Mass, Volume)) and (answer.to(shown(answer)[1]) * 10**PLACES).denominator != 1:
            what = "mark of your measure" if isinstance(answer, Volume) else "step of your balance"
            rounded[amount_text(answer)] = (
                f"printed to {PLACES} places; round once, to a {what}, and note the difference"
            )
    for step in steps:
        note = rounded.get(step.text(), "")
        yield replace(step, note="; ".join(one for one in (step.note, note) if one)) if note else step


KINDS: tuple[ProblemKind, ...] = tuple(
    replace(kind, first=_told(kind.first))
    for kind in (*mixing.KINDS, *strengths.KINDS, *ions.KINDS, *liquids.KINDS, *counting.KINDS)
)
