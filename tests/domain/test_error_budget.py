"""How far the delivered strength may be off: each contribution, the interval, and the second way that moves readings."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pharmacy.domain import problems
from pharmacy.domain.balance import spread
from pharmacy.domain.calculation import plan_from_json, prepare_trituration, recheck, usable_plan
from pharmacy.domain.error_budget import Budget, Contribution, budget_of, interval, shell_error
from pharmacy.domain.error_steps import budget_steps
from pharmacy.domain.errors import CannotBeWeighed, ChecksDisagree, Impossible
from pharmacy.domain.quantity import NBSP, Mass, Volume
from pharmacy.domain.results import delivered_capsules
from pharmacy.domain.second_check.pencil import follow_line
from pharmacy.domain.shells import by_measuring
from pharmacy.domain.tolerances import Tolerances
from pharmacy.domain.worksheet import Worksheet
from tests.domain.builders import DRUG, MCC, ON, balance, lot, mg, planned_capsules, stock, trituration_lot

TENTH_MG = Fraction(1, 10_000)


def test_a_reading_is_off_by_half_a_step_and_the_sensitivity_requirement() -> None:
    """√(0.05² + 6²) = 6.00020833… mg, rounded up to 0.0001."""
    assert spread(balance()) == mg("6.0003")
    assert spread(balance(readability="1", sensitivity="1")).value == Fraction(11181, 10_000)  # √1.25 = 1.11803…


def test_two_repeatabilities_stand_in_for_the_sensitivity_requirement_where_they_were_measured() -> None:
    assert spread(replace(balance(readability="0.6"), repeatability=mg("0.2"))) == mg("0.5")  # √(0.3² + 0.4²), exactly


def test_a_batch_that_is_weighed_directly_is_off_by_its_drug_its_filler_and_its_assay() -> None:
    plan = planned_capsules()
    found = budget_of(plan)
    drug, filler = Fraction("523.4"), Fraction("13224.7")
    blend, off = drug + filler, Fraction("6.0003")
    assert [(one.name, one.square) for one in found.contributions] == [
        (DRUG.name, ((1 - drug / blend) * off / drug * 100) ** 2),
        (MCC.name, (filler / blend * off / filler * 100) ** 2),
        ("assay of lot naltrexone-hcl-1", Fraction(1)),
    ]
    assert [one.percent for one in found.contributions] == [Fraction(111, 100), Fraction(5, 100), Fraction(1)]
    assert found.combined == Fraction(149, 100)
    assert found.expected == drug * Fraction("0.90272") / blend * plan.net.value / Fraction("4.5") * 100
    assert (found.low, found.high) == (Decimal("98.5"), Decimal("101.5"))


def test_the_worksheet_says_the_interval_beside_the_limits() -> None:
    step = planned_capsules().worksheet.step("Predicted strength")
    assert step.result == "98.5 to 101.5"
    assert step.unit == "%"
    assert step.note.replace(NBSP, " ") == "of the label; limits 90 to 110 %: inside"
    assert "1.11 % naltrexone HCl" in step.numbers
    assert step.numbers.endswith("= ± 1.49 %")


def test_an_interval_that_reaches_over_a_limit_is_said_to_be_not_wholly_inside() -> None:
    plan = replace(planned_capsules(), tolerances=Tolerances(low=Decimal("98.6")))
    assert "NOT wholly inside" in budget_steps(budget_of(plan), plan, balance())[-1].note
    exactly = replace(plan, tolerances=Tolerances(low=Decimal("98.5"), high=Decimal("101.5")))
    assert budget_of(exactly).within(Decimal("98.5"), Decimal("101.5"))
    assert "NOT" not in budget_steps(budget_of(exactly), exactly, balance())[-1].note


def test_the_ends_are_rounded_outward() -> None:
    assert interval(Fraction(100), Fraction(149, 100)) == (Decimal("98.5"), Decimal("101.5"))
    assert interval(Fraction(100), Fraction(150, 100)) == (Decimal("98.5"), Decimal("101.5"))
    assert interval(Fraction(100), Fraction(151, 100)) == (Decimal("98.4"), Decimal("101.6"))
    assert interval(Fraction(50), Fraction(2)) == (Decimal(49), Decimal(51))


def test_contributions_add_by_squares_and_round_up() -> None:
    found = Budget(Fraction(100), (Contribution("a", Fraction(9)), Contribution("b", Fraction(16))))
    assert found.combined == 5
    assert Contribution("c", Fraction(2)).percent == Fraction(142, 100)
    assert Budget(Fraction(100), ()).combined == 0


def test_a_trituration_counts_by_the_error_of_its_making_and_no_assay() -> None:
    plan = planned_capsules("0.5", 30, "5", balance(), trituration_lot())
    names = {one.name: one.square for one in budget_of(plan).contributions}
    assert names["making of trituration lot T-1"] == Fraction(36, 100)
    assert not any("assay" in name for name in names)


def test_a_trituration_that_does_not_tell_its_error_is_taken_to_be_off_by_three_per_cent() -> None:
    silent = replace(trituration_lot(), fraction_error=None)
    plan = planned_capsules("0.5", 40, "5", balance(), silent)
    names = {one.name: one.square for one in budget_of(plan).contributions}
    assert names["making of trituration lot T-1"] == 9


def test_of_an_aliquot_both_weighings_and_the_diluent_count() -> None:
    plan = planned_capsules("0.5", 30)
    found = {one.name: one.square for one in budget_of(plan).contributions}
    values = {line.key: line.target.value for line in plan.weighings}
    weighed, diluent, taken = (values[key] for key in ("aliquot-drug", "aliquot-diluent", "aliquot-taken"))
    total, off = weighed + diluent, Fraction("6.0003")
    blend = taken + values["filler"]
    assert found[DRUG.name] == (diluent / total * off / weighed * 100) ** 2
    assert found[f"{DRUG.name} aliquot mixture"] == ((1 - taken / blend) * off / taken * 100) ** 2
    assert found[f"{MCC.name} of the aliquot"] == (off / total * 100) ** 2
    assert found[MCC.name] == (off / blend * 100) ** 2


def test_each_reading_has_a_line_that_says_what_it_adds() -> None:
    worksheet = planned_capsules().worksheet
    off = worksheet.step("A reading may be off by")
    assert off.numbers.replace(NBSP, " ") == "√((0.1 mg ÷ 2)² + (6 mg)²)"
    assert off.text().replace(NBSP, " ") == "6.0003 mg"
    assert off.note == "rounded up to 0.0001 mg; no repeatability of the balance was measured"
    drug, filler = worksheet.step(f"Error by {DRUG.name}"), worksheet.step(f"Error by {MCC.name}")
    assert drug.numbers.replace(NBSP, " ") == "(1 − 523.4 mg ÷ 13.7481 g) × 6.0003 mg ÷ 523.4 mg × 100 %"
    assert drug.words == "share in the strength × how far a reading may be off ÷ target × 100 %, rounded up to 0.01 %"
    assert drug.text() == f"1.11{NBSP}%"
    assert filler.numbers.replace(NBSP, " ") == "13.2247 g ÷ 13.7481 g × 6.0003 mg ÷ 13.2247 g × 100 %"
    assert filler.text() == f"0.05{NBSP}%"
    assert all(follow_line(one) for one in (off, drug, filler))


def test_a_repeatability_that_was_measured_is_named_as_what_decides() -> None:
    measured = replace(balance(), repeatability=mg("0.12"))
    off = planned_capsules(scale=measured).worksheet.step("A reading may be off by")
    assert off.words == "√((readability ÷ 2)² + (twice the measured repeatability)²)"
    assert off.numbers.replace(NBSP, " ") == "√((0.1 mg ÷ 2)² + (2 × 0.12 mg)²)"
    assert (off.result, off.note) == ("0.2452", "rounded up to 0.0001 mg")


def test_the_readings_of_an_aliquot_are_told_apart() -> None:
    worksheet = planned_capsules("0.5", 30).worksheet
    names = [one.name.removeprefix("Error by ") for one in worksheet.steps if one.name.startswith("Error by ")]
    assert names == [DRUG.name, f"{MCC.name} of the aliquot", f"{DRUG.name} aliquot mixture", MCC.name]
    assert all(follow_line(one) for one in worksheet.steps if one.name.startswith("Error by "))


def test_what_each_reading_adds_makes_the_predicted_error() -> None:
    for plan in (planned_capsules(), planned_capsules("0.5", 30)):
        added = [Fraction(one.result) ** 2 for one in plan.worksheet.steps if one.name.startswith("Error by ")]
        assert sum(added) + 1 >= budget_of(plan).combined ** 2 - Fraction(1, 10)
        assert sum(added) + 1 <= budget_of(plan).combined ** 2 + Fraction(2, 10)


def test_what_was_recorded_moves_the_interval() -> None:
    plan = planned_capsules()
    more = budget_of(plan, {"drug": mg("600")})
    assert more.expected > budget_of(plan).expected
    assert more.combined < budget_of(plan).combined
    assert budget_of(plan, {"of-another-plan": mg("1")}) == budget_of(plan)


def test_the_delivered_strength_is_said_with_its_interval() -> None:
    plan = planned_capsules()
    found = delivered_capsules(plan, {line.key: line.target for line in plan.weighings}, plan.net)
    # √(1.487…² + (48 ÷ 130.93 × 10)²): nobody weighed the empty shells of this lot, and they vary by a tenth
    assert found.off == Decimal("3.96")
    assert found.interval_text().replace(NBSP, " ") == "96 to 104 %"
    assert "± 3.96 %: 96 to 104" in found.step.note.replace(NBSP, " ")
    assert not replace(found, off=None).interval_text()


def test_a_stock_trituration_predicts_its_own_error() -> None:
    made = prepare_trituration(
        stock(), total=Mass.of("10", "g"), drug=lot(DRUG), diluent=lot(MCC), balance=balance(), on=ON
    )
    drug, diluent = Fraction("1107.8"), Fraction("8892.2")
    off = Fraction("6.0003")
    assert [one.square for one in budget_of(made).contributions] == [
        ((1 - drug / 10_000) * off / drug * 100) ** 2,
        (diluent / 10_000 * off / diluent * 100) ** 2,
        Fraction(1),
    ]
    assert made.worksheet.steps[-1].name == "Predicted strength"


@pytest.mark.parametrize(
    "result", ["97.5 to 101.5", "98.5 to 103.5", "99.5 to 101.5", "98.5 to 100.5", "101 to 102", "?"]
)
def test_a_predicted_interval_that_moving_the_readings_does_not_lead_to_is_refused(result: str) -> None:
    plan = planned_capsules()
    steps = tuple(
        replace(one, result=result) if one.name == "Predicted strength" else one for one in plan.worksheet.steps
    )
    with pytest.raises(ChecksDisagree, match="strength"):
        recheck(replace(plan, worksheet=Worksheet(plan.worksheet.title, steps)))


def test_a_worksheet_of_before_there_were_predictions_is_still_good() -> None:
    plan = planned_capsules()
    steps = tuple(one for one in plan.worksheet.steps if one.name != "Predicted strength")
    assert recheck(replace(plan, worksheet=Worksheet(plan.worksheet.title, steps))) == plan.plausibility


def test_a_stored_plan_that_was_altered_is_not_used() -> None:
    plan = planned_capsules()
    stored = plan.to_json()
    assert usable_plan(stored) == plan_from_json(stored) == plan
    stored["weighings"][0]["target"] = "533.4 mg"
    with pytest.raises(ChecksDisagree):
        usable_plan(stored)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(["0.5", "1.5", "3", "4.5"]),
    st.integers(10, 400),
    st.sampled_from(["0", "5", "10"]),
    st.sampled_from(["6", "1", "0.4"]),
)
def test_every_plan_predicts_an_interval_that_holds_its_expected_strength(
    strength: str, count: int, excess: str, sensitivity: str
) -> None:
    try:
        plan = planned_capsules(strength, count, excess, balance(sensitivity))
    except CannotBeWeighed:
        assume(False)
    found = budget_of(plan)
    assert found.low < found.expected < found.high
    assert found.combined**2 >= sum(one.square for one in found.contributions)
    assert (found.combined - Fraction(1, 100)) ** 2 < sum(one.square for one in found.contributions)
    assert abs(found.expected - 100) <= Fraction(5, 8)  # 8 mg, the least of any, read to half of 0.1 mg


@given(st.sampled_from(["0.1", "1", "5"]), st.integers(100, 450))
def test_a_larger_batch_is_never_more_off(sensitivity: str, count: int) -> None:
    small, large = (planned_capsules("4.5", many, "0", balance(sensitivity)) for many in (count, count * 2))
    assert budget_of(large).combined <= budget_of(small).combined


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("weighing", Decimal(-1)),
        ("combined", Decimal(0)),
        ("combined", Decimal("10.1")),
        ("assay", Decimal("-0.1")),
        ("assay", Decimal("5.1")),
        ("low", Decimal(0)),
        ("low", Decimal(100)),
    ],
)
def test_a_tolerance_that_cannot_be_is_refused_at_its_field(field: str, wrong: Decimal) -> None:
    with pytest.raises(Impossible) as refused:
        Tolerances(**{field: wrong})
    assert refused.value.field == field


def test_tolerances_at_their_ends_are_good() -> None:
    Tolerances(Decimal(0), Decimal(10), Decimal(5), Decimal("99.9"), Decimal("100.1"))
    Tolerances(assay=Decimal(0))
    with pytest.raises(Impossible):
        Tolerances(high=Decimal(100))


def test_shells_that_were_weighed_make_the_interval_narrower() -> None:
    plan = planned_capsules()
    assert shell_error(plan, mg("96")).square == 25
    shell = by_measuring("3", Volume.of("0.30", "mL"), mg("1200"), 25)
    lots = tuple(
        replace(use, lot=replace(use.lot, shell=shell)) if use.lot.component == "gelatin-3" else use
        for use in plan.lots
    )
    assert shell_error(replace(plan, lots=lots), mg("96")).square == 1


def test_a_trituration_that_may_be_off_by_more_than_all_of_it_is_refused_at_its_error() -> None:
    made = {"parts": 100, "total": "1 g", "trituration": "1/10", "substance": "drug", "weight": "1"}
    weighed = {"readability": "1 mg", "sensitivity_requirement": "5 mg"}
    with pytest.raises(Impossible, match="more than all of it") as refusal:
        problems.solve("trituration", {**made, **weighed, "trituration_error": "99.9 %"})
    assert refusal.value.field == "trituration_error"
