"""Any one of the four amounts of a liquid aliquot from the other three, and what dissolves or measures at least."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharmacy.domain.balance import MinimumRule
from pharmacy.domain.dissolving import (
    FourAmounts,
    diluent,
    diluent_step,
    dissolves,
    fourth,
    fourth_step,
    least_measurable,
    least_solvent,
    measurable_step,
    solvent_step,
)
from pharmacy.domain.errors import CalculationRefused, ChecksDisagree, DoesNotDissolve, Impossible
from pharmacy.domain.liquid_aliquot import liquid_aliquot
from pharmacy.domain.measures import CYLINDERS
from pharmacy.domain.problems import solve
from pharmacy.domain.quantity import NBSP, Concentration, Mass, Volume
from pharmacy.domain.routes import LiquidAliquot
from pharmacy.domain.second_check.dissolving import (
    measurable_again,
    planned_again,
    solvent_again,
    strengths_again,
)
from pharmacy.domain.second_check.liquids import asked_again
from tests.domain.builders import balance, mg

NAMES = ("needed", "weighed", "volume", "take")
WHOLE: Mapping[str, Mass | Volume] = {
    "needed": mg("20"),
    "weighed": mg("120"),
    "volume": Volume(Fraction(30)),
    "take": Volume(Fraction(5)),
}


def ml(text: str) -> Volume:
    return Volume.of(text, "mL")


@pytest.mark.parametrize(
    ("name", "words", "numbers"),
    [
        ("needed", "weighed × take ÷ volume", f"120{NBSP}mg × 5{NBSP}mL ÷ 30{NBSP}mL"),
        ("weighed", "needed × volume ÷ take", f"20{NBSP}mg × 30{NBSP}mL ÷ 5{NBSP}mL"),
        ("volume", "weighed × take ÷ needed", f"120{NBSP}mg × 5{NBSP}mL ÷ 20{NBSP}mg"),
        ("take", "needed × volume ÷ weighed", f"20{NBSP}mg × 30{NBSP}mL ÷ 120{NBSP}mg"),
    ],
)
def test_any_one_of_the_four_amounts_comes_from_the_others(name: str, words: str, numbers: str) -> None:
    found, missing = fourth(**{**WHOLE, name: None})  # type: ignore[arg-type]
    assert missing == name
    assert found == FourAmounts(**WHOLE)  # type: ignore[arg-type]
    step = fourth_step(found, name)
    assert (step.words, step.numbers) == (words, numbers)
    assert step.text() == WHOLE[name].text("mg" if isinstance(WHOLE[name], Mass) else "mL")


def test_three_of_the_four_are_given() -> None:
    for given_names in (("needed", "weighed"), NAMES):
        with pytest.raises(Impossible, match="three of the four") as refused:
            fourth(*(WHOLE[name] if name in given_names else None for name in NAMES))  # type: ignore[arg-type]
        assert refused.value.field == "take"


@pytest.mark.parametrize("name", NAMES)
def test_an_aliquot_of_nothing_is_refused_at_its_field(name: str) -> None:
    nothing = type(WHOLE[name])(Fraction(0))
    with pytest.raises(Impossible, match="above 0") as refused:
        FourAmounts(**{**WHOLE, name: nothing})  # type: ignore[arg-type]
    assert refused.value.field == name
    missing = "take" if name != "take" else "needed"
    with pytest.raises(Impossible, match="above 0") as refused:
        fourth(**{**WHOLE, name: nothing, missing: None})  # type: ignore[arg-type]
    assert refused.value.field == name


def test_no_more_is_taken_than_is_made() -> None:
    FourAmounts(mg("120"), mg("120"), ml("5"), ml("5"))
    with pytest.raises(Impossible, match=f"{5}{NBSP}mL that are made can be taken, and 6{NBSP}mL would be") as refused:
        fourth(None, mg("120"), ml("5"), ml("6"))
    assert refused.value.field == "take"
    with pytest.raises(Impossible) as refused:
        fourth(mg("121"), mg("120"), ml("5"), None)
    assert refused.value.field == "take"


def test_a_liquid_ingredient_is_brought_to_volume_with_the_diluent() -> None:
    found, _ = fourth(ml("0.5"), ml("2"), None, ml("2"))
    assert (found.volume, diluent(found)) == (ml("8"), ml("6"))
    assert diluent_step(found).text() == f"6{NBSP}mL"
    assert diluent_step(found).numbers == f"8{NBSP}mL − 2{NBSP}mL"
    assert fourth(None, ml("2"), ml("8"), ml("2"))[0].needed == ml("0.5")
    assert fourth(ml("0.5"), None, ml("8"), ml("2"))[0].weighed == ml("2")
    with pytest.raises(Impossible, match="More is measured") as refused:
        diluent(FourAmounts(ml("6"), ml("9"), ml("8"), ml("2")))
    assert refused.value.field == "measured"


def test_what_does_not_dissolve_names_the_volume_that_would_do() -> None:
    solubility = Concentration(Fraction(4))
    found = FourAmounts(**WHOLE)  # type: ignore[arg-type]
    step = dissolves(found, solubility)
    assert step.text() == f"4{NBSP}mg/mL"
    assert step.note == f"at most 4{NBSP}mg/mL dissolves"
    with pytest.raises(DoesNotDissolve, match=f"at least 30.769{NBSP}mL") as refused:
        dissolves(found, Concentration(Fraction("3.9")))
    assert refused.value.field == "solubility"


def test_the_least_solvent_holds_the_mass() -> None:
    assert least_solvent(mg("200"), Concentration(Fraction(250))) == ml("0.8")
    step = solvent_step(mg("200"), Concentration(Fraction(250)))
    assert (step.text(), step.numbers) == (f"0.8{NBSP}mL", f"200{NBSP}mg ÷ 250{NBSP}mg/mL")
    for mass, solubility, field in ((mg("0"), Fraction(1), "mass"), (mg("1"), Fraction(0), "solubility")):
        with pytest.raises(Impossible, match="above 0") as refused:
            least_solvent(mass, Concentration(solubility))
        assert refused.value.field == field


def test_the_least_measurable_is_a_share_of_the_capacity() -> None:
    assert least_measurable(ml("10"), Fraction(20)) == ml("2")
    assert least_measurable(ml("10"), Fraction(100)) == ml("10")
    step = measurable_step(ml("10"), Fraction(20))
    assert (step.text(), step.numbers) == (f"2{NBSP}mL", f"10{NBSP}mL × 20 %")
    for capacity, share, field in (
        (ml("0"), Fraction(20), "capacity"),
        (ml("10"), Fraction(0), "share"),
        (ml("10"), Fraction(101), "share"),
    ):
        with pytest.raises(Impossible) as refused:
            least_measurable(capacity, share)
        assert refused.value.field == field


@given(st.fractions(Fraction(1, 100), 1000), st.fractions(Fraction(1, 100), 1000), st.fractions(Fraction(1, 100), 1))
def test_the_four_amounts_agree_whichever_is_left_out(weighed: Fraction, volume: Fraction, share: Fraction) -> None:
    first, _ = fourth(None, Mass(weighed), Volume(volume), Volume(volume * share))
    for name in NAMES[1:]:
        given_amounts = {one: getattr(first, one) for one in NAMES}
        assert fourth(**{**given_amounts, name: None})[0] == first
    assert strengths_again(*(getattr(first, one).value for one in NAMES)) == weighed / volume


# --- the second way ----------------------------------------------------------------------------------------------------


def test_the_second_way_finds_a_wrong_amount() -> None:
    with pytest.raises(ChecksDisagree):
        strengths_again(Fraction(21), Fraction(120), Fraction(30), Fraction(5))
    with pytest.raises(ChecksDisagree):
        solvent_again(mg("200"), Concentration(Fraction(250)), ml("0.9"))
    with pytest.raises(ChecksDisagree):
        measurable_again(ml("10"), Fraction(20), ml("2.1"))
    with pytest.raises(ChecksDisagree):
        asked_again(ml("134"), Concentration(Fraction(1)), mg("4.5"), 1, 30)


NEED = mg("33.2")
GOOD = LiquidAliquot(mg("146.1"), ml("22"), ml("5"))
SOLUBLE = Concentration(Fraction(65))


def test_the_plan_is_what_its_second_way_looks_at() -> None:
    assert liquid_aliquot(NEED, balance("6"), CYLINDERS, solubility=SOLUBLE, room=ml("30")) == GOOD
    planned_again(NEED, GOOD, balance("6"), CYLINDERS, SOLUBLE, Fraction(5))


@pytest.mark.parametrize(
    "wrong",
    [
        LiquidAliquot(mg("146.3"), ml("22"), ml("5")),
        LiquidAliquot(mg("146.08"), ml("22"), ml("5")),
        LiquidAliquot(mg("73"), ml("11"), ml("5")),
        LiquidAliquot(mg("16.6"), ml("5"), ml("10")),
        LiquidAliquot(mg("146.1"), ml("44"), ml("10.1")),
    ],
)
def test_a_plan_past_a_limit_is_found(wrong: LiquidAliquot) -> None:
    with pytest.raises(ChecksDisagree):
        planned_again(NEED, wrong, balance("6"), CYLINDERS, SOLUBLE, Fraction(5))


def test_the_second_way_knows_both_rules_of_a_balance() -> None:
    fine = replace(balance("6", readability="0.01"), rule=MinimumRule.USP41, repeatability=mg("0.07"))
    route = LiquidAliquot(mg("146.08"), ml("22"), ml("5"))
    planned_again(NEED, route, fine, CYLINDERS, SOLUBLE, Fraction(5))
    with pytest.raises(ChecksDisagree, match="least that the balance"):
        planned_again(NEED, route, replace(fine, repeatability=mg("0.074")), CYLINDERS, SOLUBLE, Fraction(5))


def test_a_plan_past_its_error_or_its_solubility_is_found() -> None:
    with pytest.raises(ChecksDisagree, match="combined error"):
        planned_again(NEED, GOOD, balance("6"), CYLINDERS, SOLUBLE, Fraction("4.98"))
    with pytest.raises(ChecksDisagree, match="solution"):
        planned_again(NEED, GOOD, balance("6"), CYLINDERS, Concentration(Fraction("6.6")), Fraction(5))


# --- bad input of the problems -----------------------------------------------------------------------------------------

LIQUID = {
    "concentration": "1 mg/mL",
    "quantity": "110 mL",
    "assay": "100 %",
    "basis": "as is",
    "readability": "0.1 mg",
    "sensitivity_requirement": "1 mg",
}
TABLETS = {"concentration": "1 mg/mL", "quantity": "135 mL", "label": "50 mg", "mark": "5 mL"}


@pytest.mark.parametrize(
    ("kind", "changed", "field"),
    [
        ("liquid", {"quantity": ""}, "quantity"),
        ("liquid", {"quantity": "9" * 400 + " mL"}, "quantity"),
        ("liquid", {"quantity": "110"}, "quantity"),
        ("liquid", {"quantity": "-1 mL"}, "quantity"),
        ("liquid", {"quantity": "Infinity mL"}, "quantity"),
        ("liquid", {"concentration": "1 mg"}, "concentration"),
        ("liquid", {"dose": "4.5 mg", "times_a_day": "1", "days": "30"}, "quantity"),
        ("liquid", {"quantity": "", "dose": "4.5 mg", "times_a_day": "1"}, "days"),
        ("liquid", {"quantity": "", "dose": "0 mg", "times_a_day": "1", "days": "30"}, "dose"),
        ("liquid", {"quantity": "", "dose": "1 mg", "times_a_day": "0", "days": "30"}, "times_a_day"),
        ("liquid", {"displacement": "0.8", "density": "1 g/mL"}, "density"),
        ("liquid", {"density": "0 g/mL"}, "density"),
        ("liquid", {"displacement": "0"}, "displacement"),
        ("liquid", {"excess": "5"}, "excess"),
        ("liquid", {"parts": [{"name": "sucrose"}]}, "parts[1].amount"),
        ("liquid", {"parts": [{"name": "sucrose", "amount": "1 g", "colour": "red"}]}, "parts[1].colour"),
        ("liquid", {"measures": [{"name": "C", "mark": "1 mL", "least": "2 mL"}]}, "measures[1].capacity"),
        ("liquid", {"vehicle_kind": "wine"}, "vehicle_kind"),
        ("liquid", {"readability": ""}, "readability"),
        ("liquid", {"label": "50 mg"}, "label"),
        ("tablet-suspension", {"label": "0 mg"}, "label"),
        ("tablet-suspension", {"label": ""}, "label"),
        ("tablet-suspension", {"mean_mass": "304 mg"}, "tablets_weighed"),
        ("tablet-suspension", {"tablets_weighed": "20"}, "tablets_together"),
        ("tablet-suspension", {"tablets_weighed": "20.5", "mean_mass": "304 mg"}, "tablets_weighed"),
        (
            "tablet-suspension",
            {"tablets_weighed": "20", "mean_mass": "304 mg", "tablets_together": "6080 mg"},
            "mean_mass",
        ),
        ("tablet-suspension", {"tablets_weighed": "20", "mean_mass": "304 mg"}, "readability"),
    ],
)
def test_bad_input_is_refused_at_its_field(kind: str, changed: Mapping[str, object], field: str) -> None:
    whole = {**(LIQUID if kind == "liquid" else TABLETS), **changed}
    with pytest.raises(CalculationRefused, match=r"\.$") as refused:
        solve(kind, whole)
    assert refused.value.field == field


def test_a_problem_with_measures_of_its_own_uses_them() -> None:
    own = [{"name": "flask", "mark": "110 mL", "least": "110 mL", "capacity": "110 mL", "error": "1 %"}]
    assert solve("liquid", {**LIQUID, "measures": own}).results[0].value == "110 mL"
    with pytest.raises(CalculationRefused, match="no measure at hand has a mark at 111"):
        solve("liquid", {**LIQUID, "quantity": "111 mL", "measures": own})


def test_a_worksheet_from_the_dose_begins_with_the_volume() -> None:
    given_dose = {**LIQUID, "quantity": "", "dose": "4.5 mg", "times_a_day": "2", "days": "15", "mark": "5 mL"}
    step = solve("liquid", given_dose).worksheet.steps[0]
    assert step.text() == f"135{NBSP}mL"
    assert step.numbers == f"4.5{NBSP}mg ÷ 1{NBSP}mg/mL × 2 × 15 = 4.5{NBSP}mL × 2 × 15"


def test_measures_that_were_recorded_are_named_and_their_errors_are_not_assumed() -> None:
    needed = {"needed": "33.2 mg", "solubility": "65 mg/mL", "room": "25 mL", "readability": "0.1 mg"}
    pipette = {"name": "P-1", "mark": "0.1 mL", "least": "1 mL", "capacity": "50 mL", "error": "1 %"}
    found = solve("liquid-aliquot-plan", {**needed, "sensitivity_requirement": "6 mg", "measures": [pipette]})
    steps = {one.name: one for one in found.worksheet.steps}
    assert steps["Take of the solution"].note.replace("\u00a0", " ").startswith("on the P-1, a mark every 0.1 mL; ")
    assert steps["Combined error"].source == "own arithmetic; errors of the measures as they are recorded"
    assert " + (1 % P-1)²" in steps["Combined error"].numbers
