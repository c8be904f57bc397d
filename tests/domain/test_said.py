"""The answers of a calculator in words: each named for what it is, per cent where it is per cent."""

from __future__ import annotations

import pytest

from pharmacy.domain.problems import PROBLEMS, solve
from pharmacy.domain.problems.kinds import Sort
from pharmacy.domain.problems.said import said

BENCH = [kind for kind in PROBLEMS.values() if kind.bench]


def answers(key: str) -> dict[str, str]:
    kind = PROBLEMS[key]
    given = {
        one.name: one.example.splitlines() if one.sort is Sort.LIST else one.example
        for one in kind.fields
        if one.example
    }
    return {one.label: one.text().replace("\u00a0", " ") for one in said(solve(key, given), kind)}


@pytest.mark.parametrize(
    ("key", "label", "text"),
    [
        ("potency", "Potency", "90.272 %"),
        ("weighing-error", "Error of the weighing", "4 %"),
        ("delivered", "Share of the label", "99.9704 %"),
        ("statistics", "RSD", "1.2237 %"),
        ("acceptance-value", "Mean", "99 %"),
        ("acceptance-value", "Acceptance value", "6.9217"),
        ("standard-deviation", "Mean", "19.7667"),
        ("yield", "Yield", "98 %"),
        ("strength-forms", "Per cent", "0.1 %"),
        ("capsules", "Drug to weigh", "523.4 mg"),
        ("capsules", "Load 1 to weigh", "13.0935 g"),
        ("titration", "Container 1, quantity", "21"),
        ("titration", "Container 1, used to day", "14"),
        ("directions", "Highest daily dose", "3 mg"),
    ],
)
def test_an_answer_is_named_and_has_its_unit(key: str, label: str, text: str) -> None:
    assert answers(key)[label] == text


def test_no_two_answers_of_a_calculator_have_one_name_and_none_is_a_name_of_the_program() -> None:
    for kind in BENCH:
        given = {
            one.name: one.example.splitlines() if one.sort is Sort.LIST else one.example
            for one in kind.fields
            if one.example
        }
        labels = [one.label for one in said(solve(kind.key, given), kind)]
        assert len(set(labels)) == len(labels), (kind.key, labels)
        assert not any("_" in one or "-" in one for one in labels), (kind.key, labels)
