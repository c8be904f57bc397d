"""Quality control as problems of plain data: what is given badly is refused at its field, in one sentence, never a crash."""

from __future__ import annotations

from typing import Any

import pytest

from pharmacy.domain.errors import CalculationRefused
from pharmacy.domain.problems import PROBLEMS, solve

GOOD: dict[str, dict[str, Any]] = {
    "delivered": {
        "drug": "520 mg",
        "potency": "90.272 %",
        "blend": "13.82 g",
        "mean_net": "130.9 mg",
        "label": "4.5 mg",
        "low": "90 %",
        "high": "110 %",
    },
    "delivered-liquid": {
        "drug": "166.2 mg",
        "potency": "90.272 %",
        "volume": "150 mL",
        "label": "1 mg/mL",
        "low": "90 %",
        "high": "110 %",
    },
    "statistics": {
        "gross": "178.9 mg\n179.2 mg",
        "shell": "48 mg",
        "target": "130.9 mg",
        "limit": "10 %",
        "mean_limit": "5 %",
        "rsd_limit": "5 %",
    },
    "standard-deviation": {"values": "19.4, 19.5"},
    "acceptance-value": {"mean": "99 %", "sd": "3 %", "count": "10", "target": "100 %"},
    "yield": {"made": "98", "meant": "100", "low": "90 %", "high": "105 %"},
}
NEVER = [
    "-1",
    "1e3",
    "Infinity",
    "NaN",
    "9" * 400,
    "0.5.1",
    ".5",
    "4,5 mg g",
    "<b>",
    "\u0661 mg",
    "1 mg/mL/mL",
    "250 kg %",
]


def refusal(kind: str, **given: Any) -> CalculationRefused:
    with pytest.raises(CalculationRefused) as refused:
        solve(kind, GOOD[kind] | given)
    return refused.value


@pytest.mark.parametrize("kind", GOOD)
def test_what_is_given_well_is_solved_twice(kind: str) -> None:
    solved = solve(kind, GOOD[kind])
    assert solved.plausibility.endswith(".")
    assert solved.worksheet.steps
    assert PROBLEMS[kind].bench
    assert set(GOOD[kind]) <= {field.name for field in PROBLEMS[kind].fields}


@pytest.mark.parametrize("text", NEVER)
@pytest.mark.parametrize(("kind", "field"), [(kind, field) for kind, given in GOOD.items() for field in given])
def test_what_is_no_number_is_refused_at_its_field(kind: str, field: str, text: str) -> None:
    assert refusal(kind, **{field: text}).field == field


@pytest.mark.parametrize(
    ("kind", "field"),
    [(kind, field) for kind, given in GOOD.items() for field in given if field not in {"limit", "mean_limit"}],
)
def test_a_missing_field_is_named_unless_it_has_a_usual_value(kind: str, field: str) -> None:
    optional = next(one.optional for one in PROBLEMS[kind].fields if one.name == field)
    if field in {"mean", "sd", "count", "shell"}:  # each is one of two ways to say it
        optional = False
    if optional:
        without = {name: value for name, value in GOOD[kind].items() if name != field}
        assert solve(kind, without).results == solve(kind, GOOD[kind]).results
    else:
        assert refusal(kind, **{field: ""}).field == field


@pytest.mark.parametrize(
    ("kind", "field", "text", "said"),
    [
        ("delivered", "drug", "520", "Write the unit too"),
        ("delivered", "drug", "520 mL", "mL is a volume"),
        ("delivered", "drug", "0 mg", "must be above 0"),
        ("delivered", "potency", "0 %", "above 0 % and at most 110 %"),
        ("delivered", "potency", "110.1 %", "above 0 % and at most 110 %"),
        ("delivered", "potency", "0.9", "in per cent"),
        ("delivered", "blend", "0 g", "must be above 0"),
        ("delivered", "low", "111 %", "lowest limit is above the highest"),
        ("delivered-liquid", "volume", "0 mL", "must be above 0"),
        ("delivered-liquid", "label", "1 mg", "mg is a mass"),
        ("statistics", "gross", "178.9, 179.2", "Write the unit too"),
        ("statistics", "gross", "178.9 mg", "at least 2 capsules"),
        ("statistics", "gross", ["178.9 mg", 179], "in quotation marks"),
        ("statistics", "gross", "178.9 mg\n" * 1001, "At most 1,000 values"),
        ("statistics", "target", "0 mg", "above 0"),
        ("statistics", "limit", "0 %", "above 0 % and below 100 %"),
        ("statistics", "mean_limit", "100 %", "above 0 % and below 100 %"),
        ("statistics", "rsd_limit", "0 %", "above 0 % and below 100 %"),
        ("statistics", "shells", "47 mg, 49 mg", "one of the two"),
        ("standard-deviation", "values", "0, 0", "mean must be above 0"),
        ("standard-deviation", "values", "1", "At least 2 values"),
        ("standard-deviation", "values", "1\n" * 1001, "At most 1,000 values"),
        ("standard-deviation", "values", "1 mg, 2", "Write the unit too"),
        ("standard-deviation", "values", "1 mL, 2 mL", "mL is a volume"),
        ("acceptance-value", "count", "20", "Stage 1 takes 10 units"),
        ("acceptance-value", "count", "10.0", "whole number"),
        ("acceptance-value", "mean", "0 %", "must be above 0"),
        ("acceptance-value", "target", "0 %", "must be above 0"),
        ("yield", "made", "98.5", "whole number"),
        ("yield", "made", "98 mL", "both as capsules"),
        ("yield", "meant", "0", "must be above 0"),
        ("yield", "low", "106 %", "lowest limit is above the highest"),
    ],
)
def test_a_refusal_says_what_to_do(kind: str, field: str, text: Any, said: str) -> None:
    refused = refusal(kind, **{field: text})
    assert said in str(refused).replace("\u00a0", " ")
    assert refused.field == ("meant" if text == "98 mL" else "shell" if field == "shells" else field)


def test_single_units_and_their_mean_are_not_given_together() -> None:
    refused = refusal("acceptance-value", units="100\n" * 10)
    assert refused.field == "mean"
    assert "not both" in str(refused)


def test_an_empty_list_of_capsules_is_refused() -> None:
    assert refusal("statistics", gross=[]).field == "gross"
    assert refusal("statistics", gross=" , ,").field == "gross"


def test_a_yield_may_be_nothing() -> None:
    found = {one.name: one.value for one in solve("yield", {"made": "0", "meant": "100"}).results}
    assert found == {"percent": "0", "within": "no"}


def test_values_may_be_masses_or_per_cent() -> None:
    as_mass = {one.name: one.value for one in solve("standard-deviation", {"values": "1 mg, 0.003 g"}).results}
    assert as_mass == {"mean": "2 mg", "sd": "1.414214 mg", "rsd": "70.710678"}
    plain = {one.name: one.value for one in solve("standard-deviation", {"values": ["1 %", "3 %"]}).results}
    assert plain == {"mean": "2", "sd": "1.414214", "rsd": "70.710678"}
    assert solve("standard-deviation", {"values": ["1 %", "3 %"]}).worksheet.steps[0].unit == "%"
