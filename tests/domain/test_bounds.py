"""What cannot be meant is refused at its field, by both ways: no days, tonnes, densities of no powder, doses ten times too high."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from pharmacy.domain.amounts import parse_quantity
from pharmacy.domain.bounds import IN_A_SHELL, LIQUID_STRENGTH, PACKED, TABLET, check_bound, check_days, check_times
from pharmacy.domain.dose_band import LEAST, MOST, OTHER_THERAPY, TEN_FOLD, dose_note
from pharmacy.domain.errors import CalculationRefused, ChecksDisagree, Impossible
from pharmacy.domain.problems import BadGiven, solve
from pharmacy.domain.problems import file as problem_file
from pharmacy.domain.quantity import (
    NBSP,
    Concentration,
    Density,
    Mass,
    NotAQuantity,
    Volume,
    parse_amount,
    parse_decimal,
)
from pharmacy.domain.second_check.directions import warned_again
from pharmacy.domain.second_check.supply import needed_again, supply_again
from pharmacy.domain.second_check.toolbox import supply_again as toolbox_supply_again
from pharmacy.domain.second_check.weighing import fill_again
from pharmacy.domain.worksheet import OWN, Worksheet, WorksheetStep
from tests.domain.builders import mg

CAPSULES: dict[str, Any] = {
    "strength": "4.5 mg", "count": "100", "assay": "99.2 %", "basis": "anhydrous", "water": "8.9 %", "solvents": "0.1 %",
    "drug_full": "160 mg", "filler_full": "130 mg", "size": "3", "shell_mass": "48 mg",
    "readability": "0.1 mg", "sensitivity_requirement": "6 mg",
}  # fmt: skip
NIGHTLY: dict[str, Any] = {"form": "capsule", "strength": "1.5 mg", "steps": ["1 capsule at bedtime"]}
LIQUID: dict[str, Any] = {
    "concentration": "1 mg/mL", "dose": "4.5 mg", "times_a_day": 1, "days": 30, "assay": "100 %", "basis": "as is",
    "readability": "0.1 mg", "sensitivity_requirement": "1 mg",
}  # fmt: skip
BALANCE: dict[str, Any] = {"mass": "150 mg", "readability": "0.1 mg"}
SALT: dict[str, Any] = {
    "name": "naltrexone", "weight": "341.40", "other": "naltrexone HCl", "other_weight": "377.86",
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "whole", "changed", "field"),
    [
        ("supply", {"dose": "1 tablet", "times": "1"}, {"days": 10**400}, "days"),
        ("supply", {"dose": "1 tablet", "times": "1"}, {"days": 1_000_001}, "days"),
        ("supply", {"dose": "1 tablet", "times": "1"}, {"days": 3651}, "days"),
        ("supply", {"dose": "1 tablet", "times": "1"}, {"days": 0}, "days"),
        ("supply", {"dose": "1 tablet", "times": "1"}, {"quantity": "3651 tablets"}, "quantity"),
        ("directions", NIGHTLY, {"days": 0}, "days"),
        ("directions", NIGHTLY, {"quantity": "0"}, "quantity"),
        ("directions", NIGHTLY, {"strength": "4 kg"}, "strength"),
        ("directions", NIGHTLY, {"strength": 10**400}, "strength"),
        ("directions", {"form": "liquid", "steps": ["1 mL at bedtime"]}, {"strength": "2000.1 mg/mL"}, "strength"),
        ("equivalent", SALT, {"mass": "0 mg"}, "mass"),
        ("equivalent", SALT, {"mass": "1000.1 kg"}, "mass"),
        ("capsules", CAPSULES, {"shell_mass": "4 kg"}, "shell_mass"),
        ("capsules", CAPSULES, {"shell_mass": "61 mg"}, "shell_mass"),
        ("capsules", CAPSULES, {"capacity": "30 mL"}, "capacity"),
        ("capsules", CAPSULES, {"capacity": "0.376 mL"}, "capacity"),
        ("capsules", CAPSULES, {"filler_full": "400 g/mL"}, "filler_full"),
        ("capsules", CAPSULES, {"filler_full": "5.01 g/mL"}, "filler_full"),
        ("capsules", CAPSULES, {"drug_full": "5.01 g"}, "drug_full"),
        ("capsules", CAPSULES, {"other": "5.01 g", "other_full": "200 mg"}, "other"),
        ("capsules", CAPSULES, {"other": "1 mg", "other_full": "5.01 g"}, "other"),
        ("capsules", CAPSULES, {"other": "1 mg", "other_full": "5.01 g/mL"}, "other"),
        ("shell-size", {"powder": "350 mg"}, {"density": "5.01 g/mL"}, "density"),
        ("shell-size", {"density": "0.75 g/mL"}, {"powder": "5.01 g"}, "powder"),
        ("liquid", LIQUID, {"days": 0}, "days"),
        ("liquid", LIQUID, {"days": 3651}, "days"),
        ("liquid", LIQUID, {"times_a_day": 0}, "times_a_day"),
        ("liquid", LIQUID, {"times_a_day": 25}, "times_a_day"),
        ("weighing-error", BALANCE, {"sensitivity_requirement": "600 g"}, "sensitivity_requirement"),
        ("weighing-error", BALANCE, {"rule": "usp-41", "repeatability": "6 g"}, "repeatability"),
        ("titration", {"form": "capsule", "steps": ["1 mg for 7 days"]}, {"strengths": ["5.01 g"]}, "strengths"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_at_its_field(
    kind: str, whole: dict[str, Any], changed: dict[str, Any], field: str
) -> None:
    with pytest.raises(CalculationRefused) as refused:
        solve(kind, whole | changed)
    assert refused.value.field == field
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize(
    ("kind", "whole"),
    [
        ("supply", {"dose": "1 tablet", "times": "1", "days": 3650}),
        ("supply", {"dose": "1 tablet", "times": "1", "quantity": "3650 tablets"}),
        ("directions", NIGHTLY | {"days": 1, "quantity": "1"}),
        ("capsules", CAPSULES | {"shell_mass": "60 mg", "capacity": "0.375 mL"}),
        ("shell-size", {"powder": "5 g", "density": "5 g/mL"}),
        ("liquid", LIQUID | {"days": 1, "times_a_day": 24}),
    ],
)
def test_what_is_just_possible_is_solved(kind: str, whole: dict[str, Any]) -> None:
    assert solve(kind, whole).worksheet.steps


def test_each_bound_takes_its_most_and_says_why_it_takes_no_more() -> None:
    for bound in (IN_A_SHELL, PACKED, TABLET, LIQUID_STRENGTH):
        check_bound(bound.most, bound, "field")  # type: ignore[type-var]
        with pytest.raises(Impossible, match=f"^{bound.why} as ") as refused:
            check_bound(bound.most.times(2), bound, "field")  # type: ignore[type-var]
        assert refused.value.field == "field"
    for days in (0, 3651):
        with pytest.raises(Impossible):
            check_days(days)
    for times in (0, 25):
        with pytest.raises(Impossible):
            check_times(times)


@pytest.mark.parametrize(
    ("kind", "most", "more"),
    [
        (Mass, "1000 kg", "1000.000001 kg"),
        (Volume, "10000 L", "10000.000001 L"),
        (Concentration, "10000 mg/mL", "10000.1 mg/mL"),
        (Density, "25 g/mL", "25.1 g/mL"),
    ],
)
def test_no_amount_is_read_that_no_pharmacy_has(kind: Any, most: str, more: str) -> None:
    assert parse_amount(kind, most).value > 0
    with pytest.raises(NotAQuantity, match="Look at the number and its unit"):
        parse_amount(kind, more)


def test_a_heavy_tablet_is_no_tablet() -> None:
    given = {
        "concentration": "1 mg/mL", "quantity": "135 mL", "mark": "5 mL", "label": "50 mg", "tablets_weighed": "20",
        "readability": "0.1 mg", "sensitivity_requirement": "6 mg",
    }  # fmt: skip
    assert solve("tablet-suspension", given | {"tablets_together": "100 g"}).worksheet.steps
    with pytest.raises(Impossible, match="No tablet that is swallowed") as refused:
        solve("tablet-suspension", given | {"tablets_together": "100.1 g"})
    assert refused.value.field == "tablets_together"
    with pytest.raises(Impossible) as refused:
        solve("tablet-suspension", given | {"mean_mass": "5.001 g"})
    assert refused.value.field == "mean_mass"


def test_a_number_that_is_too_long_is_called_so_and_another_sign_is_not() -> None:
    for text in ("9" * 400, "1234567890", "0.1234567890", "1.0000000001"):
        with pytest.raises(NotAQuantity, match="too long: write at most nine digits"):
            parse_decimal(text)
    for text in ("1e5", "∞", "12.", "007", "1.2.3"):
        with pytest.raises(NotAQuantity, match="plain number"):
            parse_decimal(text)
    assert str(parse_decimal("999999999.999999999")) == "999999999.999999999"


def test_a_file_with_a_number_of_thousands_of_digits_is_refused() -> None:
    with pytest.raises(BadGiven, match="too long"):
        problem_file.read(f'solve = "supply"\n[given]\ndays = {"9" * 5000}\n')


@pytest.mark.parametrize(
    "step", ["2.5 mL daily", "5 mL a day", "1 capsule every other day", "2.25 mL per day for 9 days"]
)
def test_words_of_how_often_that_are_not_read_are_named_as_such(step: str) -> None:
    with pytest.raises(BadGiven, match="Write how often as once a day, twice a day or 3 times a day") as refused:
        solve("days-supply", {"dispensed": "150 mL", "steps": [step]})
    assert refused.value.field == "steps"


def test_one_time_a_day_is_once_a_day() -> None:
    often = {
        text: solve("quantity", {"steps": [f"2.25 mL {text} for 9 days"]}) for text in ("once a day", "1 time a day")
    }
    assert often["once a day"].results == often["1 time a day"].results


def test_a_day_outside_the_calendar_is_refused_with_the_days_of_it() -> None:
    kit = {"form": "capsule", "steps": ["1.5 mg for 14 days"], "strengths": ["1.5 mg"], "start": "2026-03-02"}
    for on in ("2026-03-01", "2026-03-16"):
        with pytest.raises(BadGiven, match=r"runs from 02 MAR 2026 to 15 MAR 2026: choose a day of it\.") as refused:
            solve("kit-calendar", kit | {"on": on})
        assert refused.value.field == "on"


def test_what_is_supplied_beyond_the_titration_is_said() -> None:
    kit = {"form": "capsule", "steps": ["1 mg for 10 days"], "strengths": ["0.5 mg"]}
    done = solve("titration", kit | {"supplied": ["25"]})
    left = done.worksheet.steps[-1]
    assert (left.name, left.numbers, left.text()) == (f"Left of 0.5{NBSP}mg capsule", "25 − 20", f"5{NBSP}capsules")
    assert left.note == "left when the titration ends: no day of it takes them"
    assert {one.name: one.value for one in done.results}["left_over_1"] == "5"
    exactly = solve("titration", kit | {"supplied": ["20"]})
    assert (exactly.worksheet.steps[-1].result, exactly.worksheet.steps[-1].note) == ("0", "")
    assert not any(one.name.startswith("Left") for one in solve("titration", kit).worksheet.steps)
    with pytest.raises(BadGiven) as refused:
        solve("titration", kit | {"supplied": ["0"]})
    assert refused.value.field == "supplied"


# --- the daily dose --------------------------------------------------------------------------------------------------------


def test_a_dose_ten_times_too_high_is_called_so_on_the_worksheet() -> None:
    ten = solve("directions", {"form": "capsule", "strength": "4.5 mg", "steps": ["10 capsules at bedtime"]})
    assert ten.worksheet.step("Highest daily dose").note.startswith("presumed to be a ten-fold error")
    steps = ["4.5 mg for 7 days", "45 mg for 7 days"]
    kit = solve("titration", {"form": "capsule", "steps": steps, "strengths": ["4.5 mg"]})
    said = f"presumed to be a ten-fold error: low-dose naltrexone is 0.5{NBSP}mg to 4.5{NBSP}mg a day"
    notes = [one.note for one in kit.worksheet.steps[:2]]
    assert notes == ["at bedtime", f"at bedtime; {said}; correct it with the prescriber"]


@pytest.mark.parametrize(
    ("dose", "said"),
    [
        ("0.499", "below the usual"), ("0.5", ""), ("4.5", ""), ("4.501", "above the usual"), ("9.999", "above the usual"),
        ("10", "ten-fold"), ("49.999", "ten-fold"), ("50", "standard-dose therapy"),
    ],
)  # fmt: skip
def test_each_dose_outside_the_band_says_where_it_lies(dose: str, said: str) -> None:
    note = dose_note(mg(dose))
    assert said in note
    assert bool(said) == bool(note)


def test_the_second_way_misses_no_dose_ten_times_too_high() -> None:
    def sheet(note: str) -> Worksheet:
        return Worksheet("", (WorksheetStep("Highest daily dose", "", "", "45", "mg", OWN, note),))

    warned_again(sheet(""), Fraction("9.99"))
    warned_again(sheet(dose_note(mg("10"))), Fraction(10))
    warned_again(sheet(dose_note(mg("50"))), Fraction(50))
    for note, highest in (("", 10), (dose_note(mg("10")), 9)):
        with pytest.raises(ChecksDisagree, match="what is said of the daily dose"):
            warned_again(sheet(note), Fraction(highest))
    assert (mg("0.5"), mg("4.5"), mg("10"), mg("50")) == (LEAST, MOST, TEN_FOLD, OTHER_THERAPY)


# --- the second ways refuse the same nonsense --------------------------------------------------------------------------------


def test_the_second_ways_take_no_nonsense() -> None:
    with pytest.raises(ChecksDisagree, match="what is dispensed"):
        supply_again(Fraction(0), [(Fraction(1), 1, None)], 0, Fraction(0))
    with pytest.raises(ChecksDisagree, match="the days"):
        needed_again([(Fraction(1), 1, 0)], Fraction(0))
    one, many = parse_quantity("1 tablet"), parse_quantity("3651 tablets")
    with pytest.raises(ChecksDisagree, match="the days"):
        toolbox_supply_again(many, one, Fraction(1), 3651, parse_quantity("1 tablet"))
    full = Density.of("5.01", "g/mL")
    with pytest.raises(ChecksDisagree, match="what alone fills the shell"):
        fill_again([(full.mass_of(Volume.of("0.3", "mL")), full)], Volume.of("0.3", "mL"))
    with pytest.raises(ChecksDisagree, match="what alone fills the shell"):
        fill_again([(mg("5001"), mg("5001"))], None)


# --- what a certificate and a weight do not prove ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("assay", "basis", "outside"),
    [
        ("40 %", "anhydrous", True), ("97.999 %", "anhydrous", True), ("98 %", "anhydrous", False),
        ("102 %", "anhydrous", False), ("102.001 %", "dried", True), ("97.9 %", "as is", False),
    ],
)  # fmt: skip
def test_an_assay_outside_the_monograph_is_noted(assay: str, basis: str, outside: bool) -> None:
    given = {"assay": assay, "basis": basis} | ({} if basis == "as is" else {"water": "1 %"})
    note = solve("potency", given).worksheet.steps[0].note
    assert ("OUTSIDE the 98.0 to 102.0 % of the USP monograph" in note) == outside
    other = solve("potency", given | {"substance": "magnesium sulfate", "weight": "120.37"}).worksheet.steps[0].note
    assert "OUTSIDE" not in other
