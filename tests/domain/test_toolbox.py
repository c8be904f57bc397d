"""The general toolbox: every kind by its examples, its worksheets, and a second way that can disagree."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pharmacy.domain import salts
from pharmacy.domain.errors import ChecksDisagree
from pharmacy.domain.problems import PROBLEMS, Calculation, Given, solve
from pharmacy.domain.problems.kinds import Solution
from pharmacy.domain.problems.toolbox import KINDS
from pharmacy.domain.quantity import NBSP
from pharmacy.domain.second_check.toolbox import formula_weight_again

FILE = Path(__file__).parents[1] / "worked_examples" / "toolbox.toml"
EXAMPLES = [one for one in tomllib.loads(FILE.read_text("utf-8"))["problem"] if "refused" not in one]


def answers(kind: str, **given_: object) -> dict[str, str]:
    return {one.name: one.value for one in solve(kind, given_).results}


def step(calculation: Calculation, name: str) -> str:
    return calculation.worksheet.step(name).text().replace(NBSP, " ")


@pytest.mark.parametrize("kind", [one.key for one in KINDS])
def test_every_kind_is_for_the_bench_and_solves_the_examples_of_its_own_fields(kind: str) -> None:
    found = PROBLEMS[kind]
    assert found.bench
    solved = solve(kind, {one.name: one.example for one in found.fields})
    assert solved.results
    assert solved.plausibility.endswith(".")
    assert Calculation.from_json(solved.to_json()) == solved
    assert all(one.words and one.source for one in solved.worksheet.steps)


# --- the second way --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [one.key for one in KINDS])
def test_a_worksheet_that_states_another_result_than_the_answer_is_caught(kind: str) -> None:
    found = PROBLEMS[kind]
    given_ = {one.name: one.example for one in found.fields}
    solution = found.first(Given(given_))
    steps = tuple(replace(one, result="17.3") for one in solution.worksheet.steps)
    with pytest.raises(ChecksDisagree):
        found.second(Given(given_), Solution(replace(solution.worksheet, steps=steps), solution.answers))


def test_the_formula_weights_of_the_table_are_those_of_the_formulas() -> None:
    for salt in salts.SALTS:
        assert formula_weight_again(salt) == salt.weight, salt.name
        assert salt.cation.charge * salt.cations == salt.anion.charge * salt.anions, salt.name
        assert ("hydrate" in salt.name) is (salt.waters > 0), salt.name
    assert len({salt.name for salt in salts.SALTS}) == len(salts.SALTS) >= 20


@pytest.mark.parametrize(
    ("salt", "weight"),
    [
        ("sodium chloride", "58.44"),
        ("potassium chloride", "74.548"),
        ("calcium chloride dihydrate", "147.008"),
        ("magnesium sulfate heptahydrate", "246.466"),
        ("calcium gluconate monohydrate", "448.387"),
        ("sodium bicarbonate", "84.006"),
        ("lithium carbonate", "73.888"),
        ("sodium citrate dihydrate", "294.099"),
    ],
)
def test_a_formula_weight_of_the_table(salt: str, weight: str) -> None:
    found = next(one for one in salts.SALTS if one.name == salt)
    assert found.weight == Fraction(Decimal(weight))


def test_phosphate_has_millimoles_and_no_milliequivalents() -> None:
    solved = solve("ions", {"amount": "10 mmol", "salt": "potassium phosphate, monobasic"})
    names = [one.name for one in solved.worksheet.steps]
    assert "Millimoles of phosphate" in names
    assert "Milliequivalents of phosphate" not in names
    assert "in mmol, not in mEq" in solved.worksheet.step("Millimoles of phosphate").note


# --- lines of the worksheet --------------------------------------------------------------------------------------


def test_a_dilution_shows_each_step_with_its_numbers() -> None:
    solved = solve("dilution", {"stock_strength": "1:1000 w/v", "final_strength": "0.1 mg/mL", "final_amount": "10 mL"})
    lines = [
        (one.name, one.numbers.replace(NBSP, " "), one.text().replace(NBSP, " ")) for one in solved.worksheet.steps
    ]
    assert lines == [
        ("Stock strength in per cent", "1 ÷ 1,000 × 100 %", "0.1 %"),
        ("Final strength in per cent", "0.1 mg/mL ÷ 10 mg/mL × 1 %", "0.01 %"),
        ("Stock to take", "10 mL × 0.01 % ÷ 0.1 %", "1 mL"),
        ("Diluent", "10 mL − 1 mL", "9 mL"),
    ]
    assert solved.plausibility.replace(NBSP, " ") == "10 mL is 10 times the stock of 1 mL, and 10 times as dilute."


@pytest.mark.parametrize(
    ("written", "numbers", "percent"),
    [
        ("50 ppm", "50 ppm ÷ 10,000 ppm × 1 %", "0.005"),
        ("5 mg/mL", "5 mg/mL ÷ 10 mg/mL × 1 %", "0.5"),
        ("50 mcg/mL", "50 mcg/mL ÷ 10,000 mcg/mL × 1 %", "0.005"),
        ("1:400", "1 ÷ 400 × 100 %", "0.25"),
        ("2 %", "2 %", "2"),
    ],
)
def test_every_way_of_writing_comes_to_per_cent(written: str, numbers: str, percent: str) -> None:
    first = solve("strength-forms", {"strength": written, "basis": "w/v"}).worksheet.steps[0]
    assert (first.numbers.replace(NBSP, " "), first.result) == (numbers, percent)


def test_a_strength_in_mass_is_stated_per_gram_and_one_in_volume_not_at_all() -> None:
    assert answers("strength-forms", strength="2 %", basis="w/w")["per_g"] == "20 mg/g"
    assert answers("strength-forms", strength="10 mg/g", basis="w/w")["percent"] == "1 %"
    assert set(answers("strength-forms", strength="2 %", basis="v/v")) == {"percent", "ratio", "ppm"}


def test_tablets_are_whole_and_the_volume_that_they_make_is_said() -> None:
    solved = solve("tablets", {"volume": "135 mL", "concentration": "1 mg/mL", "tablet": "50 mg"})
    assert solved.worksheet.step("Whole tablets").numbers.replace(NBSP, " ") == "135 mg ÷ 50 mg = 2.7, rounded up"
    assert step(solved, "Whole tablets") == "3 tablets"
    assert step(solved, "Volume that they make") == "150 mL"
    assert "crushed powder" in solved.worksheet.step("Volume that they make").note
    assert step(solve("tablets", {"drug": "50 mg", "tablet": "50 mg"}), "Whole tablets") == "1 tablet"


def test_half_tablets_over_days_are_said_as_whole_ones_too() -> None:
    solved = solve("supply", {"dose": "0.5 tablets", "times": "1", "days": "15"})
    assert step(solved, "Quantity") == "7.5 tablets"
    assert solved.worksheet.step("Quantity").note.replace(NBSP, " ") == "whole ones: 8 tablets"
    assert solve("supply", {"dose": "5 mL", "times": "1", "days": "15"}).worksheet.step("Quantity").note == ""


def test_every_other_day_lasts_twice_as_long() -> None:
    assert answers("supply", quantity="15 capsules", dose="1 capsule", times="1/2")["days"] == "30"


def test_containers_say_how_many_are_full_and_what_is_in_the_last() -> None:
    assert answers("containers", amount="100 capsules", size="30 capsules", container="bottles") == {
        "needed": "4",
        "full": "3",
        "in_last": "10 capsules",
    }
    exact = solve("containers", {"amount": "90 capsules", "size": "30 capsules", "container": "bottle"})
    assert step(exact, "Needed to hold it all") == step(exact, "Filled to the full") == "3 bottles"
    assert step(exact, "Left over") == "0 capsules"
    assert exact.plausibility.replace(NBSP, " ") == "3 full hold 90 capsules: 3 bottles."


# --- properties --------------------------------------------------------------------------------------------------

PERCENTS = st.decimals("0.01", "99", places=2)
AMOUNTS = st.decimals("0.1", "9999", places=1)


@given(PERCENTS, PERCENTS, AMOUNTS)
def test_a_dilution_keeps_the_drug_and_goes_back_to_its_stock(one: Decimal, other: Decimal, final: Decimal) -> None:
    assume(one != other)
    strong, weak = max(one, other), min(one, other)
    there = answers("dilution", stock_strength=f"{strong} %", final_strength=f"{weak} %", final_amount=f"{final} mL")
    stock = Fraction(there["stock_amount"].split()[0])
    assert stock * Fraction(strong) == Fraction(final) * Fraction(weak)
    assert stock + Fraction(there["diluent"].split()[0]) == Fraction(final)
    assert 0 < stock < Fraction(final)


@given(PERCENTS, PERCENTS, AMOUNTS, st.integers(2, 9))
def test_twice_the_amount_takes_twice_the_stock(one: Decimal, other: Decimal, final: Decimal, times: int) -> None:
    assume(one != other)
    given_ = {"stock_strength": f"{max(one, other)} %", "final_strength": f"{min(one, other)} %"}
    single, many = (answers("dilution", **given_, final_amount=f"{final * by} g")["stock_amount"] for by in (1, times))
    assert Fraction(many.split()[0]) == times * Fraction(single.split()[0])


@given(st.lists(PERCENTS, min_size=2, max_size=6, unique=True), PERCENTS, AMOUNTS)
def test_an_alligation_mixed_again_is_the_wanted_strength(
    strengths: list[Decimal], wanted: Decimal, total: Decimal
) -> None:
    assume(min(strengths) < wanted < max(strengths) and wanted not in strengths)
    found = answers(
        "alligation-several", strengths=[f"{one} %" for one in strengths], wanted=f"{wanted} %", total=f"{total} g"
    )
    amounts = [Fraction(found[f"amount_{at}"].split()[0]) for at in range(1, len(strengths) + 1)]
    assert all(one > 0 for one in amounts)
    assert sum(amounts) == Fraction(total) * 1000
    held = sum(one * Fraction(strength) for one, strength in zip(amounts, strengths, strict=True))
    assert held == Fraction(wanted) * Fraction(total) * 1000


@given(st.lists(st.tuples(AMOUNTS, PERCENTS), min_size=2, max_size=6))
def test_a_mean_lies_between_its_strengths(portions: list[tuple[Decimal, Decimal]]) -> None:
    found = answers("alligation-medial", portions=[f"{many} g of {one} %" for many, one in portions])
    mean = Fraction(found["strength"].split()[0])
    assert min(Fraction(one) for _, one in portions) <= mean <= max(Fraction(one) for _, one in portions)


@given(PERCENTS, AMOUNTS, st.sampled_from(["w/w", "w/v", "v/v"]))
def test_an_amount_from_a_strength_gives_the_strength_again(percent: Decimal, total: Decimal, basis: str) -> None:
    whole = f"{total} {'g' if basis == 'w/w' else 'mL'}"
    ingredient = answers("percent-strength", basis=basis, strength=f"{percent} %", total=whole)["ingredient"]
    assume(len(ingredient) <= 12)
    assert (
        answers("percent-strength", basis=basis, ingredient=ingredient, total=whole)["strength"]
        == f"{percent.normalize():f} %"
    )


@given(st.sampled_from([one.name for one in salts.SALTS]), AMOUNTS)
def test_mass_mmol_and_meq_of_a_salt_lead_back_to_each_other(salt: str, meq: Decimal) -> None:
    there = answers("ions", salt=salt, amount=f"{meq} mEq")
    assume(len(there["mmol"]) <= 15 and "/" not in there["mmol"])
    back = answers("ions", salt=salt, amount=there["mmol"])
    assert Fraction(back["mEq"].split()[0]) == Fraction(meq)
    assert back["mass"] == there["mass"]


@given(AMOUNTS, AMOUNTS)
def test_whole_tablets_are_enough_and_never_one_too_many(needed: Decimal, tablet: Decimal) -> None:
    found = answers("tablets", drug=f"{needed} mg", tablet=f"{tablet} mg")
    count, left = int(found["tablets"]), Fraction(found["left_over"].split()[0])
    assert count * Fraction(tablet) == Fraction(needed) + left
    assert 0 <= left < Fraction(tablet)


@given(AMOUNTS, AMOUNTS, st.integers(1, 6))
def test_a_supply_never_outlasts_its_quantity(quantity: Decimal, dose: Decimal, times: int) -> None:
    assume(1 <= Fraction(quantity) / Fraction(dose) / times < 3651)
    found = answers("supply", quantity=f"{quantity} mL", dose=f"{dose} mL", times=str(times))
    days = int(found["days"])
    assert days * times * Fraction(dose) <= Fraction(quantity) < (days + 1) * times * Fraction(dose)
