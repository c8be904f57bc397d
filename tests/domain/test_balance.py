from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharmacy.domain.balance import (
    BalanceFacts,
    MinimumRule,
    accuracy,
    check_calibration,
    least_shown,
    minimum_step,
    minimum_weighable,
    uncertainty,
    weighing_error,
    weighing_error_step,
)
from pharmacy.domain.errors import BalanceLacksData, CalculationRefused, CalibrationExpired, ChecksDisagree, Impossible
from pharmacy.domain.problems import Given, solve
from pharmacy.domain.problems.balance import read_balance
from pharmacy.domain.quantity import NBSP, Mass
from pharmacy.domain.second_check.balance import classic_again, classic_error_again, usp41_again
from tests.domain.builders import balance, mg

CLASSIC, USP41 = MinimumRule.CLASSIC, MinimumRule.USP41


def analytical(readability: str = "0.1", repeatability: str | None = "0.12") -> BalanceFacts:
    spread = None if repeatability is None else mg(repeatability)
    return BalanceFacts("B-1", mg(readability), mg("1"), Decimal(5), mg("120000"), USP41, spread)


def refused(expected: type[CalculationRefused], field: str, **changed: object) -> str:
    with pytest.raises(expected) as why:
        replace(balance(), **changed)  # type: ignore[arg-type]
    assert why.value.field == field
    return str(why.value)


@pytest.mark.parametrize(
    ("sensitivity", "error", "least"), [("6", "5", Fraction(120)), ("10", "5", Fraction(200)), ("2.5", "3", "250/3")]
)
def test_the_classic_minimum_is_the_sensitivity_requirement_over_the_accepted_error(
    sensitivity: str, error: str, least: Fraction | str
) -> None:
    assert minimum_weighable(balance(sensitivity, error)).value == Fraction(least)


@pytest.mark.parametrize(
    ("readability", "spread", "least"),
    [
        ("0.1", "0.12", "240"),
        ("0.1", "0.15", "300"),
        ("0.1", "0.03", "82"),
        ("0.1", "0.041", "82"),
        ("0.1", "0.0411", "82.2"),
        ("0.1", "0", "82"),
        ("0.01", "0.001", "8.2"),
        ("1", "0.41", "820"),
    ],
)
def test_usp_41_asks_for_2000_times_the_repeatability_but_never_less_than_820_times_the_readability(
    readability: str, spread: str, least: str
) -> None:
    assert minimum_weighable(analytical(readability, spread)) == mg(least)


def test_both_rules_are_told_of_one_balance() -> None:
    both = analytical()
    assert minimum_weighable(both, CLASSIC) == mg("20")
    assert minimum_weighable(replace(both, rule=CLASSIC), USP41) == minimum_weighable(both) == mg("240")


def test_the_uncertainty_is_the_share_of_the_least_mass_that_the_rule_accepts() -> None:
    assert uncertainty(balance()) == mg("6")
    assert accuracy(balance()) == Decimal(5)
    assert uncertainty(analytical()) == mg("0.24")
    assert uncertainty(analytical("0.1", "0.03")) == mg("0.082")
    assert uncertainty(analytical(), CLASSIC) == mg("1")
    assert accuracy(analytical()) == Decimal("0.10")
    assert accuracy(analytical(), CLASSIC) == Decimal(5)
    assert accuracy(balance(), USP41) == Decimal("0.1")


@given(st.integers(1, 1000), st.integers(0, 5000))
def test_the_uncertainty_of_the_least_mass_is_exactly_the_accuracy(hundredths: int, spread: int) -> None:
    scale = BalanceFacts(
        "B-1", Mass(Fraction(hundredths, 100)), mg("10"), Decimal(5), mg("9000000"), USP41, Mass(Fraction(spread, 1000))
    )
    for rule in MinimumRule:
        share = uncertainty(scale, rule).ratio(minimum_weighable(scale, rule)) * 100
        assert share == Fraction(accuracy(scale, rule))
    assert minimum_weighable(scale) >= scale.readability.times(820)


