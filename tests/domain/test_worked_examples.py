"""Every problem of tests/worked_examples/ is solved twice and compared with what its source says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pharmacy.domain.problems import PROBLEMS as KINDS
from pharmacy.domain.problems.file import differences, read

FOLDER = Path(__file__).parents[1] / "worked_examples"
FILES = sorted(FOLDER.glob("*.toml"))
PROBLEMS = [(f"{path.stem}: {one['name']}", one) for path in FILES for one in read(path.read_text("utf-8"))]
OWN = "own arithmetic"


@pytest.mark.parametrize("problem", [one for _, one in PROBLEMS], ids=[name for name, _ in PROBLEMS])
def test_a_problem_comes_out_as_its_source_says(problem: dict[str, Any]) -> None:
    assert not differences(problem)


def test_every_problem_says_where_it_is_from_and_what_must_come_out() -> None:
    for name, problem in PROBLEMS:
        assert problem["source"], name
        assert problem.get("answer") or problem.get("refused"), name
    assert len({name for name, _ in PROBLEMS}) == len(PROBLEMS)


def test_at_least_thirty_problems_are_published_ones() -> None:
    assert sum(not problem["source"].startswith(OWN) for _, problem in PROBLEMS) >= 30


def test_every_kind_of_problem_has_an_example() -> None:
    assert {problem["solve"] for _, problem in PROBLEMS} == KINDS.keys()


def test_a_wrong_answer_is_noticed() -> None:
    given = {"assay": "99 %", "basis": "as is"}
    assert differences({"solve": "potency", "given": given, "answer": {"potency": "0.99"}}) == ()
    assert differences({"solve": "potency", "given": given, "answer": {"potency": "0.98"}}) == (
        "potency: 0.99, not 0.98",
    )
    assert differences({"solve": "potency", "given": given, "answer": {"strength": "0.99"}})
    within = {"answer": {"potency": "0.98"}, "within": {"potency": "0.01"}}
    assert differences({"solve": "potency", "given": given, **within}) == ()
    assert differences({"solve": "potency", "given": given, "refused": {"kind": "Impossible", "field": "assay"}})
