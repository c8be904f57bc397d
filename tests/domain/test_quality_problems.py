"""Quality control as problems of plain data: what is given badly is refused at its field, in one sentence, never a crash."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from pharmacy.domain.errors import CalculationRefused, ChecksDisagree
from pharmacy.domain.problems import PROBLEMS, solve
from pharmacy.domain.second_check.quality import interval_again
from pharmacy.domain.worksheet import WorksheetStep

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


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


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
        ("statistics", "strength", "0 mg", "more than 0 and less than the target"),
        ("statistics", "strength", "130.9 mg", "more than 0 and less than the target"),
        ("delivered", "weighing_error", "65.0001 mg", "520 mg that may be off by 65.0001 mg is no measurement"),
        ("delivered", "mean_error", "16.4 mg", "130.9 mg that may be off by 16.4 mg is no measurement"),
        ("delivered", "assay_error", "5.1 %", "from 0 to 5 %"),
        ("delivered-liquid", "volume_error", "18.7501 mL", "150 mL that may be off by 18.7501 mL is no measurement"),
        ("delivered-liquid", "volume_error", "1 mg", "mg is a mass"),
        ("yield", "made", "98.5", "whole number"),
        ("yield", "made", "98 mL", "both as capsules"),
        ("yield", "meant", "0", "must be above 0"),
        ("yield", "low", "106 %", "lowest limit is above the highest"),
    ],
)
def test_a_refusal_says_what_to_do(kind: str, field: str, text: Any, said: str) -> None:
    errors = {"delivered": {"mean_error": "1.6 mg"}, "delivered-liquid": {"volume_error": "3 mL"}}.get(kind, {})
    with_errors = {**errors, "weighing_error": "6 mg"} if field.endswith("_error") else {}
    refused = refusal(kind, **{**with_errors, field: text})
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


def steps_of(kind: str, **given: Any) -> dict[str, WorksheetStep]:
    return {one.name: one for one in solve(kind, GOOD[kind] | given).worksheet.steps}


@pytest.mark.parametrize(("kind", "last"), [("delivered", "mean_error"), ("delivered-liquid", "volume_error")])
def test_an_interval_needs_every_error_but_the_assays(kind: str, last: str) -> None:
    errors = {"weighing_error": "3 mg", last: "1.5 mg" if kind == "delivered" else "1.5 mL"}
    assert "off" not in {one.name for one in solve(kind, GOOD[kind]).results}
    assert "off" in {one.name for one in solve(kind, GOOD[kind] | errors).results}
    for given, missing in (
        ({"weighing_error": "3 mg"}, last),
        ({last: errors[last]}, "weighing_error"),
        ({"assay_error": "1 %"}, "weighing_error"),
    ):
        refused = refusal(kind, **given)
        assert refused.field == missing
        assert "for the interval of the strength, or leave out all errors" in str(refused)


def test_the_interval_and_its_verdict_are_a_line_of_the_worksheet() -> None:
    step = steps_of("delivered", weighing_error="6 mg", mean_error="1.5 mg", low="98 %")["Interval of the strength"]
    assert plain(step.numbers) == (
        "98.8 % ± √((1.16 % drug)² + (0.05 % blend)² + (1.15 % mean net mass)² + (1 % assay)²) = ± 1.91 %"
    )
    assert (plain(step.text()), plain(step.note)) == (
        "96.9 to 100.7 %",
        "of the label; limits 98 to 110 %: NOT wholly inside",
    )
    assert steps_of("delivered")["Delivered strength"].note.endswith("limits 90 to 110\u00a0%: inside")


def test_a_share_is_never_rounded_across_the_limits_that_were_asked_for() -> None:
    given = {"drug": "94.999 mg", "potency": "100 %", "volume": "100 mL", "label": "1 mg/mL", "low": "95 %"}
    note = plain(steps_of("delivered-liquid", **given)["Delivered strength"].note)
    assert note == "94.999 % of the label; limits 95 to 110 %: OUTSIDE"


def test_a_strength_that_the_errors_alone_could_bring_outside_is_said_to_be_so() -> None:
    told = {
        one.name: one.value
        for one in solve("delivered", GOOD["delivered"] | {"weighing_error": "65 mg", "mean_error": "16.3 mg"}).results
    }
    assert (told["within"], told["surely_within"]) == ("yes", "no")


@pytest.mark.parametrize(
    "told",
    [
        {"off": "4.99"},
        {"off": "5.01"},
        {"lowest": "87.5"},
        {"lowest": "87.3"},
        {"lowest": "87.35"},
        {"highest": "96.5"},
        {"highest": "96.7"},
    ],
)
def test_the_second_way_finds_an_interval_that_is_too_narrow_or_too_wide(told: dict[str, str]) -> None:
    readings = [(Fraction(100), Fraction(3)), (Fraction(50), Fraction(2))]
    right = {"off": Fraction(5), "lowest": Fraction("87.4"), "highest": Fraction("96.6")}
    interval_again(Fraction("0.92"), readings, right)
    with pytest.raises(ChecksDisagree):
        interval_again(Fraction("0.92"), readings, right | {name: Fraction(one) for name, one in told.items()})


def test_without_any_error_the_interval_is_the_strength() -> None:
    told = {"off": Fraction(0), "lowest": Fraction(92), "highest": Fraction(92)}
    interval_again(Fraction("0.92"), [(Fraction(100), Fraction(0))], told)


def test_a_yield_stands_beside_its_limits() -> None:
    step = steps_of("yield", made="105.00001 g", meant="100 g")["Yield"]
    assert (step.result, plain(step.note)) == ("105.00001", "limits 90 to 105 %: OUTSIDE")
    assert plain(steps_of("yield", low="98 %", high="98 %")["Yield"].note) == "limits 98 to 98 %: inside"
    assert (
        solve("yield", {"made": "99", "meant": "100"}).plausibility
        == "That is 1\u00a0capsule less than was to be made."
    )


def test_nobody_knows_from_mean_and_sd_how_many_units_are_outside() -> None:
    assert "outside" not in {one.name for one in solve("acceptance-value", GOOD["acceptance-value"]).results}
    units = {"units": "99\n" * 30}
    assert {one.name: one.value for one in solve("acceptance-value", units).results}["outside"] == "0"


def test_what_weights_cannot_prove_is_on_their_worksheet() -> None:
    unknown = steps_of("statistics")
    assert "Drug in the fill" not in unknown
    assert plain(unknown["Single capsules outside"].note).endswith(
        "normally distributed. Weight shows how evenly the shells are filled, not that each holds its drug: below 25 mg or "
        "25 % of drug in a capsule, content uniformity needs an assay of single capsules (USP <905>)."
    )
    known = steps_of("statistics", strength="4.5 mg")
    assert known["Single capsules outside"].note.endswith("normally distributed")
    drug = known["Drug in the fill"]
    assert (plain(drug.numbers), plain(drug.text())) == ("4.5 mg ÷ 130.9 mg × 100 %", "3.44 %")
    assert "with 4.5 mg of drug in 130.9 mg (3.4 %), below 25 mg or 25 %" in plain(drug.note)
    assert steps_of("statistics", strength="32.7249 mg")["Drug in the fill"].result == "24.9999"


def test_limits_that_the_pharmacy_chose_are_not_called_the_rules() -> None:
    assert "22 TAC 291.131" in steps_of("statistics")["Single capsules outside"].source
    own = steps_of("statistics", limit="7.5 %")["Single capsules outside"]
    assert own.source == "limits as given, not those of 22 TAC 291.131; on net mass"
    assert plain(own.numbers).startswith("121.0825 mg to 140.7175 mg net, 169.0825 mg to 188.7175 mg with the shell")