def test_the_least_mass_is_told_rounded_up_to_a_whole_reading() -> None:
    assert least_shown(balance("2.5", "3")) == mg("83.4")  # exactly 83.333…, of which 83.3 would be too little
    assert least_shown(balance("6", "5")) == mg("120")
    assert least_shown(analytical("0.1", "0.0411"), CLASSIC) == mg("20")
    assert least_shown(analytical("1", "0.03")) == mg("820")
    assert least_shown(analytical("0.1", "0.04101")) == mg("82.1")


def test_usp_41_without_a_repeatability_is_refused_at_its_field() -> None:
    words = refused(BalanceLacksData, "repeatability", rule=USP41)
    assert words == (
        "USP <41> needs the repeatability of balance B-1: weigh one small weight 10 times and enter the readings, "
        "or choose the classic rule."
    )
    with pytest.raises(BalanceLacksData, match="repeatability"):
        minimum_weighable(balance(), USP41)


@pytest.mark.parametrize("nothing", ["0", "-1"])
def test_a_balance_without_its_data_is_refused_at_the_field_that_lacks_them(nothing: str) -> None:
    mass = Mass(Fraction(nothing))
    assert refused(BalanceLacksData, "readability", readability=mass) == (
        "Enter the readability of balance B-1, above 0."
    )
    assert refused(BalanceLacksData, "sensitivity_requirement", sensitivity_requirement=mass) == (
        "Enter the sensitivity requirement of balance B-1, above 0."
    )


def test_a_balance_is_not_surer_than_what_it_shows() -> None:
    assert balance("1", readability="1").readability == mg("1")
    words = refused(Impossible, "sensitivity_requirement", readability=mg("6.1"))
    assert words.replace(NBSP, " ") == (
        "Balance B-1 shows steps of 6.1 mg and cannot be sure of less: enter a sensitivity requirement of at least its "
        "readability."
    )


def test_a_repeatability_below_zero_is_refused() -> None:
    words = refused(Impossible, "repeatability", repeatability=Mass(Fraction(-1, 1000)))
    assert words == "The repeatability of balance B-1 must be 0 mg or more."


@pytest.mark.parametrize("error", ["0", "-5", "10.1", "250"])
def test_an_accepted_error_that_no_pharmacy_accepts_is_refused(error: str) -> None:
    words = refused(Impossible, "accepted_error", accepted_error=Decimal(error))
    assert words == "The accepted error of balance B-1 must be above 0 and at most 10 %."


def test_an_accepted_error_of_10_per_cent_is_the_highest() -> None:
    assert minimum_weighable(balance(error="10")) == mg("60")


def test_a_capacity_below_the_least_mass_is_refused_and_one_that_reaches_it_is_not() -> None:
    assert balance(capacity="120").capacity == mg("120")
    words = refused(Impossible, "capacity", capacity=mg("119.9"))
    assert words == (
        f"The capacity of balance B-1 is below 120{NBSP}mg, the least it can weigh by the classic rule; check its data."
    )
    words = refused(Impossible, "capacity", rule=USP41, repeatability=mg("100"))
    assert "USP <41>" in words


def test_a_calibration_holds_on_its_last_day_and_not_after() -> None:
    dated = replace(balance(), calibrated_until=date(2026, 3, 2))
    check_calibration(dated, date(2026, 3, 2))
    check_calibration(balance(), date(2026, 3, 2))
    with pytest.raises(CalibrationExpired) as why:
        check_calibration(dated, date(2026, 3, 3))
    assert why.value.field == "calibrated_until"
    assert str(why.value) == (
        "The calibration of balance B-1 ended on 02 MAR 2026: have it calibrated and enter the new date, "
        "or use another balance."
    )


