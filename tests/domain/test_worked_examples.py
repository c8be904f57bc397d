"""Every problem of tests/worked_examples/ is solved and compared with its printed answer, exactly."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from pharmacy.domain.aliquots import aliquot
from pharmacy.domain.calculation import (
    all_weighings,
    recheck,
)
from pharmacy.domain.plain import exact_text
from pharmacy.domain.problems import PROBLEMS as KINDS
from pharmacy.domain.problems.file import differences
from pharmacy.domain.quantity import Mass, rounded
from pharmacy.domain.routes import Aliquot
from tests.domain.builders import balance, mg, planned_capsules, trituration_lot

FOLDER = Path(__file__).parents[1] / "worked_examples"
Problem = dict[str, Any]


def _problems() -> list[tuple[str, Problem]]:
    files = sorted(FOLDER.glob("*.toml"))
    return [
        (f"{path.stem}: {one['name']}", one)
        for path in files
        for one in tomllib.loads(path.read_text("utf-8"))["problem"]
    ]


PROBLEMS = _problems()


def _ratio(text: str) -> Fraction:
    return Fraction(text)


def _near(value: Fraction, answer: str) -> Decimal:
    """The value rounded to the places that the answer prints."""
    return rounded(value, Fraction(1, 10 ** max(0, -int(Decimal(answer).as_tuple().exponent))))


def _aliquot_check(given: Problem, answer: Problem) -> None:
    made = Aliquot(mg(given["weigh"]), mg(given["diluent"]), mg(given["take"]))
    assert made.total == mg(answer["total"])
    drug = made.carried.times(_ratio(given["potency"]))
    assert drug.value == _ratio(answer["carried_drug_mg"])
    demand = mg(given["sensitivity"])
    worst = sum((demand.ratio(one) * 100) ** 2 for one in (made.weigh, made.take))
    assert _near(Fraction(worst), answer["error_squared_in_percent"]) == Decimal(answer["error_squared_in_percent"])


def _aliquot(given: Problem, answer: Problem) -> None:
    scale = balance(given["sensitivity"], given["error"], given["readability"], given["capacity"])
    found = aliquot(Mass(_ratio(given["need"])), scale, mg(given["room"]))
    assert found == Aliquot(mg(answer["weigh"]), mg(answer["diluent"]), mg(answer["take"]))


def _capsules(given: Problem, answer: Problem) -> None:
    trituration = trituration_lot(_ratio(given["trituration"])) if "trituration" in given else None
    scale = balance(given["sensitivity"], given["error"])
    plan = planned_capsules(given["strength"], given["count"], given["excess"], scale, trituration)
    assert plan.drug == mg(answer["drug_mg"])
    assert {one.key: exact_text(one.target.value) for one in all_weighings(plan)} == {
        key: exact_text(_ratio(value)) for key, value in answer["weighings"].items()
    }
    assert [load.holes for load in plan.loads] == answer["holes"]
    for name in ("net", "gross", "blend"):
        assert _near(getattr(plan, name).value, answer[name]) == Decimal(answer[name])
    powder = mg(given["strength"]).over(1 if trituration else plan.potency)
    assert _near((plan.net - powder).value, answer["filler_each"]) == Decimal(answer["filler_each"])
    assert recheck(plan) == plan.plausibility


SOLVE: dict[str, Callable[[Problem, Problem], None]] = {
    "aliquot-check": _aliquot_check,
    "aliquot": _aliquot,
    "capsules": _capsules,
}


OLD = [(name, one) for name, one in PROBLEMS if one["solve"] in SOLVE]
NEW = [(name, one) for name, one in PROBLEMS if one["solve"] not in SOLVE]


@pytest.mark.parametrize("problem", [one for _, one in OLD], ids=[name for name, _ in OLD])
def test_a_worked_example_comes_out_as_printed(problem: Problem) -> None:
    SOLVE[problem["solve"]](problem["given"], problem["answer"])


@pytest.mark.parametrize("problem", [one for _, one in NEW], ids=[name for name, _ in NEW])
def test_a_problem_comes_out_as_its_source_says(problem: Problem) -> None:
    assert not differences(problem)


def test_every_worked_example_says_where_it_is_from() -> None:
    assert len(PROBLEMS) >= 30
    assert all(problem["source"] for _, problem in PROBLEMS)
    assert {problem["solve"] for _, problem in NEW} <= KINDS.keys()
