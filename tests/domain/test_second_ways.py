"""No answer leaves a calculation that its second way did not come to: each, altered, is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest

from pharmacy.domain.errors import CalculationRefused, ChecksDisagree
from pharmacy.domain.problems import PROBLEMS, Given, solve
from pharmacy.domain.problems.kinds import Answer
from pharmacy.domain.quantity import Concentration, Density, Mass, Volume
from tests.domain.sheets import examples


def _solved() -> Iterator[tuple[str, dict[str, Any]]]:
    for (stem, name), problem in examples().items():
        try:
            solve(problem["solve"], problem["given"])
        except CalculationRefused:
            continue
        yield f"{stem}: {name}", problem


SOLVED = dict(_solved())


def altered(answer: Answer) -> Iterator[Answer]:
    """The same kind of answer, a little more and a little less; another number in a text, or another word."""
    for sign in (1, -1):
        if isinstance(answer, (Mass, Volume, Concentration, Density)):
            yield type(answer)(answer.value * (1 + Fraction(sign, 10_000)) + Fraction(sign, 1000))
        elif isinstance(answer, date):
            yield answer + timedelta(days=sign)
        elif isinstance(answer, int):
            yield answer + sign
        elif isinstance(answer, Fraction):
            yield answer * (1 + Fraction(sign, 10_000)) + Fraction(sign, 1000)
        else:
            *_, last = [None, *re.finditer(r"\d+", answer.partition("(")[0])]  # what is in brackets is a reason
            yield (
                f"not {answer}"
                if last is None
                else f"{answer[: last.start()]}{int(last[0]) + 2 + sign}{answer[last.end() :]}"
            )


def test_every_kind_of_problem_is_looked_at() -> None:
    assert {problem["solve"] for problem in SOLVED.values()} == set(PROBLEMS)


@pytest.mark.parametrize("problem", SOLVED.values(), ids=SOLVED)
def test_an_altered_answer_is_refused_by_the_second_way(problem: dict[str, Any]) -> None:
    kind = PROBLEMS[problem["solve"]]
    solution = kind.first(Given(problem["given"]))
    for name, answer in solution.answers.items():
        for wrong in altered(answer):
            with pytest.raises(ChecksDisagree, match="do not use this worksheet"):
                kind.second(Given(problem["given"]), replace(solution, answers={**solution.answers, name: wrong}))