def test_the_worksheet_says_by_which_rule_the_least_mass_is_found() -> None:
    classic = minimum_step(balance())
    assert (classic.name, classic.words) == (
        "Minimum weighable",
        "sensitivity requirement × 100 % ÷ accepted error",
    )
    assert classic.numbers == f"6{NBSP}mg × 100 % ÷ 5 %"
    assert (classic.text(), classic.note) == (f"120{NBSP}mg", "balance B-1")
    assert "sensitivity requirement" in classic.source

    measured = minimum_step(analytical())
    assert (measured.name, measured.words) == ("Minimum weighable", "2 × repeatability ÷ 0.10 %")
    assert measured.numbers == f"2 × 0.12{NBSP}mg ÷ 0.10 %"
    assert (measured.text(), measured.note) == (f"240{NBSP}mg", "balance B-1")
    assert "USP <41>" in measured.source

    floor = minimum_step(analytical("0.1", "0.03"))
    assert floor.words == "2 × 0.41 × readability ÷ 0.10 %"
    assert floor.numbers == f"2 × 0.41 × 0.1{NBSP}mg ÷ 0.10 %"
    assert floor.text() == f"82{NBSP}mg"
    assert floor.note == f"balance B-1; its repeatability, 0.03{NBSP}mg, is below 0.41 × its readability"


def test_the_worksheet_shows_the_repeatability_with_all_its_places() -> None:
    assert minimum_step(analytical("0.1", "0.0568")).numbers == f"2 × 0.0568{NBSP}mg ÷ 0.10 %"
    assert "0.0312" in minimum_step(analytical("0.1", "0.0312")).note


def test_the_step_of_the_other_rule_can_be_asked_for() -> None:
    other = minimum_step(analytical(), CLASSIC)
    assert (other.text(), other.numbers) == (f"20{NBSP}mg", f"1{NBSP}mg × 100 % ÷ 5 %")
    measured = minimum_step(replace(analytical(), rule=CLASSIC), USP41)
    assert measured.text() == f"240{NBSP}mg"
    assert (measured.words, measured.numbers) == ("2 × repeatability ÷ 0.10 %", f"2 × 0.12{NBSP}mg ÷ 0.10 %")
    assert minimum_step(analytical("0.000001", "0.0000567")).numbers == f"2 × 0.000057{NBSP}mg ÷ 0.10 %"


def test_a_repeatability_of_just_the_readability_share_is_told_as_the_repeatability() -> None:
    edge = minimum_step(analytical("0.1", "0.041"))
    assert (edge.words, edge.numbers) == ("2 × repeatability ÷ 0.10 %", f"2 × 0.041{NBSP}mg ÷ 0.10 %")


def test_a_balance_that_an_older_version_stored_still_loads() -> None:
    stored = {
        "name": "B-1",
        "readability": "0.1 mg",
        "sensitivity_requirement": "6 mg",
        "accepted_error": "5",
        "capacity": "120000 mg",
    }
    assert BalanceFacts.from_json(stored) == balance()
    whole = replace(analytical(), calibrated_until=date(2026, 3, 2))
    assert BalanceFacts.from_json(whole.to_json()) == whole


def test_the_error_of_a_weighing_is_the_uncertainty_over_the_mass() -> None:
    assert weighing_error(balance(), mg("150")) == Fraction(4, 100)
    assert weighing_error(analytical(), mg("240")) == Fraction(1, 1000)
    assert weighing_error(balance(), mg("0.5")) == 12
    for nothing in ("0", "-1"):
        with pytest.raises(Impossible) as why:
            weighing_error(balance(), Mass(Fraction(nothing)))
        assert (str(why.value), why.value.field) == ("The mass that is weighed must be above 0.", "mass")


def test_the_worksheet_says_when_a_weighing_is_too_uncertain() -> None:
    good = weighing_error_step(balance(), mg("120"))
    assert (good.name, good.words) == ("Error of the weighing", "sensitivity requirement ÷ mass × 100 %")
    assert good.numbers == f"6{NBSP}mg ÷ 120{NBSP}mg × 100 %"
    assert (good.text(), good.note) == (f"5{NBSP}%", "at most 5 % is accepted")
    bad = weighing_error_step(balance(), mg("50"))
    assert bad.text() == f"12{NBSP}%"
    assert bad.note == "at most 5 % is accepted: it must not be weighed on this balance"
    other = weighing_error_step(analytical(), mg("200"))
    assert other.words == "2 × the larger of repeatability and 0.41 × readability ÷ mass × 100 %"
    assert (other.text(), other.numbers) == (f"0.12{NBSP}%", f"0.24{NBSP}mg ÷ 200{NBSP}mg × 100 %")
    assert "USP <41>" in other.source
    assert "sensitivity requirement" in good.source


CLASSIC_PROBLEM = {"readability": "1 mg", "sensitivity_requirement": "6 mg"}
USP41_PROBLEM = {"readability": "0.1 mg", "rule": "usp-41", "repeatability": "0.03 mg"}


def test_as_a_problem_the_least_mass_is_said_in_one_sentence() -> None:
    assert solve("minimum", CLASSIC_PROBLEM).plausibility == f"Weighing 120{NBSP}mg, 6{NBSP}mg are 5 % of it."
    assert solve("minimum", USP41_PROBLEM).plausibility == (
        f"Weighing 82{NBSP}mg, twice its spread, 0.082{NBSP}mg, is 0.1 % of it."
    )
    error = solve("weighing-error", {**CLASSIC_PROBLEM, "mass": "150 mg"})
    assert error.plausibility == f"150{NBSP}mg may be 6{NBSP}mg more or less than the balance shows."
    error = solve("weighing-error", {**USP41_PROBLEM, "mass": "150 mg"})
    assert error.plausibility == f"150{NBSP}mg may be 0.082{NBSP}mg more or less than the balance shows."


def test_a_balance_of_a_problem_may_have_a_name_and_a_capacity() -> None:
    given = Given({**CLASSIC_PROBLEM, "accepted_error": "3 %", "capacity": "120 g", "name": "B-9"})
    found = read_balance(given)
    given.finish()
    assert (found.name, found.capacity, found.accepted_error) == ("B-9", mg("120000"), Decimal(3))
    plain = read_balance(Given(USP41_PROBLEM))
    assert (plain.name, plain.accepted_error, plain.capacity) == ("of this problem", Decimal(5), mg("10000000"))
    assert read_balance(Given({**USP41_PROBLEM, "sensitivity_requirement": "2 mg"})).sensitivity_requirement == mg("2")


def disagrees(what: str) -> pytest.RaisesExc[ChecksDisagree]:
    words = f"The second calculation disagrees about {what}; do not use this worksheet."
    return pytest.raises(ChecksDisagree, match=f"^{re.escape(words)}$")


LEAST = "the minimum weighable mass"


def test_the_second_way_refuses_another_least_mass() -> None:
    classic_again(mg("6"), Decimal(5), mg("120"))
    usp41_again(mg("0.1"), mg("0.03"), mg("82"))
    usp41_again(mg("0.1"), mg("0.12"), mg("240"))
    classic_error_again(mg("6"), mg("6"))
    with disagrees(LEAST):
        classic_again(mg("6"), Decimal(5), mg("120.1"))
    for wrong in ("240.2", "239.8", "82"):
        with disagrees(LEAST):
            usp41_again(mg("0.1"), mg("0.12"), mg(wrong))
    for wrong in ("60", "81.9", "82.1"):
        with disagrees(LEAST):
            usp41_again(mg("0.1"), mg("0.03"), mg(wrong))
    with disagrees("the error of the weighing"):
        classic_error_again(mg("6"), mg("6.1"))


def test_the_error_of_a_weighing_is_shown_with_the_places_that_it_needs() -> None:
    scale = analytical("0.0001", "0.0123456")
    step = weighing_error_step(scale, mg("1234.56789"))
    assert step.numbers == f"0.024691{NBSP}mg ÷ 1,234.56789{NBSP}mg × 100 %"
    assert step.text() == f"0.002{NBSP}%"
    assert weighing_error_step(scale, mg("7")).text() == f"0.3527{NBSP}%"
    assert weighing_error_step(scale, mg("7.1234567")).numbers == f"0.024691{NBSP}mg ÷ 7.123457{NBSP}mg × 100 %"
